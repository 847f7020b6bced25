"""Each component's formula at values worked out by hand."""

from collections.abc import Mapping

import pytest

from src.components.registry import REGISTRY, ask_all
from src.components.tally import tally
from src.records.enums import COMPONENTS, Vote
from src.records.signals import ComponentVote
from tests.signals_fakes import BULLISH, QUIET, project_components, window

COMPONENT_SETTINGS = project_components().components
BY_NAME = {component.name: component for component in REGISTRY}

# component, changed features, vote, confidence, reason
KNOWN: list[tuple[str, dict[str, float], Vote, float, str]] = [
    ("liquidation", {"long_liquidations_usd_1h": 10_000}, Vote.NEUTRAL, 0, "few_liquidations"),
    (
        "liquidation",
        {"long_liquidations_usd_1h": 15_000, "short_liquidations_usd_1h": 5_000},
        Vote.SHORT,
        0.5 * 0.4,
        "longs_liquidated",
    ),
    ("liquidation", {"short_liquidations_usd_1h": 40_000}, Vote.LONG, 0.5, "shorts_liquidated"),
    (
        "liquidation",
        {"long_liquidations_usd_1h": 80_000, "short_liquidations_usd_1h": 20_000},
        Vote.STRONG_SHORT,
        0.6,
        "cascade_of_longs",
    ),
    ("liquidation", {"short_liquidations_usd_1h": 60_000}, Vote.STRONG_LONG, 1, "cascade_of_shorts"),
    (
        "liquidation",
        {"long_liquidations_usd_1h": 50_000, "short_liquidations_usd_1h": 50_000},
        Vote.NEUTRAL,
        0,
        "balanced",
    ),
    ("whale_flow", {"large_net_usd_1h": 9e3, "large_total_usd_1h": 1e4}, Vote.NEUTRAL, 0, "few_large_trades"),
    ("whale_flow", {"large_net_usd_1h": 9e3, "large_total_usd_1h": 1e5}, Vote.NEUTRAL, 0, "balanced"),
    ("whale_flow", {"large_net_usd_1h": 3e4, "large_total_usd_1h": 1e5}, Vote.LONG, 0.5, "large_buying"),
    ("whale_flow", {"large_net_usd_1h": -9e4, "large_total_usd_1h": 1e5}, Vote.SHORT, 1, "large_selling"),
    ("funding", {"funding_rate": 0.00006}, Vote.NEUTRAL, 0, "below_threshold"),
    ("funding", {"funding_rate": 0.00008}, Vote.SHORT, 0.4, "crowded_longs"),
    ("funding", {"funding_rate": -0.00015}, Vote.STRONG_LONG, 0.75, "very_crowded_shorts"),
    ("hurst", {"hurst": 0.6, "trend_bps": 50}, Vote.LONG, 0.4 * 0.5, "trending"),
    ("hurst", {"hurst": 0.3, "trend_bps": 200}, Vote.SHORT, 0.8, "reverting"),
    ("hurst", {"hurst": 0.5, "trend_bps": -1}, Vote.SHORT, 0.3, "random_walk"),
    ("hurst", {"hurst": 0.9, "trend_bps": 0}, Vote.NEUTRAL, 0, "no_trend"),
    ("lead_lag", {"leader_return_bps": 9.9}, Vote.NEUTRAL, 0, "leader_still"),
    ("lead_lag", {"leader_return_bps": 12}, Vote.LONG, 0.36, "leader_leads"),
    (
        "lead_lag",
        {"leader_return_bps": 40, "lead_lag_minutes": 1, "lead_lag_correlation": -0.9},
        Vote.SHORT,
        0.6,
        "leader_leads_weakly",
    ),
    ("lead_lag", {"leader_return_bps": 40, "lead_lag_minutes": 0}, Vote.NEUTRAL, 0, "no_lead"),
    ("lead_lag", {"leader_return_bps": 40, "lead_lag_correlation": 0.4}, Vote.NEUTRAL, 0, "no_lead"),
    ("ofi_momentum", {"ofi": 0.3, "ofi_previous": 0.26}, Vote.NEUTRAL, 0, "below_threshold"),
    ("ofi_momentum", {"ofi": 0.3, "return_window_bps": 5}, Vote.NEUTRAL, 0, "no_price_response"),
    ("ofi_momentum", {"ofi": 0.12, "return_window_bps": 6}, Vote.LONG, 0.4, "flow_rises"),
    ("ofi_momentum", {"ofi": -0.45, "return_window_bps": -6}, Vote.STRONG_SHORT, 1, "flow_falls"),
    ("ofi_momentum", {"ofi": 0.9, "ofi_previous": 0.88}, Vote.NEUTRAL, 0, "exhausted"),
    ("fear_greed", {"fear_greed": 10}, Vote.STRONG_LONG, 0.8, "fear"),
    ("fear_greed", {"fear_greed": 18}, Vote.LONG, 0.64, "fear"),
    ("fear_greed", {"fear_greed": 75}, Vote.SHORT, 0.25, "mild_greed"),
    ("fear_greed", {"fear_greed": 90}, Vote.STRONG_SHORT, 0.8, "greed"),
    ("fear_greed", {"fear_greed": 50}, Vote.NEUTRAL, 0, "calm"),
    ("oi_velocity", {"open_interest_change_1h": 0.02, "return_1h_bps": 30}, Vote.LONG, 0.5, "new_positions"),
    ("oi_velocity", {"open_interest_change_1h": 0.05, "return_1h_bps": -30}, Vote.SHORT, 1, "new_positions"),
    (
        "oi_velocity",
        {"open_interest_change_1h": -0.05, "return_1h_bps": 30},
        Vote.SHORT,
        0.7,
        "positions_close",
    ),
    ("oi_velocity", {"open_interest_change_1h": 0.05, "return_1h_bps": 1}, Vote.NEUTRAL, 0, "flat_price"),
    ("volatility_skew", {"skew": 0.7}, Vote.NEUTRAL, 0, "below_threshold"),
    ("volatility_skew", {"skew": -0.9}, Vote.LONG, 0.6, "skewed_down"),
    ("volatility_skew", {"skew": 0.9, "skew_quantile": 0.95}, Vote.SHORT, 0.72, "skewed_up"),
    ("volatility_skew", {"skew": 3}, Vote.STRONG_SHORT, 1, "skewed_up"),
    ("oi_divergence", {"return_1h_bps": 50}, Vote.NEUTRAL, 0, "below_threshold"),
    ("oi_divergence", {"return_1h_bps": 100, "open_interest_change_1h": 0.01}, Vote.NEUTRAL, 0, "confirmed"),
    ("oi_divergence", {"return_1h_bps": 100, "open_interest_change_1h": -0.01}, Vote.SHORT, 0.6, "long_trap"),
    (
        "oi_divergence",
        {"return_1h_bps": -100, "open_interest_change_1h": 0.001},
        Vote.LONG,
        0.78,
        "short_trap",
    ),
    ("oi_divergence", {"return_1h_bps": -500}, Vote.LONG, 0.85, "short_trap"),
]


