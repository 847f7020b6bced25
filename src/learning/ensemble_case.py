"""What the ensemble knows of a signal while it waits for its outcome: small, so that thousands can wait."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from src.records.base import Line, Record
from src.records.enums import COMPONENTS, Direction, Regime, Strategy, Vote
from src.records.outcomes import SignalOutcome
from src.records.signals import Signal

HOLDING_HORIZON = "1h"
BLOCK_S = 3600
"""Signals of one hour share one market: together they are one piece of evidence."""

INPUTS: tuple[str, ...] = (*COMPONENTS, "aligned_ofi", "volatility", "aligned_trend", "is_ofi", "intercept")
"""What the logistic member reads; the votes, the order flow and the trend count in the signal's direction."""

_ALIGNED_OFI = INPUTS.index("aligned_ofi")
_TREND = {Regime.QUIET_UP: 1, Regime.WILD_UP: 1, Regime.QUIET_DOWN: -1, Regime.WILD_DOWN: -1}
_USUAL_VOLATILITY_BPS = 100.0


class PastVote(Record, frozen=True, kw_only=True):
    """What the members need of a ``ComponentVote``."""

    name: str
    vote: Vote
    confidence: float


class PastSignal(Line, frozen=True, kw_only=True):
    """What the members need of a ``Signal``: a start reads thousands of old ones, and this is half the work."""

    signal_id: str
    strategy: Strategy
    direction: Direction
    confidence: float
    opposing_confidence: float
    ofi: float | None
    volatility_1h_bps: float | None
    regime: Regime | None
    votes: tuple[PastVote, ...]


@dataclass(frozen=True, slots=True)
class Case:
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


def case_of(signal: Signal | PastSignal) -> Case:
    """Return what the members need of a signal."""
    return Case(
        signal_id=signal.signal_id,
        ts=signal.ts,
        pattern=_pattern(signal),
        agreement=signal.confidence - signal.opposing_confidence,
        spoken=min(1.0, signal.confidence + signal.opposing_confidence),
        inputs=_inputs(signal),
    )


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


def _pattern(signal: Signal | PastSignal) -> str:
    regime = "UNKNOWN" if signal.regime is None else signal.regime.value
    strength = "none" if signal.ofi is None else str(min(4, int(abs(signal.ofi) * 5)))
    return f"{signal.strategy.value}|{signal.direction.value}|{regime}|{strength}"


def _inputs(signal: Signal | PastSignal) -> tuple[float, ...]:
    side = signal.direction.sign
    votes = {vote.name: side * vote.vote.sign * vote.confidence for vote in signal.votes if vote.confidence}
    return (
        *[votes.get(name, 0.0) for name in COMPONENTS],
        0.0 if signal.ofi is None else side * signal.ofi,
        _volatility(signal.volatility_1h_bps),
        0.0 if signal.regime is None else 0.5 * side * _TREND[signal.regime],
        0.5 if signal.strategy is Strategy.OFI else -0.5,
        0.5,
    )


def _volatility(bps: float | None) -> float:
    if bps is None or bps <= 0:
        return 0.0
    return max(-1.0, min(1.0, math.log(bps / _USUAL_VOLATILITY_BPS) / 2))
