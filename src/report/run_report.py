"""Everything that a report on a run says, as numbers: one pass over the home's records."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from src.learning.recent_ids import RecentIds
from src.records.base import Line
from src.records.enums import Regime, Strategy
from src.records.learning import AuditKind, LearningAudit
from src.records.ledger import FillBooked, LedgerEntry
from src.records.orders import OrderEvent
from src.report.bare_time import BareNumbers, BareTime
from src.report.funnel import DecisionRow, DecisionTally, FunnelNumbers, OrderTally
from src.report.performance import BlockTally
from src.report.performance_equity import EquityCurve, EquityFold
from src.report.performance_outcomes import OutcomeNumbers, OutcomeRow, OutcomeTally
from src.report.performance_split import TradeNumbers, TradeTally
from src.report.performance_thin import Point, ThinSeries
from src.report.prices import MidTape, WindowPrice
from src.report.run_report_facts import RunFacts, run_facts
from src.report.run_report_reading import FileRead, Progress, Reading, Span
from src.report.trades import TradeFold, newest_revisions
from src.store.jsonl import read_tail
from src.store.jsonl_seek import read_since
from src.store.paths import Home

EQUITY_POINTS = 800
PRICE_POINTS = 500
_REVISED = b'"type":"revised"'
SHOWN_TRADES = 400
"""Newest trades of a symbol that its picture shows."""


class SignalRow(Line, frozen=True, kw_only=True):
    """The part of a signal that a report reads."""

    signal_id: str
    strategy: Strategy
    regime: Regime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The numbers of a report."""

    facts: RunFacts
    span: Span
    """From the first window to the last that the report covers; infinite where there is none."""
    symbols: tuple[str, ...]
    signal_blocks: int
    """Blocks of time with at least one signal."""
    trade_blocks: int
    """Blocks of time in which at least one trade was opened."""
    equity: EquityCurve
    prices: dict[str, tuple[Point, ...]]
    trades: TradeNumbers
    funnel: FunnelNumbers
    outcomes: OutcomeNumbers
    changes: tuple[LearningAudit, ...]
    """What learning changed, oldest first."""
    learning: dict[AuditKind, int]
    cycles: int
    bare: BareNumbers
    """How long positions stood without a stop."""
    files: tuple[FileRead, ...]


def read_run(home: Home, *, span: Span, progress: Progress) -> RunReport:
    """Return the numbers of a home, over a stretch of market time.

    Of a stepped run that is under way, or was killed, only finished legs are read: the rest fits no single moment.

    Raises:
        ConfigError: a config is broken, or this is no home.
        CorruptDocument: ``home.json`` or the manifest cannot be read.
    """
    facts = run_facts(home)
    if facts.settled_ts is not None:
        span = Span(span.since_ts, min(span.until_ts, facts.settled_ts))
    return _Pass(home, facts, span, progress).report()


