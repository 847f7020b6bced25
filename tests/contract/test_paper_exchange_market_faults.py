"""Markets and the account disturbed on demand, seen by the real client over HTTP."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from src.exchange.base import Outcome, Quote
from src.records.enums import OrderType, Side
from tests.fault_fakes import Faulty, faulty_exchange
from tests.paper_exchange_fakes import ETH, XBT

ONE = Decimal(1)


@pytest.fixture
def paper() -> Iterator[Faulty]:
    with faulty_exchange() as served:
        yield served


def disturb(paper: Faulty, **fault: object) -> None:
    paper.order_faults(rate_limit="off", markets={XBT: fault})


def touch(paper: Faulty) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    quote: Quote = paper.exchange.quote(XBT)
    return quote.bid, quote.ask, quote.mark


def test_a_suspended_market_refuses_orders_and_trades_nothing(paper: Faulty) -> None:
    paper.rest("buy", "100")
    disturb(paper, suspended=True)
    answer = paper.send()
    assert (answer.outcome, answer.word) == (Outcome.NO, "marketSuspended")
    assert not paper.exchange.instruments()[XBT].tradeable
    assert paper.exchange.instruments()[ETH].tradeable
    paper.trade("sell", 90.0, 50.0)
    assert paper.held() == 0
    assert paper.exchange.quote(XBT).last is None  # others do not trade either
    paper.order_faults()
    assert paper.exchange.instruments()[XBT].tradeable
    paper.trade("sell", 90.0, 50.0)
    assert paper.held() == ONE


def test_a_post_only_market_takes_no_takers_and_holds_stops_back(paper: Faulty) -> None:
    paper.send()
    paper.send(Side.SELL, kind=OrderType.STOP, stop="95")
    disturb(paper, post_only=True)
    answer = paper.send()
    assert (answer.outcome, answer.word) == (Outcome.NO, "marketIsPostOnly")
    assert paper.exchange.instruments()[XBT].post_only
    paper.mark(90.0)
    assert (paper.held(), len(paper.exchange.open_orders())) == (ONE, 1)
    paper.order_faults()
    paper.mark(90.0)
    assert (paper.held(), paper.exchange.open_orders()) == (0, ())


def test_a_gap_moves_every_price_and_the_market_goes_on_from_there(paper: Faulty) -> None:
    assert touch(paper) == (99, 101, 100)
    disturb(paper, gap_bps=-500)
    assert touch(paper) == (94, 96, 95)
    paper.level("buy", 99.0, 0.0)
    assert touch(paper) == (93, 96, 95)
    paper.mark(102.0)
    assert touch(paper) == (93, 96, 97)
    paper.trade("buy", 101.0, 1.0)
    assert paper.exchange.quote(XBT).last == 96
    paper.send(Side.SELL)
    assert paper.market.takes == [(XBT, "sell", 98.0, 1.0)]


def test_a_gap_ends_with_its_plan(paper: Faulty) -> None:
    disturb(paper, gap_bps=500, thin=0.1)
    assert touch(paper) == (104, 106, 105)
    paper.order_faults()
    assert touch(paper) == (99, 101, 100)


def test_a_gap_with_thin_size_behind_leaves_a_part_of_a_stopped_position(paper: Faulty) -> None:
    paper.send(size="2")
    paper.send(Side.SELL, "2", kind=OrderType.STOP, stop="97")
    disturb(paper, gap_bps=-500, thin=0.1)
    assert paper.exchange.open_orders() == ()  # the stop has fired
    assert paper.held() == ONE  # half of it found a buyer within 1 %
    assert [fill.price for fill in paper.exchange.fills(0.0)[-2:]] == [94, 93]


def test_a_thin_book_fills_a_part_and_the_answer_to_it_can_be_lost(paper: Faulty) -> None:
    paper.order_faults(
        markets={XBT: {"thin": 0.01}}, calls=[{"path": "sendorder", "act": "drop", "nth": [1]}]
    )
    assert paper.send().outcome is Outcome.UNKNOWN
    assert 0 < paper.held() < ONE
    status = paper.exchange.order_status("order1")
    assert status is None or status.filled == paper.held()


def test_a_liquidation_takes_orders_and_positions_and_is_told_as_one(paper: Faulty) -> None:
    paper.send()
    paper.send(Side.SELL, kind=OrderType.STOP, stop="50")
    paper.order_faults(now=["liquidate"])
    assert paper.exchange.positions() == ()
    assert paper.exchange.open_orders() == ()
    assert paper.exchange.fills(0.0)[-1].fill_type == "liquidation"
    assert paper.journal.entries[-1].cause == "liquidation on demand"
    paper.order_faults()
    assert paper.send().outcome is Outcome.YES


def test_all_orders_and_stops_can_be_gone(paper: Faulty) -> None:
    paper.send()
    paper.send(Side.SELL, kind=OrderType.STOP, stop="50")
    paper.order_faults(now=["cancel_all"])
    assert paper.exchange.open_orders() == ()
    assert [position.quantity for position in paper.exchange.positions()] == [ONE]


def test_a_frozen_market_stands_still_and_then_goes_on_from_where_it_is(paper: Faulty) -> None:
    disturb(paper, frozen=True)
    paper.level("buy", 100.0, 2.0)
    paper.trade("buy", 101.0, 1.0)
    paper.mark(120.0)
    assert touch(paper) == (99, 101, 100)
    assert paper.exchange.quote(XBT).last is None
    paper.order_faults()
    paper.mark(120.0)
    assert touch(paper)[2] == 120


def test_one_stray_print_fires_what_watches_the_last_price_and_nothing_else(paper: Faulty) -> None:
    paper.send()
    paper.send(Side.SELL, kind=OrderType.STOP, stop="80")
    disturb(paper, stray_print_bps=-3000)
    disturb(paper, stray_print_bps=-3000, thin=0.5)
    assert paper.exchange.quote(XBT).last == 70
    assert len(paper.service.engine.core.contracts[XBT].prints) == 2  # ours and one stray
    assert touch(paper) == (99, 101, 100)
    assert len(paper.exchange.open_orders()) == 1  # it watches the mark price


def test_the_fee_can_be_another_than_the_schedule_says(paper: Faulty) -> None:
    paper.send()
    paper.order_faults(fee_factor=1.5)
    paper.send()
    first, second = (row.fee for row in paper.exchange.account_log(0.0) if row.fill_id)
    assert second == Decimal("1.5") * first


def test_an_instrument_can_change_its_tick_and_fields_their_kind(paper: Faulty) -> None:
    paper.call_fault(path="instruments", act="patch", patch={"instruments": {"tickSize": "5", "new": 1}})
    assert {instrument.tick_size for instrument in paper.exchange.instruments().values()} == {Decimal(5)}


def test_a_client_id_can_stay_taken(paper: Faulty) -> None:
    paper.order_faults(client_ids_stay_taken=True)
    assert paper.send().outcome is Outcome.YES
    paper.sent = 0
    assert paper.send().word == "clientOrderIdAlreadyExist"
