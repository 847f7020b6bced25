"""The recorded mid prices from which every outcome is measured."""

import enum
from bisect import bisect_left
from typing import NamedTuple

from src.records.base import Line

_COMPACT_AFTER = 4096


class WindowMid(Line, frozen=True, kw_only=True):
    """The part of a ``Features`` line that prices an outcome; ``ts`` is the window's close."""

    symbol: str
    mid: float | None
    """In USD; None where the book was empty, crossed or stale."""


class PricePoint(NamedTuple):
    """A recorded mid price, in USD, and the close of its window."""

    ts: float
    price: float


class Lookup(enum.Enum):
    """Why a price was not found."""

    NOT_YET = "NOT_YET"
    """A window that is still to come may hold it."""
    NEVER = "NEVER"
    """Later windows are there: none within tolerance had a price."""


NOT_YET, NEVER = Lookup.NOT_YET, Lookup.NEVER


class PriceTape:
    """Mid prices by symbol in the order of time, for as long as an outcome may ask for them."""

    def __init__(self) -> None:
        self._series: dict[str, _Series] = {}
        self.newest_ts = float("-inf")
        """Close of the newest window of any symbol."""

    def add(self, window: WindowMid) -> None:
        """Take one window; one that is not newer than its symbol's newest is a repeat and is ignored."""
        series = self._series.setdefault(window.symbol, _Series())
        if window.ts <= series.newest_ts:
            return
        series.newest_ts = window.ts
        self.newest_ts = max(self.newest_ts, window.ts)
        if window.mid is not None:
            series.ts.append(window.ts)
            series.mids.append(window.mid)

    def find(self, symbol: str, target_ts: float, tolerance_s: float) -> PricePoint | Lookup:
        """Return the first known price at or after the target, or why there is none within tolerance."""
        series = self._series.get(symbol)
        if series is None:
            return NOT_YET
        times = series.ts
        at = bisect_left(times, target_ts, series.start)
        if at < len(times) and times[at] <= target_ts + tolerance_s:
            return PricePoint(times[at], series.mids[at])
        return NEVER if series.newest_ts > target_ts + tolerance_s else NOT_YET

    def forget_before(self, ts: float) -> None:
        """Drop prices that nothing will ask for any more."""
        for series in self._series.values():
            series.forget_before(ts)


class _Series:
    __slots__ = ("mids", "newest_ts", "start", "ts")

    def __init__(self) -> None:
        self.ts: list[float] = []
        self.mids: list[float] = []
        self.start = 0
        self.newest_ts = float("-inf")

    def forget_before(self, ts: float) -> None:
        self.start = bisect_left(self.ts, ts, self.start)
        if self.start > _COMPACT_AFTER:
            del self.ts[: self.start]
            del self.mids[: self.start]
            self.start = 0
