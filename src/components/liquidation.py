"""Liquidations: forced sellers push the price down, forced buyers push it up, and a cascade feeds itself.

Thresholds:
    minimum_usd: liquidated USD an hour that count as one unit; one venue sees about a hundredth of what
        all venues together do, for which 100,000 was the measure.
    bias_multiple: units above which one side's majority is a mild vote.
    bias_share: the majority's share that it takes.
    bias_confidence: the most that a mild vote is sure of.
    cascade_multiple: units above which it is a cascade.
    cascade_share: the majority's share that it takes.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, lean_strongly, neutral, unit
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "liquidation"
NEEDS = ("long_liquidations_usd_1h", "short_liquidations_usd_1h")


def vote_liquidation(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the forced flow of the last hour: liquidated longs sell, liquidated shorts buy.

    Confidence is how one-sided the liquidations are (0 at half and half, 1 at all on one side) times how
    many they are (1 at the volume of a cascade).
    """
    longs, shorts = features.long_liquidations_usd_1h, features.short_liquidations_usd_1h
    if longs is None or shorts is None:
        return abstain(NAME, NEEDS, features)
    total = longs + shorts
    cascade_usd = thresholds["minimum_usd"] * thresholds["cascade_multiple"]
    bias_usd = thresholds["minimum_usd"] * thresholds["bias_multiple"]
    values = {"total_usd": total, "bias_usd": bias_usd, "cascade_usd": cascade_usd, "cascade": 0.0}
    if total <= bias_usd:
        return neutral(NAME, "few_liquidations", values)
    majority = max(longs, shorts) / total
    values["majority_share"] = majority
    confidence = unit(2 * majority - 1) * unit(total / cascade_usd)
    if total > cascade_usd and majority >= thresholds["cascade_share"]:
        values["cascade"] = 1.0
        reason = "cascade_of_longs" if longs > shorts else "cascade_of_shorts"
        return ballot(NAME, lean_strongly(shorts - longs), reason, values, confidence)
    if majority > thresholds["bias_share"]:
        reason = "longs_liquidated" if longs > shorts else "shorts_liquidated"
        confidence = min(confidence, thresholds["bias_confidence"])
        return ballot(NAME, lean(shorts - longs), reason, values, confidence)
    return neutral(NAME, "balanced", values)


LIQUIDATION = Component(name=NAME, needs=NEEDS, vote=vote_liquidation)
