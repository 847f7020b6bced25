"""The bot cycle's eye on the monitor thread: each watches the other."""

import threading
from collections.abc import Callable

MONITOR_WITHIN_S = 30.0
"""Starting a process is the longest that the monitor ever does."""


class MonitorWatch:
    """A worker that only makes sure that the monitor thread lives and goes its rounds.

    It counts the time that it watched itself, so that a suspended machine accuses nobody.
    """

    handled = 0
    outputs = 0
    last_event_ts = None

    def __init__(
        self,
        thread: threading.Thread,
        *,
        rounds: Callable[[], int],
        stopping: Callable[[], bool],
        real: Callable[[], float],
    ) -> None:
        """Take the thread; once ``stopping`` says so, it may be gone before the cycle hears of it."""
        self._thread = thread
        self._stopping = stopping
        self._rounds = rounds
        self._real = real
        self._seen = -1
        self._looked_s = real()
        self._still_s = 0.0

    def step(self, now: float) -> int:
        """Raise RuntimeError when the thread is gone or goes no more rounds."""
        del now
        if self._stopping():
            return 0
        if not self._thread.is_alive():
            raise RuntimeError("the monitor thread has died")
        rounds, real = self._rounds(), self._real()
        self._still_s = self._still_s + min(1.0, real - self._looked_s) if rounds == self._seen else 0.0
        self._seen, self._looked_s = rounds, real
        if self._still_s > MONITOR_WITHIN_S:
            raise RuntimeError("the monitor thread hangs")
        return 0

    def save(self) -> None:
        """Do nothing: there is no place to save."""

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def inputs(self) -> tuple[()]:
        """Return no files."""
        return ()

    def fds(self) -> tuple[()]:
        """Return no descriptors."""
        return ()

    def backlog(self) -> bool:
        """Return that nothing waits."""
        return False
