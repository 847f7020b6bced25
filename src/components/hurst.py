"""Hurst: a trending series is followed, a reverting one is faded.

Thresholds:
    trending_above: exponent above which the series trends.
    reverting_below: exponent below which it reverts.
    random_confidence: how sure the vote with the trend is in between.
    full_trend_bps: trend at which its strength is whole.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, neutral, unit
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "hurst"
NEEDS = ("hurst", "trend_bps")


def vote_hurst(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the trend of the last 20 bars, or against it where the series reverts.

    Confidence is 4 abs(H - 0.5) times the strength of the trend.
    """
    exponent, trend = features.hurst, features.trend_bps
    if exponent is None or trend is None:
        return abstain(NAME, NEEDS, features)
    values = {
        "hurst": exponent,
        "trend_bps": trend,
        "trending_above": thresholds["trending_above"],
        "reverting_below": thresholds["reverting_below"],
    }
    if trend == 0:
        return neutral(NAME, "no_trend", values)
    confidence = unit(4 * abs(exponent - 0.5)) * unit(abs(trend) / thresholds["full_trend_bps"])
    if exponent > thresholds["trending_above"]:
        return ballot(NAME, lean(trend), "trending", values, confidence)
    if exponent < thresholds["reverting_below"]:
        return ballot(NAME, lean(-trend), "reverting", values, confidence)
    confidence = thresholds["random_confidence"]
    return ballot(NAME, lean(trend), "random_walk", values, confidence)


HURST = Component(name=NAME, needs=NEEDS, vote=vote_hurst)
