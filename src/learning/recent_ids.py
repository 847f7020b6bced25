"""The memory of what was already written: what makes repeated work harmless."""

from collections import deque

from src.records.base import Line


class NamedLine(Line, frozen=True, kw_only=True):
    """The part of an output's line that tells which signal it answers."""

    signal_id: str
    signal_ts: float


class RecentIds:
    """The newest ids of an output, bounded; what is older than all it could remember counts as seen.

    A reader that lost its place starts at the beginning; without the second half of that rule it would
    answer a second time what was answered long ago.
    """

    def __init__(self, capacity: int = 50_000) -> None:
        self._capacity = capacity
        self._ids: set[str] = set()
        self._order: deque[tuple[str, float]] = deque()
        self._forgotten_ts = float("-inf")

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, signal_id: str) -> bool:
        return signal_id in self._ids

    def add(self, signal_id: str, ts: float) -> None:
        """Remember an id and its decision point, in seconds since the epoch."""
        if signal_id in self._ids:
            return
        self._ids.add(signal_id)
        self._order.append((signal_id, ts))
        if len(self._ids) > self._capacity:
            oldest, oldest_ts = self._order.popleft()
            self._ids.remove(oldest)
            self._forgotten_ts = max(self._forgotten_ts, oldest_ts)

    def seen(self, signal_id: str, ts: float) -> bool:
        """Return whether the id was written, or must have been for its age."""
        return signal_id in self._ids or ts <= self._forgotten_ts

    def assume_seen_until(self, ts: float) -> None:
        """Count everything up to this decision point as seen: what was not read back of the output."""
        self._forgotten_ts = max(self._forgotten_ts, ts)
