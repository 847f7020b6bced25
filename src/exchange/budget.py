"""How much may be asked of a venue in a time, with a part that only exits may spend."""

from collections import deque


class Budget:
    """A sliding window of costs; it never waits, it only says yes or no."""

    def __init__(self, *, limit: int, window_s: float, reserved: int) -> None:
        """Allow ``limit`` units in any ``window_s`` real seconds; the last ``reserved`` are for exits."""
        self._limit = limit
        self._window_s = window_s
        self._reserved = reserved
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0

    def spend(self, cost: int, *, real_now: float, urgent: bool = False) -> bool:
        """Take units if there are enough; return whether there were."""
        while self._spent and self._spent[0][0] <= real_now - self._window_s:
            self._total -= self._spent.popleft()[1]
        limit = self._limit if urgent else self._limit - self._reserved
        if self._total + cost > limit:
            return False
        self._spent.append((real_now, cost))
        self._total += cost
        return True
