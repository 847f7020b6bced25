"""Waiting for whichever comes first: a file event, a descriptor, a nudge, the stop, or the poll interval.

A file is watched by itself, for what is written to it, and its folder for its coming and going, so that
a neighbour's writes wake nobody. What happens between two waits ends the next one at once.
"""

import os
import select
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from asyncinotify import Inotify, Mask, Watch

_COMINGS = Mask.CREATE | Mask.MOVED_TO | Mask.MOVED_FROM | Mask.DELETE
_WRITES = Mask.MODIFY | Mask.CLOSE_WRITE


class Woken(NamedTuple):
    """What ended a wait; all empty means that the time was up."""

    paths: frozenset[Path]
    fds: frozenset[int]
    stopped: bool


class Wake:
    """What a worker's loop waits on."""

    def __init__(self) -> None:
        self._inotify = Inotify(cache_size=64, sync_timeout=0)
        self._signal = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.epoll()
        self._poll.register(self._inotify.fd, select.EPOLLIN)
        self._poll.register(self._signal, select.EPOLLIN)
        self._folders: dict[Path, Watch] = {}
        self._files: dict[Path, Watch | None] = {}
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Return whether the stop was asked for."""
        return self._stopped

    def add_file(self, path: Path) -> None:
        """Wake when this file is written, appears, is replaced or goes; its folder must be there."""
        path = path.absolute()
        if path.parent not in self._folders:
            self._folders[path.parent] = self._inotify.add_watch(path.parent, _COMINGS | Mask.ONLYDIR)
        self._files[path] = None
        self._watch_file(path)

    def add_fd(self, fd: int) -> None:
        """Wake while this descriptor has something to read; its owner reads it."""
        self._poll.register(fd, select.EPOLLIN)

    def remove_fd(self, fd: int) -> None:
        """Wake for this descriptor no longer."""
        self._poll.unregister(fd)

    def stop(self) -> None:
        """End this wait and every later one; safe in a signal handler and from any thread."""
        self._stopped = True
        os.eventfd_write(self._signal, 1)

    def nudge(self) -> None:
        """End the wait, or the next one; safe from any thread."""
        os.eventfd_write(self._signal, 1)

    def wait(self, timeout_s: float) -> Woken:
        """Wait at most ``timeout_s`` real seconds; return what ended the wait."""
        if self._stopped:
            timeout_s = 0
        paths: set[Path] = set()
        fds: set[int] = set()
        for fd, _ in self._poll.poll(max(0.0, timeout_s)):
            if fd == self._inotify.fd:
                paths |= self._drain()
            elif fd == self._signal:
                os.eventfd_read(self._signal)
            else:
                fds.add(fd)
        return Woken(frozenset(paths), frozenset(fds), self._stopped)

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._poll.close()
        self._inotify.close()
        os.close(self._signal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _drain(self) -> set[Path]:
        woken: set[Path] = set()
        while (event := self._inotify.sync_get()) is not None:
            if Mask.Q_OVERFLOW in event.mask:
                woken.update(self._files)
                continue
            path = event.path
            if path is None or path not in self._files:
                continue
            if event.name is not None:
                self._watch_file(path)
            if Mask.IGNORED not in event.mask:
                woken.add(path)
        return woken

    def _watch_file(self, path: Path) -> None:
        """Watch the file that stands under the name now."""
        old = self._files[path]
        try:
            new = self._inotify.add_watch(path, _WRITES | Mask.DONT_FOLLOW)
        except FileNotFoundError:
            return
        new.path = path
        self._files[path] = new
        if old is not None and old.wd != new.wd and old in self._inotify.watches:
            self._inotify.rm_watch(old)
