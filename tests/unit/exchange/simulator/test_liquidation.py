"""Liquidation in steps: orders, parts of positions, positions, and what is left when nothing is."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.double_entry import discrepancies, valuation_discrepancies
from src.exchange.simulator.liquidation import FEE_SHARE
from tests.paper_exchange_fakes import ETH, Exchange, trading

D = Decimal


def long(balance: str, *, size: str = "10", bids: float = 50.0) -> Exchange:
    """Return an exchange with a long position entered at 101 exactly, and that much on the bid at 100."""
    exchange = trading(balance=balance)
    exchange.book(bids=((100.0, bids),), asks=((101.0, 50.0),))
    exchange.send("mkt", "buy", size)
    return exchange


def kinds(exchange: Exchange) -> list[str]:
    return [fill.fill_type for fill in exchange.state.fills[1:]]


def check(exchange: Exchange) -> None:
    assert discrepancies(exchange.state) == []
    assert valuation_discrepancies(exchange.engine.core) == []


def fall(exchange: Exchange, mark: float, *, size: float = 50.0) -> None:
    exchange.book(bids=((mark, size),), asks=((mark + 1, 50.0),))
    exchange.mark(mark)


def test_orders_go_first_and_positions_no_further_than_they_must() -> None:
    exchange = long("40")
    exchange.send("lmt", "buy", "1", limitPrice="50")
    fall(exchange, 98.0)
    margins = exchange.engine.core.margins()
    assert not exchange.state.open
    assert set(kinds(exchange)) == {"partialLiquidation"}
    assert 0 < exchange.size() < 10
    assert margins.equity >= margins.maintenance
    check(exchange)


def test_below_initial_margin_orders_that_add_are_withdrawn() -> None:
    exchange = long("40")
    exchange.send("lmt", "buy", "0.5", limitPrice="90")
    exchange.send("lmt", "sell", "1", limitPrice="108", reduceOnly="true")
    exchange.send("stp", "sell", "10", stopPrice="90", reduceOnly="true")
    exchange.book(bids=((99.0, 50.0),), asks=((100.0, 50.0),))
    exchange.mark(99.0)
    assert exchange.size() == 10
    assert [order.terms.order_type for order in exchange.state.open.values()] == ["lmt", "stp"]
    (gone,) = (order for order in exchange.state.ended.values() if order.reason == "not_enough_margin")
    assert gone.terms.limit_price == 90


def test_a_step_closes_a_quarter_and_its_fee_is_told() -> None:
    exchange = long("40")
    fall(exchange, 98.0)
    fill = exchange.state.fills[1]
    assert fill.size == D("2.5")
    cash = next(row for row in exchange.state.account.rows if row.execution == fill.fill_id)
    assert cash.liquidation_fee_usd == FEE_SHARE * D("2.5") * 98 * D("0.01")
    assert cash.fee_usd == cash.liquidation_fee_usd + D("2.5") * 98 * D("0.0005")
    assert cash.info == "futures liquidation"
    shown = exchange.ask("account-log", sort="asc")["logs"]
    assert isinstance(shown, list)
    told = next(row for row in shown if row["execution"] == fill.fill_id)
    assert told["liquidation_fee"] == pytest.approx(float(cash.liquidation_fee_usd))


def test_deep_below_everything_is_closed_at_once() -> None:
    exchange = long("34")
    fall(exchange, 98.0)
    assert exchange.size() == 0
    assert kinds(exchange) == ["liquidation"]
    assert exchange.state.account.balance_usd > 0
    check(exchange)


def test_what_demands_most_goes_first() -> None:
    exchange = trading(balance="41")
    exchange.book(bids=((100.0, 50.0),), asks=((101.0, 50.0),))
    exchange.send("mkt", "buy", "10")
    exchange.send("mkt", "buy", "10", symbol=ETH)
    fall(exchange, 98.0)
    assert exchange.size() < 10
    assert exchange.size(ETH) == 10


def test_without_a_buyer_the_next_contract_is_reduced() -> None:
    exchange = trading(balance="41")
    exchange.book(bids=((100.0, 50.0),), asks=((101.0, 50.0),))
    exchange.send("mkt", "buy", "10")
    exchange.send("mkt", "buy", "10", symbol=ETH)
    exchange.book(bids=(), asks=((99.0, 50.0),))
    exchange.mark(98.0)
    assert exchange.size() == 10
    assert exchange.size(ETH) < 10
    check(exchange)


def test_a_gapped_book_leaves_the_position_while_something_is_left() -> None:
    exchange = long("34")
    exchange.book(bids=((98.0, 1.0), (90.0, 50.0)), asks=((99.0, 50.0),))
    exchange.mark(98.0)
    assert exchange.size() == 9
    fall(exchange, 97.9, size=50.0)
    assert exchange.size() == 0


def test_a_bankrupt_account_loses_its_positions_and_owes_nothing() -> None:
    exchange = long("34")
    exchange.book(bids=((80.0, 1.0),), asks=((81.0, 50.0),))
    exchange.mark(80.0)
    assert exchange.size() == 0
    assert kinds(exchange) == ["liquidation", "assignor"]
    assert exchange.state.fills[-1].fee_usd == 0
    rows = exchange.state.account.rows
    assert [row.info for row in rows[-3:]] == ["futures assignor", "futures assignor", "covered liquidation"]
    assert exchange.state.account.balance_usd == 0
    check(exchange)


def test_in_a_halted_market_nothing_is_taken() -> None:
    exchange = long("34")
    exchange.engine.core.contracts["PF_XBTUSD"].suspended = True
    exchange.book(bids=((80.0, 50.0),), asks=((81.0, 50.0),))
    exchange.mark(80.0)
    assert exchange.size() == 10


def test_other_collateral_pays_for_a_bankruptcy_as_far_as_it_goes() -> None:
    exchange = trading(balance="0", currencies={"EUR": "30", "XBT": "0.01"})
    exchange.book(bids=((100.0, 50.0),), asks=((101.0, 50.0),))
    exchange.send("mkt", "buy", "10")
    fall(exchange, 80.0)
    assert exchange.size() == 0
    assert not exchange.state.account.currencies
    assert exchange.state.account.balance_usd == 0
    words = [row.info for row in exchange.state.account.rows]
    assert words[-5:] == ["conversion"] * 4 + ["covered liquidation"]
    check(exchange)


def test_a_user_who_closes_below_nothing_owes_nothing() -> None:
    exchange = long("34")
    exchange.book(bids=((95.0, 50.0),), asks=((96.0, 50.0),))
    exchange.send("mkt", "sell", "10", reduceOnly="true")
    assert exchange.size() == 0
    assert exchange.state.account.balance_usd == 0
    assert exchange.state.account.rows[-1].info == "covered liquidation"
    check(exchange)


@settings(max_examples=60, deadline=None)
@given(
    balance=st.integers(25, 60),
    euros=st.sampled_from(["0", "5"]),
    side=st.sampled_from(["buy", "sell"]),
    depth=st.sampled_from([0.5, 3.0, 50.0]),
    path=st.lists(st.integers(-6, 6), min_size=1, max_size=8),
)
def test_wherever_the_price_goes_the_account_is_sound_or_the_book_was_empty(
    balance: int, euros: str, side: str, depth: float, path: list[int]
) -> None:
    exchange = trading(balance=str(balance), currencies={"EUR": euros} if euros != "0" else None)
    exchange.book(bids=((99.0, 50.0),), asks=((101.0, 50.0),))
    exchange.send("mkt", side, "10")
    mark, sign = 100, exchange.size()
    for move in path:
        mark, held = mark + move, abs(exchange.size())
        exchange.book(bids=((mark - 1.0, depth),), asks=((mark + 1.0, depth),))
        exchange.mark(float(mark))
        margins = exchange.engine.core.margins()
        left = abs(exchange.size())
        assert left <= held
        assert exchange.size() * sign >= 0
        assert margins.equity >= margins.maintenance or 0 < left <= held - D(str(depth)) or left == 0
        assert margins.equity >= 0 or left
        check(exchange)
