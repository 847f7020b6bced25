"""What every check of the gate promises; a new one passes here before it has a test of its own."""

import math
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from src.conviction_gate import CHECKS, check_name, decide
from src.gates.base import Candidate, Check, Exposure, GateContext, blocked
from src.records.decisions import Decision, Verdict
from src.records.enums import Direction, Ruling
from src.records.features import Features
from src.records.policies import Switch
from src.records.predictions import Prediction
from src.records.signals import Signal
from tests.gate_fakes import (
    EDGE,
    LEADER,
    LOT,
    NOON,
    POLICIES,
    SYMBOL,
    a_context,
    a_policy,
    a_prediction,
    a_signal,
    replaced,
    some_evidence,
    with_features,
)

Case = tuple[Signal, Prediction | None, GateContext]


def _case(
    *, signal: dict[str, object] | None = None, features: dict[str, object] | None = None, **context: object
) -> Case:
    made = a_signal(**(signal or {}))
    told = a_context(**context)
    return made, a_prediction(made), replace(told, market=with_features(told, **(features or {})))


def _crowd(symbol: str, count: int, usd: float | None) -> tuple[Exposure, ...]:
    held = Exposure(symbol=symbol, direction=Direction.LONG, notional_usd=usd, stop_loss_usd=1.0)
    return (held,) * count


def _short(symbol: str, usd: float) -> tuple[Exposure, ...]:
    return (Exposure(symbol=symbol, direction=Direction.SHORT, notional_usd=usd, stop_loss_usd=1.0),)


def _without_prediction() -> Case:
    signal, _, context = _case()
    return signal, None, context


MISSING: dict[str, Callable[[], Case]] = {
    "prediction": _without_prediction,
    "weights": lambda: _case(weights=None),
    "ofi": lambda: _case(signal={"ofi": None}),
    "signal volatility": lambda: _case(signal={"volatility_1h_bps": None}),
    "regime": lambda: _case(signal={"regime": None}),
    "every window": lambda: (*_case()[:2], a_context(market={})),
    "spread": lambda: _case(features={"spread_bps": None}),
    "funding rate": lambda: _case(features={"funding_rate": None}),
    "beta": lambda: _case(features={"beta_with_leader": None}),
    "correlation": lambda: _case(features={"correlations": {}}, exposures=_crowd(LEADER, 1, 100.0)),
    "margin": lambda: _case(lots={SYMBOL: replaced(LOT, maintenance_share=None)}),
    "smallest order": lambda: _case(evidence=None, lots={}),
    "depth": lambda: _case(features={"ask_depth_usd": None}),
    "intelligence": lambda: _case(
        features={
            "taker_buy_share": None,
            "long_liquidations_usd_1h": None,
            "fear_greed": None,
            "return_1h_bps": None,
        }
    ),
    "equity": lambda: _case(equity_usd=None),
    "notional of a position": lambda: _case(exposures=_crowd(SYMBOL, 1, None)),
    "correlation of a position": lambda: _case(exposures=_crowd("PF_NOBODY", 1, 100.0)),
    "workers": lambda: _case(unhealthy_workers=None),
    "instrument": lambda: _case(lots={}),
}

BLOCKING: dict[str, Callable[[], Case]] = {
    "prediction": _without_prediction,
    "score": lambda: _case(weights=None),
    "ofi": lambda: _case(signal={"ofi": 0.49}),
    "fees": lambda: _case(policies=a_policy(minimum_edge_over_cost=10.0)),
    "correlation": lambda: _case(policies=a_policy(max_correlated_exposure_share=0.0)),
    "intelligence": lambda: _case(
        features={"taker_buy_share": 0.1, "long_liquidations_usd_1h": 1e6, "fear_greed": 90.0}
    ),
    "kelly": lambda: _case(evidence=some_evidence(**{"OFI|LONG": replaced(EDGE, mean_bps=8.0)})),
    "risk.stops": lambda: _case(
        policies=a_policy(max_stop_risk_share=0.0001), exposures=_short(LEADER, 400.0)
    ),
    "risk.gap": lambda: _case(policies=a_policy(max_gap_loss_share=0.01), exposures=_short(LEADER, 501.0)),
    "risk.liquidation": lambda: _case(lots={SYMBOL: replaced(LOT, maintenance_share=5.0)}),
    "pre_entry.freeze": lambda: _case(freeze_reasons=("by hand",)),
    "pre_entry.workers": lambda: _case(unhealthy_workers=("ensemble_predictor",)),
    "pre_entry.equity": lambda: _case(equity_usd=0.0),
    "pre_entry.age": lambda: _case(signal={"ts": NOON - 61}),
    "pre_entry.features_age": lambda: _case(features={"ts": NOON - 121}),
    "pre_entry.coverage": lambda: _case(signal={"coverage": 3}),
    "pre_entry.spread": lambda: _case(features={"spread_bps": 10.5}),
    "pre_entry.depth": lambda: _case(features={"ask_depth_usd": 100.0}),
    "pre_entry.hours": lambda: _case(policies=a_policy(trading_hours_utc=(13, 20))),
    "pre_entry.cooldown": lambda: _case(last_trade_ts={SYMBOL: NOON - 60}),
    "pre_entry.positions": lambda: _case(policies=a_policy(max_open_positions=0)),
    "pre_entry.exposure": lambda: _case(exposures=_crowd(SYMBOL, 1, 6_500.0)),
    "pre_entry.symbol": lambda: _case(held={SYMBOL: "unresolved_order"}),
    "size": lambda: _case(policies=a_policy(max_position_usd=1.0)),
}
"""For each check a case that it blocks."""

