"""What a signal's direction would have brought at each horizon."""

from collections.abc import Mapping

from src.learning.price_tape import PricePoint
from src.records.enums import Direction, Vote
from src.records.outcomes import HorizonOutcome
from src.records.signals import Signal

ABSTAIN = Vote.ABSTAIN
EV_WEIGHTS: dict[str, float] = {"1m": 0.05, "5m": 0.15, "15m": 0.25, "30m": 0.25, "1h": 0.30}
"""How much each horizon counts in ``ev_contribution_bps``; they sum to 1."""


def horizon_outcome(
    direction: Direction,
    price_at_signal: float,
    *,
    target_ts: float,
    point: PricePoint,
    market_return_bps: float | None,
    cost_bps: float,
) -> HorizonOutcome:
    """Return the gain of a direction from its decision point to a recorded price, before and after costs."""
    gain = direction.sign * return_bps(price_at_signal, point.price)
    return HorizonOutcome(
        target_ts=target_ts,
        price_ts=point.ts,
        price=point.price,
        return_bps=gain,
        net_bps=gain - cost_bps,
        market_return_bps=market_return_bps,
    )


def return_bps(start: float, end: float) -> float:
    """Return the move from one price to another in bps of the first."""
    return 1e4 * (end / start - 1.0)


def ev_contribution_bps(horizons: Mapping[str, HorizonOutcome | None], confidence: float) -> float | None:
    """Return the horizon-weighted net return times confidence; None where a horizon is missing."""
    total = 0.0
    for label, weight in EV_WEIGHTS.items():
        outcome = horizons.get(label)
        if outcome is None:
            return None
        total += weight * outcome.net_bps
    return total * confidence


def vote_signs(signal: Signal) -> dict[str, int]:
    """Return each component's vote as +1, 0 or -1, without those that abstained."""
    return {vote.name: vote.vote.sign for vote in signal.votes if vote.vote is not ABSTAIN}
