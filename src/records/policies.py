"""``configs/signal_policies.json``: what the gate demands; a human and the learner write it."""

import enum
from collections.abc import Set as AbstractSet
from typing import Annotated

import msgspec

from src.records.base import Config, Record
from src.records.enums import Direction, Regime, Strategy

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

    max_correlated_exposure_share: Annotated[float, msgspec.Meta(ge=0.0, le=3.0)]
    """Beta-weighted exposure in one direction, over equity."""
    max_positions_in_cluster: Annotated[int, msgspec.Meta(ge=1, le=20)]
    """Positions of one direction whose correlation is above ``cluster_correlation``."""
    cluster_correlation: Share

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

    risk_per_trade_share: Annotated[float, msgspec.Meta(gt=0.0, le=0.02)]
    """Loss at the stop over equity."""
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
        return self.long_ofi_requirement if direction is Direction.LONG else self.short_ofi_requirement


CONVICTIONS: tuple[str, ...] = ("ULTRA", "HIGH", "MEDIUM", "BASELINE", "LOW", "MINIMUM")
HOUR_BUCKETS: tuple[str, ...] = ("00-04", "04-08", "08-12", "12-16", "16-20", "20-24")


def hour_bucket(ts: float) -> str:
    """Return the four-hour bucket of the UTC day that a moment lies in."""
    return HOUR_BUCKETS[int(ts % 86400) // 14400]


class ComponentSettings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One component's default weight and its thresholds."""

    weight: Share
    thresholds: dict[str, float]
    """Named as in the component's docstring."""


class Components(Config, frozen=True, kw_only=True):
    """``configs/components.json``: weights and thresholds of the ten components."""

    components: dict[str, ComponentSettings]


def _require_keys(name: str, found: AbstractSet[object], wanted: AbstractSet[object]) -> None:
    if found != wanted:
        words = sorted(str(getattr(key, "value", key)) for key in wanted)
        raise ValueError(f"{name} must name exactly {', '.join(words)}")