@pytest.mark.parametrize(("name", "changes", "vote", "confidence", "reason"), KNOWN)
def test_it_votes_as_its_formula_says(
    name: str, changes: Mapping[str, float], vote: Vote, confidence: float, reason: str
) -> None:
    said = BY_NAME[name].vote(window(**changes), COMPONENT_SETTINGS[name].thresholds)
    assert (said.vote, said.reason) == (vote, reason)
    assert said.confidence == pytest.approx(confidence)


def test_a_quiet_market_gets_ten_neutral_votes() -> None:
    assert {vote.vote for vote in ask_all(QUIET, COMPONENT_SETTINGS)} == {Vote.NEUTRAL}


def test_only_a_cascade_is_marked_as_one() -> None:
    marks = [
        BY_NAME["liquidation"]
        .vote(window(short_liquidations_usd_1h=usd), COMPONENT_SETTINGS["liquidation"].thresholds)
        .values["cascade"]
        for usd in (1e3, 4e4, 6e4)
    ]
    assert marks == [0, 0, 1]


def test_the_index_is_credited_to_its_source() -> None:
    vote = BY_NAME["fear_greed"].vote(window(fear_greed=10.0), COMPONENT_SETTINGS["fear_greed"].thresholds)
    assert vote.source == "alternative.me"


def test_a_tally_splits_confidence_by_side_and_leaves_abstentions_out() -> None:
    votes = [
        said("funding", Vote.STRONG_LONG, 0.5),
        said("hurst", Vote.SHORT, 0.2),
        said("oi_velocity", Vote.NEUTRAL, 0),
    ]
    votes.append(said("fear_greed", Vote.ABSTAIN, 0))
    count = tally(votes, dict.fromkeys(COMPONENTS, 0.1), confident_above=0.3)
    assert (count.long_confidence, count.short_confidence) == pytest.approx((0.05, 0.02))
    assert (count.long_votes, count.short_votes) == (1, 0)
    assert count.coverage == 3


def test_ten_votes_never_weigh_more_than_one() -> None:
    votes = [said(name, Vote.STRONG_LONG, 1.0) for name in COMPONENTS]
    count = tally(votes, project_components().weights(), confident_above=0.3)
    assert count.long_confidence == pytest.approx(1)


def test_a_bullish_window_is_bullish_to_most() -> None:
    votes = ask_all(window(**BULLISH), COMPONENT_SETTINGS)
    assert sum(vote.vote.sign for vote in votes) >= 4


def said(name: str, vote: Vote, confidence: float) -> ComponentVote:
    return ComponentVote(name=name, vote=vote, confidence=confidence, reason="", source="kraken", values={})
