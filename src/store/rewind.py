"""Bringing the JSONL files of a home back to what they were: a killed run goes on from its last whole save."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from src.records.simulation import StreamMark
from src.store import segments
from src.store.errors import StoreError, write_error
from src.store.opened import open_newest
from src.store.paths import Home
from src.store.rotation import forget_oldest, spare_path

_SUFFIX = ".jsonl"


def marks_of(home: Home) -> tuple[StreamMark, ...]:
    """Return how much every JSONL file of a home holds; nobody may be writing."""
    return tuple(
        StreamMark(path=path.relative_to(home.root).as_posix(), number=number, size=size)
        for path in _streams(home)
        for number, size in [_end(path)]
    )


def rewind(home: Home, marks: Iterable[StreamMark]) -> None:
    """Bring every JSONL file back to its mark, and remove those that have none.

    Nobody may be writing. When it is interrupted it can be done again. Raises StoreError where what stood at a
    mark is not there any more.
    """
    marked = {home.root / mark.path: mark for mark in marks}
    for path in {*_streams(home), *marked}:
        spare_path(path).unlink(missing_ok=True)
        mark = marked.get(path)
        if mark is None:
            _remove(path)
        else:
            _go_back(path, mark)


def forget_old_segments(home: Home, keep: int) -> None:
    """Remove all but the newest ``keep`` closed segments of every JSONL file that holds no money."""
    for path in _streams(home):
        newest = open_newest(path)
        if newest is None:
            continue
        newest.close()
        if not newest.money:
            forget_oldest(path, keep)


def _streams(home: Home) -> Iterator[Path]:
    """Yield the name of every stream, in order: one may stand under its segments' names alone after a kill."""
    found: set[Path] = set()
    for folder in (home.logs, home.feature_store):
        for path in folder.rglob(f"*{_SUFFIX}*"):
            name = path.name.lstrip(".")
            stem = name[: name.index(_SUFFIX) + len(_SUFFIX)]
            if name == stem or name[len(stem) + 1 :].isdigit():
                found.add(path.parent / stem)
    yield from sorted(found)


def _remove(path: Path) -> None:
    for segment in (*segments.closed_segments(path).values(), path):
        segment.unlink(missing_ok=True)


def _go_back(path: Path, mark: StreamMark) -> None:
    closed = segments.closed_segments(path)
    for number in sorted(closed, reverse=True):
        if number > mark.number:
            closed[number].unlink()
    if mark.number in closed:
        path.unlink(missing_ok=True)
        closed[mark.number].rename(path)
    number, size = _end(path)
    if size < mark.size or (mark.size and number != mark.number):
        raise StoreError(f"{path}: what it held at byte {mark.size} of segment {mark.number} is gone")
    try:
        os.truncate(path, mark.size)
    except OSError as error:
        raise write_error(error, path) from error


def _end(path: Path) -> tuple[int, int]:
    """Return the number of the open segment and its bytes, zeros where there is nothing in it yet."""
    newest = open_newest(path)
    if newest is None:
        return 0, 0
    try:
        return newest.number, newest.size()
    finally:
        newest.close()
