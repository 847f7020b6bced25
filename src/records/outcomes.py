"""What became of every signal, traded or blocked."""

from decimal import Decimal

import msgspec

from src.records.base import Document, Line, Record
from src.records.enums import Direction, Disposition, Regime, Strategy
from src.records.ledger import PositionClosed
from src.records.predictions import Prediction
from src.records.signals import Signal


class PendingPut(Line, frozen=True, kw_only=True, tag_field="op", tag="put"):
    """A signal enters the queue of the gate; ``ts`` is when it was queued."""

    signal_id: str
    signal: Signal
    prediction: Prediction | None
    """None where none came in time; the gate blocks it by that name and it is followed like any other."""


class PendingDecided(Line, frozen=True, kw_only=True, tag_field="op", tag="upd"):
    """The gate has answered, or the time to answer is over; the signal waits on for its outcome."""

    signal_id: str
    should_trade: bool
    blocked_by: tuple[str, ...] = ()
    """Names of the checks that blocked."""
    expired: bool = False
    """The gate did not answer in time."""


class PendingDeleted(Line, frozen=True, kw_only=True, tag_field="op", tag="del"):
    """The signal leaves the queue: every horizon is resolved or given up."""

    signal_id: str
    reason: str


PendingEvent = PendingPut | PendingDecided | PendingDeleted
"""A line of ``feature_store/pending_signals.journal.jsonl``."""


class PendingSignal(Record, frozen=True, kw_only=True):
    """A signal that waits for its decision or its outcome."""

    signal: Signal
    prediction: Prediction | None
    queued_ts: float
    decided: bool
    should_trade: bool | None
    blocked_by: tuple[str, ...] = ()
    expired: bool = False
    """The gate did not answer in time."""


class PendingSignals(Document, frozen=True, kw_only=True):
    """``feature_store/pending_signals.json``: the journal as a picture; output only."""

    as_of_seq: int
    """The last journal line that is in it."""
    pending: dict[str, PendingSignal]


class HorizonOutcome(Record, frozen=True, kw_only=True):
    """Where the price stood at one horizon."""

    target_ts: float
    price_ts: float
    """When the price that was used was recorded: at the target or just after it."""
    price: float
    """Mid price in USD from the bot's own recording."""
    return_bps: float
    """Gain of the signal's direction before costs, in bps of its own price."""
    net_bps: float
    """The same after ``cost_bps``."""
    market_return_bps: float | None
    """The leader's return over the same time, not signed by direction."""


class SignalOutcome(Line, frozen=True, kw_only=True):
    """One signal's resolved outcome; ``ts`` is when its last horizon was resolved."""

    signal_id: str
    signal_ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    disposition: Disposition
    blocked_by: tuple[str, ...]
    price_at_signal: float
    cost_bps: float
    """Round trip: taker fees both ways and slippage."""
    horizons: dict[str, HorizonOutcome | None]
    """By ``1m 5m 15m 30m 1h``; None where no price was recorded within tolerance."""
    ev_contribution_bps: float | None
    """Horizon-weighted net return times confidence; None where a horizon is missing."""
    votes: dict[str, int]
    """Sign of each component's vote, left out where it abstained."""


class UniverseRow(Line, frozen=True, kw_only=True):
    """One row of ``feature_store/signals_universe.jsonl``: a signal and what was decided of it."""

    signal_id: str
    signal_ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    disposition: Disposition
    """EXECUTED here means that the gate sent it on; the outcome tells whether it was filled."""
    blocked_by: tuple[str, ...]
    price: float
    ofi: float | None
    confidence: float
    win_probability: float | None
    regime: Regime | None
    coverage: int


class Execution(Record, frozen=True, kw_only=True):
    """What trading the signal really brought."""

    opened_ts: float
    closed_ts: float
    entry_price: float
    exit_price: float
    size_usd: float
    """Notional at entry."""
    net_pnl_usd: float
    fees_usd: float
    funding_usd: float
    net_bps: float
    """Net P&L in bps of the notional at entry."""
    exit_reason: str


class EnrichedDecision(Line, frozen=True, kw_only=True):
    """A signal, its decision and its outcome in one row: what the learning cycle reads."""

    signal_id: str
    signal_ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    disposition: Disposition
    blocked_by: tuple[str, ...]
    regime: Regime | None
    ofi: float | None
    confidence: float
    score: float | None
    """The gate's score; None where it expired undecided."""
    win_probability: float | None
    expected_edge_bps: float | None
    weights_version: str | None
    policies_version: str | None
    votes: dict[str, int]
    """Sign of each component's vote, left out where it abstained."""
    vote_confidences: dict[str, float]
    counterfactual_net_bps: dict[str, float | None]
    """By horizon: what a taker round trip at the recorded prices would have brought."""
    market_return_bps: dict[str, float | None]
    execution: Execution | None
    """None where it was not traded."""
    cost_bps: float | None = None
    """What the counterfactual subtracts: taker fees both ways and slippage, in bps of notional."""


class EntryProgress(Record, frozen=True, kw_only=True):
    """How far the trade of one signal has come, as the order journal and the ledger tell."""

    signal_id: str
    seen_ts: float
    """When it was first heard of."""
    cli_ord_id: str | None = None
    """The entry order's name."""
    unresolved: bool = False
    """The entry was sent, or about to be, and its answer is not known."""
    filled: bool = False
    closed: PositionClosed | None = None
    estimated: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Its executions whose fee is an estimate so far, with that estimate in USD."""
    awaits_revision: bool = False
    """A fee differed from its estimate after the closing: the line that corrects the closing follows."""


class EnrichmentState(Document, frozen=True, kw_only=True):
    """``run/positions/data_enrichment.json``: what the join still waits for."""

    since_ts: float | None
    """Decision point of the oldest signal without a row; None where there is none."""
    open_rows: tuple[EnrichedDecision, ...]
    """Resolved signals whose trade goes on; they become rows when it is closed."""
    entries: tuple[EntryProgress, ...]
