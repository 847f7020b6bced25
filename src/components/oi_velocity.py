"""Open-interest velocity: new positions confirm a move, closed ones undermine it.

Thresholds:
    change: fraction of the open interest opened or closed in an hour at which it is a vote.
    price_bps: move of the price over the hour below which there is none to confirm.
    fade_confidence: the most that a vote against a move is sure of.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "oi_velocity"
NEEDS = ("open_interest_change_1h", "return_1h_bps")


def vote_oi_velocity(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the hour's move where open interest rose, and against it where it fell.

    Confidence is one half at the threshold and whole at twice the threshold.
    """
    change, move = features.open_interest_change_1h, features.return_1h_bps
    if change is None or move is None:
        return abstain(NAME, NEEDS, features)
    values = {"oi_change": change, "required_change": thresholds["change"], "return_1h_bps": move}
    if abs(move) < thresholds["price_bps"]:
        return neutral(NAME, "flat_price", values)
    if abs(change) < thresholds["change"]:
        return neutral(NAME, "below_threshold", values)
    confidence = abs(change) / (2 * thresholds["change"])
    if change > 0:
        return ballot(NAME, lean(move), "new_positions", values, confidence)
    confidence = min(confidence, thresholds["fade_confidence"])
    return ballot(NAME, lean(-move), "positions_close", values, confidence)


OI_VELOCITY = Component(name=NAME, needs=NEEDS, vote=vote_oi_velocity)
