"""Is the expected gain worth the cost of the round trip?"""

import math

import msgspec

from src.gates.base import Candidate, GateContext, at_least, blocked, finite
from src.records.decisions import Verdict
from src.records.enums import Ruling
from src.records.policies import SignalPolicies, Switch
from src.records.predictions import Prediction
from src.records.signals import Signal

HOUR_S = 3600.0


def hold_volatility_bps(signal: Signal, policies: SignalPolicies) -> float | None:
    """Return the volatility over the expected hold in bps: hourly volatility times the root of the hours."""
    hourly = finite(signal.volatility_1h_bps)
    if hourly is None or hourly <= 0:
        return None
    return hourly * math.sqrt(policies.expected_hold_s / HOUR_S)


def expected_edge_bps(signal: Signal, prediction: Prediction | None, context: GateContext) -> float | None:
    """Return the expected gain before costs in bps of notional, or None where an input is missing.

    ``(2p - 1) x volatility over the expected hold``: a move is taken to be one standard deviation.
    """
    volatility = hold_volatility_bps(signal, context.policies)
    probability = finite(prediction.win_probability) if prediction is not None else None
    if volatility is None or probability is None:
        return None
    return (2.0 * probability - 1.0) * volatility


def round_trip_cost_bps(signal: Signal, context: GateContext) -> float | None:
    """Return what entering and leaving costs in bps of notional, or None where an input is missing.

    Taker fees both ways, as configured or as measured; each way the half spread, the configured or the measured
    slippage, whichever is largest; and the funding that the direction would pay over the expected hold. Funding
    that it would earn is not counted.
    """
    features = context.features_of(signal.symbol)
    spread = finite(features.spread_bps) if features is not None else None
    funding_rate = finite(features.funding_rate) if features is not None else None
    if spread is None or funding_rate is None:
        return None
    costs, measured = context.costs, context.measured_costs.get(signal.symbol)
    fee, slippage = costs.taker_fee_bps, max(costs.slippage_bps, spread / 2.0)
    if measured is not None:
        fee, slippage = max(fee, measured.taker_fee_bps), max(slippage, measured.slippage_bps)
    one_way = fee + slippage
    hours = context.policies.expected_hold_s / HOUR_S
    funding = max(0.0, signal.direction.sign * funding_rate * 1e4 * hours)
    return 2.0 * one_way + funding


def check_fees(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand an expected edge of so many times the cost; a human may switch it off."""
    verdict = _worth_it(candidate, context)
    if context.policies.fee_gate is Switch.OFF:
        return msgspec.structs.replace(verdict, ruling=Ruling.PASS, reason="switched_off")
    return verdict


def _worth_it(candidate: Candidate, context: GateContext) -> Verdict:
    if candidate.cost_bps is None:
        return blocked("fees", unit="bps", reason="missing_cost")
    required = context.policies.minimum_edge_over_cost * candidate.cost_bps
    if candidate.edge_bps is None:
        return blocked("fees", unit="bps", reason="missing_edge", required=required)
    return at_least("fees", candidate.edge_bps, required, unit="bps", reason="edge_below_cost")
