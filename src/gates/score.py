"""How far the votes agree with the direction of a signal, and what that is called."""

from src.gates.base import Candidate, GateContext, at_least, blocked
from src.records.decisions import Verdict
from src.records.enums import Vote
from src.records.learning import SignalWeights
from src.records.signals import Signal

STRONG = frozenset({Vote.STRONG_LONG, Vote.STRONG_SHORT})
STRONG_FACTOR = 1.3

LEVELS: tuple[tuple[float, str], ...] = (
    (0.50, "ULTRA"),
    (0.35, "HIGH"),
    (0.20, "MEDIUM"),
    (0.10, "BASELINE"),
    (0.00, "LOW"),
)
"""From which score up each conviction holds; below them all it is MINIMUM."""


def score_of(signal: Signal, weights: SignalWeights | None) -> float:
    """Return the weighted agreement of the votes with the signal's direction, -1..1.

    Sum of weight x confidence, positive for a vote on the signal's side, negative for one against it; a
    strong vote counts 1.3 times its confidence, at most 1. Without weights it is 0 (``check_score`` blocks).
    """
    if weights is None:
        return 0.0
    side, weight_of = signal.direction.sign, weights.weights
    score = 0.0
    for vote in signal.votes:
        cast, confidence = vote.vote, vote.confidence
        if cast in STRONG:
            confidence = min(1.0, confidence * STRONG_FACTOR)
        if cast.sign:
            score += weight_of.get(vote.name, 0.0) * confidence * cast.sign * side
    return score


def conviction_of(score: float) -> str:
    """Return the name of the level that a score lies in."""
    for lowest, name in LEVELS:
        if score >= lowest:
            return name
    return "MINIMUM"


def check_score(candidate: Candidate, context: GateContext) -> Verdict:
    """Demand that the score rests on weights; how high it is decides the size, not whether to trade."""
    if context.weights is None:
        return blocked("score", unit="score", reason="missing_weights")
    return at_least("score", candidate.score, -1.0, unit="score", reason="not_a_score")
