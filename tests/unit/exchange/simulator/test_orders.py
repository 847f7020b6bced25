from decimal import Decimal

import pytest

from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.events import BookDelta, MarketEnded
from tests.paper_exchange_fakes import ETH, XBT, Exchange, trading

D = Decimal


def words(answer: object) -> list[str]:
    assert isinstance(answer, dict)
    return [event["type"] for event in answer["orderEvents"]]


def test_a_market_order_walks_the_book_and_pays_taker_fees() -> None:
    exchange = trading()
    answer = exchange.send("mkt", "buy", "7")
    assert answer["status"] == "placed"
    # 1 % protection from 101 reaches 102.01, floored to the tick
    assert exchange.fills() == [("taker", D(101), D("5.0000")), ("taker", D(102), D("2.0000"))]
    assert words(answer) == ["EXECUTION", "EXECUTION"]
    fees = D("0.0005") * (101 * 5 + 102 * 2)
    assert exchange.state.account.balance_usd == D(10000) - fees


def test_what_lies_beyond_the_protection_stays_unfilled() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "20")
    assert exchange.size() == 10
    assert not exchange.state.open


def test_each_execution_tells_what_was_open_and_filled_before_it() -> None:
    events = trading().send("mkt", "buy", "7")["orderEvents"]
    assert isinstance(events, list)
    priors = [event["orderPriorExecution"] for event in events]
    assert [(p["quantity"], p["filled"], p["type"]) for p in priors] == [(7.0, 0.0, "ioc"), (2.0, 5.0, "ioc")]


def test_what_was_taken_stays_taken_until_the_market_speaks_of_the_level() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "5")
    exchange.send("ioc", "buy", "1", limitPrice="102")
    assert exchange.fills()[-1][1] == 102
    exchange.tell(BookDelta(exchange.now, XBT, "sell", 101.0, 3.0))
    exchange.send("mkt", "buy", "1")
    assert exchange.fills()[-1][1] == 101


def test_the_market_hears_what_was_taken() -> None:
    exchange = trading()
    exchange.send("mkt", "sell", "6")
    assert exchange.taken == [(XBT, "sell", 99.0, 5.0), (XBT, "sell", 98.0, 1.0)]


def test_a_crossing_limit_order_rests_with_what_is_left() -> None:
    exchange = trading()
    answer = exchange.send("lmt", "buy", "8", limitPrice="101")
    assert words(answer) == ["EXECUTION", "PLACE"]
    (order,) = exchange.state.open.values()
    assert (order.open_size, order.filled) == (3, 5)


def test_an_ioc_order_never_rests() -> None:
    exchange = trading()
    exchange.send("ioc", "buy", "8", limitPrice="101")
    assert exchange.size() == 5
    assert not exchange.state.open


@pytest.mark.parametrize(
    ("form", "word"),
    [
        (("post", "buy", "1", "101"), "postWouldExecute"),
        (("ioc", "buy", "1", "100"), "iocWouldNotExecute"),
        (("fok", "buy", "6", "101"), "iocWouldNotExecute"),
    ],
)
def test_an_order_against_its_own_type_is_rejected_with_an_event(form: tuple[str, ...], word: str) -> None:
    exchange = trading()
    answer = exchange.send(*form[:3], limitPrice=form[3])
    assert answer["status"] == word
    assert words(answer) == ["REJECT"]
    assert not exchange.state.fills


@pytest.mark.parametrize(
    ("params", "word"),
    [
        ({"size": "0.00005"}, "invalidSize"),
        ({"size": "-1"}, "invalidSize"),
        ({"limitPrice": "100.5"}, "invalidPrice"),
        ({"limitPrice": "-5"}, "invalidPrice"),
        ({"limitPrice": "120"}, "outsidePriceCollar"),
        ({"size": "99"}, "insufficientAvailableFunds"),
        ({"size": "101"}, "maxPositionViolation"),
        ({"reduceOnly": "true"}, "wouldNotReducePosition"),
        ({"side": "both"}, "invalidSide"),
        ({"orderType": "magic"}, "invalidOrderType"),
        ({"cliOrdId": "x" * 101}, "clientOrderIdTooLong"),
        ({"processBefore": "2026-11-22T06:00:05.000Z"}, "wouldProcessAfterSpecifiedTime"),
    ],
)
def test_a_refusal_is_bare_and_leaves_nothing_behind(params: dict[str, str], word: str) -> None:
    exchange = trading(balance="100")
    exchange.now += 86_400 * 30
    form = {"symbol": XBT, "orderType": "lmt", "side": "buy", "size": "1", "limitPrice": "95"} | params
    answer = exchange.engine.request(exchange.now, "sendorder", form)["sendStatus"]
    assert isinstance(answer, dict)
    assert answer["status"] == word
    assert "orderEvents" not in answer
    assert not exchange.state.open
    assert len(exchange.journal.entries) == 1


