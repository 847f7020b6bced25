"""How long to wait before the next try."""

import random


class Backoff:
    """Waiting times that double up to a limit, spread by a fifth so that clients do not march in step."""

    def __init__(self, *, first_s: float, maximum_s: float, rng: random.Random) -> None:
        self._first_s = first_s
        self._maximum_s = maximum_s
        self._rng = rng
        self._next_s = first_s

    def next_delay(self) -> float:
        """Return the seconds to wait now, and double the next."""
        delay = self._next_s * self._rng.uniform(0.8, 1.2)
        self._next_s = min(self._maximum_s, self._next_s * 2)
        return delay

    def reset(self) -> None:
        """Begin again: things work."""
        self._next_s = self._first_s
