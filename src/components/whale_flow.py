"""Whale flow: on which side the large takers of the venue stand.

Net large buying is bullish. Coins that flow into exchanges would say the opposite (they come to be sold):
such a source must be turned round before it is read here.

Thresholds:
    minimum_usd: large taker volume an hour below which nobody large was there; the measure for the balances
        of all exchanges together was 10,000,000 net.
    net_share: net over total large volume at which it is a vote.
"""

from collections.abc import Mapping

from src.components.base import Component, abstain, ballot, lean, neutral
from src.records.features import Features
from src.records.signals import ComponentVote

NAME = "whale_flow"
NEEDS = ("large_net_usd_1h", "large_total_usd_1h")


def vote_whale_flow(features: Features, thresholds: Mapping[str, float]) -> ComponentVote:
    """Return a vote with the net side of the last hour's large taker trades.

    Confidence is one half at the threshold and whole at twice the threshold.
    """
    net, total = features.large_net_usd_1h, features.large_total_usd_1h
    if net is None or total is None:
        return abstain(NAME, NEEDS, features)
    values = {"net_usd": net, "total_usd": total, "minimum_usd": thresholds["minimum_usd"]}
    if total < thresholds["minimum_usd"]:
        return neutral(NAME, "few_large_trades", values)
    share = net / total
    values |= {"net_share": share, "required_share": thresholds["net_share"]}
    if abs(share) < thresholds["net_share"]:
        return neutral(NAME, "balanced", values)
    reason = "large_buying" if share > 0 else "large_selling"
    return ballot(NAME, lean(share), reason, values, abs(share) / (2 * thresholds["net_share"]))


WHALE_FLOW = Component(name=NAME, needs=NEEDS, vote=vote_whale_flow)
