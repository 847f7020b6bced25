"""The whole story of one signal: its records, joined, with the numbers that follow from them."""

import enum
from decimal import Decimal

from src.records.base import Record
from src.records.decisions import Decision, SizeFactor
from src.records.enums import Direction, Strategy
from src.records.features import Features
from src.records.ledger import PositionView
from src.records.orders import OrderIntent, OrderState
from src.records.outcomes import HorizonOutcome
from src.records.predictions import Prediction
from src.records.signals import ComponentVote, Signal
from src.report.measured_fills import MeasuredFill
from src.report.trades import RoundTrip


class Fate(enum.Enum):
    """What became of a signal, as far as the records reach."""

    WAITING = "WAITING"
    """It is not decided yet."""
    EXPIRED = "EXPIRED"
    """It was never decided within its time."""
    BLOCKED = "BLOCKED"
    ORDERED = "ORDERED"
    """The gate passed it, and what its order came to is not known yet."""
    NOT_SENT = "NOT_SENT"
    """The gate passed it, but no order was sent."""
    NOT_FILLED = "NOT_FILLED"
    """An order was sent, and nothing was bought or sold."""
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"
    """The records that would tell are gone."""


class Step(Record, frozen=True, kw_only=True):
    """One moment of the story, on the market's clock."""

    name: str
    ts: float
    since_decision_s: float
    """After the decision point, in market seconds."""
    since_previous_s: float | None
    """After the step before it; None for the first."""


class VoteStory(Record, frozen=True, kw_only=True):
    """One component's vote, and what it counted."""

    vote: ComponentVote
    weight: float | None
    """In the gate's score, 0..1; None where the weights of that time are gone."""
    contribution: float | None
    """To the score: above 0 for the signal's direction."""


class SizeStory(Record, frozen=True, kw_only=True):
    """The size, with its factors multiplied out, in USD."""

    stop_bps: float | None
    """Distance of the stop from the entry; None while the volatility was not known."""
    risk_usd: float | None
    """What may be lost at the stop: a share of the equity."""
    base_usd: float | None
    """The size that loses as much at the stop."""
    factors: tuple[SizeFactor, ...]
    """Conviction, strategy, direction, regime, hour and ensemble."""
    wanted_usd: float | None
    """Base times the factors."""
    caps: tuple[SizeFactor, ...]
    """Upper bounds, in USD."""
    bound_by: str | None
    """The cap that made it smaller; None where none did."""
    resizes: tuple[SizeFactor, ...]
    """What checks multiplied it by."""
    offered_usd: float | None
    """After caps and checks, in whole contracts: what would be traded if no check blocked."""
    size_usd: float
    """What was allowed; 0 where blocked."""


class OrderStory(Record, frozen=True, kw_only=True):
    """One order: what was intended, answered and executed."""

    intent: OrderIntent
    state: OrderState
    """The last that became known of it."""
    order_id: str | None
    """The exchange's name for it; None where it gave none."""
    filled: Decimal
    """In contracts, as the ledger booked it."""
    limit_bps: float | None
    """How much worse than the price at the decision it was allowed to be; None without a limit."""
    answers: tuple[str, ...]
    """The exchange's words, or how it was found out, oldest first."""
    answered_after_s: float | None
    """From the intent to the first answer, in market seconds."""


class StopStory(Record, frozen=True, kw_only=True):
    """The newest protective order."""

    price: Decimal
    planned_bps: float | None
    """Distance from the entry that the gate asked for."""
    distance_bps: float | None
    """Distance from the average entry price; None where no fill is known."""
    loss_usd: Decimal | None
    """What the price move from entry to stop loses, before fees and gaps; below 0 is a loss."""
    state: OrderState
    answer: str
    """The last that was heard of it; empty where nothing was."""
    confirmed: bool | None
    """Whether the newest view shows it among the open orders; None where no position is open."""
    fired: bool


class HorizonState(enum.Enum):
    """What is known of a signal at one horizon."""

    RESOLVED = "RESOLVED"
    WAITING = "WAITING"
    """The records do not reach as far yet."""
    NO_PRICE = "NO_PRICE"
    """No price was recorded within tolerance."""
    GONE = "GONE"
    """It must have been written, and is not kept any more."""


class HorizonStory(Record, frozen=True, kw_only=True):
    """What the signal's direction brought by one horizon, had it been taken at the decision's price."""

    horizon: str
    due_ts: float
    state: HorizonState
    outcome: HorizonOutcome | None
    """None where it is not resolved, or only its net return is kept."""
    net_bps: float | None
    """After costs."""
    net_usd: float | None
    """The same on ``CounterfactualStory.size_usd``."""


class CounterfactualStory(Record, frozen=True, kw_only=True):
    """What the signal would have made, traded or not, at recorded prices and after costs."""

    size_usd: float | None
    """What was traded, or would have been if no check had blocked; None where no size was found."""
    cost_bps: float | None
    """Round trip: taker fees both ways and slippage."""
    horizons: tuple[HorizonStory, ...]


class Wait(Record, frozen=True, kw_only=True):
    """What an unfinished story waits for."""

    what: str
    due_ts: float | None
    """When it falls due; None where nothing says so."""


class GapReason(enum.Enum):
    """Why a piece of the story is missing."""

    ROTATED_AWAY = "ROTATED_AWAY"
    """The file's oldest line is younger."""
    NOT_WRITTEN = "NOT_WRITTEN"
    """The file reaches back far enough, and does not hold it."""
    UNREADABLE = "UNREADABLE"


class Gap(Record, frozen=True, kw_only=True):
    """A piece of the story that should be there and is not."""

    what: str
    file: str
    reason: GapReason


class Story(Record, frozen=True, kw_only=True):
    """One signal from what the market showed to what it came to; what is not known is None or empty."""

    signal_id: str
    symbol: str
    strategy: Strategy
    direction: Direction | None
    decided_ts: float
    """The decision point: the close of the window that it was made of."""
    as_of: float | None
    """How far the records of the home reach."""
    fate: Fate
    steps: tuple[Step, ...]
    market: Features | None
    signal: Signal | None
    votes: tuple[VoteStory, ...]
    prediction: Prediction | None
    prediction_in_time: bool | None
    """Whether the gate had it when it decided; None where that is not known."""
    decision: Decision | None
    repeated: str
    """What the records make of the decision once more, e.g. ``the same``; empty without a decision."""
    size: SizeStory | None
    orders: tuple[OrderStory, ...]
    fills: tuple[MeasuredFill, ...]
    stop: StopStory | None
    position: PositionView | None
    """While it is open."""
    trade: RoundTrip | None
    """Once it is closed."""
    counterfactual: CounterfactualStory
    waits: tuple[Wait, ...]
    gaps: tuple[Gap, ...]
