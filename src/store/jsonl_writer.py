"""Appending to a JSONL file: one writer, one ``write`` a record, numbered without a hole over restarts."""

import enum
import logging
import os
import secrets
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import orjson

from src.records.base import Line
from src.store import segments
from src.store.durable import FILE_MODE, keep_copy, lock_file, make_folder, sync_folder
from src.store.encoding import IsoTime, encode_line
from src.store.errors import FileLocked, MoneyFileError, StoreError, WriterExists, write_error

R = TypeVar("R", bound=Line)
_log = logging.getLogger(__name__)
_LOOK_EVERY = 64
"""Appends between looks whether the file still stands under its name."""


class Durability(enum.Enum):
    """What a power cut may take."""

    MONEY = "MONEY"
    """Nothing: on the disk before ``append`` returns."""
    KNOWLEDGE = "KNOWLEDGE"
    """The last second; a killed process loses nothing."""
    TELEMETRY = "TELEMETRY"
    """What the system has not yet written by itself."""


class JsonlWriter(Generic[R]):
    """The one writer of a JSONL file.

    Opening it repairs a torn last line (a copy goes to quarantine) and raises WriterExists where another
    writer lives. ``clock_now`` dates the control lines; ``keep_segments`` of None keeps every segment.
    """

    def __init__(  # noqa: PLR0913 - each names one property of the file
        self,
        path: Path,
        *,
        writer: str,
        durability: Durability,
        quarantine: Path,
        segment_bytes: int = 64 * 1024 * 1024,
        keep_segments: int | None = 16,
        clock_now: Callable[[], float] | None = None,
        boot: str | None = None,
    ) -> None:
        self._path = path
        self._durability = durability
        self._money = durability is Durability.MONEY
        self._quarantine = quarantine
        self._segment_bytes = segment_bytes
        self._keep_segments = keep_segments
        self._clock_now = clock_now
        self._writer = writer
        self._boot = secrets.token_hex(3) if boot is None else boot
        self._origin = f'"w":"{writer}","boot":"{self._boot}"'.encode()
        self._iso = IsoTime()
        self._dirty = False
        self._synced_at: float | None = None
        self._looked_at: float | None = None
        self._until_look = _LOOK_EVERY
        self._failure: str | None = None
        self.seq = 0
        """Number of the last record written; 0 before the first."""
        self.recreated = 0
        """How often the file was taken away and made again."""
        self.failed_syncs = 0
        make_folder(path.parent)
        try:
            self._lock = lock_file(path.parent / f"{path.name}.wlock")
        except FileLocked as error:
            raise WriterExists(f"{path}: another writer holds it") from error
        self._fd = -1
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    # writing
    def append(self, record: R) -> int:
        """Write a record; return its number.

        Raises NonFiniteNumber, DiskFull or WriteFailed (nothing was written), or MoneyFileError.
        """
        payload = encode_line(record)
        self._until_look -= 1
        if self._money or self._until_look <= 0:
            self._look()
        number = self.seq + 1
        time = self._iso.text(record.ts)
        if self._money:
            line = self._checked_line(number, time, payload)
        else:
            line = b'{"v":1,"seq":%d,"time":"%b",%b,%b' % (number, time.encode(), self._origin, payload[1:])
        if self._size + len(line) > self._segment_bytes and self._records:
            self._rotate()
        self._write(line)
        self._records += 1
        if self._money:
            self._sync_data()
        self.seq = number
        return number

    def _checked_line(self, number: int, time: str, payload: bytes) -> bytes:
        head = b'{"v":1,"seq":%d,"time":"%b",%b' % (number, time.encode(), self._origin)
        rest = b"," + payload[1:-1]
        return b'%b,"crc":"%08x"%b\n' % (head, zlib.crc32(rest, zlib.crc32(head)), rest)

    def sync(self) -> None:
        """Force what was written to the disk; MoneyFileError where a money file cannot be."""
        if self._dirty and self._durability is not Durability.TELEMETRY:
            self._sync_data()

    def sync_if_due(self, real_now: float) -> None:
        """Look after the file at most once a second: sync it, and see that it still stands under its name."""
        if self._looked_at is None or not 0 <= real_now - self._looked_at < 1:
            self._looked_at = real_now
            self._look()
        if not self._dirty:
            return
        if self._synced_at is None or not 0 <= real_now - self._synced_at < 1:
            self._synced_at = real_now
            self.sync()

    def close(self) -> None:
        """Sync, and let go of the file; closing twice is harmless."""
        try:
            if self._fd >= 0 and self._failure is None:
                self.sync()
        finally:
            for fd in (self._fd, self._lock):
                if fd >= 0:
                    os.close(fd)
            self._fd = self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # opening
    def _open(self) -> None:
        self._fd = _open_append(self._path)
        torn = self._cut_torn_tail()
        self._size = os.fstat(self._fd).st_size
        closed = segments.closed_segments(self._path)
        header = segments.parse_header(segments.read_head(self._fd)) if self._size else None
        self._number = header.n if header else max(closed, default=0) + 1
        last = segments.last_seq(self._fd, self._size)
        self.seq = _last_seq_of(closed) if last is None else last
        self._records = 1 if self._size else 0
        if not self._size:
            self._begin_segment("opened")
        if torn:
            self._control("recovered", bytes=torn)
            self._settle()

    def _cut_torn_tail(self) -> int:
        size = os.fstat(self._fd).st_size
        end = segments.end_of_lines(self._fd, size)
        if end == size:
            return 0
        torn = os.pread(self._fd, size - end, end)
        keep_copy(self._quarantine, f"{self._path.name}.{end}.{self._boot}.torn", torn)
        os.ftruncate(self._fd, end)
        os.fsync(self._fd)
        _log.error("torn_tail_cut file=%s bytes=%d", self._path, size - end)
        return size - end

    def _begin_segment(self, reason: str) -> None:
        self._size = 0
        self._records = 0
        self._control("segment", n=self._number, first_seq=self.seq + 1, money=self._money, reason=reason)
        self._settle()

    def _control(self, kind: str, **fields: object) -> None:
        when: dict[str, object] = {}
        if self._clock_now is not None:
            ts = self._clock_now()
            when = {"ts": ts, "time": self._iso.text(ts)}
        line = {"v": 1, "seq": self.seq, "control": kind, **fields, **when, "w": self._writer, "boot": self._boot}
        self._write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _settle(self) -> None:
        if self._durability is not Durability.TELEMETRY:
            self._sync_data()
            sync_folder(self._path.parent)

    # the file under its name
    def _look(self) -> None:
        self._until_look = _LOOK_EVERY
        try:
            there = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            there = None
        mine = os.fstat(self._fd)
        if there is not None and (there.st_ino, there.st_dev) == (mine.st_ino, mine.st_dev):
            self._size = mine.st_size
            return
        _log.error("file_taken_away file=%s", self._path)
        self.recreated += 1
        self.sync()
        os.close(self._fd)
        self._fd = _open_append(self._path)
        self._number = max(self._number, *segments.closed_segments(self._path), 0) + 1
        self._size = os.fstat(self._fd).st_size
        self._cut_torn_tail()
        self._begin_segment("recreated")

    def _rotate(self) -> None:
        self.sync()
        self._path.rename(segments.closed_path(self._path, self._number))
        if self._durability is not Durability.TELEMETRY:
            sync_folder(self._path.parent)
        fresh = _open_append(self._path)
        os.close(self._fd)
        self._fd = fresh
        self._number += 1
        self._begin_segment("rotated")
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        if self._keep_segments is None:
            return
        closed = list(segments.closed_segments(self._path).values())
        for old in closed[: max(0, len(closed) - self._keep_segments)]:
            old.unlink(missing_ok=True)

    # the two system calls
    def _write(self, line: bytes) -> None:
        if self._failure is not None:
            raise self._broken(self._failure)
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            raise write_error(error, self._path) from error
        if written != len(line):
            self._undo(written)
        self._size += written
        self._dirty = True

    def _undo(self, written: int) -> None:
        """Take back the beginning of a line that did not fit, and say so."""
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size - written)
        except OSError as error:
            self._failure = f"half a line could not be taken back: {error}"
            raise self._broken(self._failure) from error
        raise write_error(OSError(28, f"only {written} bytes of a line fitted"), self._path)

    def _sync_data(self) -> None:
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            self._answer_failed_sync(error)
        self._dirty = False

    def _answer_failed_sync(self, error: OSError) -> None:
        """Never trust this descriptor again: money stops, the rest goes on with a note of the gap."""
        self.failed_syncs += 1
        _log.error("sync_failed file=%s error=%s", self._path, error)
        if self._money:
            self._failure = f"sync failed: {error}"
            raise self._broken(self._failure) from error
        os.close(self._fd)
        self._fd = _open_append(self._path)
        self._control("unsynced", error=str(error))

    def _broken(self, reason: str) -> StoreError:
        kind = MoneyFileError if self._money else StoreError
        return kind(f"{self._path}: {reason}")


def _open_append(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        fd = os.open(path, flags, FILE_MODE)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise StoreError(f"{path}: is not a file")
    return fd


def _last_seq_of(closed: dict[int, Path]) -> int:
    for path in reversed(closed.values()):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            last = segments.last_seq(fd, segments.end_of_lines(fd, os.fstat(fd).st_size))
        finally:
            os.close(fd)
        if last is not None:
            return last
    return 0
