"""Joining two files that were written in nearly the same order, in bounded memory."""

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Key(NamedTuple):
    """What a record is found by."""

    signal_id: str
    ts: float


class Source(Protocol[R_co]):
    """A file that is read once."""

    name: str
    whole_since: float | None

    def __iter__(self) -> Iterator[tuple[int, R_co]]:
        """Return each record with its number."""


class Ahead(Generic[R]):
    """Finds the record of an id by reading on: nothing stands further than ``slack_s`` from where it belongs."""

    def __init__(self, source: Source[R], key: Callable[[R], Key | None], *, slack_s: float) -> None:
        self.source = source
        self._records = iter(source)
        self._key = key
        self._slack_s = slack_s
        self._waiting: dict[str, tuple[float, int, R]] = {}
        self._reached = float("-inf")
        self._ended = False

    def take(self, signal_id: str, ts: float) -> tuple[int, R] | None:
        """Return the record of an id with its number, each once; None where there is none near ``ts``."""
        found = self._waiting.pop(signal_id, None)
        while found is None and not self._ended and self._reached <= ts + self._slack_s:
            read = self._read_on()
            if read == signal_id:
                found = self._waiting.pop(signal_id)
        self._forget(ts - self._slack_s)
        return None if found is None else (found[1], found[2])

    def removed(self, ts: float) -> bool:
        """Return whether a record of this time may have been removed by rotation."""
        since = self.source.whole_since
        return since is not None and ts < since + self._slack_s

    def drain(self) -> None:
        """Read what is left, for the proof of the file alone."""
        self._waiting.clear()
        for _ in self._records:
            pass

    def _read_on(self) -> str | None:
        for seq, record in self._records:
            key = self._key(record)
            if key is None:
                continue
            self._reached = max(self._reached, key.ts)
            self._waiting.setdefault(key.signal_id, (key.ts, seq, record))
            return key.signal_id
        self._ended = True
        return None

    def _forget(self, before: float) -> None:
        """Let go of what nothing asked for: in the order of reading, which is nearly that of time."""
        while self._waiting:
            first = next(iter(self._waiting))
            if self._waiting[first][0] >= before:
                return
            del self._waiting[first]
