"""Rows of answers that mostly repeat themselves: only what has changed is read again."""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from src.exchange import kraken_answers as answers
from src.exchange.kraken_answers import Raw

T = TypeVar("T")


class KnownRows(Generic[T]):
    """Reads a list of an answer, and remembers what the newest one said.

    A row that equals the one that had its name before means the same; what cannot be read is never remembered.
    """

    def __init__(self, key: str, *, name: str, parse: Callable[[Raw], T]) -> None:
        """Read the list ``key`` of answers, whose rows are known by their field ``name``."""
        self._key = key
        self._name = name
        self._parse = parse
        self._listed: list[object] | None = None
        self._read: tuple[T, ...] = ()
        self._known: dict[object, tuple[Raw, T]] = {}

    def read(self, raw: Mapping[str, object]) -> tuple[T, ...]:
        """Return the rows of the list; NoAnswer where it is not there or cannot be read."""
        listed = raw.get(self._key)
        if isinstance(listed, list) and listed == self._listed:
            return self._read
        now: dict[object, tuple[Raw, T]] = {}
        read = answers.rows(raw, self._key, lambda row: self._one(row, now))
        self._known = now
        self._listed, self._read = listed if isinstance(listed, list) else None, read
        return read

    def _one(self, row: Raw, now: dict[object, tuple[Raw, T]]) -> T:
        name = row.get(self._name)
        known = self._known.get(name)
        if known is None or known[0] != row:
            known = (row, self._parse(row))
        now[name] = known
        return known[1]
