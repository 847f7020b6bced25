"""The size formula: bounded, itemised, and never raised by anything after it."""

import math
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from src.conviction_gate import CHECKS, decide
from src.gates.base import Candidate, Check, Exposure, GateContext, Lot
from src.gates.size import contracts_of, contracts_within, stop_distance_bps
from src.records.decisions import Decision, Verdict
from src.records.enums import Direction, Regime, Ruling
from src.records.policies import HOUR_BUCKETS
from tests.gate_fakes import (
    LEADER,
    LOT,
    NOON,
    POLICIES,
    SYMBOL,
    a_context,
    a_policy,
    a_prediction,
    a_signal,
    votes_for,
)

FACTORS = st.floats(0.0, 1.5)


def _factors(decision: Decision) -> dict[str, float]:
    return {factor.name: factor.value for factor in decision.size_factors}


@pytest.mark.parametrize(
    ("volatility", "stop"), [(10.0, 50.0), (100.0, 200.0), (400.0, 500.0)], ids=["tight", "inside", "wide"]
)
def test_the_stop_is_a_multiple_of_the_volatility_between_bounds(volatility: float, stop: float) -> None:
    assert stop_distance_bps(a_signal(volatility_1h_bps=volatility), POLICIES) == pytest.approx(stop)


def test_the_base_is_what_may_be_lost_at_the_stop() -> None:
    signal = a_signal(volatility_1h_bps=250.0, votes=votes_for(Direction.LONG, 0.15))
    decision = decide(signal, a_prediction(signal, win_probability=0.9), a_context())
    factors = _factors(decision)
    assert decision.conviction == "BASELINE"
    assert factors["base_usd"] == pytest.approx(10_000 * 0.005 / 0.05)
    assert decision.size_usd == pytest.approx(1_000)
    assert decision.size_usd * factors["stop_bps"] / 1e4 == pytest.approx(50), "0.5 % of equity"


def test_every_factor_of_the_size_stands_in_the_decision() -> None:
    policies = a_policy(
        conviction_sizes={**POLICIES.conviction_sizes, "ULTRA": 0.5},
        direction_sizes={Direction.LONG: 0.8, Direction.SHORT: 1.0},
        regime_sizes={**POLICIES.regime_sizes, Regime.QUIET_UP: 0.9},
        hour_sizes={**POLICIES.hour_sizes, "12-16": 0.7},
    )
    signal = a_signal()
    decision = decide(signal, a_prediction(signal, size_multiplier=0.6), a_context(policies=policies))
    factors = _factors(decision)
    assert [factors[name] for name in ("conviction", "strategy", "direction", "regime", "hour", "ensemble")] == [
        0.5, 1.0, 0.8, 0.9, 0.7, 0.6,
    ]  # fmt: skip
    product = 2_500 * 0.5 * 0.8 * 0.9 * 0.7 * 0.6
    assert decision.size_usd == pytest.approx(product, abs=2.0)
    assert decision.size_usd <= product


def test_the_ensemble_may_shrink_a_size_but_never_raise_it() -> None:
    signal = a_signal(volatility_1h_bps=250.0, votes=votes_for(Direction.LONG, 0.15))
    sizes = [
        decide(
            signal, a_prediction(signal, size_multiplier=factor, win_probability=0.9), a_context()
        ).size_usd
        for factor in (0.5, 1.0, 2.0)
    ]
    assert sizes == [pytest.approx(500), pytest.approx(1_000), pytest.approx(1_000)]


def test_the_room_under_the_exposure_limit_caps_the_size() -> None:
    held = Exposure(symbol=LEADER, direction=Direction.SHORT, notional_usd=5_500.0, stop_loss_usd=50.0)
    signal = a_signal()
    decision = decide(signal, a_prediction(signal), a_context(exposures=(held,)))
    assert decision.should_trade
    assert decision.size_usd == pytest.approx(500)


def test_a_size_below_the_venues_minimum_is_a_block_not_a_rescue() -> None:
    signal = a_signal()
    lots = {SYMBOL: Lot(step=Decimal(1), minimum=Decimal(2))}
    decision = decide(signal, a_prediction(signal), a_context(lots=lots))
    assert (decision.should_trade, decision.size_usd) == (False, 0)
    verdict = decision.verdicts[-1]
    assert (verdict.check, verdict.reason, verdict.measured, verdict.required) == (
        "size", "below_venue_minimum", 2_000, 4_000,
    )  # fmt: skip


