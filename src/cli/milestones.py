"""What a tour of the bot should show, counted from the records as they come."""

from dataclasses import dataclass, field

from src.records.decisions import Decision
from src.records.enums import HORIZONS_S, Disposition, OrderPurpose
from src.records.learning import AuditKind, LearningAudit
from src.records.ledger import ClosingRevised, LedgerEntry, PositionClosed
from src.records.operations import Health, WorkerState
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EnrichedDecision, SignalOutcome
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.jsonl import JsonlReader
from src.store.paths import Home


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing that the tour should show."""

    name: str
    seen: int
    wanted: int

    @property
    def reached(self) -> bool:
        """Return whether it was seen often enough."""
        return self.seen >= self.wanted


@dataclass(slots=True)
class _Counts:
    signals: int = 0
    predictions: int = 0
    decisions: int = 0
    passed: int = 0
    entries: int = 0
    stops_acked: int = 0
    closed: int = 0
    net_pnl_usd: float = 0.0
    nets: dict[str, float] = field(default_factory=dict)
    """What ``net_pnl_usd`` counts of each closed position."""
    outcomes: int = 0
    full_outcomes: int = 0
    enriched: int = 0
    counterfactuals: int = 0
    executions: int = 0
    decided_by: set[tuple[str, str]] = field(default_factory=set)
    """Versions of weights and policies that decisions name."""
    cycles: set[str] = field(default_factory=set)
    changes: int = 0
    learned: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By cycle that changed something: the versions in force after it."""
    stop_ids: set[str] = field(default_factory=set)


class Tally:
    """Follows every record file of a home and counts."""

    def __init__(self, home: Home) -> None:
        self.counts = _Counts()
        self._health = DocumentFile(home.health, Health, writer="tour")
        self._signals = JsonlReader(home.predictive_signals, Signal)
        self._predictions = JsonlReader(home.ensemble_predictions, Prediction)
        self._decisions = JsonlReader(home.decisions, Decision)
        self._orders: JsonlReader[OrderEvent] = JsonlReader(home.orders, OrderEvent)
        self._ledger: JsonlReader[LedgerEntry] = JsonlReader(home.fills, LedgerEntry)
        self._outcomes = JsonlReader(home.signal_outcomes, SignalOutcome)
        self._enriched = JsonlReader(home.enriched_decisions, EnrichedDecision)
        self._audit = JsonlReader(home.learning_audit, LearningAudit)

    def update(self) -> tuple[Milestone, ...]:
        """Count what has come since the last call; return where each milestone stands."""
        counts = self.counts
        counts.signals += len(self._signals.read_new())
        counts.predictions += len(self._predictions.read_new())
        self._count_decisions()
        self._count_trades()
        self._count_outcomes()
        self._count_learning()
        learned = set(counts.learned.values())
        return (
            Milestone("processes ready", self._ready(), 6),
            Milestone("signals blocked by the gate", counts.decisions - counts.passed, 1),
            Milestone("stops accepted by the exchange", counts.stops_acked, 1),
            Milestone("round trips closed", counts.closed, 3),
            Milestone("outcomes at all five horizons", counts.full_outcomes, 1),
            Milestone("blocked signals with a counterfactual", counts.counterfactuals, 1),
            Milestone("enriched decisions of trades", counts.executions, 1),
            Milestone("learning cycles", len(counts.cycles), 2),
            Milestone(
                "learned versions that decisions name", len(learned & counts.decided_by), max(1, len(learned))
            ),
        )

    def _ready(self) -> int:
        health = self._health.read()
        if health is None:
            return 0
        return sum(worker.state is WorkerState.READY for worker in health.workers)

    def _count_decisions(self) -> None:
        for decision in self._decisions.read_new():
            self.counts.decisions += 1
            self.counts.passed += decision.should_trade
            self.counts.decided_by.add((decision.weights_version, decision.policies_version))

    def _count_trades(self) -> None:
        counts = self.counts
        for event in self._orders.read_new():
            if isinstance(event, OrderIntent) and event.purpose is OrderPurpose.ENTRY:
                counts.entries += 1
            elif isinstance(event, OrderIntent) and event.purpose is OrderPurpose.STOP:
                counts.stop_ids.add(event.cli_ord_id)
            elif isinstance(event, OrderUpdate) and event.state is OrderState.ACKED:
                counts.stops_acked += event.cli_ord_id in counts.stop_ids
        for entry in self._ledger.read_new():
            if isinstance(entry, PositionClosed):
                counts.closed += 1
                counts.nets[entry.position_id] = float(entry.net_pnl_usd)
                counts.net_pnl_usd += float(entry.net_pnl_usd)
            elif isinstance(entry, ClosingRevised) and entry.position_id in counts.nets:
                counts.net_pnl_usd += float(entry.net_pnl_usd) - counts.nets[entry.position_id]
                counts.nets[entry.position_id] = float(entry.net_pnl_usd)

    def _count_outcomes(self) -> None:
        counts = self.counts
        for outcome in self._outcomes.read_new():
            counts.outcomes += 1
            counts.full_outcomes += all(outcome.horizons.get(name) is not None for name in HORIZONS_S)
        for row in self._enriched.read_new():
            counts.enriched += 1
            counts.counterfactuals += row.disposition is Disposition.BLOCKED
            counts.executions += row.execution is not None

    def _count_learning(self) -> None:
        for line in self._audit.read_new():
            self.counts.cycles.add(line.cycle_id)
            if line.kind is AuditKind.CHANGE:
                self.counts.changes += 1
                self.counts.learned[line.cycle_id] = (line.weights_version, line.policies_version)
