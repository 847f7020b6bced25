"""What anybody may read of a contract's orders and of its mark price."""

from src.exchange.simulator.events import Candle
from src.exchange.simulator.wire.public_events import marks, orders
from tests.paper_exchange_fakes import ETH, START, XBT, Exchange, trading


def kinds(exchange: Exchange, symbol: str = XBT) -> list[str]:
    told = orders(exchange.engine.core, {"symbol": symbol, "sort": "asc"})["elements"]
    assert isinstance(told, list)
    return [kind for row in told for kind in row["event"]]


def test_an_order_is_told_from_its_placing_to_its_end() -> None:
    exchange = trading()
    placed = exchange.send("lmt", "buy", "0.02", limitPrice="98")["order_id"]
    exchange.ask("editorder", orderId=str(placed), size="0.03")
    exchange.ask("cancelorder", order_id=str(placed))
    assert kinds(exchange) == ["OrderPlaced", "OrderUpdated", "OrderCancelled"]
    assert kinds(exchange, ETH) == []


def test_stops_and_refused_orders_are_nobodys_business() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "0.02")
    exchange.send("stp", "sell", "0.02", stopPrice="90")
    exchange.send("post", "buy", "0.02", limitPrice="101")
    assert kinds(exchange) == ["OrderPlaced"]


def test_a_market_that_shows_no_trace_of_ours_names_no_order() -> None:
    exchange = trading(footprint=False)
    exchange.send("lmt", "buy", "0.02", limitPrice="98")
    assert kinds(exchange) == []


def test_the_mark_price_is_told_at_the_end_of_each_whole_minute() -> None:
    begin = START // 60 * 60
    bars = [Candle(begin + 60 * n, 100.0, 101.0, 99.0, 100.0 + n, 0.0) for n in range(3)]
    told = marks(XBT, bars, now=begin + 150, params={"sort": "asc"})["elements"]
    assert isinstance(told, list)
    assert [row["timestamp"] for row in told] == [(begin + 60) * 1000, (begin + 120) * 1000]
    assert [row["event"] for row in told] == [
        {"MarkPriceChanged": {"price": "100"}},
        {"MarkPriceChanged": {"price": "101"}},
    ]
