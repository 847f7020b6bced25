"""How a JSONL file is cut into numbered segments, and what each line and each segment begins with.

The newest segment stands under the file's own name, so that ``tail -F`` works; a closed one is renamed to
``<name>.<six digits>``. Numbers only grow. A segment's first line is its header, a control line; control
lines carry the number of the last record before them and are no records.
"""

import os
import re
from pathlib import Path

import msgspec

from src.store.line import LineError, number_of

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


def closed_segments(path: Path) -> dict[int, Path]:
    """Return the closed segments of a file by number, oldest first."""
    shape = re.compile(re.escape(path.name) + r"\.(\d{6,})")
    found: dict[int, Path] = {}
    try:
        names = [entry.name for entry in path.parent.iterdir()]
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
            return number_of(line)[0]
        except LineError:
            end -= len(line) + 1
    return None
