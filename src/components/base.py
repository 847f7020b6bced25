"""What the ten components share: how a vote is cast, and how one is withheld."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from src.records.enums import Vote
from src.records.features import Features
from src.records.signals import ComponentVote

STRONG_LONG = (
    Vote.STRONG_LONG
)  # by short names: to look one up in its class is slow, and each window casts ten
LONG = Vote.LONG
NEUTRAL = Vote.NEUTRAL
SHORT = Vote.SHORT
STRONG_SHORT = Vote.STRONG_SHORT
ABSTAIN = Vote.ABSTAIN

VoteFunction = Callable[[Features, Mapping[str, float]], ComponentVote]


@dataclass(frozen=True, slots=True)
class Component:
    """One component: its name, the features it cannot do without, and its formula."""

    name: str
    needs: tuple[str, ...]
    vote: VoteFunction


def ballot(
    name: str,
    vote: Vote,
    reason: str,
    values: dict[str, float],
    confidence: float,
    source: str = "kraken",
) -> ComponentVote:
    """Return a vote whose confidence is held within 0..1."""
    return ComponentVote(
        name=name,
        vote=vote,
        confidence=unit(confidence),
        reason=reason,
        source=source,
        values=values,
    )


def neutral(name: str, reason: str, values: dict[str, float], source: str = "kraken") -> ComponentVote:
    """Return a vote for neither side."""
    return ComponentVote(name=name, vote=NEUTRAL, confidence=0.0, reason=reason, source=source, values=values)


def abstain(name: str, needs: tuple[str, ...], features: Features) -> ComponentVote:
    """Return the abstention that names the first needed feature that is not known."""
    missing = next(need for need in needs if getattr(features, need) is None)
    return ComponentVote(
        name=name, vote=ABSTAIN, confidence=0.0, reason=f"missing:{missing}", source="none", values={}
    )


def lean(sign: float) -> Vote:
    """Return the vote to buy for a positive sign, to sell for a negative one, NEUTRAL for zero."""
    return LONG if sign > 0 else SHORT if sign < 0 else NEUTRAL


def lean_strongly(sign: float) -> Vote:
    """Return the same as a strong vote."""
    return STRONG_LONG if sign > 0 else STRONG_SHORT if sign < 0 else NEUTRAL


def unit(value: float) -> float:
    """Return the value held within 0..1."""
    return value if 0.0 < value < 1.0 else min(1.0, max(0.0, value))


def sign_of(value: float) -> int:
    """Return +1, -1 or 0."""
    return (value > 0) - (value < 0)