OTHERS_THAT_MAY_BLOCK = {
    "prediction": {"fees"},
    "kelly": {"pre_entry.depth", "risk.liquidation", "size"},
    "pre_entry.equity": {
        "correlation",
        "pre_entry.depth",
        "pre_entry.exposure",
        "risk.gap",
        "risk.liquidation",
        "risk.stops",
        "size",
    },
    "pre_entry.exposure": {"correlation", "risk.liquidation", "size"},
}


@pytest.fixture(params=CHECKS, ids=check_name)
def check(request: pytest.FixtureRequest) -> Check:
    found: Check = request.param
    return found


def _decide(case: Case, checks: tuple[Check, ...] = CHECKS) -> Decision:
    signal, prediction, context = case
    return decide(signal, prediction, context, checks=checks)


def test_where_nothing_is_wrong_every_check_passes_and_the_decision_trades() -> None:
    decision = _decide(_case())
    assert {verdict.ruling for verdict in decision.verdicts} == {Ruling.PASS}
    assert decision.should_trade
    assert decision.blocked_by == ()
    assert decision.size_usd > 0


def test_every_check_has_a_case_that_it_blocks() -> None:
    assert set(BLOCKING) == {check_name(check) for check in CHECKS} | {"size"}


@pytest.mark.parametrize("name", BLOCKING)
def test_a_check_that_blocks_is_enough_to_stop_the_trade(name: str) -> None:
    decision = _decide(BLOCKING[name]())
    assert not decision.should_trade
    assert decision.size_usd == 0
    assert name in decision.blocked_by
    assert set(decision.blocked_by) <= {name} | OTHERS_THAT_MAY_BLOCK.get(name, set())


@pytest.mark.parametrize("name", BLOCKING)
def test_a_blocking_verdict_explains_itself_in_numbers_and_a_word(name: str) -> None:
    decision = _decide(BLOCKING[name]())
    verdict = next(v for v in decision.verdicts if v.check == name)
    assert verdict.ruling is Ruling.BLOCK
    assert verdict.reason
    assert verdict.unit
    if verdict.measured is None:
        assert verdict.reason.startswith("missing")
    else:
        assert verdict.required is not None
        assert verdict.measured != verdict.required


@pytest.mark.parametrize("what", MISSING)
def test_a_missing_input_never_passes(what: str) -> None:
    decision = _decide(MISSING[what]())
    assert not decision.should_trade
    assert any(v.reason.startswith(("missing", "too_few")) for v in decision.verdicts)


@pytest.mark.parametrize("field", ["spread_bps", "funding_rate", "beta_with_leader", "ask_depth_usd"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_never_passes(field: str, value: float) -> None:
    assert not _decide(_case(features={field: value})).should_trade


def test_a_check_says_the_same_of_the_same(check: Check) -> None:
    one, other = _decide(_case(), (check,)), _decide(_case(), (check,))
    assert one == other
    assert one.verdicts[0].check == check_name(check)


def test_a_check_never_raises_a_size(check: Check) -> None:
    for case in (*BLOCKING.values(), *MISSING.values()):
        for verdict in _decide(case(), (check,)).verdicts:
            assert 0 <= verdict.size_factor <= 1
            assert (verdict.size_factor < 1) <= (verdict.ruling is Ruling.RESIZE)


def test_raising_in_a_check_is_an_error_which_blocks(check: Check) -> None:
    def check_that_fails(candidate: Candidate, context: GateContext) -> Verdict:
        raise ZeroDivisionError((candidate, context))

    check_that_fails.__module__ = check.__module__
    check_that_fails.__name__ = check.__name__
    broken = tuple(check_that_fails if one is check else one for one in CHECKS)
    decision = _decide(_case(), broken)
    assert not decision.should_trade
    assert decision.blocked_by == (check_name(check),)
    assert len(decision.verdicts) == len(CHECKS) + 1, "the others are asked all the same"
    failed = decision.verdicts[CHECKS.index(check)]
    assert (failed.ruling, failed.reason) == (Ruling.ERROR, "ZeroDivisionError")


def test_forcing_any_single_check_to_block_yields_no_trade(check: Check) -> None:
    def always(_candidate: Candidate, _context: GateContext) -> Verdict:
        return blocked(check_name(check), unit="", reason="forced")

    forced = tuple(always if one is check else one for one in CHECKS)
    decision = _decide(_case(), forced)
    assert (decision.should_trade, decision.size_usd) == (False, 0)
    assert decision.blocked_by == (check_name(check),)


def test_every_field_of_the_window_may_be_missing_without_an_error(check: Check) -> None:
    for field in Features.__struct_fields__:
        if field not in {"ts", "symbol", "window_s", "recorded_at", "sums", "incomplete", "ofi_windows"}:
            verdicts = _decide(_case(features={field: None}), (check,)).verdicts
            assert Ruling.ERROR not in {verdict.ruling for verdict in verdicts}


def test_a_decision_survives_the_way_to_the_disk() -> None:
    for case in (_case, *BLOCKING.values()):
        decision = _decide(case())
        assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_the_fee_gate_switched_off_still_measures() -> None:
    decision = _decide(_case(policies=a_policy(fee_gate=Switch.OFF, minimum_edge_over_cost=10.0)))
    verdict = next(v for v in decision.verdicts if v.check == "fees")
    assert (verdict.ruling, verdict.reason) == (Ruling.PASS, "switched_off")
    assert verdict.measured is not None
    assert verdict.required == pytest.approx(10 * 14.1)
    assert POLICIES.fee_gate is Switch.ON
