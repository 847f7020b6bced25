"""Known values of each check."""

from dataclasses import replace

import pytest

from src.conviction_gate import decide
from src.gates.base import GateContext
from src.gates.fees import round_trip_cost_bps
from src.gates.intelligence import composite, live_readings
from src.gates.score import conviction_of, score_of
from src.records.decisions import Verdict
from src.records.enums import Direction, Ruling, Strategy, Vote
from src.records.gate_facts import Exposure
from src.records.signals import Signal
from tests.gate_fakes import (
    LEADER,
    NOON,
    SYMBOL,
    a_context,
    a_policy,
    a_prediction,
    a_signal,
    a_vote,
    some_features,
    some_weights,
    with_features,
)


def _verdict(name: str, signal: Signal, context: GateContext) -> Verdict:
    decision = decide(signal, a_prediction(signal), context)
    return next(verdict for verdict in decision.verdicts if verdict.check == name)


# score
def test_votes_on_the_side_add_and_votes_against_subtract() -> None:
    votes = (a_vote("liquidation", Vote.LONG, 0.5), a_vote("whale_flow", Vote.SHORT, 0.4))
    signal = a_signal(votes=votes)
    assert score_of(signal, some_weights()) == pytest.approx(0.22 * 0.5 - 0.20 * 0.4)
    short = a_signal(votes=votes, direction=Direction.SHORT)
    assert score_of(short, some_weights()) == pytest.approx(0.20 * 0.4 - 0.22 * 0.5)


def test_a_strong_vote_counts_more_but_never_beyond_certainty() -> None:
    assert score_of(a_signal(votes=(a_vote("funding", Vote.STRONG_LONG, 0.5),)), some_weights()) == (
        pytest.approx(0.16 * 0.65)
    )
    assert score_of(a_signal(votes=(a_vote("funding", Vote.STRONG_SHORT, 0.9),)), some_weights()) == (
        pytest.approx(-0.16)
    )


def test_neutral_and_abstaining_votes_say_nothing() -> None:
    votes = (a_vote("liquidation", Vote.NEUTRAL, 0.9), a_vote("hurst", Vote.ABSTAIN, 0.0))
    assert score_of(a_signal(votes=votes), some_weights()) == 0


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0.5, "ULTRA"), (0.4999, "HIGH"), (0.35, "HIGH"), (0.2, "MEDIUM"), (0.1, "BASELINE"), (0.0, "LOW"),
        (-0.0001, "MINIMUM"),
    ],
)  # fmt: skip
def test_the_levels_of_conviction_begin_where_they_say(score: float, level: str) -> None:
    assert conviction_of(score) == level


def test_a_changed_weight_changes_the_score_of_the_next_decision() -> None:
    signal = a_signal(votes=(a_vote("liquidation", Vote.LONG, 1.0), a_vote("funding", Vote.SHORT, 1.0)))
    before = decide(signal, a_prediction(signal), a_context())
    learned = some_weights(liquidation=0.12, funding=0.26)
    after = decide(signal, a_prediction(signal), a_context(weights=learned, weights_version="other"))
    assert before.score == pytest.approx(0.06)
    assert after.score == pytest.approx(-0.14)
    assert (before.weights_version, after.weights_version) == ("w" * 12, "other")


# order flow
@pytest.mark.parametrize(
    ("strategy", "direction", "ofi", "measured"),
    [
        (Strategy.OFI, Direction.LONG, 0.6, 0.6),
        (Strategy.OFI, Direction.SHORT, 0.6, -0.6),
        (Strategy.OFI, Direction.LONG, -0.9, -0.9),
        (Strategy.SENTIMENT, Direction.LONG, -0.9, 0.9),
        (Strategy.SENTIMENT, Direction.SHORT, 0.6, 0.6),
    ],
)
def test_order_flow_is_aligned_for_one_strategy_and_a_magnitude_for_the_other(
    strategy: Strategy, direction: Direction, ofi: float, measured: float
) -> None:
    verdict = _verdict("ofi", a_signal(strategy=strategy, direction=direction, ofi=ofi), a_context())
    assert verdict.measured == measured
    assert (verdict.ruling is Ruling.PASS) == (measured >= 0.5)


def test_each_direction_has_its_own_requirement() -> None:
    context = a_context(policies=a_policy(long_ofi_requirement=0.3, short_ofi_requirement=0.8))
    assert _verdict("ofi", a_signal(), context).required == 0.3
    assert _verdict("ofi", a_signal(direction=Direction.SHORT), context).required == 0.8


