"""How the gate came to its size, worked out again from the factors that it wrote down."""

import math

from src.gates.size import BASE_USD, KELLY_USD, MAX_POSITION_USD, ROOM_USD, SMALLEST_USD, STOP_BPS
from src.records.decisions import Decision, SizeFactor
from src.report.story import SizeStory

_CAPS = frozenset({MAX_POSITION_USD, ROOM_USD, KELLY_USD, SMALLEST_USD})
_HEAD = frozenset({STOP_BPS, BASE_USD})


def size_story(decision: Decision) -> SizeStory:
    """Return the size of a decision with its factors multiplied out."""
    by_name = {factor.name: factor.value for factor in decision.size_factors}
    checks = {verdict.check for verdict in decision.verdicts}
    caps = tuple(factor for factor in decision.size_factors if factor.name in _CAPS)
    resizes = tuple(factor for factor in decision.size_factors if factor.name in checks)
    factors = tuple(
        factor
        for factor in decision.size_factors
        if factor.name not in _CAPS | _HEAD and factor.name not in checks
    )
    stop_bps, base = by_name.get(STOP_BPS), by_name.get(BASE_USD)
    wanted = None if base is None else base * math.prod(factor.value for factor in factors)
    return SizeStory(
        stop_bps=stop_bps,
        risk_usd=None if base is None or stop_bps is None else base * stop_bps / 1e4,
        base_usd=base,
        factors=factors,
        wanted_usd=wanted,
        caps=caps,
        bound_by=_bound_by(wanted, caps),
        resizes=resizes,
        offered_usd=_offered_usd(decision),
        size_usd=decision.size_usd,
    )


def _bound_by(wanted: float | None, caps: tuple[SizeFactor, ...]) -> str | None:
    if wanted is None or not caps:
        return None
    lowest = min(caps, key=lambda cap: cap.value)
    return lowest.name if lowest.value < wanted else None


def _offered_usd(decision: Decision) -> float | None:
    """Return what the size check measured: whole contracts, whatever the other checks ruled."""
    return next((verdict.measured for verdict in decision.verdicts if verdict.check == "size"), None)
