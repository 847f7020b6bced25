"""What a gate check is asked about, and how it answers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from src.records.decisions import SizeFactor, Verdict
from src.records.enums import Ruling
from src.records.features import Features
from src.records.gate_facts import Exposure, Lot, MeasuredCost
from src.records.learning import EdgeEvidence, SignalWeights, kind_of
from src.records.policies import SignalPolicies
from src.records.predictions import Prediction
from src.records.settings import Costs
from src.records.signals import Signal

PASS, BLOCK = Ruling.PASS, Ruling.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class GateContext:
    """Everything that the gate knows when it is asked: the same context gives the same decision."""

    now: float
    """Seconds since the epoch, UTC, on the market's clock."""
    policies: SignalPolicies
    policies_version: str
    weights: SignalWeights | None
    """None where the file is missing or corrupt."""
    weights_version: str
    evidence: EdgeEvidence | None
    """None where no learning cycle has written any."""
    evidence_version: str
    costs: Costs
    leader: str
    """The symbol that the betas are measured against."""
    market: Mapping[str, Features]
    """The newest window of each symbol."""
    equity_usd: float | None
    exposures: tuple[Exposure, ...]
    last_trade_ts: Mapping[str, float]
    """When each symbol was last entered or left; a symbol that never was is absent."""
    held: Mapping[str, str]
    """Why nothing may be entered on a symbol now, e.g. ``position_open`` or ``unresolved_order``."""
    freeze_reasons: tuple[str, ...]
    unhealthy_workers: tuple[str, ...] | None
    """None where nobody told."""
    lots: Mapping[str, Lot]
    measured_costs: Mapping[str, MeasuredCost]
    """What trading really cost of late, by symbol; absent where too little was traded."""
    realised_usd: Mapping[str, float]
    """By kind of trade: net P&L of its closed positions so far."""
    trades_without_evidence: bool
    """Whether a kind of trade that nothing is known of is traded at the smallest size, or not at all."""

    def features_of(self, symbol: str) -> Features | None:
        """Return the newest window of a symbol, or None where there was none."""
        return self.market.get(symbol)


class Proposal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The size that the formula asks for before the checks, and how it came about."""

    usd: float | None
    """None where an input is missing."""
    missing: str
    """Which one; empty where none is."""
    factors: tuple[SizeFactor, ...]


class Candidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A signal with what the gate has worked out about it before it asks the checks."""

    signal: Signal
    prediction: Prediction | None
    features: Features | None
    """The newest window of its symbol; None where there was none."""
    score: float
    conviction: str
    edge_bps: float | None
    """Expected gain before costs over the expected hold, in bps of notional."""
    cost_bps: float | None
    """What the round trip costs, in bps of notional."""
    proposal: Proposal

    @property
    def kind(self) -> str:
        """Return what evidence and realised P&L of such trades are kept under."""
        return kind_of(self.signal.strategy, self.signal.direction)


class Check(Protocol):
    """One question about a candidate; pure. It may raise: the gate then rules ERROR, which blocks."""

    __module__: str
    __name__: str

    def __call__(self, candidate: Candidate, context: GateContext, /) -> Verdict:
        """Return the one verdict."""


def finite(value: float | None) -> float | None:
    """Return the value, or None where it is missing or no number."""
    return float(value) if value is not None and math.isfinite(value) else None


def at_least(check: str, measured: float | None, required: float, *, unit: str, reason: str) -> Verdict:
    """Return PASS where the measured value reaches the required one, else BLOCK; missing blocks."""
    if measured is None or not math.isfinite(measured):
        return _missing(check, required, unit)
    enough = measured >= required
    return Verdict(
        check=check,
        ruling=PASS if enough else BLOCK,
        measured=float(measured),
        required=float(required),
        unit=unit,
        reason="" if enough else reason,
    )


def at_most(check: str, measured: float | None, limit: float, *, unit: str, reason: str) -> Verdict:
    """Return PASS where the measured value stays within the limit, else BLOCK; missing blocks."""
    if measured is None or not math.isfinite(measured):
        return _missing(check, limit, unit)
    within = measured <= limit
    return Verdict(
        check=check,
        ruling=PASS if within else BLOCK,
        measured=float(measured),
        required=float(limit),
        unit=unit,
        reason="" if within else reason,
    )


def blocked(check: str, *, unit: str, reason: str, required: float | None = None) -> Verdict:
    """Return a BLOCK for want of an input."""
    return Verdict(check=check, ruling=BLOCK, measured=None, required=required, unit=unit, reason=reason)


def _missing(check: str, required: float, unit: str) -> Verdict:
    return blocked(check, unit=unit, reason=f"missing_{check.rpartition('.')[2]}", required=float(required))
