"""Types of a record's fields in the words of somebody who reads the JSON."""

import enum
import types
import typing
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from src.records.base import Record

_PLAIN: dict[object, str] = {
    str: "text",
    float: "number",
    int: "whole number",
    bool: "true or false",
    Decimal: "decimal number as text",
    object: "any JSON",
    types.NoneType: "null",
}
_BOUNDS = (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than"))


def words(hint: object) -> str:
    """Return a type as Markdown, records as links into the page; TypeError for one that no record should have."""
    if isinstance(hint, type) and issubclass(hint, Record):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return " or ".join(f"`{member.value}`" for member in hint)
    plain = _PLAIN.get(hint) if isinstance(hint, typing.Hashable) else None
    return _compound(hint) if plain is None else plain


def parts(hint: object) -> Iterator[type[Record]]:
    """Yield every record that stands inside a type."""
    if isinstance(hint, type) and issubclass(hint, Record):
        yield hint
    for part in typing.get_args(hint):
        yield from parts(part)


def _compound(hint: object) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return words(inner[0]) + "".join(
            _limits(meta) for meta in inner[1:] if isinstance(meta, msgspec.Meta)
        )
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(words(part) for part in inner)
    if origin is dict:
        return f"map of {words(inner[0])} to {words(inner[1])}"
    if origin is tuple and inner[-1] is Ellipsis:
        return f"list of {words(inner[0])}"
    if origin is tuple:
        return f"list: {', '.join(words(part) for part in inner)}"
    raise TypeError(f"no words for the type {hint!r}")


def _limits(meta: msgspec.Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f" {_shown(meta.ge)}..{_shown(meta.le)}"
    bounds = ((word, getattr(meta, name)) for name, word in _BOUNDS)
    found = [f"{word} {_shown(bound)}" for word, bound in bounds if bound is not None]
    if meta.pattern is not None:
        found.append(f"like `{meta.pattern}`")
    if meta.min_length is not None:
        most = "" if meta.max_length is None else f"..{meta.max_length}"
        found.append(f"{meta.min_length}{most or ' or more'} of them")
    return f" ({', '.join(found)})" if found else ""


def _shown(bound: float) -> str:
    return f"{bound:,.10g}"
