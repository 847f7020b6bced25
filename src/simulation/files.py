"""The files of a stepped run: records go to the disk, and as they are to whoever follows them in this process."""

from pathlib import Path
from types import UnionType
from typing import Any, TypeVar

from src.clock import Clock
from src.records.base import Config, Document, Line
from src.records.place import Place
from src.records.settings import BotSettings
from src.simulation.own_files import OwnConfigFile, OwnFreeze
from src.simulation.pages import Standing, SteppedPage
from src.simulation.payloads import Payloads
from src.simulation.streams import ReaderBehind, SteppedReader, Stream
from src.store.config import ConfigFile
from src.store.cursor import load_place
from src.store.document import DocumentFile
from src.store.encoding import encode_line
from src.store.files import Retention, retention_of
from src.store.gathered import GatheredWriter
from src.store.jsonl import BadLine, Durability
from src.store.paths import Home
from src.store.rewind import forget_old_segments
from src.store.rotation import Envelope

R = TypeVar("R")
D = TypeVar("D", bound=Document | Line)
C = TypeVar("C", bound=Config)


class SteppedFiles:
    """Opens the streams and documents of a home that one process lives in alone.

    What is appended is written in pieces, without syncs, and comes to the readers of this object as the very
    same object; a document reaches the disk with ``flush``. All of it begins where an earlier leg was closed:
    then every reader had read everything. Old segments are removed only now, so that a killed leg can be taken
    back to here.
    """

    def __init__(self, home: Home, settings: BotSettings, clock: Clock, *, boot: str) -> None:
        """Take the home; ``boot`` stands in each line, so that the same run gives the same bytes."""
        self._home = home
        self._settings = settings
        self._clock = clock
        self._boot = boot
        self._writers: list[GatheredWriter[Any]] = []
        self._streams: dict[Path, Stream] = {}
        self._pages: dict[Path, Standing[Any]] = {}
        self._configs: dict[Path, OwnConfigFile[Any]] = {}
        self._freeze = OwnFreeze(home)
        self._encoders = Payloads().encoders(home)
        forget_old_segments(home, settings.keep_log_segments)

    def writer(
        self, path: Path, *, writer: str, durability: Durability, retention: Retention | None = None
    ) -> GatheredWriter[Any]:
        """Open a stream for its one writer; raises WriterExists where another lives."""
        stream = self._stream(path)
        opened: GatheredWriter[Any] = GatheredWriter(
            path,
            envelope=Envelope(writer=writer, boot=self._boot, now=self._clock.now),
            money=durability is Durability.MONEY,
            quarantine=self._home.quarantine,
            retention=retention or retention_of(self._settings, durability),
            hearers=stream.hearers,
            encode=self._encoders.get(path, encode_line),
        )
        stream.written_by(opened)
        self._writers = [one for one in self._writers if not one.closed] + [opened]
        return opened

    def reader(
        self,
        path: Path,
        record_type: type[R] | UnionType,
        *,
        cursor: Path | None = None,
        place: Place | None = None,
        on_bad: BadLine = BadLine.QUARANTINE,
    ) -> SteppedReader[R]:
        """Open a stream to follow from ``place`` on, else from the one that ``cursor`` keeps.

        Raises ReaderBehind where that is not the end of what an earlier leg wrote; without any place the first
        read raises it, unless the reader is told to skip what is there.
        """
        del record_type, on_bad  # what comes is what was appended: nothing is decoded, nothing can be broken
        known = load_place(cursor) if place is None and cursor is not None else place
        reader: SteppedReader[R] = SteppedReader(
            self._stream(path), read_seq=0 if known is None else known.seq, cursor=cursor
        )
        if known is not None and reader.lost:
            raise ReaderBehind(f"{path}: read up to number {known.seq}, and more was written after it")
        return reader

    def document(
        self, path: Path, record_type: type[D], *, writer: str, durable: bool = True
    ) -> SteppedPage[D]:
        """Open a document; whether it is durable makes no difference before the run is saved."""
        del durable
        file = DocumentFile(path, record_type, writer=writer, durable=False, quarantine=self._home.quarantine)
        return SteppedPage(self._pages.setdefault(path, Standing()), file)

    def config(self, path: Path, record_type: type[C]) -> ConfigFile[C]:
        """Open a hand-edited file: the same object for all, which is how they hear of a change."""
        if path not in self._configs:
            self._configs[path] = OwnConfigFile(path, record_type, wall=self._clock.wall)
        return self._configs[path]

    def freeze(self) -> OwnFreeze:
        """Return the flag that stops new entries, the same object for all."""
        return self._freeze

    def flush(self) -> None:
        """Hand everything that was written to the system: streams, documents, and configs that learning changed.

        Raises ConfigConflict where somebody else changed such a config meanwhile.
        """
        for writer in self._writers:
            writer.flush()
        for standing in self._pages.values():
            standing.flush()
        for config in self._configs.values():
            config.flush()

    def close(self) -> None:
        """Flush, and let go of everything; twice is harmless."""
        self.flush()
        for writer in self._writers:
            writer.close()
        self._writers.clear()
        self._streams.clear()
        self._pages.clear()

    def _stream(self, path: Path) -> Stream:
        if path not in self._streams:
            self._streams[path] = Stream(path)
        return self._streams[path]
