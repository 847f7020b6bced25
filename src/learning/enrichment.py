"""The join of a signal, its decision, its outcome and its trade."""

from typing import NamedTuple

import msgspec

from src.learning.executions import Executions, Stage, execution_of
from src.learning.recent_ids import RecentIds
from src.records.decisions import Decision
from src.records.enums import Disposition, Regime
from src.records.outcomes import EnrichedDecision, EnrichmentState, SignalOutcome
from src.records.signals import Signal

LONGEST_TRADE_S = 13 * 3600.0
"""How long a resolved signal waits for the end of its trade, in market seconds: a position's longest life and more."""
_KEPT_S = 2 * LONGEST_TRADE_S


class _SignalHalf(NamedTuple):
    ts: float
    regime: Regime | None
    ofi: float | None
    confidence: float
    vote_confidences: dict[str, float]


class _DecisionHalf(NamedTuple):
    ts: float
    score: float
    win_probability: float | None
    expected_edge_bps: float | None
    weights_version: str
    policies_version: str


class Enrichment:
    """What is known of every signal that has no row yet; memory is bounded by time."""

    def __init__(self, state: EnrichmentState | None, written: RecentIds) -> None:
        self._signals: dict[str, _SignalHalf] = {}
        self._decisions: dict[str, _DecisionHalf] = {}
        open_rows = () if state is None else state.open_rows
        self._open_rows = {row.signal_id: row for row in open_rows if row.signal_id not in written}
        self._executions = Executions(() if state is None else state.entries)
        self._written = written
        self.unjoined = 0
        """Outcomes whose signal was nowhere to be found."""

    @property
    def executions(self) -> Executions:
        """Return the trades of signals, as far as they are known."""
        return self._executions

    def add_signal(self, signal: Signal) -> None:
        """Keep what a row needs of a signal."""
        if not self._written.seen(signal.signal_id, signal.ts) and signal.signal_id not in self._open_rows:
            confidences = {vote.name: vote.confidence for vote in signal.votes}
            half = _SignalHalf(signal.ts, signal.regime, signal.ofi, signal.confidence, confidences)
            self._signals.setdefault(signal.signal_id, half)

    def add_decision(self, decision: Decision) -> None:
        """Keep what a row needs of a decision."""
        written = self._written.seen(decision.signal_id, decision.signal_ts)
        if not written and decision.signal_id not in self._open_rows:
            self._decisions[decision.signal_id] = _DecisionHalf(
                decision.signal_ts,
                decision.score,
                decision.win_probability,
                decision.expected_edge_bps,
                decision.weights_version,
                decision.policies_version,
            )

    def add_outcome(self, outcome: SignalOutcome, now: float) -> EnrichedDecision | None:
        """Return the finished row of a resolved signal; None where it waits for its trade, or has its row."""
        signal_id = outcome.signal_id
        signal = self._signals.pop(signal_id, None)
        decision = self._decisions.pop(signal_id, None)
        if self._written.seen(signal_id, outcome.signal_ts) or signal_id in self._open_rows:
            return None
        if signal is None:
            self.unjoined += 1
            return None
        row = _row(outcome, signal, decision)
        if row.disposition is not Disposition.EXECUTED:
            return row
        finished = self._finished(row, now)
        if finished is None:
            self._open_rows[signal_id] = row
        return finished

    def take_finished(self, now: float) -> list[EnrichedDecision]:
        """Return the rows that waited for their trade and wait no longer."""
        finished = [self._finished(row, now) for row in self._open_rows.values()]
        return [row for row in finished if row is not None]

    def forget(self, row: EnrichedDecision) -> None:
        """Drop a signal whose row is written."""
        self._open_rows.pop(row.signal_id, None)
        self._executions.forget(row.signal_id)
        self._written.add(row.signal_id, row.signal_ts)

    def forget_before(self, now: float) -> None:
        """Drop what nothing will ask for any more."""
        limit = now - _KEPT_S
        _drop_older(self._signals, limit)
        _drop_older(self._decisions, limit)
        self._executions.forget_before(limit, keep=self._open_rows)

    def state(self, now: float) -> EnrichmentState:
        """Return what a restart must know."""
        oldest = next(iter(self._signals.values()), None)
        return EnrichmentState(
            ts=now,
            since_ts=None if oldest is None else oldest.ts,
            open_rows=tuple(self._open_rows.values()),
            entries=self._executions.entries(),
        )

    def _finished(self, row: EnrichedDecision, now: float) -> EnrichedDecision | None:
        stage, closed = self._executions.stage(row.signal_id, now)
        if closed is not None:
            return msgspec.structs.replace(row, ts=max(row.ts, closed.ts), execution=execution_of(closed))
        if stage is Stage.NOT_FILLED:
            return msgspec.structs.replace(row, disposition=Disposition.NOT_FILLED)
        if now > row.signal_ts + LONGEST_TRADE_S:
            return msgspec.structs.replace(row, ts=row.signal_ts + LONGEST_TRADE_S)
        return None


def _row(outcome: SignalOutcome, signal: _SignalHalf, decision: _DecisionHalf | None) -> EnrichedDecision:
    if outcome.disposition is Disposition.EXPIRED:
        decision = None
    horizons = outcome.horizons.items()
    return EnrichedDecision(
        ts=outcome.ts,
        signal_id=outcome.signal_id,
        signal_ts=outcome.signal_ts,
        symbol=outcome.symbol,
        strategy=outcome.strategy,
        direction=outcome.direction,
        disposition=outcome.disposition,
        blocked_by=outcome.blocked_by,
        regime=signal.regime,
        ofi=signal.ofi,
        confidence=signal.confidence,
        score=None if decision is None else decision.score,
        win_probability=None if decision is None else decision.win_probability,
        expected_edge_bps=None if decision is None else decision.expected_edge_bps,
        weights_version=None if decision is None else decision.weights_version,
        policies_version=None if decision is None else decision.policies_version,
        votes=outcome.votes,
        vote_confidences={name: signal.vote_confidences[name] for name in outcome.votes},
        counterfactual_net_bps={name: None if each is None else each.net_bps for name, each in horizons},
        market_return_bps={name: None if each is None else each.market_return_bps for name, each in horizons},
        execution=None,
        cost_bps=outcome.cost_bps,
    )


def _drop_older(halves: dict[str, _SignalHalf] | dict[str, _DecisionHalf], limit: float) -> None:
    while halves:
        signal_id = next(iter(halves))
        if halves[signal_id].ts >= limit:
            return
        del halves[signal_id]
