"""One bounded formula of the size, with its factors itemised."""

import math
from collections.abc import Iterable
from decimal import Decimal

from src.gates.base import Candidate, GateContext, Proposal, at_least, blocked, finite
from src.gates.fees import hold_volatility_bps
from src.gates.kelly import explores, share_of
from src.records.decisions import SizeFactor, Verdict
from src.records.enums import Regime
from src.records.gate_facts import Lot
from src.records.learning import kind_of
from src.records.policies import SignalPolicies, Switch, hour_bucket
from src.records.predictions import Prediction
from src.records.signals import Signal

STOP_BPS = "stop_bps"
BASE_USD = "base_usd"
MAX_POSITION_USD = "max_position_usd"
ROOM_USD = "exposure_room_usd"
KELLY_USD = "kelly_usd"
SMALLEST_USD = "smallest_order_usd"
_WHOLE = 1.0 + 1e-9
"""So that the smallest order's value is not rounded down to nothing."""
_NONE = Decimal(0)


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
    signal: Signal,
    prediction: Prediction | None,
    context: GateContext,
    *,
    conviction: str,
    room: float | None,
) -> Proposal:
    """Return the size before the checks: what may be lost at the stop, times the factors, under the caps.

    ``room`` is that of the context. The ensemble may only make it smaller; without a prediction its factor is
    left out, and the gate blocks.
    """
    policies, equity = context.policies, context.equity_usd
    stop_bps = stop_distance_bps(signal, policies)
    if stop_bps is None or signal.regime is None:
        missing = "missing_volatility" if stop_bps is None else "missing_regime"
        return Proposal(usd=None, missing=missing, factors=())
    if room is None or equity is None or equity <= 0:
        only = SizeFactor(name=STOP_BPS, value=stop_bps)
        return Proposal(usd=None, missing="missing_equity", factors=(only,))
    cap = _evidence_cap(signal, context, equity=equity)
    if cap is None:
        only = SizeFactor(name=STOP_BPS, value=stop_bps)
        return Proposal(usd=None, missing="missing_instrument", factors=(only,))
    base = equity * policies.risk_per_trade_share / (stop_bps / 1e4)
    multipliers = _multipliers(signal, prediction, policies, signal.regime, conviction)
    wanted = base * math.prod([factor.value for factor in multipliers])
    factors = (
        SizeFactor(name=STOP_BPS, value=stop_bps),
        SizeFactor(name=BASE_USD, value=base),
        *multipliers,
        SizeFactor(name=MAX_POSITION_USD, value=policies.max_position_usd),
        SizeFactor(name=ROOM_USD, value=room),
        *cap,
    )
    capped = min(wanted, policies.max_position_usd, room, *[factor.value for factor in cap])
    return Proposal(usd=capped, missing="", factors=factors)


def _evidence_cap(signal: Signal, context: GateContext, *, equity: float) -> tuple[SizeFactor, ...] | None:
    """Return the cap that evidence sets, or the want of it; None where the smallest order is not known."""
    if context.policies.kelly is Switch.OFF:
        return ()
    share = share_of(kind_of(signal.strategy, signal.direction), context)
    if share is not None:
        return (SizeFactor(name=KELLY_USD, value=share * equity),)
    lot = context.lots.get(signal.symbol)
    if lot is None:
        return None
    smallest = float(max(lot.minimum, lot.step)) * signal.price * _WHOLE
    return (SizeFactor(name=SMALLEST_USD, value=smallest),)


def exposure_room(context: GateContext) -> float | None:
    """Return what may still be held, in USD; None while equity or an open notional is not known."""
    equity = finite(context.equity_usd)
    if equity is None:
        return None
    open_usd = 0.0
    for exposure in context.exposures:
        notional = finite(exposure.notional_usd)
        if notional is None:
            return None
        open_usd += notional
    return max(0.0, context.policies.max_exposure_share * equity - open_usd)


def resized(usd: float, verdicts: Iterable[Verdict]) -> float:
    """Return the size after every check that made it smaller."""
    return usd * math.prod([verdict.size_factor for verdict in verdicts])


def contracts_within(usd: float, *, price: Decimal, lot: Lot) -> Decimal:
    """Return the contracts that a value buys at a price, rounded down to the venue's step."""
    steps = Decimal(str(usd)) / price // lot.step
    return max(_NONE, steps * lot.step)


def contracts_of(size_usd: float, *, price: float, lot: Lot) -> Decimal:
    """Return the contracts of a decision, whose size is whole steps at its price."""
    steps = Decimal(str(size_usd)) / Decimal(str(price)) / lot.step
    return round(steps) * lot.step


def size_verdict(
    candidate: Candidate, contracts: Decimal | None, context: GateContext, *, price: Decimal
) -> Verdict:
    """Demand that what is left of the size is an order that the venue takes, and that is worth its while."""
    lot = context.lots.get(candidate.signal.symbol)
    if lot is None:
        return blocked("size", unit="usd", reason="missing_instrument")
    venue_minimum = float(max(lot.minimum, lot.step) * price)
    worth_it = 0.0 if explores(candidate.kind, context) else context.policies.minimum_position_usd
    minimum = max(venue_minimum, worth_it)
    if contracts is None:
        return blocked("size", unit="usd", reason=candidate.proposal.missing, required=minimum)
    reason = "below_venue_minimum" if minimum == venue_minimum else "below_policy_minimum"
    return at_least("size", float(contracts * price), minimum, unit="usd", reason=reason)


def _multipliers(
    signal: Signal, prediction: Prediction | None, policies: SignalPolicies, regime: Regime, conviction: str
) -> tuple[SizeFactor, ...]:
    return (
        SizeFactor(name="conviction", value=policies.conviction_sizes[conviction]),
        SizeFactor(name="strategy", value=policies.strategy_sizes[signal.strategy]),
        SizeFactor(name="direction", value=policies.direction_sizes[signal.direction]),
        SizeFactor(name="regime", value=policies.regime_sizes[regime]),
        SizeFactor(name="hour", value=policies.hour_sizes[hour_bucket(signal.ts)]),
        *_ensemble_factor(prediction),
    )


def _ensemble_factor(prediction: Prediction | None) -> tuple[SizeFactor, ...]:
    if prediction is None:
        return ()
    multiplier = finite(prediction.size_multiplier)
    bounded = 0.0 if multiplier is None else min(1.0, max(0.0, multiplier))
    return (SizeFactor(name="ensemble", value=bounded),)
