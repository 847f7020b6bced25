"""A hold on a process that needs no parent: whoever forked it may be gone."""

import os
import select
import signal
from contextlib import suppress

KILLED_WITHIN_S = 2.0
"""How long a process may take to go once it is killed."""


class Grip:
    """One process by descriptor, so that its number may be given to another without harm."""

    def __init__(self, pid: int) -> None:
        """Take hold of a process; one that has ended and is forgotten already counts as gone."""
        try:
            self._fd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._fd = -1

    def gone(self, *, within_s: float = 0.0) -> bool:
        """Return whether the process has ended, after waiting at most ``within_s`` real seconds for it."""
        if self._fd < 0:
            return True
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(within_s * 1000))

    def terminate(self) -> None:
        """Ask the process to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End the process if it still lives."""
        self._send(signal.SIGKILL)

    def end(self) -> None:
        """See the process gone, by force if need be, and let go of it."""
        if not self.gone():
            self.kill()
            self.gone(within_s=KILLED_WITHIN_S)
        self.close()

    def close(self) -> None:
        """Let go of it; twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _send(self, number: signal.Signals) -> None:
        if self._fd >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._fd, number)
