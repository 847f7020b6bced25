"""What every exchange promises behind ``src/exchange/base.py``, over HTTP and in the same process."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from src.exchange.base import Exchange, OrderQuery, OrderRequest, Outcome
from src.exchange.errors import BudgetSpent, NoAnswer
from src.records.enums import OrderType, Side
from tests.direct_fakes import START, SYMBOLS, Paper, direct, over_http

XBT = SYMBOLS[0]
SIZE = Decimal("0.01")


@pytest.fixture(params=["http", "direct"])
def paper(request: pytest.FixtureRequest) -> Iterator[Paper]:
    if request.param == "direct":
        yield direct()
        return
    with over_http() as served:
        yield served


def order(
    cli_ord_id: str = "tbabc0000000000001",
    *,
    side: Side = Side.BUY,
    kind: OrderType = OrderType.MARKET,
    stop: Decimal | None = None,
    reduce_only: bool = False,
    size: Decimal = SIZE,
) -> OrderRequest:
    return OrderRequest(cli_ord_id, XBT, side, kind, size, None, stop, reduce_only, None)


def entered(exchange: Exchange) -> None:
    answer = exchange.send(order())
    assert (answer.outcome, answer.filled) == (Outcome.YES, SIZE)


def test_every_instrument_has_its_grid(paper: Paper) -> None:
    found = paper.exchange.instruments()
    assert set(found) == set(SYMBOLS)
    for instrument in found.values():
        assert instrument.tick_size > 0
        assert instrument.size_step > 0
        assert instrument.tradeable
        assert instrument.maintenance_share is not None
        assert 0 < instrument.maintenance_share < 1


def test_quote_is_a_market(paper: Paper) -> None:
    quote = paper.exchange.quote(XBT)
    assert quote.bid is not None
    assert quote.ask is not None
    assert quote.bid < quote.ask


def test_an_entry_is_a_fill_a_position_and_a_row_with_its_fee(paper: Paper) -> None:
    entered(paper.exchange)
    fills = paper.exchange.fills(START - 1)
    assert sum(fill.size for fill in fills) == SIZE
    assert {(fill.cli_ord_id, fill.symbol, fill.side) for fill in fills} == {
        ("tbabc0000000000001", XBT, Side.BUY)
    }
    position = paper.exchange.positions()[0]
    assert (position.symbol, position.quantity) == (XBT, SIZE)
    fees = {row.fill_id: row.fee for row in paper.exchange.account_log(START - 1) if row.fill_id}
    assert set(fees) == {fill.fill_id for fill in fills}
    assert all(fee > 0 for fee in fees.values())


def test_a_stop_rests_until_it_is_cancelled(paper: Paper) -> None:
    exchange = paper.exchange
    entered(exchange)
    answer = exchange.send(
        order("stop", side=Side.SELL, kind=OrderType.STOP, stop=Decimal(1000), reduce_only=True)
    )
    resting = exchange.open_orders()
    assert [(o.order_id, o.cli_ord_id, o.stop_price) for o in resting] == [
        (answer.order_id, "stop", Decimal(1000))
    ]
    assert exchange.order_status("stop") is not None
    assert exchange.cancel(resting[0].order_id).outcome is Outcome.YES
    assert exchange.open_orders() == ()


def test_what_was_read_before_is_not_told_again_once_it_has_changed(paper: Paper) -> None:
    exchange = paper.exchange
    seen = []
    for number in range(3):
        assert exchange.send(order(f"entry{number}")).outcome is Outcome.YES
        exchange.send(
            order(f"stop{number}", side=Side.SELL, kind=OrderType.STOP, stop=Decimal(1000), reduce_only=True)
        )
        seen.append((len(exchange.open_orders()), sum(fill.size for fill in exchange.fills(0.0))))
        assert len(exchange.instruments()) == len(SYMBOLS)
    assert seen == [(1, SIZE), (2, 2 * SIZE), (3, 3 * SIZE)]


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (order(size=Decimal(10**6)), "maxPositionViolation"),
        (order(size=Decimal("0.000000001")), "invalidSize"),
        (order(side=Side.SELL, reduce_only=True), "wouldNotReducePosition"),
    ],
)
def test_a_refusal_is_a_no_with_the_venues_word(paper: Paper, request_: OrderRequest, word: str) -> None:
    answer = paper.exchange.send(request_)
    assert (answer.outcome, answer.word) == (Outcome.NO, word)
    assert paper.exchange.positions() == ()


def test_the_name_of_a_resting_order_is_taken(paper: Paper) -> None:
    exchange = paper.exchange
    entered(exchange)
    stop = order("stop", side=Side.SELL, kind=OrderType.STOP, stop=Decimal(1000), reduce_only=True)
    assert exchange.send(stop).outcome is Outcome.YES
    assert exchange.send(stop).outcome is Outcome.UNKNOWN  # it says that the order is there, not what it is


def test_the_history_knows_orders_and_stops_by_our_names(paper: Paper) -> None:
    exchange = paper.exchange
    entered(exchange)
    stop = order("stop", side=Side.SELL, kind=OrderType.STOP, stop=Decimal(1000), reduce_only=True)
    placed = exchange.send(stop)
    assert placed.order_id is not None
    exchange.cancel(placed.order_id)
    paper.clock.advance_by(600)
    assert exchange.order_status("stop") is None
    entry = exchange.order_history(OrderQuery("tbabc0000000000001", XBT, False, START - 1))
    ended = exchange.order_history(OrderQuery("stop", XBT, True, START - 1))
    assert entry is not None
    assert ended is not None
    assert (entry.status, entry.filled) == ("FULLY_EXECUTED", SIZE)
    assert (ended.status, ended.order_id) == ("CANCELLED", placed.order_id)
    assert exchange.order_history(OrderQuery("never-was", XBT, True, START - 1)) is None


def test_the_account_log_leaves_the_search_for_orders_its_share_of_history(paper: Paper) -> None:
    def read_all_day() -> None:
        for _ in range(1000):
            paper.exchange.account_log(START - 1)

    with pytest.raises(BudgetSpent):
        read_all_day()
    query = OrderQuery("never-was", XBT, False, START - 1)
    for _ in range(20):
        assert paper.exchange.order_history(query) is None


def test_a_leverage_limit_is_set_read_back_and_taken_back(paper: Paper) -> None:
    exchange = paper.exchange
    assert exchange.leverage_limits() == {}
    exchange.limit_leverage(XBT, Decimal("2.5"))
    assert exchange.leverage_limits() == {XBT: Decimal("2.5")}
    exchange.limit_leverage(XBT, None)
    assert exchange.leverage_limits() == {}


def test_an_exchange_that_answers_has_no_objections(paper: Paper) -> None:
    paper.exchange.open_orders()
    assert (paper.exchange.objections(), paper.exchange.must_wait()) == ((), False)


def test_cancelling_what_is_gone_is_a_yes(paper: Paper) -> None:
    assert paper.exchange.cancel("never-was").outcome is Outcome.YES


def test_the_venue_tells_its_time(paper: Paper) -> None:
    paper.exchange.open_orders()
    assert paper.exchange.server_time(START + 10) == pytest.approx(START + 10, abs=0.5)


def test_entries_stop_first_when_the_budget_runs_out(paper: Paper) -> None:
    exchange = paper.exchange
    words = [exchange.send(order(f"entry{number}")).word for number in range(31)]
    assert words[-1] == "own_rate_budget_spent"
    assert exchange.open_orders() == ()
    exit_ = order("exit", side=Side.SELL, reduce_only=True)
    assert exchange.send(exit_).outcome is Outcome.YES
    for _ in range(50):
        try:
            exchange.open_orders()
        except NoAnswer:
            break
    else:
        pytest.fail("reads may spend what is kept for exits")
    paper.clock.advance_by(11)
    assert exchange.open_orders() == ()
