"""Values on an even grid of time: bounded, with holes where nothing was known."""

import math

import numpy as np
import numpy.typing as npt

_NOWHERE = -(2**62)


class Grid:
    """The newest ``capacity`` rows of a series with a row of ``columns`` values every ``step_s`` seconds.

    A row belongs to the multiple of the step that its time is nearest to; NaN stands where none was set.
    """

    def __init__(self, *, step_s: float, capacity: int, columns: int = 1) -> None:
        self._step_s = step_s
        self._capacity = capacity
        self._rows = np.full((capacity, columns), np.nan)
        self._places = np.full(capacity, _NOWHERE, dtype=np.int64)

    def set(self, ts: float, *values: float) -> None:
        """Put a row at a time; one that is older than everything kept is ignored."""
        place = round(ts / self._step_s)
        slot = place % self._capacity
        if place >= self._places[slot]:
            self._places[slot] = place
            self._rows[slot] = values

    def set_missing(self, ts: float, *values: float) -> None:
        """Put a row only where none is known."""
        if math.isnan(self.at(ts)):
            self.set(ts, *values)

    def at(self, ts: float, column: int = 0) -> float:
        """Return the value at a time, NaN where it is not known."""
        place = round(ts / self._step_s)
        slot = place % self._capacity
        return float(self._rows[slot, column]) if self._places[slot] == place else math.nan

    def last(self, count: int, *, until: float) -> npt.NDArray[np.float64]:
        """Return the first column's ``count`` values up to a time, oldest first, NaN where not known."""
        return self.last_rows(count, until=until)[:, 0]

    def last_rows(self, count: int, *, until: float) -> npt.NDArray[np.float64]:
        """Return the ``count`` rows up to a time, oldest first, NaN where not known."""
        newest = round(until / self._step_s)
        places = np.arange(newest - count + 1, newest + 1)
        slots = places % self._capacity
        rows = self._rows[slots]
        rows[self._places[slots] != places] = np.nan
        return rows
