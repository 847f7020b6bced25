"""Other collateral than USD: what it is worth, what a debt in USD does to it, and how it is told."""

from decimal import Decimal
from typing import Any

import ccxt
import pytest

from src.exchange.simulator.collateral import TERMS, by_wire_name, price_of, wire_name
from src.exchange.simulator.debts import INTEREST_PER_HOUR, TOLERATED_USD, conversion, payment
from src.exchange.simulator.double_entry import discrepancies, valuation_discrepancies
from src.exchange.simulator.errors import BadCall, Unlisted
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.wire.account_stream import AccountFeeds
from src.records.enums import Collateral
from tests.paper_exchange_fakes import ETH, START, XBT, Exchange, trading

D = Decimal
HOUR_AHEAD = (START // 3600 + 1) * 3600
EUROS = {"EUR": "500"}


def flex(exchange: Exchange) -> dict[str, Any]:
    shown = exchange.ask("accounts")["accounts"]["flex"]  # type: ignore[index] # JSON values
    assert isinstance(shown, dict)
    return shown


def currency(exchange: Exchange, name: str) -> dict[str, float]:
    told: dict[str, float] = flex(exchange)["currencies"][name]
    return told


def words(exchange: Exchange) -> list[str]:
    return [row.info for row in exchange.state.account.rows]


def close(exchange: Exchange, price: float, size: str = "1") -> None:
    """Let the price move there, and close a long position against the book."""
    exchange.book(bids=((price, 50.0),), asks=((price + 2, 50.0),))
    exchange.mark(price)
    exchange.send("mkt", "sell", size)


def check(exchange: Exchange) -> None:
    assert discrepancies(exchange.state) == []
    assert valuation_discrepancies(exchange.engine.core) == []
    rebuilt = ExchangeState(memory_s=5.0)
    rebuilt.replay(exchange.journal.entries)
    assert rebuilt.snapshot(0.0) == exchange.state.snapshot(0.0)
    again = ExchangeState(memory_s=5.0)
    again.restore(rebuilt.snapshot(0.0))
    assert again.snapshot(0.0) == rebuilt.snapshot(0.0)


def test_an_account_of_other_currencies_has_no_usd_entry() -> None:
    exchange = trading(balance="0", currencies={"EUR": "500", "XBT": "2"})
    shown = flex(exchange)
    assert list(shown["currencies"]) == ["EUR", "XBT"]
    assert shown["currencies"]["EUR"] == pytest.approx(
        {"quantity": 500.0, "value": 575.0, "collateral": 575 * 0.9995, "available": 500.0}
    )
    xbt = 200 * 0.98 * 0.995
    assert shown["currencies"]["XBT"] == pytest.approx(
        {"quantity": 2.0, "value": 200.0, "collateral": xbt, "available": 2.0}
    )
    assert shown["balanceValue"] == shown["portfolioValue"] == pytest.approx(775.0)
    assert shown["collateralValue"] == shown["marginEquity"] == pytest.approx(575 * 0.9995 + xbt)
    check(exchange)


def test_the_websocket_tells_haircut_and_spread_of_each() -> None:
    exchange = trading(balance="1", currencies={"XBT": "2"})
    told = AccountFeeds(exchange.engine.core, "paper").balances_snapshot()
    section = told["flex_futures"]
    assert isinstance(section, dict)
    assert section["currencies"]["XBT"] == pytest.approx(
        {
            "quantity": 2.0,
            "value": 200.0,
            "collateral_value": 200 * 0.98 * 0.995,
            "available": 2.0,
            "haircut": 0.02,
            "conversion_spread": 0.005,
        }
    )
    assert section["balance_value"] == section["portfolio_value"] == 201.0
    assert section["collateral_value"] == section["margin_equity"] == pytest.approx(1 + 200 * 0.98 * 0.995)
    assert told["holding"] == {"USD": 0.0}


def test_a_library_that_knows_the_venue_reads_the_balances() -> None:
    exchange = trading(balance="0", currencies={"EUR": "500", "XBT": "2"})
    balance = ccxt.krakenfutures().parse_balance(flex(exchange))
    assert balance["total"] == {"EUR": 500.0, "BTC": 2.0}
    assert balance["free"] == {"EUR": 500.0, "BTC": 2.0}


def test_a_conversion_tells_its_cost_in_percent() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    exchange.send("mkt", "buy", "1")
    close(exchange, 91.0)
    rows = exchange.ask("account-log", info="conversion")["logs"]
    assert isinstance(rows, list)
    assert [row["collateral"] for row in rows] == ["USD", "EUR"]
    assert {row["conversion_spread_percentage"] for row in rows} == {0.05}
    assert {row["trade_price"] for row in rows} == {1.15}
    oldest = exchange.ask("account-log", count="1", sort="asc")["logs"]
    assert "conversion_spread_percentage" not in oldest[0]  # type: ignore[index] # JSON values


def test_margin_counts_what_is_left_after_the_haircut_and_gains_whole() -> None:
    exchange = trading(balance="0", currencies={"ETH": "100"})
    exchange.send("mkt", "buy", "2")
    exchange.mark(110.0)
    shown = flex(exchange)
    fee = 202 * 0.0005
    counted = 1000 * 0.98 * 0.995 - fee
    assert shown["currencies"]["USD"]["quantity"] == pytest.approx(-fee)
    assert shown["marginEquity"] == pytest.approx(counted + 18.0)
    assert shown["portfolioValue"] == pytest.approx(1000 - fee + 18.0)
    assert shown["totalUnrealizedAsMargin"] == pytest.approx(18.0)
    assert shown["availableMargin"] == pytest.approx(counted + 18.0 - shown["initialMarginWithOrders"])
    check(exchange)


def test_a_price_that_moves_moves_the_collateral_and_may_liquidate() -> None:
    exchange = trading(balance="0", currencies={"ETH": "20"})
    exchange.send("mkt", "buy", "4")
    exchange.book(bids=((99.0, 50.0),), asks=((101.0, 50.0),))
    exchange.mark(8.0, symbol=ETH)
    assert exchange.size() == 4
    exchange.mark(0.4, symbol=ETH)
    assert exchange.size() < 4
    check(exchange)


def test_gains_settle_in_usd() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    exchange.send("mkt", "buy", "1")
    close(exchange, 120.0)
    assert exchange.state.account.balance_usd == 19 - D("0.0005") * (101 + 120)
    assert exchange.state.account.currencies == {"EUR": D(500)}
    assert "conversion" not in words(exchange)
    check(exchange)


def test_a_debt_is_paid_once_no_position_is_left() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    exchange.send("mkt", "buy", "1")
    assert exchange.state.account.balance_usd == -D("0.0005") * 101
    close(exchange, 91.0)
    debt = 10 + D("0.0005") * (101 + 91)
    paid, received = exchange.state.account.rows[-2:]
    assert (paid.asset, received.asset) == ("eur", "usd")
    assert (paid.info, received.info) == ("conversion", "conversion")
    assert received.new_balance - received.old_balance == debt
    given = paid.old_balance - paid.new_balance
    assert given * D("1.15") * D("0.9995") == pytest.approx(debt, abs=D("1e-6"))
    assert given * D("1.15") * D("0.9995") >= debt
    assert (paid.conversion_spread, paid.trade_price) == (D("0.0005"), D("1.15"))
    assert exchange.state.account.balance_usd == 0
    check(exchange)


def test_a_debt_beyond_a_tenth_of_the_collateral_is_paid_at_once() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    exchange.send("mkt", "buy", "5")
    exchange.send("mkt", "sell", "1", symbol=ETH)
    close(exchange, 92.0, "4")
    assert exchange.state.account.balance_usd > D("-57.5")
    assert "conversion" not in words(exchange)
    close(exchange, 79.0, "1")
    assert exchange.state.account.balance_usd == 0
    assert words(exchange).count("conversion") == 2
    check(exchange)


def test_no_more_than_thirty_thousand_are_owed_however_rich_the_account() -> None:
    exchange = trading(balance="0", currencies={"EUR": "10000000"})
    account = exchange.state.account
    exchange.send("mkt", "buy", "1")
    for debt, tolerated in ((TOLERATED_USD, True), (TOLERATED_USD + 1, False)):
        account.balance_usd = -debt
        assert (payment(account, exchange.engine.core.holdings()) is None) is tolerated


def test_the_smallest_haircut_is_sold_first() -> None:
    exchange = trading(balance="0", currencies={"XBT": "5", "EUR": "3", "USDC": "2"})
    exchange.send("mkt", "buy", "1")
    close(exchange, 85.0)
    sold = [row.asset for row in exchange.state.account.rows if row.info == "conversion"]
    assert sold == ["eur", "usd", "usdc", "usd", "xbt", "usd"]
    assert set(exchange.state.account.currencies) == {"XBT"}
    check(exchange)


def test_a_debt_bears_interest_on_the_hour() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    exchange.send("mkt", "buy", "5")
    debt = -exchange.state.account.balance_usd
    exchange.engine.advance(HOUR_AHEAD)
    row = exchange.state.account.rows[-1]
    assert row.info == "interest payment"
    assert row.old_balance - row.new_balance == pytest.approx(debt * INTEREST_PER_HOUR, abs=D("1e-8"))
    exchange.engine.advance(HOUR_AHEAD + 7200)
    assert words(exchange).count("interest payment") == 3
    check(exchange)


def test_usd_alone_bears_no_interest() -> None:
    exchange = trading(balance="100")
    exchange.send("mkt", "buy", "1")
    exchange.engine.advance(HOUR_AHEAD + 7200)
    assert "interest payment" not in words(exchange)


def test_currencies_move_between_the_accounts_and_out() -> None:
    exchange = trading(balance="0", currencies=EUROS)
    to_cash = {"fromAccount": "flex", "toAccount": "cash", "unit": "EUR"}
    exchange.ask("transfer", amount="200", **to_cash)
    assert exchange.state.account.currencies == {"EUR": D(300)}
    exchange.ask("withdrawal", amount="50", currency="eur")
    cash = exchange.ask("accounts")["accounts"]["cash"]  # type: ignore[index] # JSON values
    assert cash["balances"] == {"usd": 0.0, "eur": 150.0}
    exchange.ask("transfer", amount="150", fromAccount="cash", toAccount="flex", unit="eur")
    assert exchange.state.account.currencies == {"EUR": D(450)}
    assert not exchange.state.account.wallet
    assert words(exchange) == ["cross-exchange transfer", "transfer", "transfer"]
    with pytest.raises(BadCall, match="insufficientFunds"):
        exchange.ask("transfer", amount="451", **to_cash)
    check(exchange)


def test_what_carries_a_position_stays() -> None:
    exchange = trading(balance="0", currencies={"EUR": "4"})
    exchange.send("mkt", "buy", "1")
    free = currency(exchange, "EUR")["available"]
    assert 0 < free < 4
    to_cash = {"fromAccount": "flex", "toAccount": "cash", "unit": "eur"}
    with pytest.raises(BadCall, match="insufficientFunds"):
        exchange.ask("transfer", amount=f"{free + 0.001:.8f}", **to_cash)
    exchange.ask("transfer", amount=f"{free - 1e-6:.8f}", **to_cash)
    assert exchange.engine.core.margins().available == pytest.approx(D(0), abs=D("1e-5"))


def test_collateral_without_an_index_is_refused_at_the_start() -> None:
    exchange = Exchange(balance="0", currencies={"XBT": "1"})
    exchange.engine.core.contracts = {ETH: exchange.engine.core.contracts[ETH]}
    with pytest.raises(Unlisted, match=XBT):
        exchange.engine.open(START, balance_usd=D(0))


def test_until_the_index_is_known_nobody_is_liquidated() -> None:
    exchange = Exchange(balance="0", currencies={"XBT": "1"})
    exchange.book(symbol=ETH, bids=((9.9, 50.0),), asks=((10.1, 50.0),))
    exchange.book()
    exchange.mark(100.0)
    exchange.mark(10.0, symbol=ETH)
    exchange.ask("sendorder", symbol=ETH, orderType="mkt", side="buy", size="10")
    exchange.engine.core.contracts[XBT].index = None
    exchange.mark(10.0, symbol=ETH)
    assert exchange.size(ETH) == 10
    exchange.mark(100.0)
    assert exchange.size(ETH) == 10


def test_a_conversion_of_everything_gives_what_there_is() -> None:
    exchange = trading(balance="0", currencies={"XBT": "0.5"})
    sold = conversion(exchange.engine.core.holdings()[0], D(1000))
    assert (sold.amount, sold.usd) == (D("0.5"), D("0.5") * 100 * D("0.995"))


@pytest.mark.parametrize(("word", "name"), [("BTC", "XBT"), ("xbt", "XBT"), ("eur", "EUR"), ("USDT", "USDT")])
def test_a_currency_has_one_name(word: str, name: str) -> None:
    assert wire_name(word) == name


def test_a_human_may_set_every_currency_that_is_taken() -> None:
    assert by_wire_name(dict.fromkeys(Collateral, 0.1)) == dict.fromkeys(TERMS, D("0.1"))


def test_every_currency_has_a_price_and_the_cheapest_to_hold_comes_first() -> None:
    haircuts = [terms.haircut for terms in TERMS.values()]
    assert haircuts == sorted(haircuts)
    assert all(price_of(terms, lambda _: 7.0) for terms in TERMS.values())
