"""Streams of a stepped run: what a writer appends waits, as it is, for every reader of the stream."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from src.records.place import Place
from src.store.cursor import save_place
from src.store.errors import StoreError
from src.store.gathered import GatheredWriter
from src.store.opened import end_place

R = TypeVar("R")
_RECENT = 64
"""Records that a reader may miss which is opened after others have begun to write."""


class ReaderBehind(StoreError):
    """A reader has not read what an earlier leg wrote: it would never come."""


class Stream:
    """One stream: its writer, once it is opened, and who hears of its records."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hearers: list[Callable[[Any], None]] = []
        self._writer: GatheredWriter[Any] | None = None
        self._on_disk = end_place(path)
        self._recent: deque[Any] = deque(maxlen=_RECENT)
        self.hearers.append(self._recent.append)

    def written_by(self, writer: GatheredWriter[Any]) -> None:
        """Hear who writes it from now on."""
        self._writer = writer

    def place(self) -> Place | None:
        """Return the place after its last record; None while there is no file."""
        return self._on_disk if self._writer is None else self._writer.place()

    def since(self, seq: int) -> list[Any] | None:
        """Return the records after number ``seq``; None where they are not in memory."""
        place = self.place()
        missing = (0 if place is None else place.seq) - seq
        if not 0 <= missing <= len(self._recent):
            return None
        return list(self._recent)[len(self._recent) - missing :]


class SteppedReader(Generic[R]):
    """A follower of one stream within its process."""

    def __init__(self, stream: Stream, *, read_seq: int, cursor: Path | None) -> None:
        self._stream = stream
        self._cursor = cursor
        waiting = stream.since(read_seq)
        self._lost = waiting is None
        self._waiting: list[R] = waiting or []
        self._take = self._waiting.append
        stream.hearers.append(self._take)

    @property
    def lost(self) -> bool:
        """Return whether it has not read what was written before its time."""
        return self._lost

    def read_new(self, limit: int | None = None) -> list[R]:
        """Return what is new, oldest first, at most ``limit``; ReaderBehind where something is lost to it."""
        if self._lost:
            raise ReaderBehind(f"{self._stream.path}: what stands there was never read")
        waiting = self._waiting
        if not waiting:
            return []
        taken = waiting[:limit]
        del waiting[:limit]
        return taken

    def behind(self) -> bool:
        """Return whether something was written that is not read yet."""
        return bool(self._waiting)

    def skip_to_end(self) -> None:
        """Move behind what is there now."""
        self._waiting.clear()
        self._lost = False

    def place(self) -> Place | None:
        """Return the place after everything read so far; None before there is a file, and while something waits."""
        return None if self._lost or self._waiting else self._stream.place()

    def save(self) -> None:
        """Keep the place; while something waits the old one stands, from which no leg can begin."""
        place = self.place()
        if self._cursor is not None and place is not None:
            save_place(self._cursor, place)

    def counters(self) -> dict[str, int]:
        """Return what went wrong so far: nothing can, between two ends of one process."""
        return {}

    def close(self) -> None:
        """Hear no more; twice is harmless."""
        self._stream.hearers[:] = [hear for hear in self._stream.hearers if hear is not self._take]
