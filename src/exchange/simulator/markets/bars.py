"""Minute bars of one symbol in bounded arrays, and their aggregation to any resolution."""

import numpy as np

from src.exchange.simulator.events import Candle
from src.exchange.simulator.markets.recursions import Floats

MINUTE_S = 60
VOLUME_DIGITS = 8
"""Sums of volume are rounded here: finer is binary dust."""
FIELDS = 5
"""Open, high, low, close, volume."""


class MinuteBars:
    """A run of minutes, oldest first; a minute without a trade is NaN. The oldest fall off in chunks."""

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._rows = np.full((keep + keep // 16, FIELDS), np.nan)
        self._count = 0
        self._first = 0

    @property
    def next_minute(self) -> int | None:
        """Return the minute that comes next; None while there is none yet."""
        return self._first + self._count if self._count else None

    def extend(self, first_minute: int, rows: Floats) -> None:
        """Append rows of (open, high, low, close, volume); they follow the last one without a hole."""
        if self._count == 0:
            self._first = first_minute
        if first_minute != self._first + self._count:
            raise ValueError(f"minute {first_minute} came where {self._first + self._count} was next")
        if self._count + len(rows) > len(self._rows):
            self._make_room(len(rows))
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def between(self, start: float, end: float) -> tuple[int, Floats]:
        """Return the first minute and the rows of the bars that opened in [start, end]."""
        low = max(self._first, int(np.ceil(start / MINUTE_S)))
        high = min(self._first + self._count - 1, int(np.floor(end / MINUTE_S)))
        if high < low:
            return low, self._rows[:0]
        return low, self._rows[low - self._first : high - self._first + 1]

    def _make_room(self, coming: int) -> None:
        drop = min(self._count, max(self._count + coming - self._keep, 0))
        self._rows[: self._count - drop] = self._rows[drop : self._count].copy()
        self._count -= drop
        self._first += drop


def aggregate(first_minute: int, rows: Floats, *, resolution_s: int) -> list[Candle]:
    """Return candles of a resolution in whole minutes, aligned to UTC; periods without a trade are left out."""
    traded = ~np.isnan(rows[:, 0])
    if not traded.any():
        return []
    minutes = first_minute + np.flatnonzero(traded)
    kept = rows[traded]
    periods = minutes * MINUTE_S // resolution_s
    starts = np.flatnonzero(np.diff(periods, prepend=periods[0] - 1))
    ends = np.append(starts[1:], len(kept)) - 1
    columns = zip(
        (periods[starts] * resolution_s).tolist(),
        kept[starts, 0].tolist(),
        np.maximum.reduceat(kept[:, 1], starts).tolist(),
        np.minimum.reduceat(kept[:, 2], starts).tolist(),
        kept[ends, 3].tolist(),
        np.round(np.add.reduceat(kept[:, 4], starts), VOLUME_DIGITS).tolist(),
        strict=True,
    )
    return [Candle(float(ts), *values) for ts, *values in columns]
