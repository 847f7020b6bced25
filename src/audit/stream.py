"""Reading a JSONL file once, from end to end, with proof that nothing of it is missing."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Generic, TypeVar

import msgspec

from src.audit.claims import NUMBERING, WRITER
from src.audit.findings import Findings, Spot
from src.store import segments
from src.store.line import LineError, parse_line
from src.store.opened import Opened, open_newest

R = TypeVar("R")
_TELL_EVERY = 4096
_ENVELOPE = 200
_STALE_LISTING = 5
"""How often a file is listed anew while it rotates under the listing."""

Progress = Callable[[str, int, int], None]
"""Told a file's name, how many of its bytes are read, and how many there are."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A segment as far as it went when it was marked."""

    path: Path
    opened: Opened | None
    """The newest segment is held open: it may be renamed meanwhile."""
    end: int


class Stream(Generic[R]):
    """A file as it stood when this was made; what is appended later is left alone.

    While a bot lives, mark the files that follow from others first: what they name is then already written.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        record_type: type[R] | UnionType,
        *,
        findings: Findings,
        progress: Progress,
        running: bool,
    ) -> None:
        self.name = name
        self.whole_since: float | None = None
        """Time of the oldest record where older ones were removed by rotation; None where none were."""
        self.records = 0
        self._decoder: msgspec.json.Decoder[R] = msgspec.json.Decoder(record_type)
        self._findings = findings
        self._progress = progress
        self._running = running
        self._pieces = _pieces(path)
        self._total = sum(piece.end for piece in self._pieces)
        self._done = 0
        self._seq: int | None = None
        self._unread = 0
        self._origin: bytes | None = None
        self._writer: bytes | None = None
        self._left: set[bytes] = set()
        """Starts of writers that were followed by another."""

    def __iter__(self) -> Iterator[tuple[int, R]]:
        """Return each record with its number."""
        for piece in self._pieces:
            yield from self._of(piece)
        self._progress(self.name, self._total, self._total)

    def drain(self) -> None:
        """Read all of it for the proof alone."""
        for _ in self:
            pass

    def _of(self, piece: _Piece) -> Iterator[tuple[int, R]]:
        opened = piece.opened or self._open(piece)
        if opened is None:
            return
        money, left = opened.money, piece.end
        with os.fdopen(os.dup(opened.fd), "rb") as file:
            file.seek(0)
            for line in file:
                left -= len(line)
                if left < 0:
                    break
                self._done += len(line)
                if line[-1:] != b"\n":
                    self._torn(piece, line)
                    break
                yield from self._line(line[:-1], money=money)
        opened.close()

    def _open(self, piece: _Piece) -> Opened | None:
        """Return a closed segment; None where a living bot's rotation has removed it meanwhile."""
        try:
            return Opened(os.open(piece.path, os.O_RDONLY | os.O_CLOEXEC), number=0)
        except FileNotFoundError:
            if not self._running:
                raise
            self._seq = None
            return None

    def _line(self, line: bytes, *, money: bool) -> Iterator[tuple[int, R]]:
        try:
            parsed = parse_line(line, self._decoder, money=money)
        except LineError as error:
            self._unread += 1
            spot = Spot(self.name, None if self._seq is None else self._seq + self._unread)
            self._findings.refute(NUMBERING, spot, expected="a line that can be read", found=error)
            return
        seq, record = parsed
        self._check_origin(line, seq)
        if record is None:
            self._check_number(seq)
            return
        self._check_number(seq - 1)
        self._seq, self._unread = seq, 0
        self._findings.proven[NUMBERING] += 1
        self.records += 1
        if self.records == 1 and seq > 1:
            self.whole_since = getattr(record, "ts", None)
        if self.records % _TELL_EVERY == 0:
            self._progress(self.name, self._done, self._total)
        yield seq, record

    def _check_number(self, before: int) -> None:
        """See that the record before this line was the last one read."""
        known = self._seq
        if known is None or before - known == self._unread or before == known:
            if known is None:
                self._seq = before
            return
        what = f"line {known + 1}" if before > known else f"a line after {known}"
        found = f"lines {known + 1} to {before} are gone" if before > known else f"line {before + 1} again"
        self._findings.refute(NUMBERING, Spot(self.name, before + 1), expected=what, found=found)
        self._seq, self._unread = before, 0

    def _check_origin(self, line: bytes, seq: int) -> None:
        start = line.find(b'"w":', 0, _ENVELOPE)
        if start < 0:
            start = line.rfind(b'"w":')
        boot = line.find(b'"boot":"', start)
        if start < 0 or boot < 0:
            self._findings.refute(
                WRITER, Spot(self.name, seq), expected="a line that names its writer", found="none"
            )
            return
        origin = line[start : line.find(b'"', boot + 8)]
        if origin == self._origin:
            self._findings.proven[WRITER] += 1
            return
        self._change_of_writer(origin, seq)

    def _change_of_writer(self, origin: bytes, seq: int) -> None:
        writer = origin.partition(b',"boot"')[0]
        spot, came = Spot(self.name, seq), _words(origin)
        if self._writer is not None and writer != self._writer:
            self._findings.refute(WRITER, spot, expected=f"writer {_words(self._writer)}", found=came)
        elif origin in self._left:
            before = _words(self._origin or b"")
            self._findings.refute(
                WRITER, spot, expected=f"nothing of {came} after {before} took over", found=f"{came} again"
            )
        else:
            self._findings.proven[WRITER] += 1
        if self._origin is not None:
            self._left.add(self._origin)
        self._origin, self._writer = origin, self._writer or writer

    def _torn(self, piece: _Piece, line: bytes) -> None:
        if self._running:
            return
        why = f"a last line without its end in {piece.path.name}; the next start cuts it off"
        self._findings.leave_open(NUMBERING, why)
        self._done += len(line)


def _pieces(path: Path) -> list[_Piece]:
    """Return the segments of a file, oldest first; one that rotates meanwhile is looked at again."""
    for _ in range(_STALE_LISTING):
        closed = segments.closed_segments(path)
        newest = open_newest(path)
        if segments.closed_segments(path) == closed:
            break
    pieces = [_Piece(old, None, old.stat().st_size) for old in closed.values()]
    if newest is not None:
        pieces.append(_Piece(path, newest, newest.size()))
    return pieces


def _words(origin: bytes) -> str:
    return (
        origin.decode("utf-8", "replace").replace('"', "").replace("w:", "").replace(",boot:", " of start ")
    )
