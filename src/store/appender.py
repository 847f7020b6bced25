"""The file descriptor behind a JSONL writer: whole lines or none, and no sync that is believed twice."""

import errno
import logging
import os
import stat
import zlib
from pathlib import Path

from src.store import segments
from src.store.durable import FILE_MODE, keep_copy, sync_folder
from src.store.errors import StoreError, write_error

_log = logging.getLogger(__name__)


class SyncFailed(StoreError):
    """The system could not make a file durable; what it says of this descriptor later is worth nothing."""


class Appender:
    """A file that is open for appending, as it stands under its name or under a spare one."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            self._fd = os.open(path, flags | (os.O_TRUNC if fresh else 0), FILE_MODE)
        except OSError as error:
            raise write_error(error, path) from error
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise StoreError(f"{path}: is not a plain file")
        self.size = status.st_size
        self._identity = (status.st_dev, status.st_ino)

    def write(self, line: bytes) -> None:
        """Append a whole line; DiskFull or WriteFailed where nothing of it was written."""
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            raise write_error(error, self.path) from error
        if written != len(line):
            self._undo(written)
        self.size += written

    def _undo(self, written: int) -> None:
        """Take back the beginning of a line that did not fit, and say so; never write behind half a line."""
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError as error:
            self.close()
            raise write_error(error, self.path) from error
        raise write_error(OSError(errno.ENOSPC, f"only {written} bytes of a line fitted"), self.path)

    def sync(self) -> None:
        """Force the content to the disk; SyncFailed where that cannot be, and is not to be tried again."""
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise SyncFailed(f"{self.path}: sync failed: {error.strerror}") from error

    def sync_name(self) -> None:
        """Force the file's name to the disk."""
        try:
            sync_folder(self.path.parent)
        except OSError as error:
            raise SyncFailed(f"{self.path.parent}: sync failed: {error.strerror}") from error

    def stands(self) -> bool:
        """Return whether this file is the one under its name."""
        try:
            there = self.path.lstat()
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) == self._identity

    def stands_as(self, path: Path) -> None:
        """Hear that the file was renamed."""
        self.path = path

    def cut_torn_tail(self, quarantine: Path, mark: str) -> int:
        """Cut what follows the last newline, after a copy of it; return its bytes."""
        end = segments.end_of_lines(self._fd, self.size)
        torn = self.size - end
        if torn == 0:
            return 0
        keep_copy(quarantine, f"{self.path.name}.{end}.{mark}.torn", os.pread(self._fd, torn, end))
        try:
            os.ftruncate(self._fd, end)
        except OSError as error:
            raise write_error(error, self.path) from error
        self.sync()
        self.size = end
        _log.error("torn_tail_cut file=%s bytes=%d", self.path, torn)
        return torn

    def header(self) -> segments.Header | None:
        """Return the segment's header, or None where its first line is none."""
        return segments.parse_header(segments.read_head(self._fd))

    def head_crc(self) -> int:
        """Return the CRC-32 of the segment's first line, which places in it name."""
        return zlib.crc32(segments.read_head(self._fd) or b"")

    def last_seq(self) -> int | None:
        """Return the number in its last readable line, or None where there is none."""
        return segments.last_seq(self._fd, segments.end_of_lines(self._fd, self.size))

    def close(self) -> None:
        """Let go of the file; twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
