"""What all symbols have done, side by side: bounded series of prices and flows."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from src.market.grid import Grid
from src.market.quotes import Bar
from src.records.features import WindowSums

MINUTE_S = 60
QUARTER_S = 900
HOUR_S = 3600
DAY_S = 86400
_MINUTES = 2000
_QUARTERS = 31 * 96
_WHOLE_SHARE = 0.9
"""Share of a span's windows that must be known for its sum to stand."""

FLOWS = 6
"""How many flows a window has."""
Flows = tuple[float, float, float, float, float, float]
"""Taker buys and sells in contracts; large buys, large sells, liquidated longs and shorts in USD."""
_UNKNOWN: Flows = (math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)


def flows_of(sums: WindowSums, *, whole: bool) -> Flows:
    """Return the flows of a window; those of one that was not watched throughout are unknown."""
    if not whole:
        return _UNKNOWN
    large = sums.large_trade_usd is not None
    return (
        sums.buy_volume,
        sums.sell_volume,
        sums.large_buy_usd if large else math.nan,
        sums.large_sell_usd if large else math.nan,
        sums.long_liquidations_usd,
        sums.short_liquidations_usd,
    )


class Series:
    """The series behind the features, a column a symbol; what the bot measured wins over what it was told."""

    def __init__(self, symbols: int, window_s: float) -> None:
        self.window_s = window_s
        self.hour_windows = math.ceil(HOUR_S / window_s) + 3
        """How many windows are kept."""
        self.minutes = Grid(step_s=MINUTE_S, capacity=_MINUTES, columns=symbols)
        """Prices at the ends of minutes, in USD."""
        self.quarters = Grid(step_s=QUARTER_S, capacity=_QUARTERS, columns=symbols)
        """Prices at the ends of quarters of an hour, in USD."""
        self.mids = self._windows(symbols)
        """Prices at the closes of windows, in USD."""
        self.interests = self._windows(symbols)
        """Open interest at the closes of windows, in contracts."""
        self._flows = self._windows(symbols * FLOWS)
        self._holes = self._windows(1)

    def mark_prices(self, ts: float, mids: Mapping[int, float]) -> None:
        """Keep our own prices at the end of a minute, by column."""
        for grid in (self.minutes, self.quarters) if ts % QUARTER_S == 0 else (self.minutes,):
            if len(mids) == grid.columns:
                grid.set_row(ts, [mids[column] for column in range(grid.columns)])
            else:
                for column, mid in mids.items():
                    grid.set(ts, mid, column)

    def add_bars(self, bars: Iterable[Bar], column: int, *, resolution_s: int) -> None:
        """Fill a symbol's holes with the closes of candles of one or fifteen minutes."""
        grid = self.minutes if resolution_s == MINUTE_S else self.quarters
        ascending = sorted(bars, key=lambda bar: bar.ts)
        grid.fill([bar.ts + resolution_s for bar in ascending], [bar.close for bar in ascending], column)

    def add_windows(
        self,
        ts: float,
        mids: Sequence[float | None],
        interests: Sequence[float | None],
        flows: Sequence[Flows | None],
    ) -> None:
        """Keep the windows that closed at a time, one of each symbol; None is not known."""
        self.mids.set_row(ts, [math.nan if mid is None else mid for mid in mids])
        self.interests.set_row(ts, [math.nan if interest is None else interest for interest in interests])
        row = [value for each in flows for value in each or _UNKNOWN]
        self._flows.set_row(ts, row)
        self._holes.set(ts, sum(value != value for value in row))  # noqa: PLR0124 # NaN alone is not itself

    def prices_at(self, ts: float) -> list[float]:
        """Return each symbol's price at a time on the grid of minutes, else of windows; NaN where not known."""
        return (self.minutes if ts % MINUTE_S == 0 else self.mids).row(ts)

    def flows_over(self, span_s: float, *, until: float) -> list[float]:
        """Return the sums of every symbol's flows over the windows of a span, one symbol's after the other's.

        NaN stands where too few of the windows are known.
        """
        count = max(1, round(span_s / self.window_s))
        rows = self._flows.last(count, until=until)
        totals: npt.NDArray[np.float64]
        if self._holes.last(count, until=until).sum() == 0:
            totals = rows.sum(axis=0)
        else:
            unknown = np.isnan(rows)
            few = count - unknown.sum(axis=0) < _WHOLE_SHARE * count
            totals = np.where(few, np.nan, np.where(unknown, 0.0, rows).sum(axis=0))
        values: list[float] = totals.tolist()
        return values

    def _windows(self, columns: int) -> Grid:
        return Grid(step_s=self.window_s, capacity=self.hour_windows, columns=columns)
