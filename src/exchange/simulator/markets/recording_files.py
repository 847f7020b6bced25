"""Which files make up a recording, in the order in which they were written, and their lines.

A bot's recording is ``market.jsonl`` with its older segments beside it: ``market.jsonl.000001`` and on, those that
are closed compressed as ``.gz``.
"""

import gzip
import re
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec

from src.exchange.simulator.markets.errors import TapeError
from src.store.paths import Home

_SEGMENT = re.compile(r"(?P<name>.+)\.(?P<number>\d{6,})(\.gz)?")


class RecordedLine(msgspec.Struct, frozen=True, gc=False):
    """One line as it stands in its file."""

    path: Path
    number: int
    """From 1; 0 where the file was read from its end."""
    text: bytes
    last_file: bool
    """Whether its file is the one that is written to."""

    @property
    def torn(self) -> bool:
        """Return whether the line was broken off while it was being written."""
        return self.last_file and not self.text.endswith(b"\n")

    @property
    def where(self) -> str:
        """Return where a fault is."""
        return f"{self.path}, line {self.number}" if self.number else f"{self.path}, at its end"


def recording_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a recording, oldest first.

    A folder is that of a bot's recording or of its home; a file brings the segments that belong before it, a
    segment all that follow it. Raises ``TapeError`` for a folder without a recording.
    """
    if path.is_dir():
        return _files_in(path)
    segment = _SEGMENT.fullmatch(path.name)
    if segment is None:
        closed = _segments(path)
        return (*closed.values(), *((path,) if path.exists() or not closed else ()))
    whole = path.with_name(segment["name"])
    later = [file for number, file in _segments(whole).items() if number >= int(segment["number"])]
    return (*(later or [path]), *((whole,) if whole.exists() else ()))


def tape_lines(path: Path) -> Iterator[RecordedLine]:
    """Yield the lines of a recording that are not blank; raises ``TapeError``."""
    files = recording_files(path)
    for file in files:
        for number, text in _lines(file):
            yield RecordedLine(file, number, text, file == files[-1])


def first_and_last_lines(path: Path) -> tuple[RecordedLine, list[RecordedLine]]:
    """Return the first line and the last two, or the only one; raises ``TapeError``.

    A plain file is read at its ends only, a gzipped one has to be unpacked.
    """
    files = recording_files(path)
    first = next(tape_lines(path), None)
    if first is None:
        raise TapeError(f"{path} is empty")
    last: deque[RecordedLine] = deque(maxlen=2)
    for file in reversed(files):
        ends = deque(_lines(file), maxlen=2) if file.suffix == ".gz" else _ends(file)
        found = [RecordedLine(file, number, text, file == files[-1]) for number, text in ends]
        last.extendleft(reversed(found[len(last) - 2 :]))
        if len(last) == 2:
            break
    return first, list(last)


def _files_in(folder: Path) -> tuple[Path, ...]:
    name = Home(folder).market_tape.name
    for path in (folder / name, Home(folder).market_tape):
        if path.exists() or _segments(path):
            return recording_files(path)
    raise TapeError(f"{folder} holds no recording: neither {name} nor a home with one; name a file")


def _segments(path: Path) -> dict[int, Path]:
    """Return the closed segments of a recording by number; one in both forms is read plain."""
    if not path.parent.is_dir():
        return {}
    found: dict[int, Path] = {}
    for entry in sorted(path.parent.iterdir(), reverse=True):
        segment = _SEGMENT.fullmatch(entry.name)
        if segment is not None and segment["name"] == path.name:
            found[int(segment["number"])] = entry
    return dict(sorted(found.items()))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lines = cast("Iterator[bytes]", file)
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (EOFError, zlib.error) as error:
        raise TapeError(f"{path} is cut off or broken as a gzip file: {error}") from error
    except OSError as error:
        raise TapeError(f"{path} cannot be read: {error}") from error


def _ends(path: Path) -> deque[tuple[int, bytes]]:
    """Return the last two lines of a plain file, or its only one; their numbers are not known: 0."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        span = 4096
        while True:
            file.seek(max(0, size - span))
            lines = [line for line in file.read().splitlines(keepends=True) if line.strip()]
            if len(lines) > 2 or span >= size:
                return deque(((0, line) for line in lines[-2:]), maxlen=2)
            span *= 4
