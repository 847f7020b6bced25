"""One line of a JSONL file: its number, whether it is whole, and the record in it."""

import zlib
from typing import Annotated, TypeVar

import msgspec

R = TypeVar("R")
_PREFIX = b'{"v":1,"seq":'
_DIGITS_AT = len(_PREFIX)
_DIGITS = 15
"""Of the largest number: a line a microsecond for thirty years."""
_CONTROL = b'"control":'
_CRC_MARK = b',"crc":"'
_ENVELOPE_BYTES = 240


class LineError(ValueError):
    """A whole line that cannot be read."""


class _Numbered(msgspec.Struct, frozen=True):
    """What every line has."""

    v: int
    seq: Annotated[int, msgspec.Meta(ge=0, lt=10**_DIGITS)]
    control: str | None = None


_NUMBERED = msgspec.json.Decoder(_Numbered)


def parse_line(line: bytes, decoder: "msgspec.json.Decoder[R]", *, money: bool) -> tuple[int, R | None]:
    """Return a line's number and record, None for a control line; LineError for what cannot be read.

    A line of ``money`` must hold the checksum of its own bytes.
    """
    seq, control = number_of(line)
    if control:
        return seq, None
    if money and not _checksum_fits(line):
        raise LineError("the checksum does not fit")
    try:
        return seq, decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LineError(str(error)) from error


def number_of(line: bytes) -> tuple[int, bool]:
    """Return a line's number and whether it is a control line; LineError for what is no line of ours."""
    if line.startswith(_PREFIX):
        comma = line.find(b",", _DIGITS_AT, _DIGITS_AT + _DIGITS + 1)
        digits = line[_DIGITS_AT:comma]
        if comma > 0 and digits.isdigit():
            return int(digits), line.startswith(_CONTROL, comma + 1)
    try:
        numbered = _NUMBERED.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LineError(str(error)) from error
    if numbered.v != 1:
        raise LineError(f"version {numbered.v} of the format is not known")
    return numbered.seq, numbered.control is not None


def with_checksum(line: bytes, head_bytes: int) -> bytes:
    """Return a line (with its newline) with the CRC-32 of its other bytes after its first ``head_bytes``.

    These end in the comma after the envelope.
    """
    head, rest = line[: head_bytes - 1], line[head_bytes - 1 :]
    return b'%b%b%08x"%b' % (head, _CRC_MARK, zlib.crc32(rest[:-1], zlib.crc32(head)), rest)


def _checksum_fits(line: bytes) -> bool:
    mark = line.find(_CRC_MARK, 0, _ENVELOPE_BYTES)
    if mark < 0:
        return False
    start = mark + len(_CRC_MARK)
    end = start + 8
    return line[start:end] == b"%08x" % zlib.crc32(line[end + 1 :], zlib.crc32(line[:mark]))