# fees
def test_the_expected_edge_is_the_probabilitys_lean_times_the_volatility_of_the_hold() -> None:
    signal = a_signal(volatility_1h_bps=80.0)
    context = a_context(policies=a_policy(expected_hold_s=4 * 3600.0))
    decision = decide(signal, a_prediction(signal, win_probability=0.6), context)
    assert decision.expected_edge_bps == pytest.approx(0.2 * 80 * 2)


@pytest.mark.parametrize(
    ("spread", "cost"), [(1.0, 14.0), (4.0, 14.0), (10.0, 20.0)], ids=["tight", "even", "wide"]
)
def test_half_the_spread_counts_where_it_is_more_than_the_slippage(spread: float, cost: float) -> None:
    context = a_context()
    context = replace(context, market=with_features(context, spread_bps=spread, funding_rate=0.0))
    assert round_trip_cost_bps(a_signal(), context) == pytest.approx(cost)


def test_only_funding_that_the_direction_pays_is_a_cost() -> None:
    context = a_context()
    context = replace(context, market=with_features(context, funding_rate=0.0002))
    assert round_trip_cost_bps(a_signal(), context) == pytest.approx(16.0)
    assert round_trip_cost_bps(a_signal(direction=Direction.SHORT), context) == pytest.approx(14.0)


def test_the_edge_must_be_a_multiple_of_the_cost() -> None:
    context = a_context()
    context = replace(context, market=with_features(context, funding_rate=0.0))
    signal = a_signal()
    for probability, ruling in ((0.585, Ruling.PASS), (0.583, Ruling.BLOCK)):
        decision = decide(signal, a_prediction(signal, win_probability=probability), context)
        verdict = next(v for v in decision.verdicts if v.check == "fees")
        assert verdict.required == pytest.approx(1.2 * 14)
        assert verdict.ruling is ruling


# correlation
def _held(symbol: str, usd: float, direction: Direction = Direction.LONG) -> Exposure:
    return Exposure(symbol=symbol, direction=direction, notional_usd=usd, stop_loss_usd=0.005 * usd)


def test_beta_weighted_exposure_in_the_same_direction_leaves_what_room_there_is() -> None:
    context = a_context(
        policies=a_policy(
            max_correlated_exposure_share=0.5, max_cluster_exposure_share=3.0, max_exposure_share=5.0
        ),
        exposures=(_held(LEADER, 3_800.0),),
    )
    verdict = _verdict("correlation", a_signal(), context)
    assert verdict.ruling is Ruling.RESIZE
    assert verdict.measured == pytest.approx((3_800 + 1.2 * 2_000) / 10_000)
    assert verdict.size_factor == pytest.approx(1_200 / 2_400)
    decision = decide(a_signal(), a_prediction(a_signal()), context)
    assert decision.should_trade
    assert decision.size_usd == pytest.approx(1_000)


def test_a_position_the_other_way_takes_no_room() -> None:
    context = a_context(
        policies=a_policy(max_correlated_exposure_share=0.5),
        exposures=(_held(LEADER, 3_800.0, Direction.SHORT),),
    )
    assert _verdict("correlation", a_signal(), context).ruling is Ruling.PASS


def test_a_short_of_what_moves_against_the_leader_is_the_same_bet() -> None:
    odd = "PF_ODDUSD"
    context = a_context(policies=a_policy(max_correlated_exposure_share=0.3))
    context = replace(
        context,
        market={**context.market, odd: some_features(symbol=odd, beta_with_leader=-1.0)},
        exposures=(_held(odd, 1_000.0, Direction.SHORT),),
    )
    verdict = _verdict("correlation", a_signal(), context)
    assert verdict.measured == pytest.approx((1_000 + 2_400) / 10_000)
    assert verdict.ruling is Ruling.RESIZE


def test_a_full_cluster_blocks() -> None:
    context = a_context(policies=a_policy(cluster_correlation=0.6))
    context = replace(context, exposures=tuple(_held(LEADER, 10.0) for _ in range(2)))
    assert _verdict("correlation", a_signal(), context).ruling is Ruling.PASS
    context = replace(context, exposures=tuple(_held(LEADER, 10.0) for _ in range(3)))
    verdict = _verdict("correlation", a_signal(), context)
    assert (verdict.ruling, verdict.reason, verdict.measured) == (Ruling.BLOCK, "cluster_full", 4)


# intelligence
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("taker_buy_share", 0.54, 1), ("taker_buy_share", 0.5, 0), ("taker_buy_share", 0.46, -1),
        ("fear_greed", 25.0, 1), ("fear_greed", 26.0, 0), ("fear_greed", 75.0, -1),
        ("funding_rate", 0.00007, -1), ("funding_rate", 0.00006, 0), ("funding_rate", -0.00007, 1),
    ],
)  # fmt: skip
def test_each_reading_of_the_market_has_its_thresholds(field: str, value: float, says: int) -> None:
    name = {"taker_buy_share": "taker_flow", "fear_greed": "fear_greed", "funding_rate": "funding"}[field]
    assert live_readings(some_features(**{field: value}))[name] == says


