"""Fear and greed: buy what the crowd fears, sell what it craves.

Thresholds:
    fear: index below which the crowd is afraid.
    greed: index above which it is greedy.
    strong_margin: how far beyond either the vote is strong.
    mild_margin: how far before either the vote is mild.
    mild_factor: what a mild vote's confidence is multiplied by.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, lean_strongly, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "fear_greed"
NEEDS = ("fear_greed",)
SOURCE = "alternative.me"


def vote_fear_greed(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote against the crowd; confidence is the index's distance from 50, over 50."""
    index = features.fear_greed
    if index is None:
        return abstain(NAME, NEEDS, features)
    fear, greed = thresholds["fear"], thresholds["greed"]
    values = {"fear_greed": index, "fear": fear, "greed": greed}
    beyond = max(fear - index, index - greed)
    side = 50 - index
    confidence = abs(side) / 50
    crowd = "fear" if side > 0 else "greed"
    if beyond > 0:
        vote = lean_strongly(side) if beyond > thresholds["strong_margin"] else lean(side)
        return ballot(NAME, vote, crowd, values, confidence, SOURCE)
    if beyond > -thresholds["mild_margin"]:
        confidence *= thresholds["mild_factor"]
        return ballot(NAME, lean(side), f"mild_{crowd}", values, confidence, SOURCE)
    return neutral(NAME, "calm", values, SOURCE)


FEAR_GREED = Component(name=NAME, needs=NEEDS, vote=vote_fear_greed)
