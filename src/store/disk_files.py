"""The files of a home as the daemon's processes open them."""

import hashlib
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, TypeVar

from src.records.base import Config, Document, Line
from src.records.place import Place
from src.records.settings import BotSettings
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.files import Retention, retention_of
from src.store.freeze import Freeze
from src.store.jsonl import BadLine, Durability, JsonlReader, JsonlWriter
from src.store.paths import Home

R = TypeVar("R")
D = TypeVar("D", bound=Document | Line)
C = TypeVar("C", bound=Config)


class Dates(Protocol):
    """What dates a file's control lines."""

    def now(self) -> float:
        """Return market time in seconds since the epoch, UTC."""


class Moment:
    """Dates for what takes no time at all."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        """Return market time in seconds since the epoch, UTC."""
        return self._now


class DiskFiles:
    """Opens streams and documents on the disk, where other processes meet them.

    ``boot`` names this start in each line; None draws a name for each stream.
    """

    def __init__(self, home: Home, settings: BotSettings, clock: Dates, *, boot: str | None = None) -> None:
        self._home = home
        self._settings = settings
        self._clock = clock
        self._boot = boot

    def writer(
        self, path: Path, *, writer: str, durability: Durability, retention: Retention | None = None
    ) -> JsonlWriter[Any]:
        """Open a stream for its one writer; raises WriterExists where another lives."""
        kept = retention or retention_of(self._settings, durability)
        return JsonlWriter(
            path,
            writer=writer,
            durability=durability,
            quarantine=self._home.quarantine,
            segment_bytes=kept.segment_bytes,
            keep_segments=kept.segments,
            clock_now=self._clock.now,
            boot=self._boot,
        )

    def reader(
        self,
        path: Path,
        record_type: type[R] | UnionType,
        *,
        cursor: Path | None = None,
        place: Place | None = None,
        on_bad: BadLine = BadLine.QUARANTINE,
    ) -> JsonlReader[R]:
        """Open a stream to follow: from ``place``, else from the one that ``cursor`` keeps, else from its beginning."""
        return JsonlReader(
            path,
            record_type,
            cursor=cursor,
            place=place,
            quarantine=self._home.quarantine,
            on_bad=on_bad,
        )

    def document(
        self, path: Path, record_type: type[D], *, writer: str, durable: bool = True
    ) -> DocumentFile[D]:
        """Open a document; what cannot be read of it is kept in quarantine."""
        return DocumentFile(
            path, record_type, writer=writer, durable=durable, quarantine=self._home.quarantine
        )

    def config(self, path: Path, record_type: type[C]) -> ConfigFile[C]:
        """Open a file that a human edits."""
        return ConfigFile(path, record_type)

    def freeze(self) -> Freeze:
        """Return the flag that stops new entries."""
        return Freeze(self._home)


def cycle_files(home: Home, settings: BotSettings, now: float, seed: int) -> DiskFiles:
    """Return the files of a learning cycle in a process of its own: the same arguments give the same bytes."""
    boot = hashlib.sha256(f"{now!r}|{seed}".encode()).hexdigest()[:6]
    return DiskFiles(home, settings, Moment(now), boot=boot)
