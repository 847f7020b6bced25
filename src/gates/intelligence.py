"""Does the wider market contradict the direction?

Five inputs each say +1 (buy), -1 (sell) or 0; the composite is their weighted mean over those that are live.
"""

from collections.abc import Callable

import msgspec

from src.gates.base import PASS, Candidate, GateContext, at_least, blocked, finite
from src.records.decisions import Verdict
from src.records.features import Features

CHECK = "intelligence"
HOURS_OF_FUNDING = 8
"""The crowding threshold is stated for eight hours; the venue's rate is hourly."""

_Reading = Callable[[Features], float | None]


def check_intelligence(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand enough live inputs, and a composite that is not against the direction beyond policy."""
    policies = context.policies
    features = candidate.features
    if features is None:
        return blocked(CHECK, unit="inputs", reason="missing_features")
    live = live_readings(features)
    needed = policies.intelligence_minimum_inputs
    if len(live) < needed:
        return at_least(CHECK, len(live), needed, unit="inputs", reason="too_few_inputs")
    aligned = candidate.signal.direction.sign * composite(live)
    verdict = at_least(CHECK, aligned, -policies.intelligence_conflict, unit="score", reason="conflict")
    if verdict.ruling is not PASS or len(live) == len(INPUTS):
        return verdict
    return msgspec.structs.replace(verdict, reason=_without(live))


def _without(live: dict[str, float]) -> str:
    """Return which inputs a verdict had to do without: stale, or never heard of."""
    return "without:" + ",".join([name for name in INPUTS if name not in live])


def live_readings(features: Features) -> dict[str, float]:
    """Return what each live input says, +1, 0 or -1; an input that is missing is left out."""
    readings = {}
    for name, (_, reading) in INPUTS.items():
        said = reading(features)
        if said is not None:
            readings[name] = said
    return readings


def composite(readings: dict[str, float]) -> float:
    """Return the weighted mean of at least one reading, -1..1."""
    weights = said = 0.0
    for name, value in readings.items():
        weight = INPUTS[name][0]
        weights += weight
        said += weight * value
    return said / weights


def _taker_flow(features: Features) -> float | None:
    """Buying where takers buy 1.15 times what they sell, selling below 0.87 times."""
    share = finite(features.taker_buy_share)
    if share is None:
        return None
    return _step(share, low=0.87 / 1.87, high=1.15 / 2.15)


def _liquidations(features: Features) -> float | None:
    """Selling where longs are over 60 % of what was liquidated in an hour, buying below 40 %."""
    longs = finite(features.long_liquidations_usd_1h)
    shorts = finite(features.short_liquidations_usd_1h)
    if longs is None or shorts is None:
        return None
    total = longs + shorts
    return 0.0 if total <= 0 else -_step(longs / total, low=0.40, high=0.60)


def _fear_greed(features: Features) -> float | None:
    """Buying in fear (25 and below), selling in greed (75 and above)."""
    index = finite(features.fear_greed)
    return None if index is None else -_step(index, low=25.0, high=75.0)


def _funding(features: Features) -> float | None:
    """Selling where longs pay over 0.05 % in eight hours, buying where shorts do."""
    rate = finite(features.funding_rate)
    return None if rate is None else -_step(rate * HOURS_OF_FUNDING, low=-0.0005, high=0.0005)


def _open_interest(features: Features) -> float | None:
    """With the hour's move where open interest grew by 2 %, against it where it fell by 2 %."""
    change = finite(features.open_interest_change_1h)
    moved = finite(features.return_1h_bps)
    if change is None or moved is None:
        return None
    return _step(change, low=-0.02, high=0.02) * ((moved > 0) - (moved < 0))


def _step(value: float, *, low: float, high: float) -> float:
    if value >= high:
        return 1.0
    return -1.0 if value <= low else 0.0


INPUTS: dict[str, tuple[float, _Reading]] = {
    "taker_flow": (0.24, _taker_flow),
    "liquidations": (0.24, _liquidations),
    "fear_greed": (0.12, _fear_greed),
    "funding": (0.20, _funding),
    "open_interest": (0.20, _open_interest),
}
"""Weight and reading of each input: 0.6 for flow, liquidations and fear (2:2:1), 0.2 each for the rest."""
