"""Every call of python-kraken-sdk's futures Trade client, over real HTTP to a market that obeys the test."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from kraken.futures import Trade

from src.exchange.simulator.server import ORDER_MEMORY_S
from tests.kraken_sdk_fakes import XBT, Calls, Sdk, calls_of, sdk_of
from tests.wire_fakes import Wire, wired

CALLS = Calls()
ODD = "a b/c+d&e=%41ü"
"""A client id that is written in different ways by those who write forms."""


@dataclass(frozen=True)
class Desk:
    """An exchange whose book is 99 to 101, 5 on each of two levels, and who trades on it."""

    wire: Wire
    sdk: Sdk


@pytest.fixture(scope="module")
def exchange() -> Iterator[Desk]:
    with wired() as wire, sdk_of(wire.endpoint) as sdk:
        yield Desk(wire, sdk)


@pytest.fixture
def desk(exchange: Desk) -> Desk:
    """Return a desk without orders, positions and memories of orders, whose book is whole."""
    exchange.sdk.trade.cancel_all_orders()
    for held in exchange.sdk.user.get_open_positions()["openPositions"]:
        _whole(exchange)
        side = "sell" if held["side"] == "long" else "buy"
        exchange.sdk.send("mkt", side, held["size"], reduceOnly=True)
    _whole(exchange)
    exchange.wire.clock.advance_by(2 * ORDER_MEMORY_S)
    return exchange


def _whole(desk: Desk) -> None:
    desk.wire.book(bids=((99.0, 5.0), (98.0, 5.0)), asks=((101.0, 5.0), (102.0, 5.0)))
    desk.wire.mark(100.0)


@pytest.mark.parametrize("call", calls_of(Trade))
def test_the_call_is_answered_with_sane_values(desk: Desk, call: str) -> None:
    CALLS.of(call)(desk)


@CALLS.made_by("create_order")
def _order(desk: Desk) -> None:
    status = desk.sdk.limit(90.0, cliOrdId=ODD, reduceOnly=False)
    (event,) = status["orderEvents"]
    assert (event["type"], event["order"]["quantity"], event["order"]["cliOrdId"]) == ("PLACE", 0.01, ODD)
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert (row["order_id"], row["cliOrdId"], row["limitPrice"]) == (status["order_id"], ODD, 90.0)
    assert (row["unfilledSize"], row["reduceOnly"], row["status"]) == (0.01, False, "untouched")


@pytest.mark.parametrize(("side", "size", "prices"), [("buy", 8.0, [101.0, 102.0]), ("sell", 2.0, [99.0])])
def test_a_market_order_is_executed_at_the_prices_of_the_book(
    desk: Desk, side: str, size: float, prices: list[float]
) -> None:
    executed = desk.sdk.send("mkt", side, size)["orderEvents"]
    assert [event["price"] for event in executed] == prices
    assert sum(event["amount"] for event in executed) == size
    (position,) = desk.sdk.user.get_open_positions()["openPositions"]
    average = sum(event["price"] * event["amount"] for event in executed) / size
    assert (position["side"], position["size"]) == ("long" if side == "buy" else "short", size)
    assert position["price"] == pytest.approx(average)


@pytest.mark.parametrize("reduce_only", [True, False])
def test_flags_are_understood_as_python_writes_them(desk: Desk, reduce_only: bool) -> None:
    desk.sdk.send("mkt", "buy", 0.02)
    desk.sdk.send("lmt", "sell", 0.01, limitPrice=110.0, reduceOnly=reduce_only)
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert row["reduceOnly"] is reduce_only


@pytest.mark.parametrize(("signal", "told"), [("mark", "mark"), ("spot", "index"), ("last", "last")])
def test_a_stop_waits_for_the_signal_it_names(desk: Desk, signal: str, told: str) -> None:
    desk.sdk.send("mkt", "buy", 0.02)
    sent = desk.sdk.send(
        "stp", "sell", 0.02, stopPrice=90, limitPrice=89.0, triggerSignal=signal, reduceOnly=True
    )
    trigger = sent["orderEvents"][0]["orderTrigger"]
    assert (trigger["triggerPrice"], trigger["triggerSide"]) == (90.0, "trigger_below")
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert (row["orderType"], row["stopPrice"], row["limitPrice"]) == ("stop", 90.0, 89.0)
    assert row["triggerSignal"] in {told, signal}


def test_a_stop_that_fires_closes_the_position(desk: Desk) -> None:
    desk.sdk.send("mkt", "buy", 0.02)
    desk.sdk.send("stp", "sell", 0.02, stopPrice=95, triggerSignal="mark", reduceOnly=True)
    desk.wire.mark(94.0)
    assert desk.sdk.user.get_open_positions()["openPositions"] == []
    assert desk.sdk.open_ids() == []
    newest = desk.sdk.trade.get_fills()["fills"][0]
    assert (newest["side"], newest["size"], newest["price"]) == ("sell", 0.02, 99.0)


@CALLS.made_by("edit_order")
def _edit(desk: Desk) -> None:
    placed = desk.sdk.limit(90.0, cliOrdId="mine")["order_id"]
    edited = desk.sdk.trade.edit_order(cliOrdId="mine", size=0.03, limitPrice=91.0)["editStatus"]
    assert (edited["status"], edited["orderId"]) == ("edited", placed)
    edited = desk.sdk.trade.edit_order(orderId=placed, size="0.02", limitPrice="92")["editStatus"]
    old, new = edited["orderEvents"][0]["old"], edited["orderEvents"][0]["new"]
    assert (old["quantity"], old["limitPrice"]) == (0.03, 91.0)
    assert (new["quantity"], new["limitPrice"]) == (0.02, 92.0)
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert (row["order_id"], row["unfilledSize"], row["limitPrice"]) == (placed, 0.02, 92.0)


def test_a_stop_is_moved_by_its_stop_price(desk: Desk) -> None:
    desk.sdk.send("mkt", "buy", 0.02)
    stop = desk.sdk.send("stp", "sell", 0.02, stopPrice=90, triggerSignal="mark", reduceOnly=True)
    edited = desk.sdk.trade.edit_order(orderId=stop["order_id"], stopPrice=91.0, size=0.02)
    assert edited["editStatus"]["status"] == "edited"
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert row["stopPrice"] == 91.0


@CALLS.made_by("cancel_order")
def _cancel(desk: Desk) -> None:
    first, second = desk.sdk.limit(90.0)["order_id"], desk.sdk.limit(91.0, cliOrdId=ODD)["order_id"]
    by_id = desk.sdk.trade.cancel_order(order_id=first)["cancelStatus"]
    assert (by_id["status"], by_id["order_id"], desk.sdk.open_ids()) == ("cancelled", first, [second])
    by_name = desk.sdk.trade.cancel_order(cliOrdId=ODD)["cancelStatus"]
    assert (by_name["status"], by_name["order_id"], desk.sdk.open_ids()) == ("cancelled", second, [])
    assert desk.sdk.trade.cancel_order(order_id=first)["cancelStatus"]["status"] == "notFound"


@CALLS.made_by("cancel_all_orders")
def _cancel_all(desk: Desk) -> None:
    ids = {desk.sdk.limit(90.0)["order_id"], desk.sdk.limit(91.0)["order_id"]}
    spared = desk.sdk.trade.cancel_all_orders(symbol="PF_ETHUSD")["cancelStatus"]
    assert (spared["status"], spared["cancelledOrders"]) == ("noOrdersToCancel", [])
    status = desk.sdk.trade.cancel_all_orders(symbol=XBT)["cancelStatus"]
    assert (status["status"], status["cancelOnly"]) == ("cancelled", XBT)
    assert {order["order_id"] for order in status["cancelledOrders"]} == ids
    assert desk.sdk.open_ids() == []


@CALLS.made_by("dead_mans_switch")
def _switch(desk: Desk) -> None:
    desk.sdk.limit(90.0)
    armed = desk.sdk.trade.dead_mans_switch(60)["status"]
    assert armed["triggerTime"] > armed["currentTime"]
    assert desk.sdk.trade.dead_mans_switch()["status"]["triggerTime"] == "0"
    desk.sdk.trade.dead_mans_switch(60)
    desk.wire.clock.advance_by(61.0)
    assert desk.sdk.open_ids() == []


@CALLS.made_by("get_orders_status")
def _statuses(desk: Desk) -> None:
    resting = desk.sdk.limit(90.0, cliOrdId=ODD)["order_id"]
    done = desk.sdk.send("mkt", "buy", 0.02, cliOrdId="done")["order_id"]
    told = desk.sdk.trade.get_orders_status(orderIds=[resting, done])["orders"]
    status = {row["order"]["orderId"]: (row["status"], row["order"]["filled"]) for row in told}
    assert status == {resting: ("ENTERED_BOOK", 0.0), done: ("FULLY_EXECUTED", 0.02)}
    for names in (ODD, [ODD, "unheard of"]):
        (row,) = desk.sdk.trade.get_orders_status(cliOrdIds=names)["orders"]
        assert (row["order"]["orderId"], row["order"]["limitPrice"]) == (resting, 90.0)


@CALLS.made_by("get_fills")
def _fills(desk: Desk) -> None:
    sent = desk.sdk.send("mkt", "buy", 8.0, cliOrdId="mine")
    second, first = desk.sdk.trade.get_fills()["fills"][:2]
    for fill, event in zip((first, second), sent["orderEvents"], strict=True):
        assert (fill["order_id"], fill["cliOrdId"]) == (sent["order_id"], "mine")
        assert (fill["fill_id"], fill["price"]) == (event["executionId"], event["price"])
        assert (fill["size"], fill["side"], fill["fillType"]) == (event["amount"], "buy", "taker")
    desk.wire.clock.advance_by(1.0)
    _whole(desk)
    later = desk.sdk.send("mkt", "sell", 8.0, reduceOnly=True)["orderEvents"][0]["executionId"]
    newest = desk.sdk.trade.get_fills()["fills"][0]
    assert newest["realized_pnl"] < 0
    earlier = desk.sdk.trade.get_fills(lastFillTime=newest["fillTime"])["fills"]
    assert later not in {fill["fill_id"] for fill in earlier}
    assert earlier[0]["fill_id"] == second["fill_id"]


@CALLS.made_by("create_batch_order")
def _batch(desk: Desk) -> None:
    gone = desk.sdk.limit(90.0)["order_id"]
    send = {"order": "send", "orderType": "lmt", "symbol": XBT, "side": "buy", "size": 0.01}
    told = desk.sdk.trade.create_batch_order(
        [
            send | {"order_tag": "1", "limitPrice": 91.0, "cliOrdId": ODD, "reduceOnly": False},
            {"order": "edit", "order_tag": "2", "cliOrdId": ODD, "size": 0.02, "limitPrice": 92.0},
            {"order": "cancel", "order_id": gone},
        ]
    )["batchStatus"]
    assert [status["status"] for status in told] == ["placed", "edited", "cancelled"]
    (row,) = desk.sdk.user.get_open_orders()["openOrders"]
    assert (row["cliOrdId"], row["unfilledSize"], row["limitPrice"]) == (ODD, 0.02, 92.0)
    late = desk.sdk.trade.create_batch_order(
        [send | {"order_tag": "3", "limitPrice": 91.0}], processBefore="2020-01-01T00:00:00.000Z"
    )["batchStatus"]
    assert [status["status"] for status in late] == ["wouldProcessAfterSpecifiedTime"]


def test_an_order_that_comes_too_late_is_not_placed(desk: Desk) -> None:
    sent = desk.sdk.send("lmt", "buy", 0.01, limitPrice=90.0, processBefore="2020-01-01T00:00:00.000Z")
    assert sent["status"] == "wouldProcessAfterSpecifiedTime"
    assert desk.sdk.open_ids() == []
