"""Records to bytes: msgspec writes lines, orjson indents documents, and no number that JSON cannot say gets through."""

import math
import re
import time

import msgspec
import orjson

from src.records.base import Record
from src.store.errors import NonFiniteNumber

_NON_FINITE = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]", re.DOTALL)
"""A msgpack double (IEEE 754, big endian) whose exponent is all ones: nan or an infinity."""
_HUGE, _HUGE_NEGATIVE = b"\xcb\x7f", b"\xcb\xff"
"""How each of them begins, and few others do: a plain search for these is ten times as fast."""


_JSON = msgspec.json.Encoder()
_MSGPACK = msgspec.msgpack.Encoder()


def encode_line(record: Record) -> bytes:
    """Return a record as JSON without a newline; NonFiniteNumber where a number is nan or infinite.

    The bytes are those of orjson, but for exponents from 16 on: ``1e16`` where orjson writes ``1e+16``.
    """
    payload = _JSON.encode(record)
    if b"null" in payload and _holds_non_finite(record):
        _require_finite(record, msgspec.to_builtins(record, str_keys=True))
    return payload


def encode_finite(record: Record) -> bytes:
    """Return what ``encode_line`` does, of a record whose numbers are known to be finite."""
    return _JSON.encode(record)


def encode_pretty(record: Record, *, envelope: dict[str, object]) -> bytes:
    """Return a record as an indented document, the envelope's keys first; NonFiniteNumber as above."""
    fields: dict[str, object] = msgspec.to_builtins(record, str_keys=True)
    content = orjson.dumps({**envelope, **fields}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if b"null" in content and _holds_non_finite(record):
        _require_finite(record, fields)
    return content


def _holds_non_finite(record: Record) -> bool:
    """Return whether a number is nan or infinite, or now and then where none is."""
    packed = _MSGPACK.encode(record)
    return (_HUGE in packed or _HUGE_NEGATIVE in packed) and _NON_FINITE.search(packed) is not None


def _require_finite(record: Record, fields: dict[str, object]) -> None:
    """Raise NonFiniteNumber, naming the field, where a number is nan or infinite: JSON would say null."""
    for name, value in fields.items():
        where = _non_finite(value, name)
        if where is not None:
            raise NonFiniteNumber(f"{type(record).__name__}.{where} is not a finite number")


def _non_finite(value: object, where: str) -> str | None:
    if isinstance(value, float):
        return None if math.isfinite(value) else where
    parts: list[tuple[str, object]] = []
    if isinstance(value, dict):
        parts = [(f"{where}.{key}", part) for key, part in value.items()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = [(f"{where}[{index}]", part) for index, part in enumerate(value)]
    found = (_non_finite(part, name) for name, part in parts)
    return next((name for name in found if name is not None), None)


class IsoTime:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond.

    It remembers the last one: the records of one decision point share their instant.
    """

    def __init__(self) -> None:
        self._ts: float | None = None
        self._text = b""
        self._second: int | None = None
        self._shape = b""

    def ascii(self, ts: float) -> bytes:
        """Return e.g. ``2026-01-31T23:59:59.250Z``."""
        if ts != self._ts:
            self._text = self._written(ts)
            self._ts = ts
        return self._text

    def _written(self, ts: float) -> bytes:
        second, millis = divmod(round(ts * 1000), 1000)
        if second != self._second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._shape = text.encode("ascii") + b".%03dZ"
            self._second = second
        return self._shape % millis

    def text(self, ts: float) -> str:
        """Return the same as text."""
        return self.ascii(ts).decode("ascii")
