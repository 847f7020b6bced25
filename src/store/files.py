"""How a stage gets its streams and documents: the shell decides what stands behind them."""

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, Protocol, TypeVar

from src.records.base import Config, Document, Line
from src.records.place import Place
from src.records.settings import BotSettings
from src.store.config import ConfigFile
from src.store.freeze import Freeze
from src.store.jsonl import BadLine, Durability

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
D = TypeVar("D", bound=Document | Line)
C = TypeVar("C", bound=Config)
_MIB = 1024 * 1024


class Retention(NamedTuple):
    """How a stream is cut, and how much of it is kept."""

    segment_bytes: int
    segments: int | None
    """Closed segments that are kept; None keeps every one."""


def retention_of(settings: BotSettings, durability: Durability) -> Retention:
    """Return how a home's streams are cut and kept; of money nothing is ever removed."""
    segments = None if durability is Durability.MONEY else settings.keep_log_segments
    return Retention(round(settings.log_segment_mib * _MIB), segments)


class Outgoing(Protocol[R_contra]):
    """A stream that one stage writes."""

    failed_syncs: int
    """How often what was written could not be forced to the disk."""

    @property
    def seq(self) -> int:
        """Return the number of the last record; 0 before the first."""

    def append(self, record: R_contra) -> int:
        """Write a record; return its number."""

    def sync(self) -> None:
        """Force what was written to where it lasts."""

    def close(self) -> None:
        """Let go of it; twice is harmless."""


class Incoming(Protocol[R]):
    """A stream that a stage follows: each record comes at least once, in order."""

    def read_new(self, limit: int | None = None) -> list[R]:
        """Return what is new, oldest first, at most ``limit``."""

    def behind(self) -> bool:
        """Return whether something was written that is not read yet."""

    def skip_to_end(self) -> None:
        """Move behind what is there now."""

    def save(self) -> None:
        """Save the place after everything read so far, once it has been answered."""

    def place(self) -> Place | None:
        """Return the place after everything read so far; None while there is no stream."""

    def counters(self) -> dict[str, int]:
        """Return what went wrong so far, by name."""

    def close(self) -> None:
        """Let go of it."""


class Page(Protocol[D]):
    """A document that is replaced as a whole by one stage."""

    def read(self) -> D | None:
        """Return it; None where there is none."""

    def read_if_changed(self) -> D | None:
        """Return it where it changed since the last read, else None."""

    def version(self) -> str | None:
        """Return the version of what stands; None where there is none."""

    def content(self) -> bytes | None:
        """Return the bytes of what stands; None where there is none."""

    def write(self, document: D) -> object:
        """Replace it; ``version`` tells which it became."""

    def write_later(self, make: Callable[[], D]) -> object:
        """Replace it by what ``make`` returns, now or as soon as somebody looks."""


class Files(Protocol):
    """What a stage is handed to open what it reads and writes."""

    def writer(
        self, path: Path, *, writer: str, durability: Durability, retention: Retention | None = None
    ) -> Outgoing[Any]:
        """Open a stream for its one writer, called ``writer`` in each line; the home's retention, or its own."""

    def reader(
        self,
        path: Path,
        record_type: type[R] | UnionType,
        *,
        cursor: Path | None = None,
        place: Place | None = None,
        on_bad: BadLine = BadLine.QUARANTINE,
    ) -> Incoming[R]:
        """Open a stream to follow: from ``place``, else from the one that ``cursor`` keeps, else from its beginning."""

    def document(self, path: Path, record_type: type[D], *, writer: str, durable: bool = True) -> Page[D]:
        """Open a document."""

    def config(self, path: Path, record_type: type[C]) -> ConfigFile[C]:
        """Open a file that a human edits."""

    def freeze(self) -> Freeze:
        """Return the flag that stops new entries."""
