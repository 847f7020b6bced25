"""What each component measured against its threshold, in words."""

from collections.abc import Callable, Mapping

from src.cli.amounts import bps, share, signed_bps, signed_share
from src.cli.feature_words import feature_words
from src.records.enums import Vote
from src.records.signals import ComponentVote

Values = Mapping[str, float]

REASONS = {
    "balanced": "neither side prevails",
    "below_threshold": "too small to count",
    "calm": "neither fear nor greed",
    "cascade_of_longs": "longs are being liquidated in a cascade",
    "cascade_of_shorts": "shorts are being liquidated in a cascade",
    "confirmed": "open interest went along with the move",
    "crowded_longs": "longs pay much and are crowded",
    "crowded_shorts": "shorts pay much and are crowded",
    "exhausted": "the flow is strong but grows no more",
    "fear": "the crowd is afraid",
    "few_large_trades": "too few large trades to count",
    "few_liquidations": "too few liquidations to count",
    "flat_price": "the price did not move",
    "flow_falls": "flow turns to selling, and the price follows it",
    "flow_rises": "flow turns to buying, and the price follows it",
    "greed": "the crowd is greedy",
    "large_buying": "large takers buy",
    "large_selling": "large takers sell",
    "leader_leads": "the leader's move arrives here later",
    "leader_leads_weakly": "the leader's move may arrive here later",
    "leader_still": "the leader did not move",
    "long_trap": "a rise that nobody joined",
    "longs_liquidated": "mostly longs were liquidated",
    "mild_fear": "the crowd is a little afraid",
    "mild_greed": "the crowd is a little greedy",
    "new_positions": "new positions confirm the move",
    "no_lead": "the leader does not lead here",
    "no_price_response": "the price did not follow the flow",
    "no_trend": "there is no trend",
    "positions_close": "positions are closed into the move",
    "random_walk": "neither trending nor reverting",
    "reverting": "the series reverts: against the trend",
    "short_trap": "a fall that nobody joined",
    "shorts_liquidated": "mostly shorts were liquidated",
    "skewed_down": "returns fell steeply",
    "skewed_up": "returns rose steeply",
    "trending": "the series trends: with the trend",
    "very_crowded_longs": "longs pay very much and are crowded",
    "very_crowded_shorts": "shorts pay very much and are crowded",
}


def vote_words(vote: ComponentVote) -> str:
    """Return what a component saw: its verdict in words, then the numbers that it compared."""
    if vote.vote is Vote.ABSTAIN:
        _, _, missing = vote.reason.partition(":")
        return f"not known: {feature_words(missing or vote.reason)}"
    said = REASONS.get(vote.reason, _plain(vote.reason))
    numbers = _numbers(vote)
    return f"{said}: {numbers}" if numbers else said


def _numbers(vote: ComponentVote) -> str:
    telling = _TELLING.get(vote.name)
    needed = _NEEDED.get(vote.name, ())
    if telling is None or any(name not in vote.values for name in needed):
        return ", ".join(f"{_plain(name)} {value:.4g}" for name, value in vote.values.items())
    return telling(vote.values)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _liquidation(v: Values) -> str:
    side = f", {share(v['majority_share'], digits=0)} on one side" if "majority_share" in v else ""
    return (
        f"{v['total_usd']:,.0f} USD liquidated in 1 h{side} "
        f"(a bias above {v['bias_usd']:,.0f}, a cascade above {v['cascade_usd']:,.0f})"
    )


def _whale_flow(v: Values) -> str:
    told = f"net {v['net_usd']:+,.0f} of {v['total_usd']:,.0f} USD in large trades in 1 h"
    if "net_share" in v:
        return f"{told}, share {v['net_share']:+.2f} (needs {v['required_share']:.2f})"
    return f"{told} (needs {v['minimum_usd']:,.0f})"


def _funding(v: Values) -> str:
    return (
        f"{signed_share(v['rate_8h'], digits=4)} in 8 h "
        f"(high above {share(v['high_8h'], digits=3)}, extreme above {share(v['extreme_8h'], digits=3)})"
    )


def _hurst(v: Values) -> str:
    return (
        f"Hurst {v['hurst']:.2f} (trends above {v['trending_above']:.2f}, reverts below "
        f"{v['reverting_below']:.2f}), trend {signed_bps(v['trend_bps'])}"
    )


def _lead_lag(v: Values) -> str:
    return (
        f"leader {signed_bps(v['leader_bps'])} in 5 min, lag {v['lag_minutes']:.0f} min, "
        f"correlation {v['correlation']:+.2f}, strength {v['strength']:.2f}"
    )


def _ofi_momentum(v: Values) -> str:
    return (
        f"flow changed by {v['momentum']:+.3f} (needs {v['required_momentum']:.3f}), price answered "
        f"{signed_bps(v['response_bps'])} (needs {bps(v['required_response_bps'])})"
    )


def _fear_greed(v: Values) -> str:
    return f"index {v['fear_greed']:.0f} (fear below {v['fear']:.0f}, greed above {v['greed']:.0f})"


def _oi_velocity(v: Values) -> str:
    return (
        f"open interest {signed_share(v['oi_change'])} in 1 h (needs {share(v['required_change'])}), "
        f"price {signed_bps(v['return_1h_bps'])}"
    )


def _volatility_skew(v: Values) -> str:
    return (
        f"skew {v['skew']:+.2f} (strong from {v['strong_skew']:.2f}, extreme from {v['extreme_skew']:.2f}), "
        f"above {share(v['quantile'], digits=0)} of the day's"
    )


def _oi_divergence(v: Values) -> str:
    return (
        f"price {signed_bps(v['return_1h_bps'])} in 1 h (needs {bps(v['required_bps'])}), open interest "
        f"{signed_share(v['oi_change'])} (joins from {signed_share(v['flat_change'])})"
    )


_TELLING: dict[str, Callable[[Values], str]] = {
    "liquidation": _liquidation,
    "whale_flow": _whale_flow,
    "funding": _funding,
    "hurst": _hurst,
    "lead_lag": _lead_lag,
    "ofi_momentum": _ofi_momentum,
    "fear_greed": _fear_greed,
    "oi_velocity": _oi_velocity,
    "volatility_skew": _volatility_skew,
    "oi_divergence": _oi_divergence,
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "liquidation": ("total_usd", "bias_usd", "cascade_usd"),
    "whale_flow": ("net_usd", "total_usd", "minimum_usd"),
    "funding": ("rate_8h", "high_8h", "extreme_8h"),
    "hurst": ("hurst", "trend_bps", "trending_above", "reverting_below"),
    "lead_lag": ("lag_minutes", "correlation", "leader_bps", "strength"),
    "ofi_momentum": ("momentum", "required_momentum", "response_bps", "required_response_bps"),
    "fear_greed": ("fear_greed", "fear", "greed"),
    "oi_velocity": ("oi_change", "required_change", "return_1h_bps"),
    "volatility_skew": ("skew", "strong_skew", "extreme_skew", "quantile"),
    "oi_divergence": ("return_1h_bps", "required_bps", "oi_change", "flat_change"),
}
"""The values that each telling cannot do without; where one is missing they are listed as they are."""
