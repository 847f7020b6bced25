"""What the exchange may mean: each row is a fault of trading and the outcome that is promised for it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from src.alerts.conditions import Subject, from_warnings
from src.exchange.errors import OrderRefused
from src.records.alerts import AlertKind
from src.records.enums import OrderPurpose
from src.records.ledger import Positions
from src.records.orders import CancelIntent, OrderIntent, OrderState
from src.store.document import DocumentFile
from tests.fault_rows_fakes import FaultyDesk, faulty_desk
from tests.paper_exchange_fakes import XBT

ONE = Decimal(1)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[FaultyDesk]:
    with faulty_desk(tmp_path) as made:
        yield made


def test_e1_partial_fill_then_cancel_leaves_the_sum_of_the_fills_under_a_stop(bot: FaultyDesk) -> None:
    bot.paper.order_faults(markets={XBT: {"thin": 0.1}})
    submission = bot.enter(size="4")
    assert 0 < submission.filled < 4
    assert bot.position() == sum(fill.size for fill in bot.fills()) == bot.paper.held() == submission.filled
    assert bot.fate() == (OrderState.DONE, "placed")
    bot.assert_whole()


def test_e2_fills_twice_out_of_order_and_before_their_ack_are_booked_once(bot: FaultyDesk) -> None:
    bot.paper.order_faults(
        calls=[{"path": "fills", "act": "jumble"}, {"path": "sendorder", "act": "drop", "nth": [1]}]
    )
    bot.enter(size="6", cap_bps=200)
    bot.wait(4)
    bot.restart()
    bot.wait(1)
    names = [fill.fill_id for fill in bot.fills()]
    assert len(names) == len(set(names)) > 1
    bot.assert_whole()
    assert bot.position() == 6


def test_e3_a_name_that_is_taken_already_says_that_the_order_is_there(bot: FaultyDesk) -> None:
    taken = {"sendStatus": {"status": "clientOrderIdAlreadyExist", "order_id": None}}
    bot.paper.call_fault(path="sendorder", act="patch", patch=taken, nth=[2])
    bot.enter()
    assert bot.fate(OrderPurpose.STOP)[0] is OrderState.UNKNOWN
    bot.wait(4)
    assert bot.fate(OrderPurpose.STOP)[0] is OrderState.ACKED
    assert len(bot.intents(OrderPurpose.STOP)) == 1
    bot.assert_whole()


@pytest.mark.parametrize(
    ("word", "state"),
    [("wouldCauseLiquidation", OrderState.REJECTED), ("aWordOfTomorrow", OrderState.UNKNOWN)],
)
def test_e4_no_position_is_booked_from_a_word(bot: FaultyDesk, word: str, state: OrderState) -> None:
    status: dict[str, object] = {"status": word, "order_id": None, "orderEvents": []}
    bot.paper.order_faults(
        markets={XBT: {"suspended": True}},
        calls=[{"path": "sendorder", "act": "patch", "patch": {"sendStatus": status}}],
    )
    bot.enter()
    assert bot.fate() == (state, word)
    assert bot.position() == 0 == len(bot.fills())


def test_e4_a_yes_without_an_id_is_looked_for(bot: FaultyDesk) -> None:
    bot.paper.call_fault(path="sendorder", act="patch", patch={"sendStatus": {"order_id": None}}, nth=[1])
    bot.enter()
    assert bot.fate()[0] is OrderState.UNKNOWN
    bot.wait(4)
    assert bot.fate()[0] is OrderState.DONE
    bot.assert_whole()


def test_e5_a_liquidation_is_external_and_freezes_entries(bot: FaultyDesk) -> None:
    bot.enter()
    bot.paper.order_faults(now=["liquidate"])
    bot.paper.order_faults()
    bot.wait(2)
    (closed,) = bot.closed()
    assert closed.exit_reason == "liquidation"
    assert f"liquidation:{XBT}" in bot.frozen()
    bot.wait(31)
    assert bot.stops() == []
    assert bot.refused() == "frozen"


def test_e5_a_close_by_hand_is_external_and_freezes_entries(bot: FaultyDesk) -> None:
    bot.enter()
    bot.somebody_trades("sell", "1", reduceOnly="true")
    bot.wait(3)
    (closed,) = bot.closed()
    assert closed.exit_reason == "external"
    assert f"external:{XBT}" in bot.frozen()
    assert bot.stops() == []
    assert bot.refused() == "frozen"


def test_e6_a_position_of_somebody_else_is_named_left_alone_and_may_be_accepted(bot: FaultyDesk) -> None:
    bot.somebody_trades("buy", "2")
    bot.wait(61)
    assert {f"external:{XBT}", f"foreign_position:{XBT}"} <= set(bot.frozen())
    assert bot.desk.positions()[0].strategy is None
    assert bot.events() == []
    assert bot.desk.accept(XBT) == (f"foreign_position:{XBT}",)
    bot.wait(61)
    assert bot.desk.freeze_reasons() == ()
    bot.somebody_trades("buy", "1")
    bot.wait(61)
    assert f"foreign_position:{XBT}" in bot.desk.freeze_reasons()


def test_e7_for_quantity_the_venue_is_right_and_its_correction_is_made_once(bot: FaultyDesk) -> None:
    bot.enter()
    shown = {"openPositions": {"size": 2, "price": 102}}
    bot.paper.call_fault(path="openpositions", act="patch", patch=shown)
    bot.wait(65)
    assert f"position_mismatch:{XBT}" in bot.desk.freeze_reasons()
    assert bot.position() == 1
    bot.wait(65)
    names = [fill.fill_id for fill in bot.fills() if fill.fill_type == "reconciled"]
    assert len(names) == 1
    (position,) = bot.desk.positions()
    assert (position.size, position.entry_price, position.strategy is not None) == (
        Decimal(2),
        Decimal(102),
        True,
    )
    assert position.stop is not None
    assert position.stop.size == 2
    assert f"position_corrected:{XBT}" in bot.frozen()
    for _ in range(2):
        bot.restart()
        bot.wait(70)
    assert [fill.fill_id for fill in bot.fills() if fill.fill_type == "reconciled"] == names


def test_e7_a_flipped_side_closes_and_opens_what_nobody_manages(bot: FaultyDesk) -> None:
    bot.enter()
    bot.paper.call_fault(path="openpositions", act="patch", patch={"openPositions": {"side": "short"}})
    bot.wait(130)
    assert [fill.fill_type for fill in bot.fills()][1:] == ["reconciled", "reconciled"]
    (position,) = bot.desk.positions()
    assert (bot.position(), position.strategy) == (-ONE, None)
    assert bot.closed()[0].gross_pnl_usd == 0


@pytest.mark.parametrize("lag_s", [0, 3600])
def test_e8_ten_minutes_after_a_kill_the_fill_of_a_lost_answer_is_found(
    bot: FaultyDesk, lag_s: float
) -> None:
    bot.paper.order_faults(calls=[{"path": "sendorder", "act": "drop"}], history_lag_s=lag_s)
    bot.enter()
    bot.die()
    bot.clock.advance_by(600)
    bot.paper.order_faults(history_lag_s=lag_s)
    bot.live_again()
    bot.wait(3)
    assert bot.fate() == (OrderState.DONE, "found_filled")
    assert bot.paper.held() == 1
    bot.assert_whole()


def test_e8_only_the_history_still_knows_an_order_that_ended_without_a_fill(bot: FaultyDesk) -> None:
    bot.paper.call_fault(path="sendorder", act="drop", nth=[2])
    bot.enter()
    assert bot.fate(OrderPurpose.STOP)[0] is OrderState.UNKNOWN
    bot.die()
    bot.paper.order_faults(now=["cancel_all"])
    bot.clock.advance_by(600)
    bot.paper.order_faults()
    bot.live_again()
    lost = bot.intents(OrderPurpose.STOP)[0].cli_ord_id
    bot.wait(20)
    told = [event for event in bot.events() if not isinstance(event, OrderIntent | CancelIntent)]
    newest = [update for update in told if update.cli_ord_id == lost][-1]
    assert (newest.state, newest.reason) == (OrderState.DONE, "history_cancelled")
    bot.assert_whole()


def test_e8_an_order_that_nothing_knows_was_not_placed(bot: FaultyDesk) -> None:
    bot.paper.call_fault(path="sendorder", act="drop", work=False)
    bot.enter()
    bot.die()
    bot.clock.advance_by(600)
    bot.paper.order_faults()
    bot.live_again()
    bot.wait(10)
    assert bot.fate()[0] is OrderState.UNKNOWN
    bot.wait(10)
    assert bot.fate() == (OrderState.NOT_PLACED, "found_nowhere")
    bot.assert_whole()


def test_e8_without_an_answer_of_the_history_nothing_is_concluded(bot: FaultyDesk) -> None:
    bot.paper.order_faults(
        calls=[
            {"path": "sendorder", "act": "drop", "work": False},
            {"path": "history/*", "act": "drop"},
            {"path": "orders", "act": "drop"},
        ]
    )
    bot.enter()
    bot.wait(40)
    assert bot.fate()[0] is OrderState.UNKNOWN
    bot.paper.order_faults()
    bot.wait(12)
    assert bot.fate()[0] is OrderState.NOT_PLACED


def test_e9_when_all_stops_are_gone_protection_comes_first(bot: FaultyDesk) -> None:
    bot.enter()
    bot.somebody("cancelallordersafter", timeout="60")
    bot.clock.advance_by(61)
    bot.paper.step()
    assert bot.stops() == []
    known = len(bot.events())
    bot.wait(1)
    sent = [event for event in bot.events()[known:] if isinstance(event, OrderIntent)]
    assert [intent.purpose for intent in sent] == [OrderPurpose.STOP]
    bot.assert_whole()


def test_e10_an_exit_of_what_is_closed_already_is_refused_and_verified(bot: FaultyDesk) -> None:
    bot.enter()
    bot.somebody_trades("sell", "1", reduceOnly="true")
    assert bot.exit().word == "wouldNotReducePosition"
    bot.wait(3)
    assert bot.position() == 0
    assert len(bot.intents(OrderPurpose.EXIT)) == 1
    assert bot.stops() == []


def test_e11_the_fee_that_was_charged_is_booked_not_the_one_that_was_expected(bot: FaultyDesk) -> None:
    bot.paper.order_faults(fee_factor=3)
    bot.enter()
    bot.wait(61)
    expected = ONE * 101 * Decimal("0.0005")
    assert bot.desk.positions()[0].fees_usd == pytest.approx(3 * expected)


def test_e11_fees_that_are_not_the_configured_ones_are_an_alarm_and_freeze_nothing(bot: FaultyDesk) -> None:
    bot.enter()
    bot.exit()
    bot.wait(2)
    assert warnings(bot) == ()
    bot.paper.order_faults(fee_factor=3)
    bot.enter()
    bot.exit()
    bot.wait(2)
    (told,) = warnings(bot)
    assert told.startswith("fees_above_configured: 0.4000 USD over 4, expected 0.2000")
    assert bot.frozen() == ()
    bot.restart()
    bot.wait(2)
    assert warnings(bot) == (told,)
    assert from_warnings(warnings(bot)) == {Subject(AlertKind.COST, "fees_above_configured"): told}


def warnings(bot: FaultyDesk) -> tuple[str, ...]:
    """Return what the view tells a person."""
    view = DocumentFile(bot.home.positions_futures, Positions, writer="test").read()
    assert view is not None
    return view.warnings


@pytest.mark.parametrize("closed", ["suspended", "post_only"])
def test_e12_a_closed_market_takes_no_entries_and_exits_are_tried_again(bot: FaultyDesk, closed: str) -> None:
    bot.enter()
    bot.paper.order_faults(markets={XBT: {closed: True}})
    assert bot.exit().state is OrderState.REJECTED
    bot.wait(2)
    assert bot.paper.held() == 1
    bot.paper.order_faults()
    assert bot.exit().filled == 1
    bot.assert_whole()
    bot.paper.order_faults(markets={XBT: {closed: True}})
    bot.wait(601, every=20)
    assert bot.refused() == "not_tradeable"


def test_e13_more_fills_than_a_page_are_booked_to_the_last(bot: FaultyDesk) -> None:
    bot.enter()
    bot.die()
    for number in range(350):
        side = "buy" if number % 2 else "sell"
        form = {"symbol": XBT, "orderType": "mkt", "side": side, "size": "0.01"}
        bot.paper.service.request("sendorder", form)
        bot.clock.advance_by(0.1)
    bot.live_again()
    bot.wait(3)
    assert len(bot.fills()) == 351
    assert {fill.fill_id for fill in bot.fills()} == {
        fill.fill_id for fill in bot.paper.service.engine.core.state.fills
    }
    bot.assert_whole()


def test_m8_a_size_of_an_old_step_is_not_sent(bot: FaultyDesk) -> None:
    bot.paper.call_fault(
        path="instruments", act="patch", patch={"instruments": {"contractValueTradePrecision": 0}}
    )
    bot.wait(601, every=20)
    with pytest.raises(OrderRefused, match="bad_size"):
        bot.enter(size="0.5")
    assert bot.events() == []
