"""A stop that did not close its position: whatever is left is sold until it is flat, and everybody is told."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.exchange.base import Answer, OrderRequest, Outcome
from src.records.enums import OrderPurpose, OrderType, TriggerSignal
from src.records.orders import OrderIntent, OrderState
from src.records.settings import BotSettings
from src.records.stops import Stops
from src.report.bare_time import bare_numbers
from tests.exchange_fakes import World, the_settings
from tests.fault_rows_fakes import FaultyDesk, faulty_desk
from tests.paper_exchange_fakes import XBT

GAP = {"markets": {XBT: {"gap_bps": -500, "thin": 0.1}}}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[FaultyDesk]:
    with faulty_desk(tmp_path) as made:
        yield made


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[FaultyDesk]:
    """Return a bot whose stops fire limit orders."""
    with ExitStack() as stack:
        yield stack.enter_context(faulty_desk(tmp_path, with_stops(limit_offset_bps=100.0)))


def with_stops(**changes: object) -> BotSettings:
    return msgspec.structs.replace(the_settings(), stops=msgspec.structs.replace(Stops(), **changes))


def buyers_come(bot: FaultyDesk) -> None:
    bot.paper.level("buy", 99.0, 40.0)


def assert_left(bot: FaultyDesk) -> None:
    (closed,) = bot.closed()
    assert closed.exit_reason == "stop"
    assert closed.size == 4
    bot.assert_whole()
    assert bot.position() == 0
    assert bot.desk.freeze_reasons() == ()


def test_what_a_gap_of_5_percent_leaves_open_is_sold_in_steps_until_flat(bot: FaultyDesk) -> None:
    bot.enter(size="4")
    bot.paper.order_faults(**GAP)
    bot.wait(2)
    assert 0 < bot.position() < 4, "the book is empty"
    assert bot.desk.freeze_reasons() == (f"stop_remainder:{XBT}",), "and nothing is entered meanwhile"
    buyers_come(bot)
    bot.wait(1)
    assert_left(bot)
    exits = bot.intents(OrderPurpose.EXIT)
    assert exits
    for intent in exits:
        assert (intent.reduce_only, intent.order_type, intent.reason) == (True, OrderType.IOC, "stop")


def test_the_same_gap_while_the_bot_is_dead_is_answered_at_the_start(bot: FaultyDesk) -> None:
    bot.enter(size="4")
    bot.die()
    bot.paper.order_faults(**GAP)
    bot.paper.step()
    assert 0 < bot.paper.held() < 4
    buyers_come(bot)
    bot.live_again()
    bot.wait(2)
    assert_left(bot)


def test_a_fired_stop_that_found_nobody_is_followed_by_orders_not_by_a_stop(bot: FaultyDesk) -> None:
    bot.enter(size="4")
    asked = len(bot.intents(OrderPurpose.STOP))
    for side, price in (("buy", 99.0), ("buy", 98.0), ("buy", 90.0)):
        bot.paper.level(side, price, 0.0)
    bot.paper.mark(94.0)
    assert not bot.stops(), "it has fired into an empty book"
    assert bot.paper.held() == 4
    bot.paper.level("buy", 93.0, 9.0)
    bot.desk.observe(XBT, Decimal(94))
    bot.wait(1.5)
    assert_left(bot)
    assert len(bot.intents(OrderPurpose.STOP)) == asked


def test_while_the_market_is_closed_the_rest_is_tried_less_and_less_often(bot: FaultyDesk) -> None:
    bot.enter(size="4")
    bot.paper.order_faults(**GAP)
    bot.paper.order_faults(markets={XBT: {"suspended": True}})
    bot.wait(60)
    tried = len(bot.intents(OrderPurpose.EXIT))
    assert 8 <= tried <= 20, "of 120 steps"
    bot.paper.order_faults()
    bot.wait(9)
    assert_left(bot)


def test_a_stop_with_a_limit_says_how_far_it_goes_and_what_rests_of_it_is_taken_back(
    limited: FaultyDesk,
) -> None:
    limited.enter(size="4")
    (intent,) = limited.intents(OrderPurpose.STOP)
    assert intent.stop_price == intent.limit_price == 96, "the tick is 1"
    assert intent.trigger is TriggerSignal.MARK
    limited.paper.order_faults(**GAP)
    assert limited.paper.held() == 4, "nobody pays 96"
    limited.wait(1)
    assert limited.paper.service.request("openorders", {})["openOrders"] == []
    buyers_come(limited)
    limited.wait(1)
    assert_left(limited)


def test_a_stop_that_rests_otherwise_than_asked_is_replaced(bot: FaultyDesk) -> None:
    bot.enter()
    (first,) = bot.intents(OrderPurpose.STOP)
    bot.somebody("editorder", cliOrdId=first.cli_ord_id, stopPrice="60", size="1")
    bot.wait(32)
    assert [intent.stop_price for intent in bot.intents(OrderPurpose.STOP)] == [96, 96]
    bot.assert_whole()
    assert bot.fate(OrderPurpose.STOP) == (OrderState.ACKED, "placed")


def test_a_stop_that_never_arrived_is_followed_by_another_before_the_search_for_it_ends(
    bot: FaultyDesk,
) -> None:
    bot.paper.call_fault(path="sendorder", act="drop", work=False, nth=[2])
    bot.enter()
    assert bot.stops() == []
    bot.wait(3.5)
    assert bot.stops() == [1]
    assert bot.desk.blocked(XBT) == "unresolved_order", "no entry while the first one is in doubt"
    bot.wait(25)
    bot.assert_whole()


def test_a_stop_that_cannot_be_placed_is_tried_again_where_no_exit_is_taken_either(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.desk.step(world.paper.now)
    world.paper.now += 1

    def refuse(_: str) -> None:
        sent = sum(asked == "sendorder" for asked in world.exchange.asked)
        world.paper.engine.core.contracts[XBT].suspended = 1 < sent < 9

    world.exchange.before = refuse
    world.enter()
    world.wait(4)
    assert world.desk.freeze_reasons() == (f"unprotected:{XBT}",)
    purposes = [event.purpose.value for event in world.events() if isinstance(event, OrderIntent)]
    assert purposes[:7] == ["ENTRY", "STOP", "STOP", "STOP", "EXIT", "STOP", "EXIT"]
    world.wait(30)
    assert world.desk.freeze_reasons() == ()
    held = world.paper.size()
    assert [order.unfilled for order in world.resting()] == ([held] if held else [])
    world.stop()


@pytest.mark.parametrize("word", ["apiLimitExceeded", "own_rate_budget_spent"])
def test_a_stop_that_is_refused_for_a_budget_of_requests_is_tried_until_it_rests(
    tmp_path: Path, word: str
) -> None:
    world = World(tmp_path)
    world.desk.step(world.paper.now)
    world.paper.now += 1
    send, asked = world.exchange.send, list[OrderRequest]()

    def refuse(request: OrderRequest) -> Answer:
        asked.append(request)
        return Answer(Outcome.NO, None, word) if 1 < len(asked) < 8 else send(request)

    world.exchange.send = refuse  # type: ignore[method-assign] # this test's own venue
    world.enter()
    world.wait(20)
    assert [request.order_type for request in asked] == [OrderType.IOC, *[OrderType.STOP] * 7]
    assert [order.unfilled for order in world.resting()] == [world.paper.size()]
    assert world.closed() == []
    world.stop()


def test_how_long_each_position_stood_bare_is_told(bot: FaultyDesk) -> None:
    bot.enter()
    (view,) = bot.desk.positions()
    assert view.stop is not None
    assert view.stop.unprotected_s == 0.0
    bot.paper.call_fault(path="sendorder", act="drop", work=False, nth=[3])
    bot.exit()
    bot.wait(30)
    bare = bare_numbers(bot.events(), bot.entries())
    assert (bare.positions, bare.longest_s, bare.never) == (1, 0.0, 0)
