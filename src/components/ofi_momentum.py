"""Order-flow momentum: pressure that grows, and that the price answers, goes on.

Momentum is the change of the OFI score from one window to the next.

Thresholds:
    momentum: change a window above which it is a vote.
    strong_momentum: change from which the vote is strong.
    response_bps: move of the price in the direction of the order flow that the window must have brought.
    exhausted_ofi, exhausted_momentum: a score above the one that changes less than the other is spent.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, lean_strongly, neutral, sign_of
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "ofi_momentum"
NEEDS = ("ofi", "ofi_previous", "return_window_bps")


def vote_ofi_momentum(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the change of the order flow, given that the price follows the flow.

    Confidence is one half where the momentum gets strong and whole at twice that.
    """
    ofi, previous, move = features.ofi, features.ofi_previous, features.return_window_bps
    if ofi is None or previous is None or move is None:
        return abstain(NAME, NEEDS, features)
    momentum = ofi - previous
    response = sign_of(ofi) * move
    values = {
        "momentum": momentum,
        "required_momentum": thresholds["momentum"],
        "response_bps": response,
        "required_response_bps": thresholds["response_bps"],
    }
    if abs(ofi) > thresholds["exhausted_ofi"] and abs(momentum) < thresholds["exhausted_momentum"]:
        return neutral(NAME, "exhausted", values)
    if abs(momentum) <= thresholds["momentum"]:
        return neutral(NAME, "below_threshold", values)
    if response <= thresholds["response_bps"]:
        return neutral(NAME, "no_price_response", values)
    strong = thresholds["strong_momentum"]
    vote = lean_strongly(momentum) if abs(momentum) >= strong else lean(momentum)
    reason = "flow_rises" if momentum > 0 else "flow_falls"
    return ballot(NAME, vote, reason, values, abs(momentum) / (2 * strong))


OFI_MOMENTUM = Component(name=NAME, needs=NEEDS, vote=vote_ofi_momentum)
