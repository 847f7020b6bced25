"""The double-entry check finds every kind of damage, and nothing in healthy books."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from src.exchange.simulator.double_entry import discrepancies, valuation_discrepancies
from src.exchange.simulator.state import ExchangeState
from tests.paper_exchange_fakes import ETH, XBT, Exchange, trading

D = Decimal


def busy() -> Exchange:
    """Return an exchange whose books hold a row of almost every kind."""
    exchange = trading(balance="500", currencies={"EUR": "500", "XBT": "0.5"})
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "buy", "3")
    exchange.send("lmt", "buy", "1", limitPrice="90")
    exchange.now += 4000
    exchange.ask("accounts")
    exchange.send("mkt", "sell", "1")
    exchange.send("mkt", "sell", "2", symbol=ETH)
    exchange.ask("transfer", amount="20", unit="eur", fromAccount="flex", toAccount="cash")
    return exchange


def replace_row(state: ExchangeState, place: int, **changes: object) -> None:
    rows = state.account.rows
    rows[place] = msgspec.structs.replace(rows[place], **changes)


def grow(state: ExchangeState) -> None:
    state.account.balance_usd += D("0.00000001")


def lose_currency(state: ExchangeState) -> None:
    del state.account.currencies["EUR"]


def more_currency(state: ExchangeState) -> None:
    state.account.currencies["EUR"] += 1


def lose_position(state: ExchangeState) -> None:
    del state.account.positions[XBT]


def cheapen(state: ExchangeState) -> None:
    position = state.account.positions[XBT]
    state.account.positions[XBT] = msgspec.structs.replace(position, cost_usd=position.cost_usd - 1)


def turn(state: ExchangeState) -> None:
    position = state.account.positions[XBT]
    state.account.positions[XBT] = msgspec.structs.replace(position, cost_usd=-position.cost_usd)


def last_trade(state: ExchangeState) -> int:
    """Return the place of the newest cash row of a trade."""
    rows = state.account.rows
    return max(place for place, row in enumerate(rows) if row.execution and row.asset == "usd")


def other_fee(state: ExchangeState) -> None:
    replace_row(state, last_trade(state), fee_usd=D(1))


def fill_twice(state: ExchangeState) -> None:
    state.fills.append(state.fills[-1])


def larger_fill(state: ExchangeState) -> None:
    state.fills[-1] = msgspec.structs.replace(state.fills[-1], size=D(9))


def unbooked_fill(state: ExchangeState) -> None:
    state.fills.append(msgspec.structs.replace(state.fills[-1], fill_id="new"))


def forgotten_fill(state: ExchangeState) -> None:
    del state.fills[-1]


def lose_row(state: ExchangeState) -> None:
    del state.account.rows[3]


def book_twice(state: ExchangeState) -> None:
    account = state.account
    place = last_trade(state)
    account.rows += [msgspec.structs.replace(row) for row in account.rows[place : place + 2]]
    account.rows_written += 2


def overfill(state: ExchangeState) -> None:
    (order,) = state.open.values()
    state.open[order.terms.order_id] = msgspec.structs.replace(order, open_size=D(-1))


def owe_currency(state: ExchangeState) -> None:
    state.account.wallet["EUR"] = D(-1)


DAMAGES = [
    grow,
    lose_currency,
    more_currency,
    lose_position,
    cheapen,
    turn,
    other_fee,
    fill_twice,
    larger_fill,
    unbooked_fill,
    forgotten_fill,
    lose_row,
    book_twice,
    overfill,
    owe_currency,
]


def test_healthy_books_add_up() -> None:
    exchange = busy()
    words = {row.info for row in exchange.state.account.rows}
    assert words == {"cross-exchange transfer", "futures trade", "funding rate change", "transfer"}
    assert discrepancies(exchange.state) == []
    assert valuation_discrepancies(exchange.engine.core) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(damage: Callable[[ExchangeState], None]) -> None:
    state = busy().state
    damage(state)
    assert discrepancies(state)


@pytest.mark.parametrize("damage", [grow, lose_currency, lose_position, larger_fill, other_fee, lose_row])
def test_damage_is_found_when_the_beginning_is_forgotten(damage: Callable[[ExchangeState], None]) -> None:
    state = busy().state
    del state.account.rows[0]
    assert discrepancies(state) == []
    damage(state)
    assert discrepancies(state)


def test_margins_that_are_not_the_books_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    core = busy().engine.core
    told = core.margins()
    monkeypatch.setattr(core, "margins", lambda: replace(told, balance=told.balance + D("0.01")))
    assert len(valuation_discrepancies(core)) == 2


def test_an_order_cannot_trade_more_than_it_has_open() -> None:
    exchange = busy()
    (order_id,) = exchange.state.open
    with pytest.raises(ValueError, match="cannot trade"):
        exchange.engine.core.execute(order_id, price=D(90), size=D(2), fill_type="maker")
