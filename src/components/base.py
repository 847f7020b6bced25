"""What the ten components share: how a vote is cast, and how one is withheld."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from src.records.enums import Vote
from src.records.features import Features
from src.records.signals import ComponentVote

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
    *,
    confidence: float = 0.0,
    reason: str,
    values: dict[str, float],
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


def abstain(name: str, needs: tuple[str, ...], features: Features) -> ComponentVote:
    """Return the abstention that names the first needed feature that is not known."""
    missing = next(need for need in needs if getattr(features, need) is None)
    return ballot(name, Vote.ABSTAIN, reason=f"missing:{missing}", values={}, source="none")


def lean(sign: float, *, strong: bool = False) -> Vote:
    """Return the vote to buy for a positive sign, to sell for a negative one, NEUTRAL for zero."""
    if sign > 0:
        return Vote.STRONG_LONG if strong else Vote.LONG
    if sign < 0:
        return Vote.STRONG_SHORT if strong else Vote.SHORT
    return Vote.NEUTRAL


def unit(value: float) -> float:
    """Return the value held within 0..1."""
    return min(1.0, max(0.0, value))


def sign_of(value: float) -> int:
    """Return +1, -1 or 0."""
    return (value > 0) - (value < 0)
