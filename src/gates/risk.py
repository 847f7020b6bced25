"""What everything that is open may lose together, with this trade in it."""

from src.gates.base import Candidate, GateContext, at_least, blocked, finite
from src.gates.room import fit
from src.records.decisions import Verdict

STOPS, GAP, LIQUIDATION = "risk.stops", "risk.gap", "risk.liquidation"
UNIT = "share_of_equity"
GAP_SHARE = 0.20
"""All prices at once, against us, past every stop."""
LIQUIDATION_OVER_STOP = 2.0
"""How many stop distances away the account may be liquidated at the nearest."""


def check_stops(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that all stops together lose no more than policy allows; resize to the room.

    A position whose stop is not known counts as gapped.
    """
    limit, equity = context.policies.max_stop_risk_share, finite(context.equity_usd)
    usd, stop_bps = finite(candidate.proposal.usd), _stop_bps(candidate)
    if equity is None or equity <= 0 or usd is None or stop_bps is None:
        return blocked(STOPS, unit=UNIT, reason="missing_size", required=limit)
    others = 0.0
    for exposure in context.exposures:
        notional = finite(exposure.notional_usd)
        if notional is None:
            return blocked(STOPS, unit=UNIT, reason="missing_exposure", required=limit)
        loss = finite(exposure.stop_loss_usd)
        others += GAP_SHARE * notional if loss is None else loss
    return fit(STOPS, usd * stop_bps / 1e4, others, equity_usd=equity, limit_share=limit)


def check_gap(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that a gap of all prices against us loses no more than policy allows; resize to the room."""
    limit, equity = context.policies.max_gap_loss_share, finite(context.equity_usd)
    usd, others = finite(candidate.proposal.usd), _open_usd(context)
    if equity is None or equity <= 0 or usd is None or others is None:
        return blocked(GAP, unit=UNIT, reason="missing_exposure", required=limit)
    return fit(GAP, GAP_SHARE * usd, GAP_SHARE * others, equity_usd=equity, limit_share=limit)


def check_liquidation(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that all prices must move at least twice the stop's distance before the account is liquidated.

    Under cross margin that is where equity meets the maintenance margin of everything that is open.
    """
    equity, usd, stop_bps = (
        finite(context.equity_usd),
        finite(candidate.proposal.usd),
        _stop_bps(candidate),
    )
    if equity is None or usd is None or stop_bps is None or usd <= 0:
        return blocked(LIQUIDATION, unit="bps", reason="missing_size")
    required = LIQUIDATION_OVER_STOP * stop_bps
    notional, kept = 0.0, 0.0
    for symbol, value in (
        *((e.symbol, e.notional_usd) for e in context.exposures),
        (candidate.signal.symbol, usd),
    ):
        lot = context.lots.get(symbol)
        share = None if lot is None else lot.maintenance_share
        size = finite(value)
        if share is None or size is None:
            return blocked(LIQUIDATION, unit="bps", reason="missing_margin", required=required)
        notional += size
        kept += share * size
    distance = (equity - kept) / notional * 1e4
    return at_least(LIQUIDATION, distance, required, unit="bps", reason="liquidation_too_near")


def _open_usd(context: GateContext) -> float | None:
    total = 0.0
    for exposure in context.exposures:
        notional = finite(exposure.notional_usd)
        if notional is None:
            return None
        total += notional
    return total


def _stop_bps(candidate: Candidate) -> float | None:
    for factor in candidate.proposal.factors:
        if factor.name == "stop_bps":
            return factor.value
    return None
