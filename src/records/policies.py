"""``configs/signal_policies.json``: what the gate demands; a human and the learner write it."""

import enum
from collections.abc import Set as AbstractSet
from typing import Annotated

import msgspec

from src.records.base import Config, Record
from src.records.enums import COMPONENTS, Direction, Regime, Strategy

Requirement = Annotated[float, msgspec.Meta(ge=0.20, le=0.90)]
Factor = Annotated[float, msgspec.Meta(ge=0.0, le=1.5)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]


class OfiMeasure(enum.Enum):
    """How the OFI requirement reads a signal's order flow."""

    ALIGNED = "aligned"
    """direction * ofi: flow must be on the signal's side."""
    MAGNITUDE = "magnitude"
    """abs(ofi)."""


class Switch(enum.Enum):
    """A check that may be turned off by hand."""

    ON = "on"
    OFF = "off"


class SignalPolicies(Config, frozen=True, kw_only=True):
    """What the gate demands of every signal.

    ``_pinned`` names the policies that the learner must never touch.
    """

    long_ofi_requirement: Requirement
    """Order flow that a LONG needs, as a score 0..1."""
    short_ofi_requirement: Requirement
    ofi_measure: dict[Strategy, OfiMeasure]

    fee_gate: Switch
    minimum_edge_over_cost: Annotated[float, msgspec.Meta(ge=0.5, le=10.0)]
    """Expected edge over the round trip's cost."""

    kelly: Switch = Switch.ON
    """Whether a trade may be no larger than a quarter of Kelly's share of what its kind has brought."""
    exploration_loss_share: Annotated[float, msgspec.Meta(ge=0.0, le=0.05)] = 0.01
    """Realised loss over equity up to which a kind of trade that nothing is known of goes on at the smallest size."""

    max_correlated_exposure_share: Annotated[float, msgspec.Meta(ge=0.0, le=3.0)]
    """Beta-weighted exposure in one direction, over equity."""
    max_positions_in_cluster: Annotated[int, msgspec.Meta(ge=1, le=20)]
    """Positions of one direction whose correlation is above ``cluster_correlation``."""
    cluster_correlation: Share
    max_cluster_exposure_share: Annotated[float, msgspec.Meta(ge=0.0, le=3.0)] = 0.4
    """Notional of such a cluster over equity."""

    intelligence_conflict: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    """Composite of taker flow, liquidations, fear and greed, funding and open interest against the
    direction beyond which the signal is blocked."""
    intelligence_minimum_inputs: Annotated[int, msgspec.Meta(ge=1, le=5)]
    """Live inputs below which the composite is unknown, and blocks."""

    minimum_coverage: Annotated[int, msgspec.Meta(ge=1, le=10)]
    """Components that must have had their data."""
    max_feature_age_s: Annotated[float, msgspec.Meta(gt=0.0, le=600.0)]
    """Seconds of market time from decision point to gate."""
    max_spread_bps: Annotated[float, msgspec.Meta(gt=0.0, le=100.0)]
    minimum_depth_multiple: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    """Depth of five levels on the entry's side, over the size."""
    trading_hours_utc: tuple[Hour, Hour]
    """From (inclusive) to (exclusive); 0 to 24 is all day."""
    cooldown_s: Annotated[float, msgspec.Meta(ge=0.0, le=86400.0)]
    """Since the last entry or exit of the symbol."""
    max_open_positions: Annotated[int, msgspec.Meta(ge=0, le=50)]
    max_exposure_share: Annotated[float, msgspec.Meta(ge=0.0, le=5.0)]
    """Notional of all positions over equity."""
    max_stop_risk_share: Annotated[float, msgspec.Meta(gt=0.0, le=0.10)] = 0.03
    """Loss over equity if every stop is reached."""
    max_gap_loss_share: Annotated[float, msgspec.Meta(gt=0.0, le=0.50)] = 0.15
    """Loss over equity if every position gaps 20 % against us, past its stop."""

    risk_per_trade_share: Annotated[float, msgspec.Meta(gt=0.0, le=0.02)]
    """Loss at the stop over equity."""
    minimum_position_usd: Annotated[float, msgspec.Meta(ge=0.0, le=100_000.0)]
    """Below this a trade is not worth its while; the venue's own minimum counts as well."""
    max_position_usd: Annotated[float, msgspec.Meta(gt=0.0, le=1_000_000.0)]
    stop_volatility_multiple: Annotated[float, msgspec.Meta(ge=0.5, le=10.0)]
    """Stop distance over the volatility of the expected hold."""
    minimum_stop_bps: Annotated[float, msgspec.Meta(ge=10.0, le=1000.0)]
    maximum_stop_bps: Annotated[float, msgspec.Meta(ge=50.0, le=2000.0)]
    expected_hold_s: Annotated[float, msgspec.Meta(ge=60.0, le=86400.0)]
    entry_slippage_cap_bps: Annotated[float, msgspec.Meta(ge=0.0, le=100.0)]
    """How far beyond the opposite best price an entry may pay."""

    conviction_sizes: dict[str, Factor]
    """Size factor by conviction: ULTRA, HIGH, MEDIUM, BASELINE, LOW, MINIMUM."""
    strategy_sizes: dict[Strategy, Factor]
    direction_sizes: dict[Direction, Factor]
    regime_sizes: dict[Regime, Factor]
    hour_sizes: dict[str, Factor]
    """Size factor by four-hour bucket of the UTC day: ``00-04`` to ``20-24``."""

    pinned: tuple[str, ...] = msgspec.field(name="_pinned", default=())

    def __post_init__(self) -> None:
        """Refuse maps with holes and a stop range upside down."""
        _require_keys("ofi_measure", set(self.ofi_measure), set(Strategy))
        _require_keys("conviction_sizes", set(self.conviction_sizes), set(CONVICTIONS))
        _require_keys("strategy_sizes", set(self.strategy_sizes), set(Strategy))
        _require_keys("direction_sizes", set(self.direction_sizes), set(Direction))
        _require_keys("regime_sizes", set(self.regime_sizes), set(Regime))
        _require_keys("hour_sizes", set(self.hour_sizes), set(HOUR_BUCKETS))
        if self.minimum_stop_bps > self.maximum_stop_bps:
            raise ValueError("minimum_stop_bps must not exceed maximum_stop_bps")

    def ofi_requirement(self, direction: Direction) -> float:
        """Return the order flow that a signal of this direction needs, 0..1."""
        return self.long_ofi_requirement if direction.sign > 0 else self.short_ofi_requirement


