"""Where windows and minutes end, and what an outage swallows of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from src.market.history import MINUTE_S

_QUIET_S = 10.0


@dataclass(frozen=True, slots=True)
class Boundary:
    """An instant at which a minute, a window, or both end."""

    ts: float
    ends_minute: bool
    ends_window: bool
    silent: bool
    """Nothing was heard for so long before it that no price is known."""


class Timeline:
    """The boundaries of one run, aligned to UTC; they begin with the first message.

    Nothing heard for longer than a window, and than ten seconds, is silence; of the windows that ended in one
    silence, only those that are asked for while it lasts are told, and of several at once the newest.
    """

    def __init__(self, window_s: float) -> None:
        if MINUTE_S % window_s != 0 and window_s % MINUTE_S != 0:
            raise ValueError(f"window_s must divide a minute or be whole minutes, not {window_s}")
        self.heard_at: float | None = None
        """Arrival of the newest message."""
        self.next = math.inf
        """The next boundary."""
        self._window_s = float(window_s)
        self._minute_end = math.inf
        self._window_end = math.inf

    def hear(self, at: float) -> None:
        """Note that a message arrived."""
        if self.heard_at is None:
            self._minute_end = _after(at, MINUTE_S)
            self._window_end = _after(at, self._window_s)
            self.next = min(self._minute_end, self._window_end)
        self.heard_at = at

    def due(self, now: float) -> Iterator[Boundary]:
        """Move past every boundary up to ``now``, and tell each."""
        while self.next <= now:
            if self._is_silent(self.next):
                self._skip_to(math.floor(now / self._window_s) * self._window_s)
            ts = min(self._minute_end, self._window_end)
            ends_minute, ends_window = ts == self._minute_end, ts == self._window_end
            if ends_minute:
                self._minute_end = _after(ts, MINUTE_S)
            if ends_window:
                self._window_end = _after(ts, self._window_s)
            self.next = min(self._minute_end, self._window_end)
            yield Boundary(ts, ends_minute, ends_window, self._is_silent(ts))

    def _is_silent(self, ts: float) -> bool:
        return self.heard_at is not None and ts - self.heard_at > max(self._window_s, _QUIET_S)

    def _skip_to(self, newest_end: float) -> None:
        if newest_end > self._window_end:
            self._window_end = newest_end
            self._minute_end = _after(newest_end - MINUTE_S, MINUTE_S)


def _after(ts: float, step_s: float) -> float:
    """Return the first multiple of a step after a time."""
    return (math.floor(ts / step_s) + 1) * float(step_s)