def test_a_blocked_signal_still_tells_what_its_size_would_have_been() -> None:
    signal = a_signal(ofi=0.1)
    decision = decide(signal, a_prediction(signal), a_context())
    assert decision.blocked_by == ("ofi",)
    assert decision.verdicts[-1].measured == pytest.approx(2_000)
    assert decision.size_usd == 0


@given(usd=st.floats(0.0, 1e6), price=st.floats(1e-4, 1e5), digits=st.integers(0, 6))
def test_rounding_only_ever_shrinks_and_comes_back_whole(usd: float, price: float, digits: int) -> None:
    assume(usd / price * 10**digits < 1e14)  # more steps than that no float can tell apart
    lot = Lot(step=Decimal(1).scaleb(-digits), minimum=Decimal(1).scaleb(-digits))
    contracts = contracts_within(usd, price=Decimal(str(price)), lot=lot)
    worth = contracts * Decimal(str(price))
    assert worth <= Decimal(str(usd))
    assert contracts % lot.step == 0
    assert contracts_of(float(worth), price=price, lot=lot) == contracts


def _resizes(factor: float) -> Check:
    def check_shrinks(_candidate: Candidate, _context: GateContext) -> Verdict:
        return Verdict(
            check="shrinks", ruling=Ruling.RESIZE, measured=1.0, required=1.0, unit="x", reason="made_up",
            size_factor=factor,
        )  # fmt: skip

    return check_shrinks


@given(
    equity=st.floats(10.0, 1e6),
    volatility=st.floats(1.0, 1e4),
    sizes=st.lists(FACTORS, min_size=5, max_size=5),
    multiplier=st.floats(0.5, 2.0),
    open_usd=st.floats(0.0, 1e5),
    confidence=st.floats(0.0, 1.0),
    shrink=st.floats(0.0, 1.0),
    cap=st.floats(1.0, 1e5),
)
def test_a_size_never_exceeds_its_caps_and_nothing_after_the_formula_raises_it(
    equity: float, volatility: float, sizes: list[float], multiplier: float, open_usd: float, confidence: float,
    shrink: float, cap: float,
) -> None:  # fmt: skip
    conviction, strategy, direction, regime, hour = sizes
    policies = a_policy(
        max_position_usd=cap,
        conviction_sizes=dict.fromkeys(POLICIES.conviction_sizes, conviction),
        strategy_sizes=dict.fromkeys(POLICIES.strategy_sizes, strategy),
        direction_sizes=dict.fromkeys(POLICIES.direction_sizes, direction),
        regime_sizes=dict.fromkeys(Regime, regime),
        hour_sizes=dict.fromkeys(HOUR_BUCKETS, hour),
    )
    held = Exposure(symbol=LEADER, direction=Direction.SHORT, notional_usd=open_usd)
    context = a_context(policies=policies, equity_usd=equity, exposures=(held,))
    signal = a_signal(volatility_1h_bps=volatility, votes=votes_for(Direction.LONG, confidence))
    prediction = a_prediction(signal, size_multiplier=multiplier, win_probability=0.99)
    checks = (*CHECKS, _resizes(shrink))
    decision = decide(signal, prediction, context, checks=checks)
    stop = _factors(decision)["stop_bps"] / 1e4
    wanted = equity * policies.risk_per_trade_share / stop * math.prod(sizes) * min(1.0, multiplier) * shrink
    room = max(0.0, policies.max_exposure_share * equity - open_usd)
    assert decision.size_usd <= min(wanted, cap, room) * (1 + 1e-9)
    assert decision == decide(signal, prediction, context, checks=checks), "the same context, the same record"
    if decision.should_trade:
        contracts = contracts_of(decision.size_usd, price=decision.price, lot=LOT)
        assert contracts >= LOT.minimum


def test_the_hour_is_that_of_the_decision_point() -> None:
    policies = a_policy(hour_sizes={**POLICIES.hour_sizes, "08-12": 0.1})
    context = a_context(policies=policies, now=NOON)
    just_before = a_signal(ts=NOON - 0.5)
    decision = decide(just_before, a_prediction(just_before), replace(context, now=NOON + 1))
    assert _factors(decision)["hour"] == 0.1


def test_a_size_below_what_policy_finds_worth_its_while_is_a_block() -> None:
    signal = a_signal()
    policies = msgspec.structs.replace(a_context().policies, minimum_position_usd=2_500.0)
    decision = decide(signal, a_prediction(signal), a_context(policies=policies))
    assert decision.blocked_by == ("size",)
    assert decision.verdicts[-1].reason == "below_policy_minimum"
