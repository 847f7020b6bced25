"""Rows of answers that mostly repeat themselves: only what has changed is put into words again."""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

R = TypeVar("R")
Shape = dict[str, object]


class Rows(Generic[R]):
    """The shapes of the records of the newest answer; whoever is handed one only reads it."""

    def __init__(self, shape: Callable[[R], Shape]) -> None:
        self._shape = shape
        self._known: dict[Hashable, tuple[R, Shape]] = {}

    def of(self, records: Iterable[tuple[Hashable, R]]) -> list[Shape]:
        """Return the shapes of (name, record) in their order; a record that is replaced is shaped anew."""
        before = self._known
        now: dict[Hashable, tuple[R, Shape]] = {}
        for name, record in records:
            known = before.get(name)
            if known is None or known[0] is not record:
                known = (record, self._shape(record))
            now[name] = known
        self._known = now
        return [shape for _, shape in now.values()]
