"""A budget of requests that refills with time."""


class TokenBucket:
    """A budget of ``capacity`` units that refills at ``per_s`` units a second; time is handed in."""

    def __init__(self, *, capacity: float, per_s: float) -> None:
        if capacity <= 0 or per_s <= 0:
            raise ValueError("capacity and per_s must be positive")
        self._capacity = capacity
        self._per_s = per_s
        self._level = capacity
        self._at: float | None = None

    def take(self, now: float, cost: float = 1.0) -> float:
        """Take ``cost`` units and return 0, or take nothing and return the seconds until they are there.

        Raises ValueError for a cost that the bucket can never hold.
        """
        if cost > self._capacity:
            raise ValueError(f"a cost of {cost} never fits a budget of {self._capacity}")
        self._refill(now)
        if self._level >= cost:
            self._level -= cost
            return 0.0
        return (cost - self._level) / self._per_s

    def level(self, now: float) -> float:
        """Return the units that are there."""
        self._refill(now)
        return self._level

    def _refill(self, now: float) -> None:
        if self._at is not None and now > self._at:
            self._level = min(self._capacity, self._level + (now - self._at) * self._per_s)
        if self._at is None or now > self._at:
            self._at = now
