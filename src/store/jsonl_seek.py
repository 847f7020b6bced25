"""Reading a part of a long JSONL file: its place is found by bisection over time, not by reading what lies before.

A file is in the order of time but for the seconds in which several things were written at once: ask for a
little more than is needed.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import TypeVar

import msgspec

from src.store import segments
from src.store.line import LineError, parse_line
from src.store.opened import Opened, open_newest

R = TypeVar("R")
_TS = re.compile(rb'"ts":(-?[0-9.eE+-]+)')
_CHUNK = 1 << 20
_NEAR = 1 << 16
"""Bytes that are read through instead of being halved once more."""


def read_since(
    path: Path,
    record_type: type[R] | UnionType,
    since: float,
    *,
    until: float | None = None,
    holding: Sequence[bytes] = (),
) -> Iterator[R]:
    """Return the records with ``ts`` from ``since`` to about ``until``, in the order they were written.

    With ``holding`` only the lines that contain one of these texts are decoded, which is what makes it fast.
    Lines that cannot be read are left out.
    """
    decoder: msgspec.json.Decoder[R] = msgspec.json.Decoder(record_type)
    for segment, offset in _from_place(path, since):
        for chunk in _chunks(segment, offset):
            first = _first_ts(chunk)
            if until is not None and first is not None and first > until:
                return
            for line in _lines(chunk, holding):
                ts = _ts_of(line)
                if ts is None or ts < since or (until is not None and ts > until):
                    continue
                record = _decoded(line, decoder, money=segment.money)
                if record is not None:
                    yield record


def kept_since(path: Path) -> float | None:
    """Return the time from which on a file still holds everything, or None where nothing was ever removed."""
    found = _segments(path)
    if not found or found[0].number <= 1:
        return None
    times = (_first_record_ts(segment) for segment in found)
    return next((ts for ts in times if ts is not None), None)


def _segments(path: Path) -> list[Opened]:
    """Return every segment, oldest first, each open."""
    newest = open_newest(path)  # before the listing, so that one that closes meanwhile is in the listing
    older = [
        Opened(os.open(closed, os.O_RDONLY | os.O_CLOEXEC), number=number)
        for number, closed in segments.closed_segments(path).items()
        if newest is None or number < newest.number
    ]
    return older if newest is None else [*older, newest]


def _from_place(path: Path, since: float) -> Iterator[tuple[Opened, int]]:
    """Return the segments that reach into the time asked for, with the offset to begin at."""
    found = _segments(path)
    firsts = [_first_record_ts(segment) for segment in found]
    begin = max((i for i, ts in enumerate(firsts) if ts is not None and ts < since), default=0)
    for index in range(begin, len(found)):
        yield found[index], _offset_of(found[index], since) if index == begin else 0


def _offset_of(segment: Opened, since: float) -> int:
    """Return the start of a line before which every record is older."""
    low, high = 0, segment.size()
    while high - low > _NEAR:
        middle = (low + high) // 2
        start, ts = _line_after(segment, middle)
        if ts is None or ts >= since:
            high = middle
        else:
            low = start
    return low


def _line_after(segment: Opened, offset: int) -> tuple[int, float | None]:
    """Return the start and the time of the first line with a time that begins behind an offset."""
    whole = segments.end_of_lines(segment.fd, segment.size())
    size = _NEAR
    while True:
        block = os.pread(segment.fd, min(size, whole - offset), offset)
        start = block.find(b"\n") + 1
        while 0 < start < len(block):
            end = block.find(b"\n", start)
            if end < 0:
                break
            ts = _ts_of(block[start:end])
            if ts is not None:
                return offset + start, ts
            start = end + 1
        if offset + len(block) >= whole:
            return whole, None
        size *= 2


def _first_record_ts(segment: Opened) -> float | None:
    head = segments.read_head(segment.fd)
    return None if head is None else _line_after(segment, len(head))[1]


def _chunks(segment: Opened, offset: int) -> Iterator[bytes]:
    """Return the whole lines from an offset on, about a MiB at a time."""
    size = _CHUNK
    while block := os.pread(segment.fd, size, offset):
        whole = block.rfind(b"\n") + 1
        if whole == 0 and len(block) < size:
            return
        if whole == 0:
            size *= 2
            continue
        yield block[:whole]
        offset += whole
        size = _CHUNK


def _lines(chunk: bytes, holding: Sequence[bytes]) -> Iterator[bytes]:
    if not holding:
        yield from chunk.splitlines()
        return
    if any(text in chunk for text in holding):
        yield from (line for line in chunk.splitlines() if any(text in line for text in holding))


def _first_ts(chunk: bytes) -> float | None:
    return _ts_of(chunk[: chunk.find(b"\n")])


def _ts_of(line: bytes) -> float | None:
    match = _TS.search(line)
    return None if match is None else float(match[1])


def _decoded(line: bytes, decoder: "msgspec.json.Decoder[R]", *, money: bool) -> R | None:
    try:
        return parse_line(line, decoder, money=money)[1]
    except LineError:
        return None
