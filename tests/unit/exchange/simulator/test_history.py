"""The history service tells what became of every order, and pages through it."""

from typing import Any

import pytest

from src.exchange.simulator import order_history
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.state import ExchangeState
from tests.paper_exchange_fakes import ETH, START, XBT, Exchange, trading


def events(exchange: Exchange, kind: str, **params: str) -> list[tuple[str, dict[str, Any]]]:
    """Return (name, event) of a history, oldest first."""
    told: Any = exchange.ask(f"history/{kind}", **{"sort": "asc"} | params)
    assert told["len"] == len(told["elements"])
    return [next(iter(element["event"].items())) for element in told["elements"]]


def names(exchange: Exchange, kind: str, **params: str) -> list[str]:
    return [name for name, _ in events(exchange, kind, **params)]


def reasons(exchange: Exchange) -> list[tuple[str, str]]:
    return [(name, event["reason"]) for name, event in events(exchange, "orders")]


def test_an_order_that_trades_at_once_is_one_event() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "7", cliOrdId="mine")
    ((name, event),) = events(exchange, "orders")
    order = event["order"]
    assert (name, event["reason"], order["orderType"]) == ("OrderPlaced", "new_user_order", "IoC")
    assert (order["quantity"], order["filled"], order["direction"], order["clientId"]) == (
        "0",
        "7",
        "Buy",
        "mine",
    )


def test_what_a_market_order_leaves_is_told_as_cancelled() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "12")
    assert reasons(exchange) == [
        ("OrderPlaced", "new_user_order"),
        ("OrderCancelled", "ioc_order_failed_because_it_would_not_be_executed"),
    ]
    assert events(exchange, "orders")[0][1]["order"]["filled"] == "10"


def test_a_resting_order_is_told_step_by_step() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="99.0")
    exchange.trade("sell", 99.0, 6.0)
    exchange.trade("sell", 99.0, 6.0)
    assert reasons(exchange) == [
        ("OrderPlaced", "new_user_order"),
        ("OrderUpdated", "partial_fill"),
        ("OrderUpdated", "full_fill"),
    ]
    updated = events(exchange, "orders")[1][1]
    assert (updated["oldOrder"]["filled"], updated["newOrder"]["filled"]) == ("0", "1")
    assert updated["newOrder"]["quantity"] == "1"


def test_edits_and_cancels_are_told() -> None:
    exchange = trading()
    order_id = str(exchange.send("lmt", "buy", "2", limitPrice="95")["order_id"])
    exchange.ask("editorder", orderId=order_id, limitPrice="94")
    exchange.ask("cancelorder", order_id=order_id)
    assert reasons(exchange) == [
        ("OrderPlaced", "new_user_order"),
        ("OrderUpdated", "edited_by_user"),
        ("OrderCancelled", "cancelled_by_user"),
    ]
    assert names(exchange, "orders", opened="true") == ["OrderPlaced", "OrderUpdated"]
    assert names(exchange, "orders", opened="false") == ["OrderCancelled"]
    assert names(exchange, "triggers") == []


def test_what_the_book_refused_is_told_and_kept() -> None:
    exchange = trading()
    first = exchange.send("post", "buy", "1", limitPrice="101", cliOrdId="mine")
    second = exchange.send("ioc", "buy", "1", limitPrice="100")
    told = events(exchange, "orders")
    assert [name for name, _ in told] == ["OrderRejected", "OrderRejected"]
    assert [event["orderError"] for _, event in told] == ["POST_WOULD_EXECUTE", "IOC_WOULD_NOT_EXECUTE"]
    assert [event["order"]["uid"] for _, event in told] == [first["order_id"], second["order_id"]]
    assert told[0][1]["order"]["clientId"] == "mine"
    assert first["order_id"] != second["order_id"]
    assert names(exchange, "orders", opened="true") == []
    replayed = ExchangeState(memory_s=5.0)
    replayed.replay(exchange.journal.entries)
    assert replayed.snapshot(0.0) == exchange.state.snapshot(0.0)


def test_a_trigger_is_placed_moved_and_fired_or_cancelled() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    stop = {"stopPrice": "90", "triggerSignal": "mark", "reduceOnly": "true"}
    first = str(exchange.send("stp", "sell", "1", **stop)["order_id"])
    second = str(exchange.send("stp", "sell", "1", **stop | {"limitPrice": "80"})["order_id"])
    exchange.ask("editorder", orderId=first, stopPrice="91")
    exchange.ask("cancelorder", order_id=second)
    exchange.mark(90.5)
    told = events(exchange, "triggers")
    assert [name for name, _ in told] == [
        "OrderTriggerPlaced",
        "OrderTriggerPlaced",
        "OrderTriggerUpdated",
        "OrderTriggerCancelled",
        "OrderTriggerActivated",
    ]
    assert told[0][1]["order"]["triggerOptions"] == {
        "triggerPrice": "90",
        "triggerSide": "Below",
        "triggerSignal": "MarkPrice",
    }
    assert told[2][1]["newOrderTrigger"]["triggerOptions"]["triggerPrice"] == "91"
    assert [told[n][1]["order"]["orderType"] for n in (0, 1)] == ["ioc", "lmt"]
    assert reasons(exchange)[-1] == ("OrderPlaced", "stop_order_triggered")


