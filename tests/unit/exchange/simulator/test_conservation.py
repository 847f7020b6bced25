"""Random streams of market events and orders: whatever happens, nothing is lost, made or crossed."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.double_entry import discrepancies, valuation_discrepancies
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.events import BookDelta, BookSnapshot
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side
from tests.paper_exchange_fakes import XBT, Exchange, trading

D = Decimal
ticks = st.integers(95, 105)
size = st.integers(1, 40).map(lambda n: n / 4)
side = st.sampled_from(["buy", "sell"])
ORDERS = (
    "lmt",
    "lmt",
    "post",
    "ioc",
    "fok",
    "mkt",
    "mkt",
    "stp",
    "take_profit",
    "reduce",
    "reduce",
    "edit",
    "cancel",
    "transfer",
)
MARKET = ("delta", "delta", "print", "print", "print", "mark", "crash", "wait")
move = st.tuples(st.sampled_from(ORDERS + MARKET), side, ticks, size)
moves_of = st.lists(move, min_size=8, max_size=40)
purses = st.sampled_from(
    [
        {"balance": "10000"},
        {"balance": "60"},
        {"balance": "0", "currencies": {"XBT": "1", "EUR": "20"}},
        {"balance": "30", "currencies": {"EUR": "15", "ETH": "3"}},
    ]
)


def play(exchange: Exchange, name: str, word: str, tick: int, amount: float) -> None:
    if name == "delta":
        away = min(99, tick) if word == "buy" else max(101, tick)
        literal = "buy" if word == "buy" else "sell"
        exchange.tell(BookDelta(exchange.now, XBT, literal, float(away), amount - 0.25))
    elif name == "print":
        exchange.trade(word, float(tick), amount)
    elif name == "mark":
        exchange.mark(float(tick), rate=(tick - 100) / 100)
    elif name == "crash":
        exchange.mark(tick - 20.0 if word == "sell" else tick + 20.0)
    elif name == "edit":
        for order in list(exchange.state.open.values())[:1]:
            exchange.ask("editorder", orderId=order.terms.order_id, size=str(amount))
    elif name == "cancel":
        for order in list(exchange.state.open.values())[:1]:
            exchange.ask("cancelorder", order_id=order.terms.order_id)
    elif name == "transfer":
        there = {"fromAccount": "flex", "toAccount": "cash"}
        back = {"fromAccount": "cash", "toAccount": "flex"}
        unit = ("usd", "eur", "xbt", "eth")[tick % 4]
        with suppress(BadCall):
            exchange.ask("transfer", amount=str(amount), unit=unit, **(there if word == "buy" else back))
    elif name == "wait":
        exchange.now += 1900
        exchange.ask("accounts")
    elif name == "reduce":
        exchange.send("lmt", word, str(amount), limitPrice=str(tick), reduceOnly="true")
    else:
        exchange.send(name, word, str(amount), limitPrice=str(tick), stopPrice=str(tick))


def check(exchange: Exchange) -> None:
    core, account = exchange.engine.core, exchange.state.account
    # nothing is crossed and nothing is negative
    contract = core.contracts[XBT]
    bids, asks = list(contract.published(Side.BUY)), list(contract.published(Side.SELL))
    assert all(steps > 0 for _, steps in bids + asks)
    for resting in contract.queue:
        half = contract.book.against(resting.side)
        best = next(half.walk(), None)
        assert best is None or resting.side.sign * (best[0] - resting.ticks) > 0
        order = exchange.state.open[resting.order_id]
        assert order.open_size == contract.grid.size(resting.steps) > 0
    # every contract came from a fill, and every amount has its row
    filled = sum((f.side.sign * f.size for f in exchange.state.fills), D(0))
    assert account.size_of(XBT) == filled
    assert valuation_discrepancies(core) == []
    # cash and unrealised make up what trading, fees and everything else in the log came to
    margins = core.margins()
    paid = sum((f.side.sign * f.size * f.price + f.fee_usd for f in exchange.state.fills), D(0))
    others = [row for row in account.rows if row.asset == "usd" and row.execution is None]
    came = sum((row.new_balance - row.old_balance for row in others), D(0))
    worth = filled * (contract.valuation() or D(0)) + sum((h.value for h in core.holdings()), D(0))
    assert margins.portfolio == came - paid + worth + margins.funding


@settings(max_examples=200)
@given(moves_of, purses)
def test_money_contracts_and_books_stay_whole(
    moves: list[tuple[str, str, int, float]], purse: dict[str, object]
) -> None:
    exchange = trading(**purse)
    for name, word, tick, amount in moves:
        exchange.now += 0.5
        play(exchange, name, word, tick, amount)
        check(exchange)
    assert discrepancies(exchange.state) == []
    rebuilt = ExchangeState(memory_s=5.0)
    rebuilt.replay(exchange.journal.entries)
    assert rebuilt.snapshot(0.0) == exchange.state.snapshot(0.0)


@settings(max_examples=30)
@given(moves_of, st.integers(0, 25))
def test_a_snapshot_anywhere_and_the_rest_of_the_journal_make_the_same_state(
    moves: list[tuple[str, str, int, float]], cut: int
) -> None:
    exchange = trading()
    for name, word, tick, amount in moves:
        exchange.now += 0.5
        play(exchange, name, word, tick, amount)
    entries = exchange.journal.entries
    first, rest = entries[:cut], entries[cut:]
    before = ExchangeState(memory_s=5.0)
    before.replay(first)
    after = ExchangeState(memory_s=5.0)
    after.restore(before.snapshot(0.0))
    after.replay(rest)
    assert after.snapshot(0.0) == exchange.state.snapshot(0.0)


def test_a_broken_book_is_refused() -> None:
    exchange = trading()
    exchange.tell(BookSnapshot(exchange.now, XBT, ((99.0, 1.0),), ((101.0, 1.0),)))
    with pytest.raises(ValueError, match="only"):
        exchange.engine.core.contracts[XBT].book.asks.take(101, 20_000)
