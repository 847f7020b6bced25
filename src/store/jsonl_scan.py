"""Reading a JSONL file without following it: all of it, or its end."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import TypeVar

import msgspec

from src.store import segments
from src.store.jsonl_reader import BadLine, JsonlReader
from src.store.line import LineError, parse_line
from src.store.opened import Opened, open_newest

R = TypeVar("R")
_BATCH = 4096


def read_all(
    path: Path, record_type: type[R] | UnionType, *, on_bad: BadLine = BadLine.QUARANTINE
) -> Iterator[R]:
    """Return every record that is there now, oldest first, over all segments."""
    with JsonlReader[R](path, record_type, on_bad=on_bad) as reader:
        while batch := reader.read_new(_BATCH):
            yield from batch


def read_tail(
    path: Path, record_type: type[R] | UnionType, count: int, *, on_bad: BadLine = BadLine.QUARANTINE
) -> list[R]:
    """Return the newest ``count`` records, oldest first; lines that cannot be read are left out."""
    decoder: msgspec.json.Decoder[R] = msgspec.json.Decoder(record_type)
    newest_first: list[R] = []
    for segment in _newest_first(path):
        try:
            for line in _lines_backwards(segment):
                if len(newest_first) >= count:
                    break
                record = _decode(line, decoder, segment, raises=on_bad is BadLine.RAISE)
                if record is not None:
                    newest_first.append(record)
        finally:
            segment.close()
        if len(newest_first) >= count:
            break
    return newest_first[::-1]


def _newest_first(path: Path) -> Iterator[Opened]:
    newest = open_newest(path)
    if newest is not None:
        yield newest
    for number, closed in reversed(segments.closed_segments(path).items()):
        if newest is None or number < newest.number:
            yield Opened(os.open(closed, os.O_RDONLY | os.O_CLOEXEC), number=number)


def _lines_backwards(segment: Opened) -> Iterator[bytes]:
    end = segments.end_of_lines(segment.fd, segment.size())
    while end > 0:
        line = segments.line_before(segment.fd, end)
        end -= len(line) + 1
        yield line


def _decode(line: bytes, decoder: msgspec.json.Decoder[R], segment: Opened, *, raises: bool) -> R | None:
    try:
        return parse_line(line, decoder, money=segment.money)[1]
    except LineError:
        if raises:
            raise
        return None
