"""Appending to a JSONL file: one writer, one ``write`` a record, numbered without a hole over restarts."""

import enum
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from src.records.base import Line
from src.store import segments
from src.store.appender import Appender, SyncFailed
from src.store.durable import lock_file, make_folder
from src.store.encoding import IsoTime, encode_line
from src.store.errors import (
    DiskFull,
    FileLocked,
    MoneyFileError,
    StoreError,
    WriterExists,
)
from src.store.line import with_checksum
from src.store.rotation import Envelope, exchange, forget_oldest, last_seq_of, spare_path

R = TypeVar("R", bound=Line)
_log = logging.getLogger(__name__)
_LOOK_EVERY = 64
"""Appends between looks whether the file still stands under its name."""


class Durability(enum.Enum):
    """What a power cut may take."""

    MONEY = "MONEY"
    """Nothing: a record is on the disk before ``append`` returns."""
    KNOWLEDGE = "KNOWLEDGE"
    """The last second; a killed process loses nothing."""
    TELEMETRY = "TELEMETRY"
    """What the system has not yet written by itself."""


class JsonlWriter(Generic[R]):
    """The one writer of a JSONL file.

    Opening it cuts a torn last line off (a copy goes to quarantine) and raises WriterExists where another
    writer lives. ``clock_now`` dates the control lines; ``keep_segments`` of None keeps every closed one.
    """

    def __init__(
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
        self._money = durability is Durability.MONEY
        self._syncs = durability is not Durability.TELEMETRY
        self._quarantine = quarantine
        self._segment_bytes = segment_bytes
        self._keep_segments = keep_segments
        self._boot = secrets.token_hex(3) if boot is None else boot
        self._envelope = Envelope(writer=writer, boot=self._boot, now=clock_now)
        self._shape = self._envelope.shape
        self._iso = IsoTime()
        self._dirty = False
        self._looked_at: float | None = None
        self._failure: str | None = None
        self._file: Appender
        self._number = 0
        self._holds_records = False
        self.seq = 0
        """Number of the last record written; 0 before the first."""
        self.recreated = 0
        """How often the file was taken away from under its name, and made again."""
        self.failed_syncs = 0
        make_folder(path.parent)
        try:
            self._lock = lock_file(path.parent / f"{path.name}.wlock")
        except FileLocked as error:
            raise WriterExists(f"{path}: another writer holds it") from error
        try:
            self._open()
        except BaseException:
            os.close(self._lock)
            raise

    # writing
    def append(self, record: R) -> int:
        """Write a record; return its number.

        Raises NonFiniteNumber, DiskFull or WriteFailed, and nothing of it was written; or MoneyFileError,
        after which the process has to end.
        """
        payload = encode_line(record)
        number = self.seq + 1
        money = self._money
        if money or number % _LOOK_EVERY == 0:
            self._look()
        file = self._file
        line = self._shape % (number, self._iso.ascii(record.ts), payload[1:])
        if money:
            line = with_checksum(line, len(line) - len(payload))
        try:
            if file.size + len(line) > self._segment_bytes and self._holds_records:
                file = self._rotate()
            file.write(line)
        except StoreError as error:
            self._give_up(error)
            raise
        self._dirty = self._holds_records = True
        self.seq = number
        if money:
            self.sync()
        return number

    def sync(self) -> None:
        """Force what was written to the disk, telemetry aside; MoneyFileError where money cannot be."""
        if not self._dirty or not self._syncs:
            return
        try:
            self._file.sync()
        except SyncFailed as error:
            self._answer(error)
        self._dirty = False

    def sync_if_due(self, real_now: float) -> None:
        """Sync, and see that the file still stands under its name, at most once a second."""
        if self._looked_at is not None and 0 <= real_now - self._looked_at < 1:
            return
        self._looked_at = real_now
        if self._failure is None:
            self._look()
            self.sync()

    def close(self) -> None:
        """Sync, and let go of the file; twice is harmless."""
        if self._lock < 0:
            return
        try:
            if self._failure is None:
                self.sync()
        finally:
            self._file.close()
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _give_up(self, error: StoreError) -> None:
        """Raise MoneyFileError where money could not be written for another reason than a full disk."""
        if self._money and not isinstance(error, DiskFull):
            self._failure = str(error)
            raise MoneyFileError(self._failure) from error

    def _answer(self, error: SyncFailed) -> None:
        """Never trust this descriptor again: money stops, the rest goes on with a note of the gap."""
        self.failed_syncs += 1
        _log.error("sync_failed file=%s error=%s", self._path, error)
        if self._money:
            self._failure = str(error)
            raise MoneyFileError(self._failure) from error
        self._file.close()
        self._file = Appender(self._path)
        self._control("unsynced", error=str(error))

    # opening, and the file under its name
    def _open(self) -> None:
        """Open the file as it was left: after a clean end, a crash, or between the steps of a rotation."""
        self._file = Appender(self._path)
        try:
            torn = self._file.cut_torn_tail(self._quarantine, self._boot)
            closed = segments.closed_segments(self._path)
            last = self._file.last_seq()
            self.seq = last_seq_of(closed) if last is None else last
            self._take_number(closed, at_least=0)
            if torn:
                self._control("recovered", bytes=torn)
        except BaseException:
            self._file.close()
            raise

    def _take_number(self, closed: dict[int, Path], *, at_least: int) -> None:
        """Learn the number of the segment that is open, and begin it where it is empty."""
        header = self._file.header()
        self._holds_records = self._file.size > 0
        self._number = header.n if header else max(at_least, *closed, 0) + 1
        if self._file.size == 0:
            self._file.write(self._header("opened" if at_least == 0 else "recreated"))
            if self._syncs:
                self._file.sync()
                self._file.sync_name()

    def _look(self) -> None:
        """Make the file again where somebody took it away; MoneyFileError where nothing may be written any more."""
        if self._failure is not None:
            raise MoneyFileError(self._failure)
        if self._file.stands():
            return
        _log.error("file_taken_away file=%s", self._path)
        self.recreated += 1
        self.sync()
        self._file.close()
        self._file = Appender(self._path)
        self._file.cut_torn_tail(self._quarantine, self._boot)
        self._take_number(segments.closed_segments(self._path), at_least=self._number)

    def _rotate(self) -> Appender:
        """Close the segment and return the next; where that fails the old one stays as it is."""
        self.sync()
        spare = spare_path(self._path)
        fresh = Appender(spare, fresh=True)
        closed = segments.closed_path(self._path, self._number)
        self._number += 1
        try:
            fresh.write(self._header("rotated"))
            if self._syncs:
                fresh.sync()
            exchange(self._path, closed=closed, fresh=spare)
        except BaseException:
            self._number -= 1
            fresh.close()
            raise
        fresh.stands_as(self._path)
        self._file.close()
        self._file = fresh
        self._holds_records = False
        if self._syncs:
            fresh.sync_name()
        forget_oldest(self._path, self._keep_segments)
        return fresh

    # control lines
    def _header(self, reason: str) -> bytes:
        return self._envelope.header(reason, number=self._number, seq=self.seq, money=self._money)

    def _control(self, kind: str, **fields: object) -> None:
        self._file.write(self._envelope.control_line(kind, seq=self.seq, **fields))
        self._dirty = True
