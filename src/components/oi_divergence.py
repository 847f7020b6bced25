"""Open-interest divergence: a move that nobody joins is a trap.

Thresholds:
    price_bps: move of the price over an hour that asks for company.
    flat_change: rise of the open interest, as a fraction, below which none came.
    least_confidence, most_confidence: between which the vote's confidence stays.
    extreme_ratio: move over change of open interest from which the divergence is extreme.
    extreme_factor: what the confidence is multiplied by then.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "oi_divergence"
NEEDS = ("return_1h_bps", "open_interest_change_1h")
SMALLEST_CHANGE = 1e-4
"""A change of open interest below this counts as this one in the ratio."""


def vote_oi_divergence(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote against a move of the last hour that open interest did not follow.

    Confidence is ``least_confidence`` at the threshold and grows with the move.
    """
    move, change = features.return_1h_bps, features.open_interest_change_1h
    if move is None or change is None:
        return abstain(NAME, NEEDS, features)
    values = {
        "return_1h_bps": move,
        "required_bps": thresholds["price_bps"],
        "oi_change": change,
        "flat_change": thresholds["flat_change"],
    }
    if abs(move) <= thresholds["price_bps"]:
        return neutral(NAME, "below_threshold", values)
    if change >= thresholds["flat_change"]:
        return neutral(NAME, "confirmed", values)
    ratio = abs(move) / 1e4 / max(abs(change), SMALLEST_CHANGE)
    values["ratio"] = ratio
    confidence = thresholds["least_confidence"] * abs(move) / thresholds["price_bps"]
    if ratio >= thresholds["extreme_ratio"]:
        confidence *= thresholds["extreme_factor"]
    reason = "long_trap" if move > 0 else "short_trap"
    return ballot(NAME, lean(-move), reason, values, min(confidence, thresholds["most_confidence"]))


OI_DIVERGENCE = Component(name=NAME, needs=NEEDS, vote=vote_oi_divergence)
