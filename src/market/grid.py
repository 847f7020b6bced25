"""Values on an even grid of time: bounded, with holes where nothing was known."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class Grid:
    """The newest ``capacity`` rows of some series: a row every ``step_s`` seconds, a column a series.

    A row belongs to the multiple of the step that its time is nearest to; NaN stands where none was set. Each
    row is held twice, ``capacity`` places apart, so that every stretch of them lies in one piece.
    """

    def __init__(self, *, step_s: float, capacity: int, columns: int = 1) -> None:
        self.columns = columns
        self._step_s = step_s
        self._capacity = capacity
        self._rows = np.full((2 * capacity, columns), np.nan)
        self._nothing: list[float] = [math.nan] * columns
        self._newest: int | None = None

    def set(self, ts: float, value: float, column: int = 0) -> None:
        """Put a value at a time; one that is older than everything kept is ignored."""
        slot = self._slot(ts)
        if slot is not None:
            self._rows[slot, column] = self._rows[slot + self._capacity, column] = value

    def fill(self, times: Sequence[float], values: Sequence[float], column: int = 0) -> None:
        """Put values only where none is known, the first of those at one time; the times ascend."""
        if not times or self._slot(times[-1]) is None or self._newest is None:
            return
        places = np.rint(np.array(times) / self._step_s).astype(np.int64)
        kept = np.flatnonzero(places > self._newest - self._capacity)[::-1]
        slots = places[kept] % self._capacity
        empty = np.isnan(self._rows[slots, column])
        slots, found = slots[empty], np.array(values)[kept[empty]]
        self._rows[slots, column] = self._rows[slots + self._capacity, column] = found

    def set_row(self, ts: float, values: Sequence[float]) -> None:
        """Put a whole row at a time; one that is older than everything kept is ignored."""
        slot = self._slot(ts)
        if slot is not None:
            row = self._rows[slot]
            row[:] = values
            self._rows[slot + self._capacity] = row

    def at(self, ts: float, column: int = 0) -> float:
        """Return the value at a time, NaN where it is not known."""
        place = round(ts / self._step_s)
        if not self._keeps(place):
            return math.nan
        return float(self._rows.item(place % self._capacity, column))

    def row(self, ts: float) -> list[float]:
        """Return the row at a time, NaN where a value is not known."""
        place = round(ts / self._step_s)
        if not self._keeps(place):
            return self._nothing
        values: list[float] = self._rows[place % self._capacity].tolist()
        return values

    def last(self, count: int, *, until: float) -> npt.NDArray[np.float64]:
        """Return the ``count`` rows up to a time, oldest first, NaN where not known; look, do not write.

        Raises ValueError for more rows than are kept.
        """
        if count > self._capacity:
            raise ValueError(f"only {self._capacity} rows are kept, not {count}")
        end = round(until / self._step_s) + 1
        if self._keeps(end - count) and self._keeps(end - 1):
            slot = (end - count) % self._capacity
            return self._rows[slot : slot + count]
        found = np.full((count, self._rows.shape[1]), np.nan)
        for number, place in enumerate(range(end - count, end)):
            if self._keeps(place):
                found[number] = self._rows[place % self._capacity]
        return found

    def _keeps(self, place: int) -> bool:
        newest = self._newest
        return newest is not None and newest - self._capacity < place <= newest

    def _slot(self, ts: float) -> int | None:
        """Return where a row stands after making room for it; None for one that is too old."""
        place = round(ts / self._step_s)
        newest = self._newest
        if newest is None:
            self._newest = place
        elif place > newest:
            self._clear(newest + 1, place)
            self._newest = place
        elif place <= newest - self._capacity:
            return None
        return place % self._capacity

    def _clear(self, first: int, last: int) -> None:
        capacity = self._capacity
        for place in range(max(first, last - capacity + 1), last + 1):
            slot = place % capacity
            self._rows[slot] = self._rows[slot + capacity] = np.nan
