"""What a stage of the learning loop is handed: streams it follows, streams and pictures it writes."""

from collections.abc import Callable
from typing import Protocol, TypeVar

R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)


class Place(Protocol):
    """Where a stream was read to."""

    def save(self) -> None:
        """Save the place after everything read, once it has been answered."""

    def close(self) -> None:
        """Let go of the file."""


class Source(Place, Protocol[R]):
    """A stream that is followed: each line comes at least once."""

    def read_new(self, limit: int | None = None) -> list[R]:
        """Return what is new, oldest first."""


class Sink(Protocol[R_contra]):
    """A stream that only this stage writes."""

    @property
    def seq(self) -> int:
        """Return the number of the last line."""

    def append(self, record: R_contra) -> int:
        """Write one line and return its number."""

    def sync(self) -> None:
        """Force what was written to the disk."""

    def close(self) -> None:
        """Let go of the file."""


class Picture(Protocol[R_contra]):
    """A document that is replaced as a whole."""

    def write(self, document: R_contra) -> object:
        """Replace it."""

    def write_later(self, make: Callable[[], R_contra]) -> object:
        """Replace it by what ``make`` returns, now or as soon as somebody looks."""
