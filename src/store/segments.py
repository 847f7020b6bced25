"""How a JSONL file is cut into numbered segments, and what each line and each segment begins with.

The newest segment stands under the file's own name, so that ``tail -F`` works; a closed one is renamed to
``<name>.<six digits>``. Numbers only grow. A segment's first line is its header, a control line; control
lines carry the number of the last record before them and are no records.
"""

import os
import re
import zlib
from pathlib import Path

import msgspec

PREFIX = b'{"v":1,"seq":'
CONTROL = b'"control":'
CRC_MARK = b',"crc":"'
_ENVELOPE_BYTES = 240
_BLOCK = 65536


class Header(msgspec.Struct, frozen=True):
    """The first line of a segment."""

    v: int
    seq: int
    control: str
    n: int
    """The segment's number."""
    money: bool = False
    """Whether each line carries a checksum."""


class Numbered(msgspec.Struct, frozen=True):
    """What every line has, read the slow way."""

    v: int
    seq: int
    control: str | None = None


class BadEnvelope(ValueError):
    """A line that does not begin as lines do."""


def split_envelope(line: bytes) -> tuple[int, bool]:
    """Return a line's number and whether it is a control line; BadEnvelope for what is no line of ours."""
    if line.startswith(PREFIX):
        comma = line.find(b",", 13, 34)
        digits = line[13:comma]
        if comma > 0 and digits.isdigit():
            return int(digits), line.startswith(CONTROL, comma + 1)
    try:
        numbered = msgspec.json.decode(line, type=Numbered)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadEnvelope(str(error)) from error
    if numbered.v != 1:
        raise BadEnvelope(f"version {numbered.v} of the format is not known")
    return numbered.seq, numbered.control is not None


def checksum_fits(line: bytes) -> bool:
    """Return whether a money line holds the checksum of its own bytes."""
    mark = line.find(CRC_MARK, 0, _ENVELOPE_BYTES)
    if mark < 0:
        return False
    stated = line[mark + 8 : mark + 16]
    return stated == b"%08x" % zlib.crc32(line[mark + 17 :], zlib.crc32(line[:mark]))


def closed_segments(path: Path) -> dict[int, Path]:
    """Return the closed segments of a file by number, oldest first."""
    shape = re.compile(re.escape(path.name) + r"\.(\d{6,})")
    found: dict[int, Path] = {}
    try:
        names = os.listdir(path.parent)
    except FileNotFoundError:
        return {}
    for name in names:
        match = shape.fullmatch(name)
        if match:
            found[int(match[1])] = path.parent / name
    return dict(sorted(found.items()))


def closed_path(path: Path, number: int) -> Path:
    """Return the name of a closed segment."""
    return path.parent / f"{path.name}.{number:06d}"


def read_head(fd: int) -> bytes | None:
    """Return a segment's first line without its newline; None while it is not whole."""
    head = os.pread(fd, 4096, 0)
    end = head.find(b"\n")
    return None if end < 0 else head[:end]


def parse_header(head: bytes | None) -> Header | None:
    """Return the header in a first line, or None where there is none."""
    if head is None:
        return None
    try:
        header = msgspec.json.decode(head, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return header if header.control == "segment" and header.v == 1 else None


def end_of_lines(fd: int, size: int) -> int:
    """Return the offset just after the last newline, 0 where there is none."""
    position = size
    while position > 0:
        start = max(0, position - _BLOCK)
        cut = os.pread(fd, position - start, start).rfind(b"\n")
        if cut >= 0:
            return start + cut + 1
        position = start
    return 0


def line_before(fd: int, end: int) -> bytes:
    """Return the line that ends (with its newline) at ``end``, without the newline."""
    start = end_of_lines(fd, end - 1)
    return os.pread(fd, end - 1 - start, start)


def last_seq(fd: int, end: int) -> int | None:
    """Return the number in the last readable line before ``end``, or None where there is none."""
    while end > 0:
        line = line_before(fd, end)
        try:
            return split_envelope(line)[0]
        except BadEnvelope:
            end -= len(line) + 1
    return None
