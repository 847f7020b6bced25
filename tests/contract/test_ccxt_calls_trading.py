"""Every recorded call of ccxt that changes something: made by the unmodified client over real HTTP."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import ccxt
import pytest

from tests.ccxt_callers import SOME_ID, Caller, Checks, Client, Recorded, S, connected, recorded_calls
from tests.paper_exchange_server import Served, served

CHECKS = Checks()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module", params=["sync", "async"])
def client(request: pytest.FixtureRequest, exchange: Served) -> Iterator[Client]:
    yield from connected(exchange.endpoint, request.param)


@pytest.mark.parametrize("recorded", [c for c in recorded_calls() if c.changes], ids=str)
def test_the_call_is_answered_and_parsed(client: Client, recorded: Recorded) -> None:
    caller = Caller(client, recorded.row)
    caller.clean()
    CHECKS.of(recorded)(caller)


# sendorder
@CHECKS.of_call("create_order", 0)
@CHECKS.of_call("create_order", 1)
def _market(caller: Caller) -> None:
    order = caller.call()
    assert (order["status"], order["filled"], order["side"]) == ("closed", 0.01, "buy")
    assert order["average"] == pytest.approx(84_000, rel=0.05)
    assert [position["contracts"] for position in caller.client.fetch_positions()] == [0.01]


@CHECKS.of_call("create_order", 2)
def _limit(caller: Caller) -> None:
    order = caller.call()
    assert (order["status"], order["clientOrderId"], order["remaining"]) == ("open", "bot-1", 0.01)
    assert order["info"]["orderEvents"][0]["order"]["limitPrice"] == 80_000


@CHECKS.of_call("create_order", 3)
@CHECKS.of_call("create_order", 4)
@CHECKS.of_call("create_order", 5)
@CHECKS.of_call("create_order", 6)
@CHECKS.of_call("create_order", 7)
@CHECKS.of_call("create_order", 10)
def _sold_from_a_long(caller: Caller) -> None:
    caller.long()
    order = caller.call()
    assert (order["status"], order["filled"], order["side"]) == ("closed", 0.01, "sell")
    assert [position["contracts"] for position in caller.client.fetch_positions()] == [0.01]


@CHECKS.of_call("create_order", 8)
def _post_that_would_execute(caller: Caller) -> None:
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        caller.call()


@CHECKS.of_call("create_order", 9)
def _post(caller: Caller) -> None:
    order = caller.call()
    assert (order["status"], order["postOnly"]) == ("open", True)


@CHECKS.of_call("create_order", 11)
@CHECKS.of_call("create_order", 12)
@CHECKS.of_call("create_order", 13)
@CHECKS.of_call("create_order", 14)
def _trigger(caller: Caller) -> None:
    caller.long()
    order = caller.call()
    params = caller.row["args"][5]
    stop = next(
        params[name] for name in ("stopLossPrice", "takeProfitPrice", "triggerPrice") if name in params
    )
    assert (order["status"], order["triggerPrice"], order["reduceOnly"]) == ("open", stop, True)
    shown = order["info"]["orderEvents"][0]["orderTrigger"]
    assert shown["triggerSide"] == ("trigger_above" if "takeProfitPrice" in params else "trigger_below")
    assert shown["triggerSignal"] == ("mark_price" if "triggerSignal" in params else "last_price")
    assert shown["limitPrice"] == caller.row["args"][4]
    (kept,) = caller.client.fetch_open_orders(S)
    assert (kept["id"], kept["info"]["stopPrice"]) == (order["id"], stop)


@CHECKS.of_call("create_order", 15)
def _too_late(caller: Caller) -> None:
    order = caller.call()
    assert (order["id"], order["info"]["status"]) == (None, "wouldProcessAfterSpecifiedTime")


@CHECKS.of_call("create_order", 16)
@CHECKS.of_call("create_order", 17)
@CHECKS.of_call("create_order", 18)
def _refused_before_it_is_sent(caller: Caller) -> None:
    error = getattr(ccxt, caller.row["raises_before_sending"])
    with pytest.raises(error):
        caller.call(sent=False)


# batchorder
@CHECKS.of_call("create_orders")
def _batch(caller: Caller) -> None:
    caller.long()
    orders = {order["info"]["order_tag"]: order for order in caller.call()}
    assert (orders["0"]["status"], orders["0"]["clientOrderId"]) == ("open", "b-1")
    assert (orders["t2"]["status"], orders["t2"]["filled"]) == ("closed", 0.02)
    assert caller.client.fetch_positions() == []


@CHECKS.of_call("cancel_orders", 0)
def _cancel_by_ids(caller: Caller) -> None:
    order_id = caller.resting()
    (order,) = caller.call(instead={SOME_ID: order_id})
    assert (order["id"], order["status"]) == (order_id, "canceled")
    (again,) = caller.call(instead={SOME_ID: order_id})
    assert (again["status"], again["info"]["status"]) == ("rejected", "notFound")


@CHECKS.of_call("cancel_orders", 1)
def _cancel_by_client_ids(caller: Caller) -> None:
    order_id = caller.resting()
    (order,) = caller.call()
    assert (order["id"], order["clientOrderId"], order["status"]) == (order_id, "bot-1", "canceled")


# editorder
@CHECKS.of_call("edit_order", 0)
@CHECKS.of_call("edit_order", 1)
@CHECKS.of_call("edit_order", 2)
def _edit(caller: Caller) -> None:
    order_id = caller.resting()
    order = caller.call(instead={SOME_ID: order_id})
    size = caller.row["args"][4] or 0.01
    assert (order["id"], order["status"], order["amount"]) == (order_id, "open", size)
    (kept,) = caller.client.fetch_open_orders(S)
    assert (kept["id"], kept["amount"], kept["info"]["limitPrice"]) == (order_id, size, 80_500)


# cancels
@CHECKS.of_call("cancel_order", 0)
@CHECKS.of_call("cancel_order", 1)
@CHECKS.of_call("cancel_order", 2)
def _cancel(caller: Caller) -> None:
    order_id = caller.resting()
    order = caller.call(instead={SOME_ID: order_id})
    assert (order["id"], order["status"]) == (order_id, "canceled")
    assert caller.client.fetch_open_orders(S) == []


@CHECKS.of_call("privatePostCancelorder")
def _cancel_by_client_id(caller: Caller) -> None:
    order_id = caller.resting()
    status = caller.call()["cancelStatus"]
    assert (status["status"], status["order_id"]) == ("cancelled", order_id)


@CHECKS.of_call("cancel_all_orders", 0)
@CHECKS.of_call("cancel_all_orders", 1)
def _cancel_all(caller: Caller) -> None:
    order_id = caller.resting()
    other = caller.client.create_order("ETH/USD:USD", "limit", "buy", 0.1, 2000)
    orders = caller.call()
    assert order_id in {order["id"] for order in orders}
    kept = {order["id"] for order in caller.client.fetch_open_orders()}
    assert kept == ({other["id"]} if caller.row["args"] else set())


@CHECKS.of_call("cancel_all_orders_after", 0)
def _arm_the_switch(caller: Caller) -> None:
    status = caller.call()["status"]
    begin, end = (datetime.fromisoformat(status[name]) for name in ("currentTime", "triggerTime"))
    assert (end - begin).total_seconds() == 60
    caller.client.cancel_all_orders_after(0)


@CHECKS.of_call("cancel_all_orders_after", 1)
@CHECKS.of_call("cancel_all_orders_after", 2)
def _take_the_switch_back(caller: Caller) -> None:
    caller.client.cancel_all_orders_after(60_000)
    assert caller.call()["status"]["triggerTime"] == "0"


# preferences and transfers
@CHECKS.of_call("set_leverage")
def _set_leverage(caller: Caller) -> None:
    assert caller.call()["result"] == "success"
    caller.long()
    (position,) = caller.client.fetch_positions()
    assert (position["leverage"], position["marginMode"]) == (5, "isolated")


@CHECKS.of_call("privatePutLeveragepreferences")
def _take_leverage_back(caller: Caller) -> None:
    caller.client.set_leverage(5, S)
    assert caller.call()["result"] == "success"
    assert caller.client.fetch_leverages() == {}


@CHECKS.of_call("transfer", 0)
def _transfer(caller: Caller) -> None:
    before = _usd(caller)
    caller.client.transfer("USD", 10, "flex", "main")
    assert _usd(caller) == pytest.approx(before - 10)
    told = caller.call()
    assert (told["status"], told["currency"], told["amount"]) == ("success", "USD", 10)
    assert _usd(caller) == pytest.approx(before)


@CHECKS.of_call("transfer", 1)
def _transfer_of_what_is_not_there(caller: Caller) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        caller.call()


@CHECKS.of_call("transfer", 2)
def _withdrawal(caller: Caller) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        caller.call()
    caller.client.transfer("USD", 10, "flex", "main")
    assert caller.call()["status"] == "success"
    accounts: Any = caller.client.privateGetAccounts()["accounts"]
    assert accounts["cash"]["balances"]["usd"] == 0


def _usd(caller: Caller) -> float:
    return float(caller.client.fetch_balance()["total"]["USD"])
