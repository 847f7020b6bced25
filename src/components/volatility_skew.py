"""Volatility skew: returns that fell steeply are bought, returns that rose steeply are sold.

Thresholds:
    strong_skew: skewness from which it is a vote.
    extreme_skew: skewness from which the vote is strong.
    outer_quantile: the share at either end of the last day's skews that counts as outer.
    outer_factor: what the confidence is multiplied by out there.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, lean_strongly, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "volatility_skew"
NEEDS = ("skew", "skew_quantile")


def vote_volatility_skew(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote against the skewness of the last day's 15-minute returns.

    Confidence is the skewness over the extreme one, more at the ends of its own day.
    """
    skew, quantile = features.skew, features.skew_quantile
    if skew is None or quantile is None:
        return abstain(NAME, NEEDS, features)
    values = {
        "skew": skew,
        "strong_skew": thresholds["strong_skew"],
        "extreme_skew": thresholds["extreme_skew"],
        "quantile": quantile,
    }
    if abs(skew) < thresholds["strong_skew"]:
        return neutral(NAME, "below_threshold", values)
    confidence = abs(skew) / thresholds["extreme_skew"]
    if min(quantile, 1 - quantile) <= thresholds["outer_quantile"]:
        confidence *= thresholds["outer_factor"]
    vote = lean_strongly(-skew) if abs(skew) >= thresholds["extreme_skew"] else lean(-skew)
    return ballot(NAME, vote, "skewed_up" if skew > 0 else "skewed_down", values, confidence)


VOLATILITY_SKEW = Component(name=NAME, needs=NEEDS, vote=vote_volatility_skew)