class _Pass:
    """One reading of a home; each method reads one file, later ones use what earlier ones found."""

    def __init__(self, home: Home, facts: RunFacts, span: Span, progress: Progress) -> None:
        self._home = home
        self._facts = facts
        self._asked = span
        self._reading = Reading(home, progress)
        self._mids = MidTape()
        self._prices: dict[str, ThinSeries] = {}
        self._span = _covered(home, span)
        self._windows = 0
        self._priced = 0
        self._orders = OrderTally()
        self._bare = BareTime()
        self._signal_blocks = BlockTally(facts.block_s)

    def report(self) -> RunReport:
        equity = self._read_windows()
        decisions, passed = self._read_decisions()
        strategies, regimes = self._read_signals(passed)
        predictions = self._count(self._reading.records(self._home.ensemble_predictions, Line))
        trades = self._read_trades(regimes)
        outcomes = self._read_outcomes()
        changes, kinds, cycles = self._read_learning()
        return RunReport(
            facts=self._facts,
            span=self._span,
            symbols=tuple(sorted(self._prices)),
            signal_blocks=len(self._signal_blocks.sums),
            trade_blocks=trades.mean_bps.blocks,
            equity=equity,
            prices={symbol: tuple(thin.points()) for symbol, thin in sorted(self._prices.items())},
            trades=trades,
            funnel=FunnelNumbers(
                windows=self._windows,
                priced=self._priced,
                signals=strategies.total(),
                strategies={strategy.value: count for strategy, count in strategies.most_common()},
                predictions=predictions,
                decisions=decisions.decisions,
                passed=decisions.passed,
                orders=self._orders.counts(),
                closed=trades.total.trades,
                checks=decisions.checks,
                weights_versions=len(decisions.weights_versions),
                policies_versions=len(decisions.policies_versions),
            ),
            outcomes=outcomes,
            changes=changes,
            learning=kinds,
            cycles=cycles,
            bare=self._bare.numbers(),
            files=self._reading.files,
        )

    def _read_windows(self) -> EquityCurve:
        home, span = self._home, self._span
        entries: Iterator[LedgerEntry] = self._reading.records(home.fills, LedgerEntry)
        fold = EquityFold(entries, since_ts=span.since_ts, until_ts=span.until_ts, points=EQUITY_POINTS)
        for window in self._reading.records(home.windows, WindowPrice):
            self._mids.add(window)
            inside = self._asked.holds(window.ts)
            self._windows += inside
            if window.mid is None:
                continue
            fold.price(window.ts, window.symbol, window.mid)
            if inside:
                self._priced += 1
                self._thin(window.symbol).add(window.ts, window.mid)
        return fold.finish()

    def _thin(self, symbol: str) -> ThinSeries:
        thin = self._prices.get(symbol)
        if thin is None:
            thin = ThinSeries(self._span.since_ts, self._span.until_ts, PRICE_POINTS)
            self._prices[symbol] = thin
        return thin

    def _read_decisions(self) -> tuple[DecisionTally, set[str]]:
        tally, passed, seen = DecisionTally(), set[str](), RecentIds()
        for row in self._reading.records(self._home.decisions, DecisionRow):
            if row.signal_id in seen:
                continue
            seen.add(row.signal_id, row.signal_ts)
            if row.should_trade:
                passed.add(row.signal_id)
            if self._asked.holds(row.signal_ts):
                tally.add(row)
        return tally, passed

    def _read_signals(self, passed: set[str]) -> tuple[Counter[Strategy], dict[str, Regime | None]]:
        """Return how many signals each strategy made, and the regime of those that passed the gate."""
        strategies, regimes, seen = Counter[Strategy](), dict[str, Regime | None](), RecentIds()
        for row in self._reading.records(self._home.predictive_signals, SignalRow):
            if row.signal_id in seen:
                continue
            seen.add(row.signal_id, row.ts)
            if row.signal_id in passed:
                regimes[row.signal_id] = row.regime
            if self._asked.holds(row.ts):
                strategies[row.strategy] += 1
                self._signal_blocks.add(row.ts, 0.0)
        return strategies, regimes

    def _count(self, records: Iterator[Line]) -> int:
        return sum(self._asked.holds(record.ts) for record in records)

    def _read_orders(self) -> Iterator[OrderEvent]:
        events: Iterator[OrderEvent] = self._reading.records(self._home.orders, OrderEvent)
        for event in events:
            if self._asked.holds(event.ts):
                self._orders.add(event)
                self._bare.add_order(event)
            yield event

    def _read_trades(self, regimes: dict[str, Regime | None]) -> TradeNumbers:
        tally = TradeTally(block_s=self._facts.block_s, shown=SHOWN_TRADES)
        revised: Iterator[LedgerEntry] = read_since(
            self._home.fills, LedgerEntry, -math.inf, holding=[_REVISED]
        )
        revisions = newest_revisions(revised)
        fold = TradeFold(orders=self._read_orders(), mids=self._mids, revisions=revisions)
        entries: Iterator[LedgerEntry] = self._reading.records(self._home.fills, LedgerEntry)
        for entry in entries:
            if isinstance(entry, FillBooked):
                self._orders.add_fill(entry)
            self._bare.add_entry(entry)
            trip = fold.add(entry)
            if trip is not None and self._asked.holds(trip.closed_ts):
                tally.add(trip, regimes.get(trip.signal_id or ""))
        return tally.numbers()

    def _read_outcomes(self) -> OutcomeNumbers:
        tally, seen = OutcomeTally(block_s=self._facts.block_s), RecentIds()
        for row in self._reading.records(self._home.enriched_decisions, OutcomeRow):
            if row.signal_id in seen or not self._asked.holds(row.signal_ts):
                continue
            seen.add(row.signal_id, row.signal_ts)
            tally.add(row)
        return tally.numbers()

    def _read_learning(self) -> tuple[tuple[LearningAudit, ...], dict[AuditKind, int], int]:
        changes: list[LearningAudit] = []
        kinds, cycles = Counter[AuditKind](), set[str]()
        for line in self._reading.records(self._home.learning_audit, LearningAudit):
            if not self._asked.holds(line.ts):
                continue
            cycles.add(line.cycle_id)
            kinds[line.kind] += 1
            if line.kind in {AuditKind.CHANGE, AuditKind.LEASE_ENDED, AuditKind.ROLLBACK}:
                changes.append(line)
        return tuple(changes), dict(kinds), len(cycles)


def _covered(home: Home, asked: Span) -> Span:
    """Return the part of what was asked for that there are windows of."""
    reading = Reading(home, lambda *_: None)
    first = next(reading.records(home.windows, Line), None)
    last = read_tail(home.windows, Line, 1)
    if first is None or not last:
        return asked
    return Span(max(asked.since_ts, first.ts), min(asked.until_ts, last[-1].ts))
