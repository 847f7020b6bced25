"""Funding: who pays much to hold a side is crowded, and a crowd is faded.

The feature is the relative rate of one hour; the thresholds are rates of eight hours, so it is taken times 8.

Thresholds:
    minimum_8h: the unit, as a fraction of notional for eight hours.
    high_multiple: units above which funding is high.
    high_confidence: the most that a vote on high funding is sure of.
    extreme_multiple: units above which it is extreme.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, lean_strongly, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "funding"
NEEDS = ("funding_rate",)
HOURS = 8


def vote_funding(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote against the side that pays.

    Confidence is one half at extreme funding and whole at twice that.
    """
    rate = features.funding_rate
    if rate is None:
        return abstain(NAME, NEEDS, features)
    rate_8h = HOURS * rate
    high = thresholds["minimum_8h"] * thresholds["high_multiple"]
    extreme = thresholds["minimum_8h"] * thresholds["extreme_multiple"]
    values = {"rate_8h": rate_8h, "high_8h": high, "extreme_8h": extreme}
    crowd = "crowded_longs" if rate > 0 else "crowded_shorts"
    confidence = abs(rate_8h) / (2 * extreme)
    if abs(rate_8h) > extreme:
        return ballot(NAME, lean_strongly(-rate), f"very_{crowd}", values, confidence)
    if abs(rate_8h) > high:
        confidence = min(confidence, thresholds["high_confidence"])
        return ballot(NAME, lean(-rate), crowd, values, confidence)
    return neutral(NAME, "below_threshold", values)


FUNDING = Component(name=NAME, needs=NEEDS, vote=vote_funding)
