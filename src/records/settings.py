"""``configs/bot.json``, ``configs/exits.json`` and ``configs/learning.json``: what a human sets by hand."""

from typing import Annotated

import msgspec

from src.records.base import Config, Record
from src.records.enums import Collateral, WithoutEvidence
from src.records.stops import Stops

Positive = Annotated[float, msgspec.Meta(gt=0.0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Symbol = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_]{1,32}$")]


class Costs(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trading costs, in bps of notional."""

    maker_fee_bps: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    taker_fee_bps: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    slippage_bps: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    """Expected distance from mid to fill, one way."""

    @property
    def round_trip_bps(self) -> float:
        """Return what a taker pays to enter and leave, in bps of notional."""
        return 2 * (self.taker_fee_bps + self.slippage_bps)


class Supervision(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a process counts as hung, and how it is restarted; real seconds."""

    hang_after_s: Positive
    """Without a beat of its loop for this long it is replaced."""
    stall_after_s: Positive
    """With input waiting and no record handled for this long it is replaced."""
    early_death_s: Positive
    """A death within this time of its start, or before any work, waits before the restart."""
    crash_loop_deaths: Count
    crash_loop_window_s: Positive
    probe_every_s: Positive
    """How often a worker that was given up is tried again."""
    backoff_max_s: Positive


class Recording(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the market's messages is kept in ``feature_store/tape/``."""

    keep_messages: bool
    segment_mib: Positive
    keep_segments: Count


class Delay(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something is on its way, in real milliseconds: at least half the median, log-normal beyond that."""

    median_ms: Annotated[float, msgspec.Meta(ge=0.0, le=60_000.0)]
    p99_ms: Annotated[float, msgspec.Meta(ge=0.0, le=600_000.0)]
    """What one in a hundred exceeds."""

    def __post_init__(self) -> None:
        """Refuse a tail below the median, and one behind no delay at all."""
        if self.p99_ms < self.median_ms or (self.median_ms == 0 and self.p99_ms > 0):
            raise ValueError(f"p99_ms must not be below median_ms, nor stand alone: {self.p99_ms:g}")


class Latency(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the paper exchange is away; 0 and 0 switch a delay off."""

    request: Delay = Delay(median_ms=80.0, p99_ms=300.0)
    """From a client to the engine."""
    answer: Delay = Delay(median_ms=60.0, p99_ms=250.0)
    """From the engine back to the client."""
    market_data: Delay = Delay(median_ms=60.0, p99_ms=250.0)
    """From the engine to a listener of the websocket."""


class PaperExchange(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The embedded paper exchange."""

    starting_balance_usd: Annotated[float, msgspec.Meta(ge=0.0)]
    edge: bool
    """Whether the synthetic market rewards order flow; off, nothing predicts anything."""
    messages_per_s: Positive
    """Mean book and trade messages a second and symbol, in market time."""
    latency: Latency = Latency()
    """How far away it is."""
    collateral: dict[Collateral, Positive] = msgspec.field(default_factory=dict)
    """What a new account holds besides USD, in units of each currency."""

    def __post_init__(self) -> None:
        """Refuse an account with nothing in it."""
        if not (self.starting_balance_usd or self.collateral):
            raise ValueError("starting_balance_usd is 0 and there is no other collateral")


class Margin(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How positions are margined on the exchange; read back, and set at a start where nothing is open."""

    max_leverage: dict[Symbol, Positive] = msgspec.field(default_factory=dict)
    """Symbols in isolated margin, with their highest leverage; every other symbol is in cross margin."""


class RiskLimits(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hard limits, read at a start and never after; what is looser than at the last start must be confirmed."""

    daily_loss_share: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.05
    """Of the equity with which the day began, 0 h UTC: a loss of this size halts."""
    drawdown_share: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.2
    """Below the highest equity, deposits and withdrawals left aside: this far down halts."""
    consecutive_losses: Annotated[int, msgspec.Meta(ge=1, le=200)] = 25
    """So many closed positions in a row with a net loss leave only exits."""
    exposure_share: Positive = 1.0
    """Value of all positions over what may be staked: the smaller of equity and ``max_equity_usd``."""
    leverage: Positive = 2.0
    """Value of all positions over the account's equity."""
    orders_per_minute: Count = 300
    """Orders in a market minute, stops and exits included."""
    errors_per_10_min: Count = 60
    """Orders in ten market minutes that were refused, or whose answer was none."""
    max_equity_usd: Positive | None = None
    """Sizes are worked out from no more than this; None where the account is the limit."""


class Live(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Real money: nothing here is enough by itself, see ``docs/live.md``."""

    enabled: bool = False
    max_equity_usd: Positive | None = None
    """Sizes are worked out from no more than this, and ``limits.max_equity_usd`` where that is less."""


class AlertRules(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a person is told; real seconds. The addresses are secrets and stand elsewhere."""

    unknown_after_s: Positive = 30.0
    """An order without a known answer for this long is told."""
    remind_every_s: Positive = 21_600.0
    """What lasts is told again."""
    quiet_s: Positive = 300.0
    """What comes and goes is told once in this time."""
    most_per_hour: Annotated[int, msgspec.Meta(ge=3, le=1000)] = 30
    """Messages; a third of them is kept for what is urgent."""
    heartbeat_every_s: Positive = 60.0
    """At most so often, and only when work was done since the last one."""


class SteppedLatency(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long things take in a stepped run, where no machine's time passes; market seconds."""

    decision_s: Annotated[float, msgspec.Meta(ge=0.0, le=60.0)]
    """From the close of a window until the gate is asked."""
    request_s: Annotated[float, msgspec.Meta(ge=0.0, le=60.0)] | None = None
    """From sending a request to its answer, half of it each way; None draws both ways from ``paper.latency``."""


class BotSettings(Config, frozen=True, kw_only=True):
    """Everything about a run that is not policy; the command line overrides it."""

    symbols: Annotated[tuple[Symbol, ...], msgspec.Meta(min_length=1, max_length=50)]
    leader: Symbol
    """The symbol whose moves the others are measured against."""
    window_s: Annotated[float, msgspec.Meta(ge=1.0, le=3600.0)]
    learning_every_s: Positive
    """Market seconds between learning cycles."""
    prediction_wait_s: Positive
    """Real seconds that a signal waits for its prediction."""
    signal_ttl_s: Positive
    """Market seconds after which an undecided signal expires."""
    reconcile_orders_s: Positive
    """Real seconds between comparisons of open orders with the exchange."""
    reconcile_positions_s: Positive
    log_segment_mib: Positive
    """Size at which a JSONL file is rotated."""
    keep_log_segments: Count
    costs: Costs
    supervision: Supervision
    recording: Recording
    paper: PaperExchange
    stepped_latency: SteppedLatency = SteppedLatency(decision_s=0.02)
    """What `simulate` assumes of the machine and the line."""
    margin: Margin = Margin()
    stops: Stops = Stops()
    limits: RiskLimits = RiskLimits()
    """Where entries end, whatever policy says."""
    live: Live = Live()
    live_without_evidence: WithoutEvidence = WithoutEvidence.SHADOW
    """What live does with a kind of trade that nothing is known of yet."""
    alerts: AlertRules = AlertRules()

    def __post_init__(self) -> None:
        """Refuse a window that minutes do not divide into, or are not made of."""
        if 60 % self.window_s and self.window_s % 60:
            raise ValueError(f"window_s must divide 60 or be a multiple of 60, not {self.window_s:g}")


class TimedTarget(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take a gain of this size once the position is this old."""

    after_s: Annotated[float, msgspec.Meta(ge=0.0)]
    gain_bps: Positive


class TimedFloor(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Leave once the position is this old and has gained less than this."""

    after_s: Positive
    below_bps: float


class TrailingStep(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to this age, leave when the price has come back this far from its best."""

    until_s: Positive
    distance_bps: Positive


class ExitRules(Config, frozen=True, kw_only=True):
    """``configs/exits.json``: when a position is left; gains are price moves in its direction."""

    minimum_hold_s: Annotated[float, msgspec.Meta(ge=0.0)]
    targets: tuple[TimedTarget, ...]
    floors: tuple[TimedFloor, ...]
    trailing: Annotated[tuple[TrailingStep, ...], msgspec.Meta(min_length=1)]
    maximum_hold_s: Positive
    catastrophic_bps: Positive
    """A loss of this size is left at once, whatever the age."""


class LearningSettings(Config, frozen=True, kw_only=True):
    """``configs/learning.json``: how careful the learner is."""

    lookback_s: Positive
    """Market seconds of outcomes that a cycle reads."""
    block_s: Positive
    """Length of a time block: the unit of evidence."""
    minimum_blocks: Count
    """Active blocks below which nothing is claimed."""
    minimum_signals: Count
    alpha_tighten: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
    """Chance of any false tightening or cut in a cycle."""
    alpha_loosen: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
    flips: Annotated[int, msgspec.Meta(ge=99, le=9999)]
    """Sign flips of the max-T test."""
    timing_prior_bps: Positive
    """Prior standard deviation of true market-timing skill (tau)."""
    threshold_step: Positive
    size_step: Positive
    lease_cycles: Count
    """Cycles after which an off-default value steps back without fresh support."""
    weight_share: Annotated[float, msgspec.Meta(ge=0.0, le=0.5)]
    """Share of the weight that is spread evenly each block (fixed share)."""
    weight_floor: Annotated[float, msgspec.Meta(ge=0.0, le=0.5)]
    """Smallest weight, as a fraction of an even share."""
    weight_step: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
    """Largest change of a weight in a cycle, as a fraction of it."""
    weight_caution: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]
    """How many times the differences that chance makes between components are taken off before any moves a weight;
    0 believes everything, 1 is James-Stein's factor."""
    horizon: str
    """Which horizon's outcome is learned from: 1m, 5m, 15m, 30m or 1h."""
