"""Reading a home's files from end to end in bounded memory, with what was there and what was not."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import TypeVar

from src.records.base import Line
from src.store.jsonl import JsonlReader
from src.store.paths import Home

L = TypeVar("L", bound=Line)
_BATCH = 2048

Progress = Callable[[str, int, int], None]
"""Told a file's name, how many of its lines are read, and how many there are."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of market time; both ends belong to it."""

    since_ts: float = -math.inf
    until_ts: float = math.inf

    def holds(self, ts: float) -> bool:
        """Return whether a moment lies in it."""
        return self.since_ts <= ts <= self.until_ts


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What was found in one file."""

    name: str
    """Within the home."""
    records: int
    first_ts: float | None
    last_ts: float | None
    gone: int
    """Lines that were written once and are not there any more, mostly older ones that rotation removed."""
    unreadable: int


class Reading:
    """One pass over a home's files."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self._home = home
        self._progress = progress
        self._files: dict[str, FileRead] = {}

    @property
    def files(self) -> tuple[FileRead, ...]:
        """Return what was found, file by file, in the order of reading."""
        return tuple(self._files.values())

    def records(self, path: Path, record_type: type[L] | UnionType) -> Iterator[L]:
        """Return every record of a file, oldest first; a file that is not there has none."""
        name = path.relative_to(self._home.root).as_posix()
        total = _lines(path)
        records, gone = 0, 0
        first_ts: float | None = None
        last_ts: float | None = None
        with JsonlReader[L](path, record_type) as reader:
            while batch := reader.read_new(_BATCH if records else 1):
                if first_ts is None:
                    first_ts = batch[0].ts
                    gone = reader.seq - 1 - reader.quarantined - reader.missed
                records += len(batch)
                last_ts = batch[-1].ts
                yield from batch
                self._progress(name, reader.seq, total)
            self._files[name] = FileRead(
                name=name,
                records=records,
                first_ts=first_ts,
                last_ts=last_ts,
                gone=gone + reader.missed,
                unreadable=reader.quarantined,
            )


def _lines(path: Path) -> int:
    with JsonlReader[Line](path, Line) as reader:
        reader.skip_to_end()
        return reader.seq
