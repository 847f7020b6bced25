"""What the ensemble knows of a signal while it waits for its outcome: small, so that thousands can wait."""

import math
from typing import NamedTuple

from src.records.base import Record
from src.records.ensemble import AwaitedCase, HeardOutcome
from src.records.enums import COMPONENTS, Direction, Regime, Strategy
from src.records.outcomes import SignalOutcome
from src.records.signals import Signal

HOLDING_HORIZON = "1h"
BLOCK_S = 3600
"""Signals of one hour share one market: together they are one piece of evidence."""

INPUTS: tuple[str, ...] = (*COMPONENTS, "aligned_ofi", "volatility", "aligned_trend", "is_ofi", "intercept")
"""What the logistic member reads; the votes, the order flow and the trend count in the signal's direction."""

_PLACES = {name: place for place, name in enumerate(COMPONENTS)}
_ALIGNED_OFI = INPUTS.index("aligned_ofi")
_OFI = Strategy.OFI
_TREND = {Regime.QUIET_UP: 1, Regime.WILD_UP: 1, Regime.QUIET_DOWN: -1, Regime.WILD_DOWN: -1}
_USUAL_VOLATILITY_BPS = 100.0


_STRONGEST = 4
_PATTERNS: dict[tuple[Strategy, Direction, Regime | None, int | None], str] = {
    (strategy, direction, regime, strength): "|".join(
        (
            strategy.value,
            direction.value,
            "UNKNOWN" if regime is None else regime.value,
            "none" if strength is None else str(strength),
        )
    )
    for strategy in Strategy
    for direction in Direction
    for regime in (*Regime, None)
    for strength in (*range(_STRONGEST + 1), None)
}


class Case(Record, frozen=True, kw_only=True):
    """One signal as the members see it."""

    signal_id: str
    ts: float
    pattern: str
    """Strategy, direction, regime and strength of the order flow."""
    agreement: float
    """Weighted confidence for the signal less that against it, -1..1."""
    spoken: float
    """Weighted confidence of all votes, 0..1."""
    inputs: tuple[float, ...]
    """In the order of ``INPUTS``; what is not known is 0 and moves nothing."""

    @property
    def aligned_ofi(self) -> float:
        """Return the order flow in the signal's direction, -1..1; 0 where it is not known."""
        return self.inputs[_ALIGNED_OFI]

    @property
    def block(self) -> int:
        """Return the hour that the signal belongs to."""
        return int(self.ts // BLOCK_S)


class Resolved(NamedTuple):
    """Whether a signal won, and when that was known."""

    ts: float
    signal_id: str
    won: bool


def case_of(signal: Signal) -> Case:
    """Return what the members need of a signal."""
    confidence, opposing = signal.confidence, signal.opposing_confidence
    return Case(
        signal_id=signal.signal_id,
        ts=signal.ts,
        pattern=_pattern(signal),
        agreement=confidence - opposing,
        spoken=min(1.0, confidence + opposing),
        inputs=_inputs(signal),
    )


def awaited(case: Case) -> AwaitedCase:
    """Return a case as it stands on disk."""
    return AwaitedCase(
        signal_id=case.signal_id,
        ts=case.ts,
        pattern=case.pattern,
        agreement=case.agreement,
        spoken=case.spoken,
        inputs=case.inputs,
    )


def awaited_case(known: AwaitedCase) -> Case:
    """Return the case that stands on disk; ValueError where it is of other inputs."""
    if len(known.inputs) != len(INPUTS):
        raise ValueError(f"{len(known.inputs)} inputs instead of {len(INPUTS)}")
    return Case(
        signal_id=known.signal_id,
        ts=known.ts,
        pattern=known.pattern,
        agreement=known.agreement,
        spoken=known.spoken,
        inputs=known.inputs,
    )


def heard_outcome(outcome: Resolved) -> HeardOutcome:
    """Return an outcome as it stands on disk."""
    return HeardOutcome(ts=outcome.ts, signal_id=outcome.signal_id, won=outcome.won)


def resolved(outcome: SignalOutcome) -> Resolved | None:
    """Return whether a signal won: its direction was right, before costs, one hour after its decision point.

    None where no price was recorded at that horizon: it teaches nothing.
    """
    horizon = outcome.horizons.get(HOLDING_HORIZON)
    if horizon is None:
        return None
    return Resolved(ts=outcome.ts, signal_id=outcome.signal_id, won=is_win(horizon.return_bps))


def is_win(return_bps: float) -> bool:
    """Return whether the direction was right: a price that did not move is no win."""
    return return_bps > 0


def _pattern(signal: Signal) -> str:
    strength = None if signal.ofi is None else min(_STRONGEST, int(abs(signal.ofi) * 5))
    return _PATTERNS[signal.strategy, signal.direction, signal.regime, strength]


def _inputs(signal: Signal) -> tuple[float, ...]:
    side = signal.direction.sign
    inputs = [0.0] * len(INPUTS)
    for vote in signal.votes:
        if vote.confidence and vote.name in _PLACES:
            inputs[_PLACES[vote.name]] = side * vote.vote.sign * vote.confidence
    inputs[_ALIGNED_OFI:] = (
        0.0 if signal.ofi is None else side * signal.ofi,
        _volatility(signal.volatility_1h_bps),
        0.0 if signal.regime is None else 0.5 * side * _TREND[signal.regime],
        0.5 if signal.strategy is _OFI else -0.5,
        0.5,
    )
    return tuple(inputs)


def _volatility(bps: float | None) -> float:
    if bps is None or bps <= 0:
        return 0.0
    return max(-1.0, min(1.0, math.log(bps / _USUAL_VOLATILITY_BPS) / 2))
