from decimal import Decimal

import pytest

from tests.paper_exchange_fakes import XBT, Exchange, trading

D = Decimal


def long_two(**settings: object) -> Exchange:
    exchange = trading(**settings)
    exchange.send("mkt", "buy", "2")
    return exchange


def stop(exchange: Exchange, **params: str) -> None:
    form = {"stopPrice": "95", "reduceOnly": "true", "triggerSignal": "mark", "cliOrdId": "stop"} | params
    assert exchange.send("stp", "sell", "2", **form)["status"] == "placed"


def test_a_stop_rests_as_a_trigger_and_takes_no_margin() -> None:
    exchange = long_two()
    before = exchange.engine.core.margins()
    stop(exchange)
    assert exchange.engine.core.margins() == before
    (shown,) = exchange.ask("openorders")["openOrders"]  # type: ignore[misc] # JSON values
    assert (shown["orderType"], shown["stopPrice"], shown["triggerSignal"]) == ("stop", 95.0, "mark")


def test_a_stop_fires_on_its_signal_and_no_other() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.trade("sell", 94.0, 1.0)
    assert exchange.size() == 2
    exchange.mark(95.0)
    assert exchange.size() == 0
    assert exchange.state.fills[-1].cli_ord_id == "stop"
    assert not exchange.state.open


def test_a_stop_on_the_last_price_fires_on_one_print() -> None:
    exchange = long_two()
    stop(exchange, triggerSignal="last")
    exchange.trade("sell", 95.0, 0.1)
    assert exchange.size() == 0


@pytest.mark.parametrize(
    ("order_type", "side", "fires"),
    [
        ("stp", "sell", 90.0),
        ("stp", "buy", 110.0),
        ("take_profit", "sell", 110.0),
        ("take_profit", "buy", 90.0),
    ],
)
def test_each_trigger_fires_on_its_own_side(order_type: str, side: str, fires: float) -> None:
    exchange = trading()
    exchange.send(order_type, side, "1", stopPrice=str(int(fires)), triggerSignal="mark")
    exchange.mark(200.0 - fires)
    assert exchange.size() == 0
    exchange.mark(fires)
    assert abs(exchange.size()) == 1


def test_a_fired_stop_is_clipped_to_the_position() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.send("mkt", "sell", "1")
    exchange.mark(95.0)
    assert exchange.size() == 0


def test_a_fired_stop_without_a_position_opens_nothing() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.send("mkt", "sell", "2")
    exchange.mark(90.0)
    assert exchange.size() == 0
    assert not exchange.state.open


def test_a_gapped_book_leaves_a_position_behind() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.book(bids=((90.0, 1.0), (80.0, 50.0)), asks=((101.0, 5.0),))
    exchange.mark(90.0)
    assert exchange.size() == 1
    assert exchange.state.fills[-1].price == 90


def test_a_stop_with_a_limit_rests_where_it_does_not_trade() -> None:
    exchange = long_two()
    stop(exchange, limitPrice="97")
    exchange.book(bids=((90.0, 1.0),), asks=((101.0, 5.0),))
    exchange.mark(90.0)
    (order,) = exchange.state.open.values()
    assert (order.terms.order_type, order.terms.limit_price) == ("lmt", 97)
    exchange.trade("buy", 97.0, 2.0)
    assert exchange.size() == 0


def test_a_stop_that_is_due_at_once_fires_at_once() -> None:
    exchange = long_two()
    stop(exchange, stopPrice="105")
    assert exchange.size() == 0


def test_a_fired_stop_is_remembered_as_cancelled_and_its_order_as_executed() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.mark(95.0)
    rows = exchange.ask("orders/status", cliOrdIds="stop")["orders"]
    assert isinstance(rows, list)
    known = {row["order"]["type"]: (row["status"], row["updateReason"]) for row in rows}
    assert known == {
        "TRIGGER_ORDER": ("CANCELLED", "STOP_ORDER_TRIGGERED"),
        "ORDER": ("FULLY_EXECUTED", "FULL_FILL"),
    }


def test_a_trigger_can_be_moved() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.ask("editorder", cliOrdId="stop", stopPrice="97", size="1")
    exchange.mark(97.0)
    assert exchange.size() == 1


def test_nothing_fires_while_the_market_is_suspended() -> None:
    exchange = long_two()
    stop(exchange)
    exchange.engine.core.contracts[XBT].suspended = True
    exchange.mark(90.0)
    assert exchange.size() == 2
