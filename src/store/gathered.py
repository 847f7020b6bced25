"""A JSONL writer for whoever runs alone: lines are gathered and written in pieces, and nothing is synced."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from src.records.base import Line
from src.records.place import Place
from src.store import segments
from src.store.appender import Appender
from src.store.durable import lock_file, make_folder
from src.store.encoding import IsoTime, encode_line
from src.store.errors import FileLocked, WriterExists
from src.store.files import Retention
from src.store.line import with_checksum
from src.store.rotation import Envelope, exchange, forget_oldest, last_seq_of, spare_path

R = TypeVar("R", bound=Line)
PIECE_BYTES = 256 * 1024


class GatheredWriter(Generic[R]):
    """The one writer of a JSONL file whose lines may wait in memory; a killed process loses those.

    The lines are those of ``JsonlWriter``. Each record is handed to all of ``hearers``, which may change while
    it writes. Full segments are closed as there, and the oldest removed only at the opening: until then a
    killed run can be taken back to where it opened the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        envelope: Envelope,
        money: bool,
        quarantine: Path,
        retention: Retention,
        hearers: Sequence[Callable[[R], None]] = (),
        encode: Callable[[R], bytes] = encode_line,
    ) -> None:
        """Take the file; ``encode`` returns what ``encode_line`` does."""
        self._path = path
        self._money = money
        self._segment_bytes = retention.segment_bytes
        self._envelope = envelope
        self._shape = envelope.shape
        self._iso = IsoTime()
        self._hearers = hearers
        self._encode = encode
        self._lines: list[bytes] = []
        self._number = 0
        self.seq = 0
        """Number of the last record; 0 before the first."""
        self.failed_syncs = 0
        make_folder(path.parent)
        try:
            self._lock = lock_file(path.parent / f"{path.name}.wlock")
        except FileLocked as error:
            raise WriterExists(f"{path}: another writer holds it") from error
        try:
            self._file = Appender(path)
            self._open(quarantine, retention.segments)
        except BaseException:
            os.close(self._lock)
            raise
        self._size = self._written = self._file.size
        self._holds_records = self._size > 0
        self._head_crc = self._file.head_crc()

    def append(self, record: R) -> int:
        """Take a record; return its number. Raises NonFiniteNumber, or WriteFailed where a piece cannot be written."""
        payload = self._encode(record)
        number = self.seq + 1
        line = self._shape % (number, self._iso.ascii(record.ts), payload[1:])
        if self._money:
            line = with_checksum(line, len(line) - len(payload))
        size = self._size + len(line)
        if size > self._segment_bytes and self._holds_records:
            self._rotate()
            size = self._size + len(line)
        self._lines.append(line)
        self._size = size
        self._holds_records = True
        self.seq = number
        if size - self._written > PIECE_BYTES:
            self.flush()
        for hear in self._hearers:
            hear(record)
        return number

    def place(self) -> Place:
        """Return the place after the last record, whether it is on the disk yet or not; no inode is named in it."""
        return Place(
            dev=0, ino=0, segment=self._number, head_crc=self._head_crc, offset=self._size, seq=self.seq
        )

    def flush(self) -> None:
        """Hand to the system what waits in memory."""
        if self._lines:
            self._file.write(b"".join(self._lines))
            self._lines.clear()
            self._written = self._size

    @property
    def closed(self) -> bool:
        """Return whether it was let go of."""
        return self._lock < 0

    def sync(self) -> None:
        """Do nothing: what a stage wrote lasts once the whole run is saved."""

    def close(self) -> None:
        """Write what waits, and let go of the file; twice is harmless."""
        if self._lock < 0:
            return
        try:
            self.flush()
        finally:
            self._file.close()
            os.close(self._lock)
            self._lock = -1

    def _open(self, quarantine: Path, keep: int | None) -> None:
        """Find the number to go on from, and begin a file that is empty."""
        try:
            self._file.cut_torn_tail(quarantine, "gathered")
            forget_oldest(self._path, keep)
            closed = segments.closed_segments(self._path)
            last = self._file.last_seq()
            self.seq = last_seq_of(closed) if last is None else last
            header = self._file.header()
            self._number = header.n if header else max(closed, default=0) + 1
            if self._file.size == 0:
                self._file.write(self._header("opened"))
        except BaseException:
            self._file.close()
            raise

    def _rotate(self) -> None:
        self.flush()
        spare = spare_path(self._path)
        fresh = Appender(spare, fresh=True)
        closed = segments.closed_path(self._path, self._number)
        self._number += 1
        try:
            fresh.write(self._header("rotated"))
            exchange(self._path, closed=closed, fresh=spare)
        except BaseException:
            self._number -= 1
            fresh.close()
            raise
        fresh.stands_as(self._path)
        self._file.close()
        self._file = fresh
        self._size = self._written = fresh.size
        self._holds_records = False
        self._head_crc = fresh.head_crc()

    def _header(self, reason: str) -> bytes:
        return self._envelope.header(reason, number=self._number, seq=self.seq, money=self._money)
