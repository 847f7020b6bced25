"""From windows to fills: how many came through each step, and which check stopped the rest."""

from collections import Counter
from dataclasses import dataclass, field

from src.records.base import Line, Record
from src.records.enums import OrderPurpose, Ruling
from src.records.ledger import FillBooked
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState

NO_PREDICTION = "prediction"
"""The check that blocks a signal whose odds did not come in time."""


class AskedView(Record, frozen=True, kw_only=True):
    """The part of a verdict that a report reads."""

    check: str
    ruling: Ruling
    reason: str


class DecisionRow(Line, frozen=True, kw_only=True):
    """The part of a decision that a report reads."""

    signal_id: str
    signal_ts: float
    should_trade: bool
    blocked_by: tuple[str, ...]
    verdicts: tuple[AskedView, ...]
    weights_version: str
    policies_version: str


@dataclass(slots=True)
class CheckCount:
    """What one check did to the decisions it was asked in."""

    asked: int = 0
    blocked: int = 0
    alone: int = 0
    """Decisions that nothing else blocked."""
    first: int = 0
    """Decisions that no check asked before it blocked."""
    resized: int = 0
    errors: int = 0
    """Blocked because the check itself failed; counted in ``blocked`` as well."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why it blocked."""


@dataclass(slots=True)
class OrderCount:
    """What became of the entry orders."""

    sent: int = 0
    rejected: int = 0
    unknown: int = 0
    """Orders whose fate is still not known."""
    filled: int = 0
    """Orders that traded at least a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelNumbers:
    """Everything that a report says about the way from market to money."""

    windows: int
    priced: int
    """Windows with a price: a signal can be made of them."""
    signals: int
    strategies: dict[str, int]
    predictions: int
    decisions: int
    passed: int
    orders: OrderCount
    closed: int
    checks: dict[str, CheckCount]
    """In the order in which they are asked."""
    weights_versions: int
    policies_versions: int

    @property
    def worst(self) -> tuple[str, CheckCount] | None:
        """Return the check that blocked most, or None where nothing was blocked."""
        name = max(self.checks, key=lambda check: self.checks[check].blocked, default=None)
        return (name, self.checks[name]) if name is not None and self.checks[name].blocked else None


class DecisionTally:
    """Counts decisions and what blocked them."""

    def __init__(self) -> None:
        self.decisions = 0
        self.passed = 0
        self.checks: dict[str, CheckCount] = {}
        self.weights_versions: set[str] = set()
        self.policies_versions: set[str] = set()

    def add(self, row: DecisionRow) -> None:
        """Count a decision."""
        self.decisions += 1
        self.passed += row.should_trade
        self.weights_versions.add(row.weights_version)
        self.policies_versions.add(row.policies_version)
        for verdict in row.verdicts:
            self._count(verdict)
        for check in row.blocked_by:
            self.checks.setdefault(check, CheckCount()).blocked += 1
        if row.blocked_by:
            self.checks[row.blocked_by[0]].first += 1
        if len(row.blocked_by) == 1:
            self.checks[row.blocked_by[0]].alone += 1

    def _count(self, verdict: AskedView) -> None:
        counted = self.checks.get(verdict.check)
        if counted is None:
            counted = self.checks[verdict.check] = CheckCount()
        counted.asked += 1
        ruling = verdict.ruling
        if ruling is Ruling.PASS:
            return
        if ruling is Ruling.RESIZE:
            counted.resized += 1
            return
        counted.errors += ruling is Ruling.ERROR
        counted.reasons[verdict.reason or "blocked"] += 1


class OrderTally:
    """Counts entry orders and what they came to, each once."""

    def __init__(self) -> None:
        self._states: dict[str, OrderState] = {}
        self._filled: set[str] = set()

    def add(self, event: OrderEvent) -> None:
        """Count a line of the order journal."""
        if isinstance(event, OrderIntent):
            if event.purpose is OrderPurpose.ENTRY:
                self._states.setdefault(event.cli_ord_id, OrderState.INTENT)
        elif not isinstance(event, CancelIntent) and event.cli_ord_id in self._states:
            self._states[event.cli_ord_id] = event.state

    def add_fill(self, fill: FillBooked) -> None:
        """Count an execution: the ledger alone says what traded."""
        if fill.cli_ord_id in self._states:
            self._filled.add(fill.cli_ord_id)

    def counts(self) -> OrderCount:
        """Return the counts."""
        states = Counter(self._states.values())
        return OrderCount(
            sent=len(self._states),
            rejected=states[OrderState.REJECTED] + states[OrderState.NOT_PLACED],
            unknown=states[OrderState.UNKNOWN] + states[OrderState.INTENT],
            filled=len(self._filled),
        )
