"""What one symbol has done: bounded series of prices, flows and scores."""

import math
from collections import deque
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from src.features.ofi import EXACT_WINDOWS
from src.features.regime import RegimeState
from src.market.grid import Grid
from src.market.quotes import Bar, FundingHour
from src.records.features import WindowSums

MINUTE_S = 60
QUARTER_S = 900
HOUR_S = 3600
DAY_S = 86400
_MINUTES = 2000
_QUARTERS = 31 * 96
_FUNDING_DAYS = 30
_WHOLE_SHARE = 0.9
"""Share of a span's windows that must be known for its sum to stand."""


class Columns:
    """Where each value of a window stands in its row."""

    MID, OPEN_INTEREST, BUY, SELL, LARGE_BUY, LARGE_SELL, LONG_LIQUIDATIONS, SHORT_LIQUIDATIONS = range(8)
    COUNT = 8


class History:
    """The series behind one symbol's features; what the bot measured itself wins over what it was told."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self.windows = Grid(step_s=window_s, capacity=math.ceil(HOUR_S / window_s) + 3, columns=Columns.COUNT)
        self.minutes = Grid(step_s=MINUTE_S, capacity=_MINUTES)
        """Prices at the ends of minutes, in USD."""
        self.quarters = Grid(step_s=QUARTER_S, capacity=_QUARTERS)
        """Prices at the ends of quarters of an hour, in USD."""
        self.imbalances: deque[float] = deque(maxlen=EXACT_WINDOWS)
        """Self-normalised order flow of the windows before the running one."""
        self.regime: RegimeState | None = None
        self.last_score: tuple[float, float | None] | None = None
        """Close of the last window and its score."""
        self._funding: dict[float, float] = {}

    def mark_price(self, ts: float, mid: float) -> None:
        """Keep our own price at the end of a minute."""
        self.minutes.set(ts, mid)
        if ts % QUARTER_S == 0:
            self.quarters.set(ts, mid)

    def add_bars(self, bars: Iterable[Bar], *, resolution_s: int) -> None:
        """Fill holes with the closes of candles of one or fifteen minutes."""
        grid = self.minutes if resolution_s == MINUTE_S else self.quarters
        for bar in bars:
            grid.set_missing(bar.ts + resolution_s, bar.close)

    def add_funding(self, hours: Iterable[FundingHour], *, now: float) -> None:
        """Keep the settled funding rates of the last 30 days."""
        self._funding.update((hour.ts, hour.relative_rate) for hour in hours)
        oldest = now - _FUNDING_DAYS * DAY_S
        self._funding = {ts: rate for ts, rate in self._funding.items() if ts > oldest}

    def funding_rates(self, *, now: float) -> npt.NDArray[np.float64]:
        """Return the relative rates settled in the last 30 days, oldest first."""
        oldest = now - _FUNDING_DAYS * DAY_S
        kept = sorted((ts, rate) for ts, rate in self._funding.items() if ts > oldest)
        return np.array([rate for _, rate in kept], dtype=np.float64)

    def add_window(
        self, ts: float, sums: WindowSums, *, mid: float | None, open_interest: float | None, whole: bool
    ) -> None:
        """Keep one closed window; flows of a window that was not watched throughout are unknown."""
        large_known = whole and sums.large_trade_usd is not None
        self.windows.set(
            ts,
            math.nan if mid is None else mid,
            math.nan if open_interest is None else open_interest,
            sums.buy_volume if whole else math.nan,
            sums.sell_volume if whole else math.nan,
            sums.large_buy_usd if large_known else math.nan,
            sums.large_sell_usd if large_known else math.nan,
            sums.long_liquidations_usd if whole else math.nan,
            sums.short_liquidations_usd if whole else math.nan,
        )

    def imbalance_array(self) -> npt.NDArray[np.float64]:
        """Return the self-normalised flows of earlier windows, oldest first."""
        return np.fromiter(self.imbalances, dtype=np.float64, count=len(self.imbalances))

    def price_at(self, ts: float) -> float | None:
        """Return the price at a time on the grid of minutes, else of windows; None where it is not known."""
        grid = self.minutes if ts % MINUTE_S == 0 else self.windows
        return _known(grid.at(ts))

    def value_at(self, ts: float, column: int) -> float | None:
        """Return one value of the window that closed at a time; None where it is not known."""
        return _known(self.windows.at(ts, column))

    def sums_over(self, span_s: float, *, until: float) -> list[float | None]:
        """Return the sum of each column over the windows of a span; None where too few of them are known."""
        count = max(1, round(span_s / self._window_s))
        rows = self.windows.last_rows(count, until=until)
        known = np.count_nonzero(~np.isnan(rows), axis=0)
        totals = np.nansum(rows, axis=0)
        needed = _WHOLE_SHARE * count
        return [float(total) if n >= needed else None for total, n in zip(totals, known, strict=True)]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
