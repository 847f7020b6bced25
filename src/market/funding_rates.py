"""One symbol's settled funding rates of the last 30 days."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from src.features import funding
from src.market.history import DAY_S
from src.market.quotes import FundingHour

_SPAN_S = 30 * DAY_S


class FundingRates:
    """Settled relative rates by their hour; what is usual among them is worked out once a change."""

    __slots__ = ("_hours", "_rates", "_usual", "_usual_of")

    def __init__(self) -> None:
        self._hours = array("d")
        """Ascending, in seconds since the epoch."""
        self._rates = array("d")
        self._usual: funding.Usual | None = None
        self._usual_of: int | None = None

    def __len__(self) -> int:
        """Return how many hours are kept."""
        return len(self._hours)

    def add(self, hours: Iterable[FundingHour], *, now: float) -> None:
        """Keep those of the last 30 days."""
        for hour in hours:
            self._put(hour.ts, hour.relative_rate)
        self._forget(now)
        self._usual_of = None

    def at(self, now: float) -> npt.NDArray[np.float64]:
        """Return the relative rates settled in the last 30 days, oldest first."""
        return np.array(self._rates[self._first(now) :])

    def z_score(self, rate: float, *, now: float) -> float | None:
        """Return how far a rate is from those of the last 30 days; None where too few are known."""
        first = self._first(now)
        if first != self._usual_of:
            self._usual = funding.usual(self.at(now))
            self._usual_of = first
        return None if self._usual is None else funding.z_score(rate, self._usual)

    def _first(self, now: float) -> int:
        """Return the place of the oldest hour that still counts."""
        return bisect_right(self._hours, now - _SPAN_S)

    def _put(self, ts: float, rate: float) -> None:
        hours, rates = self._hours, self._rates
        place = bisect_left(hours, ts)
        if place < len(hours) and hours[place] == ts:
            rates[place] = rate
        else:
            hours.insert(place, ts)
            rates.insert(place, rate)

    def _forget(self, now: float) -> None:
        first = self._first(now)
        del self._hours[:first], self._rates[:first]
