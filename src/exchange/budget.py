"""How much may be asked of a venue in a time; who may wait keeps some of it for who may not."""

from collections import deque


class Budget:
    """A sliding window of costs; it never waits, it only says yes or no."""

    def __init__(self, *, limit: int, window_s: float) -> None:
        """Allow ``limit`` units in any ``window_s`` real seconds."""
        self._limit = limit
        self._window_s = window_s
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0

    def spend(self, cost: int, *, real_now: float, keep: int = 0) -> bool:
        """Take units if at least ``keep`` are left after it; return whether there were enough."""
        while self._spent and self._spent[0][0] <= real_now - self._window_s:
            self._total -= self._spent.popleft()[1]
        if self._total + cost > self._limit - keep:
            return False
        self._spent.append((real_now, cost))
        self._total += cost
        return True
