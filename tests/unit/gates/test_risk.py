"""What all positions may lose together."""

import pytest

from src.conviction_gate import decide
from src.gates.base import GateContext
from src.gates.view import MarketView, exposures_of
from src.records.decisions import Decision, Verdict
from src.records.enums import Direction, Ruling
from src.records.gate_facts import Exposure, MeasuredCost
from src.records.ledger import StopView
from tests.gate_fakes import (
    LEADER,
    LOT,
    SYMBOL,
    a_context,
    a_policy,
    a_position,
    a_prediction,
    a_signal,
    replaced,
    some_features,
)


def held(usd: float | None, stop_loss: float | None, symbol: str = LEADER) -> Exposure:
    return Exposure(symbol=symbol, direction=Direction.SHORT, notional_usd=usd, stop_loss_usd=stop_loss)


def decided(context: GateContext) -> Decision:
    signal = a_signal()
    return decide(signal, a_prediction(signal), context)


def verdict(context: GateContext, check: str) -> Verdict:
    return next(v for v in decided(context).verdicts if v.check == check)


def test_the_stops_of_all_positions_leave_the_room_that_there_is() -> None:
    context = a_context(exposures=(held(1_000.0, 285.0),))
    found = verdict(context, "risk.stops")
    assert found.ruling is Ruling.RESIZE
    assert found.measured == pytest.approx((285 + 2_000 * 0.02) / 10_000)
    assert found.size_factor == pytest.approx(15 / 40)
    assert decided(context).size_usd == pytest.approx(2_000 * 15 / 40)


def test_a_position_without_a_stop_counts_as_gapped() -> None:
    assert verdict(a_context(exposures=(held(1_400.0, None),)), "risk.stops").size_factor == pytest.approx(
        0.5
    )
    assert verdict(a_context(exposures=(held(1_600.0, None),)), "risk.stops").ruling is Ruling.BLOCK


def test_a_gap_of_all_prices_stays_within_its_limit() -> None:
    policies = a_policy(max_gap_loss_share=0.05)
    found = verdict(a_context(policies=policies, exposures=(held(1_500.0, 1.0),)), "risk.gap")
    assert found.measured == pytest.approx(0.2 * 3_500 / 10_000)
    assert found.size_factor == pytest.approx(0.5)


def test_liquidation_is_at_least_twice_as_far_as_the_stop() -> None:
    assert verdict(a_context(), "risk.liquidation").measured == pytest.approx((10_000 - 20) / 2_000 * 1e4)
    near = a_context(lots={SYMBOL: replaced(LOT, maintenance_share=4.97), LEADER: LOT})
    found = verdict(near, "risk.liquidation")
    assert (found.ruling, found.reason) == (Ruling.BLOCK, "liquidation_too_near")
    assert found.required == pytest.approx(400)


@pytest.mark.parametrize("check", ["risk.stops", "risk.gap", "risk.liquidation"])
def test_a_position_of_unknown_value_blocks(check: str) -> None:
    assert verdict(a_context(exposures=(held(None, None),)), check).ruling is Ruling.BLOCK


def test_an_open_position_loses_from_the_newest_price_to_its_stop() -> None:
    view = MarketView()
    view.take(some_features(mid=2_050.0))
    stop = StopView(
        order_id="1",
        cli_ord_id="tb",
        price=a_position().entry_price - 40,
        size=a_position().size,
        confirmed=True,
    )
    (exposure,) = exposures_of([a_position(stop=stop)], view)
    assert exposure.notional_usd == pytest.approx(0.5 * 2_050)
    assert exposure.stop_loss_usd == pytest.approx(0.5 * 90)
    (naked,) = exposures_of([a_position()], view)
    assert naked.stop_loss_usd is None


def test_measured_costs_count_where_they_are_larger() -> None:
    dear = MeasuredCost(taker_fee_bps=7.0, slippage_bps=4.0, fills=20)
    cheap = MeasuredCost(taker_fee_bps=1.0, slippage_bps=-3.0, fills=20)
    plain = decided(a_context()).cost_bps
    assert plain is not None
    assert decided(a_context(measured_costs={SYMBOL: dear})).cost_bps == pytest.approx(plain + 8.0)
    assert decided(a_context(measured_costs={SYMBOL: cheap})).cost_bps == pytest.approx(plain)
