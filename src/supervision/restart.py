"""When a dead process is started again: at once, after a back-off, or only as a probe."""

import random
from collections import deque
from dataclasses import dataclass

from src.records.settings import Supervision


@dataclass(frozen=True, slots=True)
class Restart:
    """When to start again, and whether the process counts as failed until it works."""

    at_s: float
    """Real seconds of the caller's clock."""
    failed: bool


class RestartPolicy:
    """One process's history of deaths.

    A death is early when it comes soon after the start or before any work. Early deaths back off
    1, 2, 4 ... seconds with 20 % jitter; enough of them within the window are a crash loop, after which the
    process is only probed. A death after work restarts at once, and a minute of life with work forgets the rest.
    """

    FORGIVEN_AFTER_S = 60.0
    JITTER = 0.2

    def __init__(self, settings: Supervision, rng: random.Random) -> None:
        self._settings = settings
        self._rng = rng
        self._early: deque[float] = deque()
        self._backoff_s = 1.0

    def died(self, *, now_s: float, lived_s: float, worked: bool) -> Restart:
        """Return what to do about a death at ``now_s`` after ``lived_s`` seconds of life."""
        if worked and lived_s >= self.FORGIVEN_AFTER_S:
            self._forgive()
        if worked and lived_s >= self._settings.early_death_s:
            return Restart(at_s=now_s, failed=False)
        self._early.append(now_s)
        while now_s - self._early[0] > self._settings.crash_loop_window_s:
            self._early.popleft()
        if len(self._early) >= self._settings.crash_loop_deaths:
            return Restart(at_s=now_s + self._settings.probe_every_s, failed=True)
        return Restart(at_s=now_s + self._next_backoff(), failed=False)

    def worked(self, *, lived_s: float) -> None:
        """Hear that the process has worked for ``lived_s`` seconds."""
        if lived_s >= self.FORGIVEN_AFTER_S:
            self._forgive()

    def _forgive(self) -> None:
        self._early.clear()
        self._backoff_s = 1.0

    def _next_backoff(self) -> float:
        wait = self._backoff_s * (1 + self._rng.uniform(-self.JITTER, self.JITTER))
        self._backoff_s = min(self._backoff_s * 2, self._settings.backoff_max_s)
        return wait
