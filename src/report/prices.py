"""The recorded mid prices that orders are measured against."""

from array import array
from bisect import bisect_left, bisect_right
from decimal import Decimal
from typing import Protocol

from src.records.base import Line


class WindowPrice(Line, frozen=True, kw_only=True):
    """The part of a ``Features`` line that tells a price; ``ts`` is the window's close."""

    symbol: str
    window_s: float
    recorded_at: float
    mid: float | None


class Mids(Protocol):
    """Where the mid prices of the past can be looked up; None for what was not recorded, never a guess."""

    def closing(self, symbol: str, ts: float) -> Decimal | None:
        """Return the mid of the window that closed at this very moment, in USD."""

    def known(self, symbol: str, ts: float) -> Decimal | None:
        """Return the newest mid that was written by this moment and was not stale then, in USD."""


class MidTape:
    """Mid prices by symbol in the order of time, 24 bytes each."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}

    def add(self, window: WindowPrice) -> None:
        """Take one window; one without a price, or no newer than its symbol's newest, is left out."""
        series = self._series.get(window.symbol)
        if series is None:
            series = self._series[window.symbol] = _Series()
        if window.mid is None or (series.ts and window.ts <= series.ts[-1]):
            return
        series.ts.append(window.ts)
        series.recorded.append(max(window.recorded_at, series.recorded[-1] if series.recorded else 0.0))
        series.mids.append(window.mid)
        series.window_s = window.window_s

    def closing(self, symbol: str, ts: float) -> Decimal | None:
        """Return the mid of the window that closed at this very moment, in USD."""
        series = self._series.get(symbol)
        if series is None:
            return None
        at = bisect_left(series.ts, ts - 0.0005)
        found = at < len(series.ts) and abs(series.ts[at] - ts) <= 0.0005
        return Decimal(str(series.mids[at])) if found else None

    def known(self, symbol: str, ts: float) -> Decimal | None:
        """Return the newest mid that was written by this moment and was not stale then, in USD."""
        series = self._series.get(symbol)
        if series is None:
            return None
        at = bisect_right(series.recorded, ts) - 1
        if at < 0 or ts - series.recorded[at] > stale_after_s(series.window_s):
            return None
        return Decimal(str(series.mids[at]))


def stale_after_s(window_s: float) -> float:
    """Return how long after it was written a mid still counts as the newest price, in market seconds."""
    return 1.5 * max(window_s, 60.0)


class _Series:
    __slots__ = ("mids", "recorded", "ts", "window_s")

    def __init__(self) -> None:
        self.ts = array("d")
        self.recorded = array("d")
        self.mids = array("d")
        self.window_s = 0.0
