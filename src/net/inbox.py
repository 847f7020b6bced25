"""Where threads that listen leave what they heard, for the one thread that works."""

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Inbox(Generic[Item]):
    """A bounded queue in the order of arrival; its file descriptor is readable while it holds something.

    Every item is stamped with its time of arrival under the lock that also orders it: stamps never go back.
    """

    def __init__(self, *, capacity: int, now: Callable[[], float]) -> None:
        self._capacity = capacity
        self._now = now
        self._items: deque[tuple[float, Item]] = deque()
        self._lock = threading.Lock()
        self._signalled = False
        self._latest = float("-inf")
        self._closed = False
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def put(self, item: Item, *, force: bool = False) -> bool:
        """Add an item; False, and nothing is added, when the queue is full (unless ``force``) or closed."""
        with self._lock:
            if self._closed or (len(self._items) >= self._capacity and not force):
                return False
            self._latest = max(self._latest, self._now())
            self._items.append((self._latest, item))
            if not self._signalled:
                self._signalled = True
                os.eventfd_write(self._event, 1)
        return True

    def drain(self, limit: int) -> list[tuple[float, Item]]:
        """Return up to ``limit`` items with their times of arrival, oldest first."""
        with self._lock:
            taken = [self._items.popleft() for _ in range(min(limit, len(self._items)))]
            if self._signalled and not self._items:
                os.eventfd_read(self._event)
                self._signalled = False
        return taken

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def fileno(self) -> int:
        """Return the file descriptor to wait on."""
        return self._event

    def close(self) -> None:
        """Close the file descriptor; what is put afterwards is refused."""
        with self._lock:
            self._closed = True
            os.close(self._event)
