"""Following a JSONL file over rotations and restarts: every whole line comes, none is lost in silence."""

import enum
import logging
from pathlib import Path
from types import TracebackType, UnionType
from typing import Generic, Self, TypeVar

import msgspec

from src.records.place import Place
from src.store.cursor import load_place, save_place
from src.store.durable import keep_copy
from src.store.errors import CorruptLine, LinesMissing
from src.store.follower import Follower, Turn
from src.store.line import LineError, parse_line

R = TypeVar("R")
_log = logging.getLogger(__name__)
_COPIES = 100
"""Bad lines that one reader keeps copies of; the rest it counts."""


class BadLine(enum.Enum):
    """What to do about a whole line that cannot be read."""

    QUARANTINE = "QUARANTINE"
    """Keep a copy, count it, go on."""
    RAISE = "RAISE"
    """Raise CorruptLine; a hole in the numbering raises LinesMissing."""


class JsonlReader(Generic[R]):
    """A follower of a JSONL file.

    ``cursor`` is the file in which ``save`` keeps the place, ``place`` one that was kept elsewhere; without
    one, or where it cannot be read, it starts at the oldest segment. Delivery is at least once: skip the ids
    you have seen.
    """

    def __init__(
        self,
        path: Path,
        record_type: type[R] | UnionType,
        *,
        cursor: Path | None = None,
        place: Place | None = None,
        quarantine: Path | None = None,
        on_bad: BadLine = BadLine.QUARANTINE,
    ) -> None:
        self._path = path
        self._decoder: msgspec.json.Decoder[R] = msgspec.json.Decoder(record_type)
        self._cursor = cursor
        self._quarantine = quarantine
        self._on_bad = on_bad
        self._saved = load_place(cursor) if place is None and cursor is not None else place
        self._follower = Follower(path)
        self._started = False
        self._known_seq: int | None = None
        self._bad_since = 0
        self._refusal: CorruptLine | LinesMissing | None = None
        self.quarantined = 0
        """Whole lines that could not be read."""
        self.missed = 0
        """Lines that were written and are gone: removed by retention, or cut out by hand."""
        self.truncations = 0
        """How often the file was cut from outside; what is left of it is then read again."""
        self.regressions = 0
        """How often the numbering went back, as after an old copy was put in place."""

    @property
    def seq(self) -> int:
        """Return the number of the last record handed out; 0 before the first."""
        return self._known_seq or 0

    def read_new(self, limit: int | None = None) -> list[R]:
        """Return the whole new lines, oldest first, at most ``limit``.

        Raises CorruptLine or LinesMissing where the reader was told to; what came before is handed out
        first, and no later call gets past it.
        """
        if self._refusal is not None:
            raise self._refusal
        records: list[R] = []
        try:
            self._read_into(records, limit)
        except (CorruptLine, LinesMissing) as error:
            self._refusal = error
            if not records:
                raise
        return records

    def _read_into(self, records: list[R], limit: int | None) -> None:
        if not self._started and not self._start():
            return
        while True:
            self._take_lines(records, limit)
            if limit is not None and len(records) >= limit:
                return
            turn = self._follower.turn(self.seq)
            if turn is Turn.WAIT:
                return
            self._answer(turn)

    def _take_lines(self, records: list[R], limit: int | None) -> None:
        follower, decoder = self._follower, self._decoder
        while lines := follower.lines():
            money = follower.money
            for line in lines:
                try:
                    parsed = parse_line(line, decoder, money=money)
                except LineError as error:
                    self._bad(line, str(error))
                else:
                    seq, record = parsed
                    before = seq if record is None else seq - 1
                    if before != self._known_seq:
                        self._check_number(before)
                    self._known_seq = seq
                    self._bad_since = 0
                    if record is not None:
                        records.append(record)
                follower.offset += len(line) + 1
                if limit is not None and len(records) >= limit:
                    return

    def behind(self) -> bool:
        """Return whether something was written that is not read yet."""
        return self._follower.behind()

    def save(self) -> None:
        """Keep the place after everything read so far; call it once that has been answered."""
        if self._cursor is None or self._refusal is not None:
            return
        place = self._follower.place(self.seq)
        if place is not None and place != self._saved:
            save_place(self._cursor, place)
            self._saved = place

    def place(self) -> Place | None:
        """Return the place after everything read so far; None before there was a file."""
        return self._follower.place(self.seq) or self._saved

    def skip_to_end(self) -> None:
        """Move behind the last whole line that is there now."""
        self._known_seq = self._follower.skip_to_end()
        self._started = self._follower.place(0) is not None
        self._bad_since = 0

    def counters(self) -> dict[str, int]:
        """Return what went wrong so far, by name."""
        return {
            "quarantined": self.quarantined,
            "missed": self.missed,
            "truncations": self.truncations,
            "regressions": self.regressions,
        }

    def close(self) -> None:
        """Let go of the file; a later read goes on from the last saved place."""
        self._follower.close()
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> bool:
        turn = self._follower.start(self._saved)
        if turn is Turn.WAIT:
            return False
        self._started = True
        self._known_seq = None if self._saved is None else self._saved.seq
        self._answer(turn)
        return True

    def _answer(self, turn: Turn) -> None:
        """Note what happened to the file; after a cut or an older file the numbering begins anew."""
        if turn in {Turn.CUT, Turn.OLDER}:
            self._known_seq = None
            self._bad_since = 0
        if turn is Turn.CUT:
            self.truncations += 1
            _log.error("reader_alarm file=%s what=%s", self._path, turn.value)
        elif turn is Turn.OLDER:
            self.regressions += 1
            self._missing(turn.value)

    def _check_number(self, before: int) -> None:
        """See that the records up to ``before``, the last one ahead of this line, have all been there."""
        known = self._known_seq
        if known is None:
            return
        if before < known:
            self.regressions += 1
            self._missing(f"number {before + 1} came after {known}")
        elif before - known > self._bad_since:
            missing = before - known - self._bad_since
            self.missed += missing
            self._missing(f"{missing} lines up to number {before} are gone")

    def _missing(self, what: str) -> None:
        _log.error("reader_alarm file=%s what=%s", self._path, what)
        if self._on_bad is BadLine.RAISE:
            raise LinesMissing(f"{self._path}: {what}")

    def _bad(self, line: bytes, reason: str) -> None:
        offset = self._follower.offset
        if self._on_bad is BadLine.RAISE:
            raise CorruptLine(self._path, offset=offset, reason=reason)
        self.quarantined += 1
        self._bad_since += 1
        where = f"{self._path.name}.{self._follower.number:06d}.{offset}"
        _log.error("line_quarantined place=%s reason=%s", where, reason)
        if self.quarantined <= _COPIES:
            keep_copy(self._quarantine, f"{where}.line", line + b"\n")
