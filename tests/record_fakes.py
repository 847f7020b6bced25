"""Made-up records of every kind, straight from their types."""

import enum
import types
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import msgspec

from src.records.base import Config, Record
from src.records.catalogue import FILES
from src.records.decisions import Decision
from src.records.enums import COMPONENTS
from src.records.learning import SignalWeights
from src.records.policies import MEMBERS, EnsembleRules
from src.store.config import ConfigFile

ROOT = Path(__file__).resolve().parents[1]
MADE_BY_HAND: dict[tuple[type[Record], str], object] = {
    (Decision, "should_trade"): False,
    (SignalWeights, "weights"): dict.fromkeys(COMPONENTS, 0.1),
    (EnsembleRules, "weights"): dict.fromkeys(MEMBERS, 0.25),
}
"""Fields whose record refuses what their type alone would allow."""

PLAIN: dict[object, object] = {
    str: 'word "Ω"',
    float: 0.1 + 0.2,
    int: 7,
    bool: True,
    Decimal: Decimal("12.3400"),
    object: {"any": [1, None, "text"]},
}


def all_records() -> list[type[Record]]:
    """Return every record that has a file, once."""
    return list(dict.fromkeys(record for entry in FILES for record in entry.records))


def made(record: type[Record], *, full: bool) -> Record:
    """Return a record with every optional value there (``full``), or with none; a config as it is by default."""
    if issubclass(record, Config):
        path = next(entry.path for entry in FILES if record in entry.records)
        return ConfigFile(ROOT / path, record).load()
    hints = get_type_hints(record, include_extras=True)
    values = {
        name: MADE_BY_HAND.get((record, name), value(hints[name], full=full))
        for name in record.__struct_fields__
    }
    return record(**values)


def value(hint: object, *, full: bool) -> object:
    """Return a value of a type."""
    if isinstance(hint, type) and issubclass(hint, Record):
        return made(hint, full=full)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return list(hint)[-1 if full else 0]
    return _compound(hint, full=full) if get_origin(hint) is not None else PLAIN[hint]


def _compound(hint: object, *, full: bool) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(inner[0], inner[1:], full=full)
    if origin in {Union, types.UnionType}:
        if types.NoneType in inner and not full:
            return None
        return value(inner[0], full=full)
    if origin is tuple:
        return tuple(_items(inner, full=full))
    return {value(inner[0], full=full): value(inner[1], full=full)} if full else {}


def wrong(hint: object) -> object:
    """Return what no field of this type may hold."""
    inner = [part for part in (hint, *get_args(hint)) if part is str]
    return 12 if inner and get_origin(hint) not in {dict, tuple} else "neither this nor that"


def _items(inner: tuple[object, ...], *, full: bool) -> Iterator[object]:
    if inner[-1] is not Ellipsis:
        yield from (value(part, full=full) for part in inner)
        return
    members = get_args(inner[0]) if get_origin(inner[0]) in {Union, types.UnionType} else (inner[0],)
    if full:
        yield from (value(member, full=full) for member in members)


def _bounded(base: object, meta: tuple[object, ...], *, full: bool) -> object:
    for bound in meta:
        if isinstance(bound, msgspec.Meta) and bound.pattern is not None:
            return "PF_XBTUSD"
        if isinstance(bound, msgspec.Meta) and base in {int, float}:
            low = bound.ge if bound.ge is not None else (bound.gt or 0.0)
            high = bound.le if bound.le is not None else (bound.lt or low + 2)
            return int((low + high) / 2) if base is int else (low + high) / 2
    return value(base, full=full)
