"""One contract's last 24 hours, in buckets of five minutes."""

from collections import deque
from dataclasses import dataclass

from src.exchange.simulator.events import Candle

BUCKET_S = 300
DAY_S = 86_400


@dataclass(slots=True)
class _Bucket:
    start: int
    open: float
    high: float
    low: float
    volume: float
    value_usd: float


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What a ticker tells of the last day."""

    open: float
    high: float
    low: float
    volume: float
    value_usd: float


class Day:
    """Rolling sums; memory is bounded by the number of buckets in a day."""

    def __init__(self) -> None:
        self._buckets: deque[_Bucket] = deque()

    def fill_in(self, candles: list[Candle]) -> None:
        """Take the bars before the start, oldest first."""
        for bar in candles:
            value = bar.volume * bar.close
            start = int(bar.ts) // BUCKET_S * BUCKET_S
            self._buckets.append(_Bucket(start, bar.open, bar.high, bar.low, bar.volume, value))

    def add(self, ts: float, price: float, size: float) -> None:
        """Take one trade."""
        start = int(ts) // BUCKET_S * BUCKET_S
        buckets = self._buckets
        if not buckets or buckets[-1].start < start:
            buckets.append(_Bucket(start, price, price, price, 0.0, 0.0))
            while buckets and buckets[0].start <= start - DAY_S:
                buckets.popleft()
        last = buckets[-1]
        last.high = max(last.high, price)
        last.low = min(last.low, price)
        last.volume += size
        last.value_usd += size * price

    def summary(self) -> DaySummary | None:
        """Return the day so far, None before the first trade."""
        if not self._buckets:
            return None
        return DaySummary(
            open=self._buckets[0].open,
            high=max(b.high for b in self._buckets),
            low=min(b.low for b in self._buckets),
            volume=sum(b.volume for b in self._buckets),
            value_usd=sum(b.value_usd for b in self._buckets),
        )
