"""Money moves between the accounts, and none is made or lost."""

from decimal import Decimal

import pytest

from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.state import ExchangeState
from tests.paper_exchange_fakes import Exchange, trading

TO_CASH = {"fromAccount": "flex", "toAccount": "cash", "unit": "usd"}
TO_FLEX = {"fromAccount": "cash", "toAccount": "flex", "unit": "usd"}


def money(exchange: Exchange) -> tuple[Decimal, Decimal]:
    return exchange.state.account.balance_usd, exchange.state.account.cash_usd


def test_a_transfer_moves_money_with_a_row_in_the_log() -> None:
    exchange = trading()
    assert exchange.ask("transfer", amount="100.5", **TO_CASH) == {}
    assert money(exchange) == (Decimal("9899.5"), Decimal("100.5"))
    row = exchange.state.account.rows[-1]
    assert (row.info, row.new_balance - row.old_balance) == ("transfer", Decimal("-100.5"))
    exchange.ask("transfer", amount="100.5", **TO_FLEX)
    assert money(exchange) == (Decimal(10_000), Decimal(0))


def test_a_withdrawal_takes_from_the_cash_account_only() -> None:
    exchange = trading()
    with pytest.raises(BadCall, match="insufficientFunds"):
        exchange.ask("withdrawal", amount="10", currency="usd")
    exchange.ask("transfer", amount="100", **TO_CASH)
    assert exchange.ask("withdrawal", amount="30", currency="usd")["uid"]
    assert money(exchange) == (Decimal(9900), Decimal(70))


@pytest.mark.parametrize(
    ("params", "word"),
    [
        (TO_FLEX | {"amount": "1"}, "insufficientFunds"),
        (TO_CASH | {"amount": "10001"}, "insufficientFunds"),
        (TO_CASH | {"amount": "1", "unit": "XBT"}, "insufficientFunds"),
        (TO_CASH | {"amount": "1", "unit": "shells"}, "invalidUnit"),
        (TO_CASH | {"amount": "0"}, "invalidAmount"),
        (TO_CASH | {"amount": "much"}, "invalidAmount"),
        (TO_CASH | {"amount": "0.000000001"}, "invalidAmount"),
        (TO_CASH | {"amount": "1", "toAccount": "fi_xbtusd"}, "invalidAccount"),
        (TO_CASH | {"amount": "1", "toAccount": "flex"}, "invalidAccount"),
        (TO_CASH, "requiredArgumentMissing: amount"),
    ],
)
def test_what_cannot_be_moved_is_refused(params: dict[str, str], word: str) -> None:
    exchange = trading()
    with pytest.raises(BadCall, match=word):
        exchange.ask("transfer", **params)
    assert money(exchange) == (Decimal(10_000), Decimal(0))


def test_what_carries_positions_stays() -> None:
    exchange = trading()
    exchange.send("lmt", "buy", "90", limitPrice="99")
    available = exchange.engine.core.margins().available
    with pytest.raises(BadCall, match="insufficientFunds"):
        exchange.ask("transfer", amount=str(available + 1), **TO_CASH)
    exchange.ask("transfer", amount=str(available), **TO_CASH)
    assert exchange.engine.core.margins().available == 0


def test_a_restart_knows_both_accounts() -> None:
    exchange = trading()
    exchange.ask("transfer", amount="100", **TO_CASH)
    again = ExchangeState(memory_s=5.0)
    again.replay(exchange.journal.entries)
    assert again.snapshot(0.0) == exchange.state.snapshot(0.0)
    third = ExchangeState(memory_s=5.0)
    third.restore(exchange.state.snapshot(0.0))
    assert third.account.cash_usd == 100