@pytest.mark.parametrize("missing", ["symbol", "orderType", "side", "size", "limitPrice"])
def test_a_missing_parameter_is_named(missing: str) -> None:
    form = {"symbol": XBT, "orderType": "lmt", "side": "buy", "size": "1", "limitPrice": "95"}
    del form[missing]
    exchange = trading()
    with pytest.raises(BadCall, match=missing):
        exchange.engine.request(exchange.now, "sendorder", form)


def test_a_client_id_is_unique_among_open_orders_only() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "1", limitPrice="95", cliOrdId="mine")
    again = exchange.send("lmt", "buy", "1", limitPrice="94", cliOrdId="mine")
    assert again["status"] == "clientOrderIdAlreadyExist"
    exchange.ask("cancelorder", cliOrdId="mine")
    assert exchange.send("lmt", "buy", "1", limitPrice="94", cliOrdId="mine")["status"] == "placed"


def test_an_order_that_would_meet_its_own_owner_is_refused() -> None:
    exchange = trading()
    exchange.send("lmt", "sell", "1", limitPrice="100")
    assert exchange.send("mkt", "buy", "1")["status"] == "selfFill"


def test_a_reduce_only_order_is_clipped_to_the_position() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    answer = exchange.send("mkt", "sell", "5", reduceOnly="true")
    assert answer["status"] == "placed"
    assert exchange.size() == 0


def test_resting_reduce_only_orders_shrink_with_the_position_and_go_with_it() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "4")
    exchange.send("lmt", "sell", "4", limitPrice="105", reduceOnly="true")
    exchange.send("mkt", "sell", "3")
    (order,) = exchange.state.open.values()
    assert order.open_size == 1
    exchange.send("mkt", "sell", "1")
    assert not exchange.state.open


def test_a_suspended_market_takes_no_orders() -> None:
    exchange = trading()
    exchange.engine.core.contracts[XBT].suspended = True
    assert exchange.send("mkt", "buy", "1")["status"] == "marketSuspended"


def test_cancel_tells_filled_from_unknown() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "1", cliOrdId="done")
    assert status(exchange, cliOrdId="done") == "filled"
    assert status(exchange, cliOrdId="never") == "notFound"
    exchange.send("lmt", "buy", "1", limitPrice="90", cliOrdId="open")
    assert status(exchange, cliOrdId="open") == "cancelled"
    assert status(exchange, cliOrdId="open") == "notFound"


def status(exchange: Exchange, **params: str) -> object:
    answer = exchange.ask("cancelorder", **params)["cancelStatus"]
    assert isinstance(answer, dict)
    return answer["status"]


def test_cancel_all_takes_triggers_too_and_only_what_was_named() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "1", limitPrice="90")
    exchange.send("stp", "sell", "1", stopPrice="80")
    exchange.send("lmt", "buy", "1", symbol=ETH, limitPrice="9.5")
    exchange.ask("cancelallorders", symbol=XBT)
    assert [order.terms.symbol for order in exchange.state.open.values()] == [ETH]
    exchange.ask("cancelallorders")
    assert not exchange.state.open


def test_status_remembers_an_ended_order_for_five_seconds() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "1", cliOrdId="done")
    exchange.now += 4.9
    (row,) = rows(exchange)
    assert row["status"] == "FULLY_EXECUTED"
    assert (row["order"]["quantity"], row["order"]["filled"]) == (0.0, 1.0)
    exchange.now += 0.2
    assert rows(exchange) == []


def rows(exchange: Exchange) -> list[dict[str, dict[str, object]]]:
    found = exchange.ask("orders/status", cliOrdIds="done")["orders"]
    assert isinstance(found, list)
    return found


def test_editing_a_size_down_keeps_the_place_and_up_loses_it() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="99", cliOrdId="e")
    exchange.book(bids=((99.0, 20.0),))
    (resting,) = exchange.engine.core.contracts[XBT].queue
    assert resting.ahead == 50_000
    exchange.ask("editorder", cliOrdId="e", size="1")
    (resting,) = exchange.engine.core.contracts[XBT].queue
    assert (resting.ahead, resting.steps) == (50_000, 10_000)
    exchange.ask("editorder", cliOrdId="e", size="3")
    (resting,) = exchange.engine.core.contracts[XBT].queue
    assert (resting.ahead, resting.steps) == (200_000, 30_000)


def test_an_edit_that_crosses_trades() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="95", cliOrdId="e")
    exchange.ask("editorder", cliOrdId="e", limitPrice="101")
    assert exchange.size() == 2
    assert not exchange.state.open


def test_an_edit_of_what_is_not_there_is_refused() -> None:
    answer = trading().ask("editorder", cliOrdId="e", size="1")["editStatus"]
    assert isinstance(answer, dict)
    assert answer["status"] == "orderForEditNotFound"


def test_after_the_recording_ended_nothing_trades() -> None:
    exchange = trading()
    exchange.tell(MarketEnded(exchange.now))
    assert exchange.send("mkt", "buy", "1")["status"] == "marketSuspended"
