"""What ten votes amount to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from src.records.enums import Direction, Vote
from src.records.signals import ComponentVote


@dataclass(frozen=True, slots=True)
class Tally:
    """The weighted confidence and the confident votes on either side, and the coverage."""

    long_confidence: float
    """Sum of weight x confidence over the votes to buy, 0..1."""
    short_confidence: float
    long_votes: int
    """Votes to buy that are confident by themselves."""
    short_votes: int
    coverage: int
    """How many components had their data."""

    def confidence(self, direction: Direction) -> float:
        """Return the weighted confidence of the votes on one side, 0..1."""
        return self.long_confidence if direction is Direction.LONG else self.short_confidence

    def score(self, direction: Direction) -> float:
        """Return how far one side's weighted confidence exceeds the other's, -1..1."""
        return direction.sign * (self.long_confidence - self.short_confidence)

    def confident_votes(self, direction: Direction) -> int:
        """Return how many confident votes stand on one side."""
        return self.long_votes if direction is Direction.LONG else self.short_votes


def tally(votes: Iterable[ComponentVote], weights: Mapping[str, float], *, confident_above: float) -> Tally:
    """Return the two sides of a vote, by weights that sum to 1."""
    confidences, counts, coverage = {1: 0.0, 0: 0.0, -1: 0.0}, {1: 0, 0: 0, -1: 0}, 0
    for vote in votes:
        sign = vote.vote.sign
        confidences[sign] += weights[vote.name] * vote.confidence
        counts[sign] += vote.confidence > confident_above
        coverage += vote.vote is not Vote.ABSTAIN
    return Tally(
        long_confidence=confidences[1],
        short_confidence=confidences[-1],
        long_votes=counts[1],
        short_votes=counts[-1],
        coverage=coverage,
    )
