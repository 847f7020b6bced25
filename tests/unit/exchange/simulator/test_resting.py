from decimal import Decimal

from src.exchange.simulator.events import BookDelta
from src.exchange.simulator.feed import BookChange, Print
from tests.paper_exchange_fakes import XBT, Exchange, trading

D = Decimal


def queue_ahead(exchange: Exchange) -> list[int | None]:
    return [resting.ahead for resting in exchange.engine.core.contracts[XBT].queue]


def test_what_stood_before_an_order_trades_before_it() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="99")
    exchange.trade("sell", 99.0, 5.0)
    assert exchange.fills() == []
    exchange.trade("sell", 99.0, 1.5)
    assert exchange.fills() == [("maker", D(99), D("1.5000"))]
    exchange.trade("sell", 99.0, 9.0)
    assert exchange.size() == 2


def test_makers_pay_the_maker_fee() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="100")
    exchange.trade("sell", 100.0, 2.0)
    assert exchange.state.account.balance_usd == D(10000) - D("0.0002") * 200


def test_size_that_is_cancelled_is_taken_to_stand_behind_us_first() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="99")
    exchange.tell(BookDelta(exchange.now, XBT, "buy", 99.0, 8.0))
    assert queue_ahead(exchange) == [50_000]
    exchange.tell(BookDelta(exchange.now, XBT, "buy", 99.0, 3.0))
    assert queue_ahead(exchange) == [30_000]


def test_a_better_price_is_met_first_and_the_older_order_within_a_price() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "1", limitPrice="99", cliOrdId="low")
    exchange.send("lmt", "buy", "1", limitPrice="100", cliOrdId="first")
    exchange.send("lmt", "buy", "1", limitPrice="100", cliOrdId="second")
    exchange.trade("sell", 100.0, 1.5)
    assert [fill.cli_ord_id for fill in exchange.state.fills] == ["first", "second"]
    assert [fill.size for fill in exchange.state.fills] == [D(1), D("0.5")]


def test_a_print_through_our_price_fills_us_without_waiting() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "1", limitPrice="99")
    exchange.trade("sell", 98.0, 3.0)
    assert exchange.fills() == [("maker", D(99), D("1.0000"))]


def test_a_print_never_fills_more_than_was_traded() -> None:
    exchange = trading()
    for price in ("99", "98", "97"):
        exchange.send("lmt", "buy", "1", limitPrice=price)
    exchange.trade("sell", 97.0, 1.25)
    assert sum(fill.size for fill in exchange.state.fills) == D("1.25")


def test_a_displayed_offer_that_comes_to_our_price_fills_us_at_our_price() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "3", limitPrice="100")
    exchange.tell(BookDelta(exchange.now, XBT, "sell", 99.0, 2.0))
    assert exchange.fills() == [("maker", D(100), D("2.0000"))]
    bids = exchange.ask("orderbook", symbol=XBT)["orderBook"]
    assert isinstance(bids, dict)
    assert bids["bids"][0] == (100.0, 1.0)
    assert bids["asks"][0] == (101.0, 5.0)


def test_our_orders_and_trades_show_in_the_public_data() -> None:
    exchange = trading()
    exchange.engine.drain()
    exchange.send("lmt", "buy", "2", limitPrice="100")
    exchange.send("mkt", "sell", "1", reduceOnly="false")
    exchange.ask("cancelallorders")
    exchange.send("mkt", "sell", "1")
    feed = exchange.engine.drain()
    changes = [(m.side, m.price, m.size) for m in feed if isinstance(m, BookChange)]
    assert changes == [("buy", 100.0, 2.0), ("buy", 100.0, 0.0), ("buy", 99.0, 4.0)]
    assert [(m.side, m.price, m.size) for m in feed if isinstance(m, Print)] == [("sell", 99.0, 1.0)]
    assert [m.seq for m in feed if isinstance(m, BookChange)] == [2, 3, 4]


def test_a_recording_is_shown_as_it_was_recorded() -> None:
    exchange = trading(footprint=False)
    exchange.engine.drain()
    exchange.send("lmt", "buy", "2", limitPrice="100")
    exchange.send("mkt", "buy", "2")
    assert [m for m in exchange.engine.drain() if isinstance(m, BookChange | Print)] == []
    book = exchange.ask("orderbook", symbol=XBT)["orderBook"]
    assert isinstance(book, dict)
    assert (book["bids"][0], book["asks"][0]) == ((99.0, 5.0), (101.0, 5.0))


def test_after_a_restart_an_order_waits_behind_what_is_displayed() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "2", limitPrice="99")
    contract = exchange.engine.core.contracts[XBT]
    for resting in contract.queue:
        contract.queue.drop(resting.order_id)
    exchange.engine._execution.rest_again()
    exchange.book(bids=((99.0, 7.0),))
    assert queue_ahead(exchange) == [70_000]
