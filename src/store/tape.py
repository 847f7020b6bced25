"""The recording of the market: what was heard of it in the order of arrival, closed segments compressed.

A line is ``{"received_at": seconds, "message": {...}}`` and nothing else, so that any tape can be replayed.
"""

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from src.records.operations import TapeLine
from src.store.appender import Appender
from src.store.durable import FILE_MODE, lock_file, make_folder
from src.store.errors import CorruptLine, FileLocked, WriterExists, write_error

_GZIP = 16 + zlib.MAX_WBITS
_LEVEL = 1
_PIECE = 1 << 18


class TapeWriter:
    """The one writer of a tape.

    A full segment gets the next number and is compressed piece by piece, one with each ``work``, so that
    no message waits for it. The newest ``keep_segments`` closed ones are kept.
    """

    def __init__(self, path: Path, *, segment_bytes: int, keep_segments: int, quarantine: Path) -> None:
        self._path = path
        self._segment_bytes = segment_bytes
        self._keep_segments = keep_segments
        make_folder(path.parent)
        try:
            self._lock = lock_file(path.parent / f"{path.name}.wlock")
        except FileLocked as error:
            raise WriterExists(f"{path}: another writer holds it") from error
        self._packing: _Packing | None = None
        try:
            self._file = Appender(path)
            self._file.cut_torn_tail(quarantine, f"{self._file.size}")
        except BaseException:
            os.close(self._lock)
            raise
        self.messages = 0
        """Written since this object was made."""

    def append(self, received_at: float, message: bytes) -> None:
        """Write a message, which is one JSON object without a newline; DiskFull or WriteFailed."""
        line = b'{"received_at":%b,"message":%b}\n' % (repr(received_at).encode(), message)
        if self._file.size and self._file.size + len(line) > self._segment_bytes:
            self._rotate()
        self._file.write(line)
        self.messages += 1

    def work(self) -> bool:
        """Compress the next piece of a closed segment; return whether there is more to do."""
        if self._packing is None:
            waiting = [path for path in _closed(self._path) if path.suffix != ".gz"]
            if not waiting:
                return False
            self._packing = _Packing(waiting[0])
        if not self._packing.step():
            self._packing = None
            self._forget_oldest()
        return True

    def sync(self) -> None:
        """Force what was written to the disk."""
        self._file.sync()

    def close(self) -> None:
        """Let go of the tape; twice is harmless. What is half compressed is done again next time."""
        if self._lock < 0:
            return
        if self._packing is not None:
            self._packing.abandon()
            self._packing = None
        self._file.close()
        os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rotate(self) -> None:
        closed = _closed(self._path)
        number = max((_number(path) for path in closed), default=0) + 1
        try:
            self._path.rename(self._path.parent / f"{self._path.name}.{number:06d}")
        except OSError as error:
            raise write_error(error, self._path) from error
        self._file.close()
        self._file = Appender(self._path)
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        closed = _closed(self._path)
        busy = self._packing.source if self._packing is not None else None
        for old in closed[: max(0, len(closed) - self._keep_segments)]:
            if old != busy:
                old.unlink(missing_ok=True)


class _Packing:
    """A closed segment on its way into a ``.gz`` beside it."""

    def __init__(self, source: Path) -> None:
        self.source = source
        self._spare = source.parent / f".{source.name}.gz.tmp"
        self._input = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        self._output = os.fdopen(os.open(self._spare, flags, FILE_MODE), "wb")
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def step(self) -> bool:
        """Compress the next piece; return whether there is more."""
        try:
            piece = os.read(self._input, _PIECE)
            if piece:
                self._output.write(self._compressor.compress(piece))
                return True
            self._output.write(self._compressor.flush())
            self._output.flush()
            os.fsync(self._output.fileno())
        except OSError as error:
            self.abandon()
            raise write_error(error, self._spare) from error
        self._close()
        self._spare.rename(self.source.parent / f"{self.source.name}.gz")
        self.source.unlink()
        return False

    def abandon(self) -> None:
        """Give up; the segment itself is untouched."""
        self._close()
        self._spare.unlink(missing_ok=True)

    def _close(self) -> None:
        os.close(self._input)
        self._output.close()


class TapeReader:
    """A tape, read lazily from its oldest kept message to its newest: ``.jsonl``, ``.jsonl.gz``, segments.

    A last line without its newline is still being written and is left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(TapeLine)

    def __iter__(self) -> Iterator[TapeLine]:
        for path in _readable(self._path):
            yield from self._lines(path)

    def _lines(self, path: Path) -> Iterator[TapeLine]:
        opener = gzip.open if path.suffix == ".gz" else open
        offset = 0
        with opener(path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return
                try:
                    yield self._decoder.decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise CorruptLine(path, offset=offset, reason=str(error)) from error
                offset += len(line)


def _readable(path: Path) -> list[Path]:
    """Return the files of a tape, oldest first; a segment in both forms is read once."""
    packed = {old.with_suffix("") for old in _closed(path) if old.suffix == ".gz"}
    return [old for old in _closed(path) if old not in packed] + ([path] if path.exists() else [])


def _closed(path: Path) -> list[Path]:
    shape = re.compile(re.escape(path.name) + r"\.\d{6,}(\.gz)?")
    found = [entry for entry in path.parent.iterdir() if shape.fullmatch(entry.name)]
    return sorted(found, key=lambda entry: (_number(entry), entry.name))


def _number(path: Path) -> int:
    return int(re.search(r"\.(\d{6,})(\.gz)?$", path.name)[1])  # type: ignore[index] # _closed let no other in
