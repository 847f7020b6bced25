"""What a signal came to at each horizon, traded or not."""

from src.learning.tracking import OutcomeRules
from src.records.enums import HORIZONS_S
from src.report.found import Found
from src.report.story import CounterfactualStory, HorizonState, HorizonStory, SizeStory
from src.report.trades import RoundTrip

OUTCOMES = "signal_outcomes.jsonl"


def counterfactual(found: Found, size: SizeStory | None, trade: RoundTrip | None) -> CounterfactualStory:
    """Return what the signal's direction would have made by each horizon, at recorded prices and after costs."""
    size_usd = float(trade.notional_usd) if trade is not None else _offered_usd(size)
    outcome = found.outcome
    return CounterfactualStory(
        size_usd=size_usd,
        cost_bps=outcome.cost_bps if outcome is not None else _cost_bps(found),
        horizons=tuple(_horizon(found, label, seconds, size_usd) for label, seconds in HORIZONS_S.items()),
    )


def given_up_ts(found: Found, horizon_s: float) -> float:
    """Return the moment after which a horizon's price can come no more, in market time."""
    return found.name.ts + horizon_s + OutcomeRules.tolerance_of(found.window_s or 0.0)


def _horizon(found: Found, label: str, horizon_s: float, size_usd: float | None) -> HorizonStory:
    told = found.outcome.horizons.get(label) if found.outcome is not None else None
    kept = found.row.counterfactual_net_bps.get(label) if found.row is not None else None
    net_bps = told.net_bps if told is not None else kept
    return HorizonStory(
        horizon=label,
        due_ts=found.name.ts + horizon_s,
        state=_state(found, resolved=net_bps is not None),
        outcome=told,
        net_bps=net_bps,
        net_usd=None if net_bps is None or size_usd is None else size_usd * net_bps / 1e4,
    )


def _state(found: Found, *, resolved: bool) -> HorizonState:
    if resolved:
        return HorizonState.RESOLVED
    if found.outcome is not None or found.row is not None:
        return HorizonState.NO_PRICE
    gone = found.removed(OUTCOMES, given_up_ts(found, max(HORIZONS_S.values())))
    return HorizonState.GONE if gone else HorizonState.WAITING


def _offered_usd(size: SizeStory | None) -> float | None:
    return size.offered_usd if size is not None and size.offered_usd else None


def _cost_bps(found: Found) -> float | None:
    return found.row.cost_bps if found.row is not None else None
