"""The second worker of the resolver's process: one row of everything that is known of each signal."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from src.learning.enrichment import LONGEST_TRADE_S, Enrichment
from src.learning.evidence import LearningRow
from src.learning.recent_ids import NamedLine, RecentIds
from src.learning.streams import Picture, Place, R, Sink, Source
from src.records.base import Document, Line
from src.records.decisions import Decision
from src.records.ledger import LedgerEntry
from src.records.orders import OrderEvent
from src.records.outcomes import EnrichedDecision, EnrichmentState, SignalOutcome
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.errors import CorruptDocument
from src.store.files import Files, Incoming, Page
from src.store.jsonl import Durability, read_all, read_tail
from src.store.paths import Home

L = TypeVar("L", bound=Line)
_log = logging.getLogger(__name__)
_CHUNK = 2000
_REMEMBERED = 20_000
_SINCE_SLACK_S = 60.0
_WRITER = "enrichment"


@dataclass(frozen=True, kw_only=True, slots=True)
class EnrichmentInputs:
    """What the enrichment follows, and what of it a restart reads again."""

    signals: Source[Signal]
    decisions: Source[Decision]
    orders: Source[OrderEvent]
    ledger: Source[LedgerEntry]
    outcomes: Source[SignalOutcome]
    recall: Callable[[float], tuple[Iterable[Signal], Iterable[Decision]]]
    """Signals and decisions since a moment."""


class DataEnrichmentLayer:
    """The worker behind ``feature_store/enriched_decisions.jsonl``.

    A row is written once its signal's outcome is known and, where it was traded, its trade is closed; a
    signal that the gate sent on and that was never filled becomes NOT_FILLED.
    """

    def __init__(
        self,
        *,
        inputs: EnrichmentInputs,
        rows: Sink[EnrichedDecision],
        written: RecentIds,
        state: EnrichmentState | None,
        picture: Picture[EnrichmentState],
        watched: tuple[Path, ...] = (),
    ) -> None:
        self._in = inputs
        self._rows = rows
        self._picture = picture
        self._watched = watched
        self._join = Enrichment(state, written)
        self._backlog = False
        self._now = float("-inf")
        self._changed = False
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None
        self._recall(None if state is None else state.since_ts, everything=state is None)

    @property
    def unjoined(self) -> int:
        """Return how many outcomes had no signal to be joined with."""
        return self._join.unjoined

    def step(self, now: float) -> int:
        """Join what is new; return how many records were handled."""
        self._backlog = False
        self._now = now
        handled = self._take(self._in.signals, self._join.add_signal)
        handled += self._take(self._in.decisions, self._join.add_decision)
        handled += self._take(self._in.orders, self._join.executions.add_order)
        handled += self._take(self._in.ledger, self._join.executions.add_ledger)
        trades_read = not self._backlog
        if trades_read:
            handled += self._take(self._in.outcomes, self._add_outcome)
            for row in self._join.take_finished(now):
                self._write(row)
        self._join.forget_before(now)
        self.handled += handled
        self._changed = self._changed or handled > 0
        return handled

    def save(self) -> None:
        """Save what the join waits for, then the places: what comes again after a crash is known already."""
        self._rows.sync()
        if self._changed:
            self._picture.write(self._join.state(self._now))
            self._changed = False
        for source in self._sources():
            source.save()

    def close(self) -> None:
        """Save, and let go of every file."""
        self.save()
        for source in self._sources():
            source.close()
        self._rows.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change is work."""
        return self._watched

    def fds(self) -> tuple[int, ...]:
        """Return the descriptors whose readiness is work: none."""
        return ()

    def backlog(self) -> bool:
        """Return whether input is waiting that the last step did not reach."""
        return self._backlog

    def _sources(self) -> tuple[Place, ...]:
        ins = self._in
        return (ins.signals, ins.decisions, ins.orders, ins.ledger, ins.outcomes)

    def _take(self, source: Source[R], handle: Callable[[R], None]) -> int:
        records = source.read_new(_CHUNK)
        self._backlog = self._backlog or len(records) == _CHUNK
        for record in records:
            handle(record)
        return len(records)

    def _add_outcome(self, outcome: SignalOutcome) -> None:
        self.last_event_ts = max(outcome.ts, self.last_event_ts or outcome.ts)
        row = self._join.add_outcome(outcome, self._now)
        if row is not None:
            self._write(row)

    def _write(self, row: EnrichedDecision) -> None:
        self._rows.append(row)
        self._join.forget(row)
        self._changed = True
        self.outputs += 1

    def _recall(self, since: float | None, *, everything: bool) -> None:
        if since is None and not everything:
            return
        signals, decisions = self._in.recall(float("-inf") if since is None else since - _SINCE_SLACK_S)
        for signal in signals:
            self._join.add_signal(signal)
        for decision in decisions:
            self._join.add_decision(decision)


