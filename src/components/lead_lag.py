"""Lead and lag: where the leader's move arrives later here, its move is a forecast.

Thresholds:
    move_bps: move of the leader over five minutes below which there is nothing to follow.
    lag_minutes, correlation, strength: the least of each for a full vote.
    weak_lag_minutes, weak_correlation: the least of each for a weak one.
    weak_confidence: the most that a weak vote is sure of.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, neutral, unit
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "lead_lag"
NEEDS = ("lead_lag_minutes", "lead_lag_correlation", "leader_return_bps")


def vote_lead_lag(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the leader's move, or against it where the correlation is negative.

    Strength, which is the confidence, is abs(correlation) times the move, whole at twice ``move_bps``. The
    leader itself has no leader and abstains.
    """
    lag, correlation = features.lead_lag_minutes, features.lead_lag_correlation
    move = features.leader_return_bps
    if lag is None or correlation is None or move is None:
        return abstain(NAME, NEEDS, features)
    strength = unit(abs(correlation)) * unit(abs(move) / (2 * thresholds["move_bps"]))
    values = {"lag_minutes": float(lag), "correlation": correlation, "leader_bps": move, "strength": strength}
    if abs(move) < thresholds["move_bps"]:
        return neutral(NAME, "leader_still", values)
    vote = lean(move if correlation > 0 else -move)
    if (
        lag >= thresholds["lag_minutes"]
        and abs(correlation) >= thresholds["correlation"]
        and strength >= thresholds["strength"]
    ):
        return ballot(NAME, vote, "leader_leads", values, strength)
    if lag >= thresholds["weak_lag_minutes"] and abs(correlation) >= thresholds["weak_correlation"]:
        confidence = min(strength, thresholds["weak_confidence"])
        return ballot(NAME, vote, "leader_leads_weakly", values, confidence)
    return neutral(NAME, "no_lead", values)


LEAD_LAG = Component(name=NAME, needs=NEEDS, vote=vote_lead_lag)