@pytest.mark.parametrize(
    ("longs", "shorts", "says"), [(7.0, 3.0, -1), (3.0, 7.0, 1), (5.0, 5.0, 0), (0.0, 0.0, 0)]
)
def test_liquidated_longs_say_sell(longs: float, shorts: float, says: int) -> None:
    features = some_features(long_liquidations_usd_1h=longs, short_liquidations_usd_1h=shorts)
    assert live_readings(features)["liquidations"] == says


@pytest.mark.parametrize(
    ("change", "moved", "says"),
    [(0.03, 5.0, 1), (0.03, -5.0, -1), (-0.03, 5.0, -1), (0.01, 5.0, 0), (0.03, 0.0, 0)],
)
def test_growing_interest_goes_with_the_move_and_falling_against_it(
    change: float, moved: float, says: int
) -> None:
    features = some_features(open_interest_change_1h=change, return_1h_bps=moved)
    assert live_readings(features)["open_interest"] == says


def test_the_composite_weighs_only_what_is_live() -> None:
    features = some_features(taker_buy_share=0.9, fear_greed=None, open_interest_change_1h=None)
    readings = live_readings(features)
    assert set(readings) == {"taker_flow", "liquidations", "funding"}
    assert composite(readings) == pytest.approx(0.24 / 0.68)


def test_a_conflict_beyond_policy_blocks_and_the_same_market_lets_the_other_direction_pass() -> None:
    context = a_context()
    against = with_features(context, taker_buy_share=0.2, long_liquidations_usd_1h=9.0)
    context = replace(context, market=against)
    verdict = _verdict("intelligence", a_signal(), context)
    assert (verdict.ruling, verdict.reason) == (Ruling.BLOCK, "conflict")
    assert verdict.measured == pytest.approx(-0.48)
    assert _verdict("intelligence", a_signal(direction=Direction.SHORT), context).ruling is Ruling.PASS


def test_too_few_live_inputs_block() -> None:
    context = a_context()
    blind = with_features(
        context,
        taker_buy_share=None,
        long_liquidations_usd_1h=None,
        fear_greed=None,
        open_interest_change_1h=None,
    )
    verdict = _verdict("intelligence", a_signal(), replace(context, market=blind))
    assert (verdict.ruling, verdict.reason, verdict.measured, verdict.required) == (
        Ruling.BLOCK, "too_few_inputs", 1, 2,
    )  # fmt: skip


# pre-entry
def test_a_signal_from_the_future_is_refused() -> None:
    verdict = _verdict("pre_entry.age", a_signal(ts=NOON + 5), a_context())
    assert (verdict.ruling, verdict.reason) == (Ruling.BLOCK, "from_the_future")


@pytest.mark.parametrize(
    ("hours", "passes"), [((0, 24), True), ((12, 13), True), ((13, 24), False), ((0, 12), False), ((22, 13), True),
                          ((22, 12), False)],
)  # fmt: skip
def test_trading_hours_may_run_over_midnight(hours: tuple[int, int], passes: bool) -> None:
    verdict = _verdict("pre_entry.hours", a_signal(), a_context(policies=a_policy(trading_hours_utc=hours)))
    assert (verdict.ruling is Ruling.PASS) is passes


def test_the_side_that_the_entry_takes_from_must_be_deep_enough() -> None:
    context = a_context()
    context = replace(context, market=with_features(context, ask_depth_usd=1_999.0, bid_depth_usd=2_000.0))
    assert _verdict("pre_entry.depth", a_signal(), context).ruling is Ruling.BLOCK
    assert _verdict("pre_entry.depth", a_signal(direction=Direction.SHORT), context).ruling is Ruling.PASS


def test_the_cooldown_ends_when_it_says() -> None:
    context = a_context(now=NOON + 0.1)
    for last, ruling in ((NOON - 119.8, Ruling.BLOCK), (NOON - 119.95, Ruling.PASS)):
        told = replace(context, last_trade_ts={SYMBOL: last, LEADER: NOON})
        assert _verdict("pre_entry.cooldown", a_signal(), told).ruling is ruling


def test_what_froze_entries_is_named() -> None:
    verdict = _verdict(
        "pre_entry.freeze", a_signal(), a_context(freeze_reasons=("too many errors", "by hand"))
    )
    assert (verdict.reason, verdict.measured) == ("frozen:too many errors", 2)
