"""One bounded formula of the size, with its factors itemised."""

import math
from decimal import Decimal

from src.gates.base import Candidate, GateContext, Lot, Proposal, at_least, blocked, finite
from src.gates.fees import hold_volatility_bps
from src.records.decisions import SizeFactor, Verdict
from src.records.policies import SignalPolicies, hour_bucket
from src.records.predictions import Prediction
from src.records.signals import Signal

STOP_BPS = "stop_bps"
BASE_USD = "base_usd"
MAX_POSITION_USD = "max_position_usd"
ROOM_USD = "exposure_room_usd"


def stop_distance_bps(signal: Signal, policies: SignalPolicies) -> float | None:
    """Return how far from the entry the stop stands, in bps; None while the volatility is not known.

    A multiple of the volatility over the expected hold, between the policy's bounds.
    """
    volatility = hold_volatility_bps(signal, policies)
    if volatility is None:
        return None
    wide = policies.stop_volatility_multiple * volatility
    return min(max(wide, policies.minimum_stop_bps), policies.maximum_stop_bps)


def propose(
    signal: Signal, prediction: Prediction | None, context: GateContext, *, conviction: str
) -> Proposal:
    """Return the size before the checks: what may be lost at the stop, times the factors, under the caps.

    The ensemble may only make it smaller; without a prediction its factor is left out, and the gate blocks.
    """
    policies = context.policies
    stop_bps = stop_distance_bps(signal, policies)
    equity = finite(context.equity_usd)
    room = _exposure_room(context)
    if stop_bps is None or signal.regime is None:
        missing = "missing_volatility" if stop_bps is None else "missing_regime"
        return Proposal(usd=None, missing=missing, factors=())
    if equity is None or equity <= 0 or room is None:
        return Proposal(usd=None, missing="missing_equity", factors=(_factor(STOP_BPS, stop_bps),))
    base = equity * policies.risk_per_trade_share / (stop_bps / 1e4)
    multipliers = (
        _factor("conviction", policies.conviction_sizes[conviction]),
        _factor("strategy", policies.strategy_sizes[signal.strategy]),
        _factor("direction", policies.direction_sizes[signal.direction]),
        _factor("regime", policies.regime_sizes[signal.regime]),
        _factor("hour", policies.hour_sizes[hour_bucket(signal.ts)]),
        *_ensemble_factor(prediction),
    )
    wanted = base * math.prod(factor.value for factor in multipliers)
    head = (_factor(STOP_BPS, stop_bps), _factor(BASE_USD, base))
    caps = (_factor(MAX_POSITION_USD, policies.max_position_usd), _factor(ROOM_USD, room))
    usd = min(wanted, policies.max_position_usd, room)
    return Proposal(usd=usd, missing="", factors=(*head, *multipliers, *caps))


def resized(usd: float, verdicts: tuple[Verdict, ...]) -> float:
    """Return the size after every check that made it smaller."""
    return usd * math.prod(verdict.size_factor for verdict in verdicts)


def contracts_within(usd: float, *, price: float, lot: Lot) -> Decimal:
    """Return the contracts that a value buys at a price, rounded down to the venue's step."""
    steps = Decimal(str(usd)) / Decimal(str(price)) // lot.step
    return max(Decimal(0), steps * lot.step)


def contracts_of(size_usd: float, *, price: float, lot: Lot) -> Decimal:
    """Return the contracts of a decision, whose size is whole steps at its price."""
    steps = Decimal(str(size_usd)) / Decimal(str(price)) / lot.step
    return round(steps) * lot.step


def size_verdict(candidate: Candidate, contracts: Decimal | None, context: GateContext) -> Verdict:
    """Demand that what is left of the size is an order that the venue takes, and that is worth its while."""
    lot = context.lots.get(candidate.signal.symbol)
    if lot is None:
        return blocked("size", unit="usd", reason="missing_instrument")
    price = Decimal(str(candidate.signal.price))
    venue_minimum = float(max(lot.minimum, lot.step) * price)
    minimum = max(venue_minimum, context.policies.minimum_position_usd)
    if contracts is None:
        return blocked("size", unit="usd", reason=candidate.proposal.missing, required=minimum)
    reason = "below_venue_minimum" if minimum == venue_minimum else "below_policy_minimum"
    return at_least("size", float(contracts * price), minimum, unit="usd", reason=reason)


def _exposure_room(context: GateContext) -> float | None:
    equity = finite(context.equity_usd)
    known = [finite(exposure.notional_usd) for exposure in context.exposures]
    if equity is None or None in known:
        return None
    open_usd = sum(notional for notional in known if notional is not None)
    return max(0.0, context.policies.max_exposure_share * equity - open_usd)


def _ensemble_factor(prediction: Prediction | None) -> tuple[SizeFactor, ...]:
    if prediction is None:
        return ()
    multiplier = finite(prediction.size_multiplier)
    return (_factor("ensemble", 0.0 if multiplier is None else min(1.0, max(0.0, multiplier))),)


def _factor(name: str, value: float) -> SizeFactor:
    return SizeFactor(name=name, value=value)
