"""The shared page in which each process's loop shows that it works; only the loop itself moves its slot."""

import mmap
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

_SLOT = struct.Struct("<QQQQQdQd")
"""pid, beat (ns), deadline (ns), handled, outputs, newest event, backlog, unused: 64 bytes."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What a slot showed when it was read; times are those of the machine's monotonic clock."""

    pid: int
    beat_s: float
    """When the loop last beat; 0 if it never did."""
    deadline_s: float
    """When the loop promised to have beaten again."""
    handled: int
    outputs: int
    last_event_ts: float | None
    backlog: bool
    """The loop saw input that it has not handled yet."""


class HeartbeatPage:
    """One page, one slot of 64 bytes a process, in the order of ``names``."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._names = names
        size = max(mmap.PAGESIZE, _SLOT.size * len(names))
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        try:
            if os.fstat(fd).st_size < size:
                os.ftruncate(fd, size)
            self._page = mmap.mmap(fd, size)
        finally:
            os.close(fd)

    def slot(self, name: str) -> "Heartbeat":
        """Return the writing end of one process's slot; ValueError for a name that has none."""
        return Heartbeat(self._page, self._names.index(name) * _SLOT.size)

    def read(self, name: str) -> Beat:
        """Return what a process's slot shows now."""
        pid, beat, deadline, handled, outputs, event_ts, backlog, _ = _SLOT.unpack_from(
            self._page, self._names.index(name) * _SLOT.size
        )
        return Beat(
            pid=pid,
            beat_s=beat / 1e9,
            deadline_s=deadline / 1e9,
            handled=handled,
            outputs=outputs,
            last_event_ts=event_ts or None,
            backlog=bool(backlog),
        )

    def clear(self, name: str) -> None:
        """Empty a slot before its process starts."""
        _SLOT.pack_into(self._page, self._names.index(name) * _SLOT.size, 0, 0, 0, 0, 0, 0.0, 0, 0.0)

    def close(self) -> None:
        """Let go of the page."""
        self._page.close()


class Heartbeat:
    """The writing end of one slot."""

    def __init__(self, page: mmap.mmap, offset: int) -> None:
        self._page = page
        self._offset = offset

    def beat(
        self,
        *,
        within_s: float,
        handled: int = 0,
        outputs: int = 0,
        last_event_ts: float | None = None,
        backlog: bool = False,
    ) -> None:
        """Show that the loop is here, and promise to beat again ``within_s`` real seconds."""
        now = time.monotonic_ns()
        _SLOT.pack_into(
            self._page,
            self._offset,
            os.getpid(),
            now,
            now + int(within_s * 1e9),
            handled,
            outputs,
            last_event_ts or 0.0,
            backlog,
            0.0,
        )