def build_data_enrichment(home: Home, files: Files) -> DataEnrichmentLayer:
    """Return the enrichment of a home, knowing what it waited for."""
    picture = files.document(_state_path(home), EnrichmentState, writer=_WRITER, durable=False)
    watched = (home.predictive_signals, home.decisions, home.orders, home.fills, home.signal_outcomes)
    signals, decisions, orders, ledger, outcomes = watched
    state = _last_state(picture)
    if state is None:
        for path in watched:
            _cursor(home, path).unlink(missing_ok=True)
    order_events: Incoming[OrderEvent] = files.reader(orders, OrderEvent, cursor=_cursor(home, orders))
    entries: Incoming[LedgerEntry] = files.reader(ledger, LedgerEntry, cursor=_cursor(home, ledger))
    return DataEnrichmentLayer(
        inputs=EnrichmentInputs(
            signals=files.reader(signals, Signal, cursor=_cursor(home, signals)),
            decisions=files.reader(decisions, Decision, cursor=_cursor(home, decisions)),
            orders=order_events,
            ledger=entries,
            outcomes=files.reader(outcomes, SignalOutcome, cursor=_cursor(home, outcomes)),
            recall=lambda since: (_since(signals, Signal, since), _since(decisions, Decision, since)),
        ),
        rows=files.writer(home.enriched_decisions, writer=_WRITER, durability=Durability.KNOWLEDGE),
        written=_recent(home.enriched_decisions),
        state=state,
        picture=picture,
        watched=watched,
    )


class OpenRows(Document, frozen=True, kw_only=True):
    """The part of the enrichment's state that learning reads: resolved signals whose trade goes on."""

    open_rows: tuple[LearningRow, ...]


def resolved_rows(home: Home) -> Iterator[LearningRow]:
    """Return every resolved signal of a home, those whose trade is still open included.

    Without these, the young part of the lookback would hold only the trades that ended fast.
    """
    yield from written_rows(home)
    waiting = DocumentFile(_state_path(home), OpenRows, writer="learning", quarantine=home.quarantine).read()
    if waiting is not None:
        yield from waiting.open_rows


def written_rows(home: Home) -> Iterator[LearningRow]:
    """Return every resolved signal that has its row: what a memory of them begins with."""
    return read_all(home.enriched_decisions, LearningRow)


def open_rows(home: Home, files: Files) -> tuple[EnrichedDecision, ...]:
    """Return the resolved signals whose trade went on when the enrichment last saved."""
    state = files.document(_state_path(home), EnrichmentState, writer=_WRITER, durable=False).read()
    return () if state is None else state.open_rows


def _last_state(picture: Page[EnrichmentState]) -> EnrichmentState | None:
    """Return what the join waited for; like a lost place, a broken one means to read everything again."""
    try:
        return picture.read()
    except CorruptDocument as error:
        _log.error("enrichment_state_corrupt error=%s", error)
        return None


def _recent(path: Path) -> RecentIds:
    rows: list[NamedLine] = read_tail(path, NamedLine, _REMEMBERED)
    recent = RecentIds()
    for row in rows:
        recent.add(row.signal_id, row.signal_ts)
    if len(rows) == _REMEMBERED:
        recent.assume_seen_until(rows[0].signal_ts - LONGEST_TRADE_S)
    return recent


def _since(path: Path, record_type: type[L], since: float) -> list[L]:
    count = 1024
    while True:
        records: list[L] = read_tail(path, record_type, count)
        if len(records) < count or records[0].ts < since:
            return [record for record in records if record.ts >= since]
        count *= 4


def _cursor(home: Home, path: Path) -> Path:
    return home.positions / f"data_enrichment.{path.stem}.json"


def _state_path(home: Home) -> Path:
    return home.positions / "data_enrichment.json"
