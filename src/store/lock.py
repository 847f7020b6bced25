"""The lock of a home: one bot lives in it."""

import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import orjson

from src.store.durable import lock_file, write_all
from src.store.errors import FileLocked, HomeLocked, StoreError
from src.store.paths import Home

NAME_WITHIN_S = 0.5
NAME_LOOKS = 10

__all__ = ["FileLocked", "HomeLock", "HomeLocked", "LockFile"]


class Holder(msgspec.Struct, frozen=True):
    """Who holds the lock, written down for humans; nothing is decided by it."""

    pid: int
    started: str
    boot_id: str


class LockFile:
    """An exclusive lock that the kernel takes back when its holder dies.

    Making one takes the lock or raises FileLocked; leaving the ``with`` block, or ``close``, gives it back.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = lock_file(path)

    def close(self) -> None:
        """Give the lock back; twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, content: bytes) -> None:
        """Note something in the file for humans."""
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        write_all(self._fd, content)


class HomeLock(LockFile):
    """The lock of a home; raises HomeLocked, which names the holder, where another bot has it."""

    def __init__(self, home: Home) -> None:
        try:
            super().__init__(home.lock)
        except FileLocked as error:
            raise _locked(home) from error
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        holder = {"pid": os.getpid(), "started": started, "boot_id": boot_id}
        try:
            self.write(orjson.dumps(holder, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            self.close()
            raise StoreError(f"{home.lock}: cannot be written: {error.strerror}") from error


def _locked(home: Home) -> HomeLocked:
    """Return the refusal; who has just taken the lock needs a moment to write its name into it."""
    holder = _holder(home)
    for _ in range(NAME_LOOKS):
        if holder is not None:
            break
        time.sleep(NAME_WITHIN_S / NAME_LOOKS)
        holder = _holder(home)
    if holder is None:
        return HomeLocked(f"{home.root}: another bot runs here", pid=None, started=None)
    message = f"{home.root}: another bot runs here: pid {holder.pid}, started {holder.started}"
    return HomeLocked(message, pid=holder.pid, started=holder.started)


def _holder(home: Home) -> Holder | None:
    with suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(home.lock.read_bytes(), type=Holder)
    return None
