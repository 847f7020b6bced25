"""A long series with few points that still touches every extreme."""

from dataclasses import dataclass, field

Point = tuple[float, float]
"""A time, in seconds since the epoch, and a value."""


@dataclass(slots=True)
class _Bucket:
    first: Point
    low: Point
    high: Point
    last: Point

    def take(self, point: Point) -> None:
        self.last = point
        if point[1] < self.low[1]:
            self.low = point
        elif point[1] > self.high[1]:
            self.high = point


@dataclass(slots=True)
class ThinSeries:
    """First, lowest, highest and last value of each of a fixed number of equal stretches of time.

    A line through them covers the same pixels as a line through every value, where a stretch is a pixel wide
    (the M4 aggregation of Jugel et al., VLDB 2014). Nothing is averaged.
    """

    since_ts: float
    until_ts: float
    buckets: int
    taken: int = 0
    """Values that came in."""
    _buckets: dict[int, _Bucket] = field(default_factory=dict)

    def add(self, ts: float, value: float) -> None:
        """Take a value; they come in the order of time."""
        self.taken += 1
        width = max(self.until_ts - self.since_ts, 1e-9)
        number = min(max(int((ts - self.since_ts) / width * self.buckets), 0), self.buckets - 1)
        bucket = self._buckets.get(number)
        if bucket is None:
            point = (ts, value)
            self._buckets[number] = _Bucket(point, point, point, point)
        else:
            bucket.take((ts, value))

    def points(self) -> list[Point]:
        """Return what was kept, oldest first."""
        kept: list[Point] = []
        for number in sorted(self._buckets):
            bucket = self._buckets[number]
            kept.extend(sorted({bucket.first, bucket.low, bucket.high, bucket.last}))
        return kept