CONVICTIONS: tuple[str, ...] = ("ULTRA", "HIGH", "MEDIUM", "BASELINE", "LOW", "MINIMUM")
HOUR_BUCKETS: tuple[str, ...] = ("00-04", "04-08", "08-12", "12-16", "16-20", "20-24")


def hour_bucket(ts: float) -> str:
    """Return the four-hour bucket of the UTC day that a moment lies in."""
    return HOUR_BUCKETS[int(ts % 86400) // 14400]


class ComponentSettings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One component's default weight and its thresholds."""

    weight: Share
    thresholds: dict[str, Annotated[float, msgspec.Meta(gt=0.0)]]
    """Named as in the component's docstring."""


class SignalRules(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it takes to form a signal at all; far below what the gate asks, so that weak ones teach too."""

    ofi_floor: Share
    """Smallest abs(ofi) of an OFI signal."""
    sentiment_floor: Share
    """Smallest lead of one side's weighted confidence over the other's, of a SENTIMENT signal."""
    sentiment_votes: Annotated[int, msgspec.Meta(ge=1, le=10)]
    """Confident votes that a SENTIMENT signal needs on its side."""
    vote_confidence: Share
    """A vote above this is a confident one."""


class EnsembleRules(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the members of the ensemble learn, and what say each has."""

    weights: dict[str, Share]
    """By member: its share among those that rest on evidence; that of ``votes`` counts for confidence only."""
    votes_slope: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]
    """Log odds that full agreement of the components is worth before anything is known."""
    flow_slope: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]
    """Log odds that order flow wholly on the signal's side is worth before anything is known."""
    prior_blocks: Annotated[float, msgspec.Meta(ge=1.0, le=10_000.0)]
    """Time blocks of evidence that count as much as the prior."""
    learning_rate: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
    """First step of the logistic member; later ones shrink."""
    l2: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    """Pull of the logistic member's coefficients towards zero, an outcome."""

    def __post_init__(self) -> None:
        """Refuse a member that nobody knows, and an ensemble without a say."""
        _require_keys("weights", set(self.weights), set(MEMBERS))
        if self.weights["votes"] <= 0:
            raise ValueError("weights.votes must be positive: it alone speaks before there is evidence")


class Components(Config, frozen=True, kw_only=True):
    """``configs/components.json``: weights and thresholds of the ten components, and what is made of them."""

    components: dict[str, ComponentSettings]
    signals: SignalRules
    ensemble: EnsembleRules

    def __post_init__(self) -> None:
        """Refuse a component that is unknown or incomplete, and weights that do not sum to 1."""
        _require_keys("components", set(self.components), set(COMPONENTS))
        for name, settings in self.components.items():
            _require_keys(f"{name}.thresholds", set(settings.thresholds), THRESHOLDS[name])
        if abs(sum(settings.weight for settings in self.components.values()) - 1) > 1e-6:
            raise ValueError("the weights of the components must sum to 1")

    def weights(self) -> dict[str, float]:
        """Return the default weight of each component."""
        return {name: self.components[name].weight for name in COMPONENTS}


MEMBERS: tuple[str, ...] = ("votes", "pattern", "logistic", "base_rate")
"""The members of the ensemble."""

THRESHOLDS: dict[str, frozenset[str]] = {
    "liquidation": frozenset(
        {"minimum_usd", "bias_multiple", "bias_share", "bias_confidence", "cascade_multiple", "cascade_share"}
    ),
    "whale_flow": frozenset({"minimum_usd", "net_share"}),
    "funding": frozenset({"minimum_8h", "high_multiple", "high_confidence", "extreme_multiple"}),
    "hurst": frozenset({"trending_above", "reverting_below", "random_confidence", "full_trend_bps"}),
    "lead_lag": frozenset(
        {
            "move_bps",
            "lag_minutes",
            "correlation",
            "strength",
            "weak_lag_minutes",
            "weak_correlation",
            "weak_confidence",
        }
    ),
    "ofi_momentum": frozenset(
        {"momentum", "strong_momentum", "response_bps", "exhausted_ofi", "exhausted_momentum"}
    ),
    "fear_greed": frozenset({"fear", "greed", "strong_margin", "mild_margin", "mild_factor"}),
    "oi_velocity": frozenset({"change", "price_bps", "fade_confidence"}),
    "volatility_skew": frozenset({"strong_skew", "extreme_skew", "outer_quantile", "outer_factor"}),
    "oi_divergence": frozenset(
        {"price_bps", "flat_change", "least_confidence", "most_confidence", "extreme_ratio", "extreme_factor"}
    ),
}
"""The thresholds that each component reads; its module says what they mean."""


def _require_keys(name: str, found: AbstractSet[object], wanted: AbstractSet[object]) -> None:
    if found != wanted:
        words = sorted(str(getattr(key, "value", key)) for key in wanted)
        raise ValueError(f"{name} must name exactly {', '.join(words)}")
