"""What ten votes amount to."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from src.components.base import ABSTAIN
from src.records.signals import ComponentVote


class Tally(NamedTuple):
    """The weighted confidence and the confident votes on either side, and the coverage."""

    long_confidence: float
    """Sum of weight x confidence over the votes to buy, 0..1."""
    short_confidence: float
    long_votes: int
    """Votes to buy that are confident by themselves."""
    short_votes: int
    coverage: int
    """How many components had their data."""


def tally(votes: Iterable[ComponentVote], weights: Mapping[str, float], *, confident_above: float) -> Tally:
    """Return the two sides of a vote, by weights that sum to 1."""
    long = short = 0.0
    longs = shorts = coverage = 0
    for vote in votes:
        cast, confidence = vote.vote, vote.confidence
        if cast is not ABSTAIN:
            coverage += 1
        if cast.sign > 0:
            long += weights[vote.name] * confidence
            longs += confidence > confident_above
        elif cast.sign < 0:
            short += weights[vote.name] * confidence
            shorts += confidence > confident_above
    return Tally(long, short, longs, shorts, coverage)