def test_executions_carry_fee_and_position_on_the_side_that_is_ours() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    exchange.send("lmt", "sell", "1", limitPrice="103")
    exchange.trade("buy", 103.0, 1.0)
    taker, maker = (event["execution"] for _, event in events(exchange, "executions"))
    assert taker["takerOrderData"] == {"fee": "0.101", "positionSize": "2"}
    assert maker["makerOrderData"] == {"fee": "0.0206", "positionSize": "1"}
    assert (maker["makerOrder"]["direction"], maker["takerOrder"]["direction"]) == ("Sell", "Buy")
    assert (taker["price"], taker["quantity"], taker["usdValue"]) == ("101", "2", "202.00")


def test_positions_tell_what_each_trade_and_each_hour_did() -> None:
    exchange = trading()
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "buy", "2")
    exchange.send("mkt", "buy", "1")
    exchange.now = (exchange.now // 3600 + 1) * 3600
    exchange.engine.advance(exchange.now)
    exchange.now += 600
    for side, size in (("sell", "1"), ("sell", "4"), ("buy", "2")):
        exchange.send("mkt", side, size)
    told = [event for _, event in events(exchange, "positions")]
    assert [event["positionChange"] for event in told] == [
        "open",
        "increase",
        "noChange",
        "decrease",
        "reverse",
        "close",
    ]
    decrease = told[3]
    assert (decrease["oldPosition"], decrease["newPosition"], decrease["executionSize"]) == ("3", "2", "1")
    assert float(decrease["realizedFunding"]) == pytest.approx(-3 * 0.36 / 6)
    assert names(exchange, "positions", closed="true") == ["PositionUpdate"]
    assert len(events(exchange, "positions", trades="true", funding_realization="false")) == 5
    assert len(events(exchange, "positions", funding_realization="true")) == 1


def test_pages_go_on_where_the_last_one_ended_in_either_order() -> None:
    exchange = trading()
    for n in range(5):
        exchange.now = START + n
        exchange.send("lmt", "buy", "1", limitPrice="95", symbol=ETH if n == 4 else XBT, cliOrdId=str(n))
    for sort in ("asc", "desc"):
        seen: list[str] = []
        params = {"sort": sort, "count": "2", "tradeable": XBT}
        while True:
            told: Any = exchange.ask("history/orders", **params)
            seen += [e["event"]["OrderPlaced"]["order"]["clientId"] for e in told["elements"]]
            if "continuationToken" not in told:
                break
            params["continuation_token"] = told["continuationToken"]
        assert seen == (["0", "1", "2", "3"] if sort == "asc" else ["3", "2", "1", "0"])
    since, before = str(round((START + 1) * 1000)), str(round((START + 3) * 1000))
    assert len(names(exchange, "orders", since=since, before=before)) == 2


@pytest.mark.parametrize(
    "params", [{"continuation_token": "%%"}, {"opened": "maybe"}, {"since": "soon"}, {"count": "-1"}]
)
def test_what_cannot_be_understood_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(BadCall):
        trading().ask("history/orders", **params)


def test_history_is_bounded_and_a_restart_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_history, "KEEP_EVENTS", 6)
    exchange = trading()
    for _ in range(5):
        order_id = str(exchange.send("lmt", "buy", "1", limitPrice="95")["order_id"])
        exchange.ask("cancelorder", order_id=order_id)
    assert len(names(exchange, "orders")) == 6
    replayed = ExchangeState(memory_s=5.0)
    replayed.replay(exchange.journal.entries)
    assert replayed.snapshot(0.0) == exchange.state.snapshot(0.0)
    restored = ExchangeState(memory_s=5.0)
    restored.restore(exchange.state.snapshot(0.0))
    assert list(restored.history.events) == list(exchange.state.history.events)


def test_a_liquidation_is_told_by_its_name() -> None:
    exchange = trading(balance="60")
    exchange.send("mkt", "buy", "5")
    exchange.mark(89.0)
    assert exchange.size() == 0
    placed = [event for name, event in events(exchange, "orders") if name == "OrderPlaced"]
    assert placed[-1]["reason"] == "liquidation"
    changes = [event["tradeType"] for _, event in events(exchange, "positions")]
    assert changes[-1] == "liquidation"
