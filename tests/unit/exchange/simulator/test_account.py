from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.account import moved
from src.exchange.simulator.events import FundingPoint
from src.records.exchange_journal import ExchangePosition
from tests.paper_exchange_fakes import ETH, START, XBT, Exchange, trading

D = Decimal
HOUR_AHEAD = (START // 3600 + 1) * 3600


def position(size: str, entry: str) -> ExchangePosition:
    cost = D(size) * D(entry)
    return ExchangePosition(symbol=XBT, size=D(size), cost_usd=cost, fill_ts=0.0, funded_ts=0.0)


@pytest.mark.parametrize(
    ("size", "price", "expected"),
    [
        ("1", "110", (D(3), D(310), D(0))),
        ("-1", "110", (D(1), D(100), D(10))),
        ("-2", "90", (D(0), D(0), D(-20))),
        ("-3", "110", (D(-1), D(-110), D(20))),
    ],
)
def test_entry_is_weighted_on_increase_kept_on_decrease_and_new_after_a_flip(
    size: str, price: str, expected: tuple[Decimal, Decimal, Decimal]
) -> None:
    assert moved(position("2", "100"), D(size), D(price)) == expected


def test_a_short_gains_when_the_price_falls() -> None:
    assert moved(position("-2", "100"), D(2), D(90)) == (D(0), D(0), D(20))


sizes = st.integers(-50, 50).filter(bool).map(lambda steps: D(steps) / 10)
prices = st.integers(1, 2000).map(lambda ticks: D(ticks) / 7).map(lambda p: p.quantize(D("0.001")))


@given(st.lists(st.tuples(sizes, prices), max_size=30))
def test_no_gain_is_lost_or_made_by_rounding(trades: list[tuple[Decimal, Decimal]]) -> None:
    held: ExchangePosition | None = None
    realised = spent = D(0)
    for size, price in trades:
        new_size, cost, gain = moved(held, size, price)
        realised += gain
        spent += size * price
        held = (
            ExchangePosition(symbol=XBT, size=new_size, cost_usd=cost, fill_ts=0.0, funded_ts=0.0)
            if new_size
            else None
        )
    assert realised == (D(0) if held is None else held.cost_usd) - spent


def test_equity_is_cash_and_everything_unrealised() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    exchange.mark(110.0)
    flex = exchange.ask("accounts")["accounts"]["flex"]  # type: ignore[index] # JSON values
    fee = 202 * 0.0005
    assert flex["pnl"] == pytest.approx(18.0)
    assert flex["marginEquity"] == pytest.approx(10_000 - fee + 18.0)
    assert flex["initialMargin"] == pytest.approx(220 * 0.02)
    assert flex["maintenanceMargin"] == pytest.approx(220 * 0.01)
    assert flex["availableMargin"] == pytest.approx(flex["marginEquity"] - flex["initialMarginWithOrders"])


def test_margin_counts_the_worst_that_open_orders_could_become() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    exchange.send("lmt", "buy", "3", limitPrice="90")
    assert exchange.engine.core.margins().with_orders == 5 * 100 * D("0.02")
    exchange.send("lmt", "sell", "4", limitPrice="110")
    assert exchange.engine.core.margins().with_orders == 5 * 100 * D("0.02")


def test_a_leverage_preference_raises_the_initial_margin() -> None:
    exchange = trading()
    exchange.ask("setleverage", symbol=XBT, maxLeverage="5")
    exchange.send("mkt", "buy", "2")
    assert exchange.engine.core.margins().initial == 200 * D("0.2")
    shown = exchange.ask("leveragepreferences")["leveragePreferences"]
    assert shown == [{"symbol": XBT, "maxLeverage": 5.0}]
    exchange.ask("setleverage", symbol=XBT)
    assert exchange.engine.core.margins().initial == 200 * D("0.02")


def test_large_positions_fall_into_a_stricter_tier() -> None:
    exchange = trading(balance="1000000")
    exchange.book(asks=((101.0, 10_000.0),))
    exchange.send("mkt", "buy", "100")
    exchange.mark(10_000.0)
    assert exchange.engine.core.margins().initial == 1_000_000 * D("0.1")


def funded(exchange: Exchange) -> list[Decimal]:
    rows = exchange.state.account.rows
    return [row.realised_funding_usd for row in rows if row.realised_funding_usd is not None]


def test_funding_is_paid_by_longs_on_the_hour() -> None:
    exchange = trading()
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "buy", "2")
    held = HOUR_AHEAD - exchange.now
    exchange.engine.advance(HOUR_AHEAD)
    assert funded(exchange) == [(-2 * D("0.36") * D(str(held)) / 3600).quantize(D("0.00000001"))]


def test_funding_accrues_in_between_and_shows_with_its_sign() -> None:
    exchange = trading()
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "sell", "2")
    exchange.now += 100
    (shown,) = exchange.ask("openpositions")["openPositions"]  # type: ignore[misc] # JSON values
    assert shown["unrealizedFunding"] == pytest.approx(2 * 0.36 * 100 / 3600)
    assert (shown["side"], shown["size"]) == ("short", 2.0)


def test_a_change_of_position_realises_what_accrued() -> None:
    exchange = trading()
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "buy", "2")
    exchange.now += 100
    exchange.send("mkt", "sell", "1")
    assert funded(exchange) == [D("-0.02")]
    exchange.now += 100
    exchange.send("mkt", "sell", "1")
    assert funded(exchange) == [D("-0.02"), D("-0.01")]


def test_a_changed_rate_counts_from_its_change() -> None:
    exchange = trading()
    exchange.mark(100.0, rate=0.36)
    exchange.send("mkt", "buy", "2")
    exchange.now += 100
    exchange.mark(100.0, rate=3.6)
    exchange.now += 100
    exchange.ask("accounts")
    assert exchange.engine.core.unrealised_funding() == D("-0.22")


def test_hours_missed_while_down_are_settled_at_the_rates_of_the_market() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    opened = exchange.now
    exchange.engine.core.now = HOUR_AHEAD + 5000
    points = [FundingPoint(HOUR_AHEAD + 3600 * n, 0.36, 0.0) for n in range(-1, 3)]
    exchange.engine.settle_missed(XBT, points)
    part = D(str(HOUR_AHEAD - opened)) / 3600
    assert funded(exchange) == [(-2 * D("0.36") * part).quantize(D("0.00000001")), D("-0.72")]
    assert exchange.engine.core.now == HOUR_AHEAD + 5000


def test_an_account_below_maintenance_is_liquidated_into_the_book() -> None:
    exchange = trading(balance="40")
    exchange.send("mkt", "buy", "10")
    exchange.send("lmt", "buy", "0.5", limitPrice="90")
    exchange.book(bids=((98.0, 50.0),), asks=((101.0, 5.0),))
    exchange.mark(98.0)
    assert exchange.size() == 0
    assert not exchange.state.open
    assert exchange.state.fills[-1].fill_type == "liquidation"
    assert [row.info for row in exchange.state.account.rows][-1] == "futures liquidation"


def test_what_the_book_cannot_take_is_liquidated_later() -> None:
    exchange = trading(balance="40")
    exchange.send("mkt", "buy", "10")
    exchange.book(bids=((98.0, 4.0),), asks=((101.0, 5.0),))
    exchange.mark(98.0)
    assert exchange.size() == 6
    exchange.book(bids=((98.0, 40.0),), asks=((101.0, 5.0),))
    exchange.mark(97.0)
    assert exchange.size() == 0


def test_a_healthy_account_is_left_alone() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "10")
    exchange.mark(60.0)
    assert exchange.size() == 10


def test_each_trade_writes_a_cash_row_and_a_position_row() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    opening, cash, held = exchange.state.account.rows
    assert (opening.old_balance, opening.new_balance) == (0, 10_000)
    assert (cash.asset, cash.new_balance - cash.old_balance, cash.fee_usd) == ("usd", -D("0.101"), D("0.101"))
    assert (held.asset, held.old_balance, held.new_balance) == ("pf_xbtusd", 0, 2)
    assert held.new_average_entry_price == 101


def test_positions_are_one_a_contract() -> None:
    exchange = trading()
    exchange.send("mkt", "buy", "2")
    exchange.send("mkt", "sell", "2", symbol=ETH)
    positions = exchange.ask("openpositions")["openPositions"]
    assert isinstance(positions, list)
    assert {(p["symbol"], p["side"], p["size"]) for p in positions} == {
        (XBT, "long", 2.0),
        (ETH, "short", 2.0),
    }
    exchange.send("mkt", "buy", "2", symbol=ETH)
    assert set(exchange.state.account.positions) == {XBT}


def test_fills_page_backwards_in_time() -> None:
    exchange = trading()
    for _ in range(105):
        exchange.now += 1
        exchange.book()
        exchange.send("mkt", "buy", "0.01")
    newest = page(exchange)
    assert len(newest) == 100
    assert newest[0]["fillTime"] > newest[-1]["fillTime"]
    older = page(exchange, lastFillTime=newest[-1]["fillTime"])
    assert len(older) == 5
    assert not {row["fill_id"] for row in newest} & {row["fill_id"] for row in older}


def page(exchange: Exchange, **params: str) -> list[dict[str, str]]:
    found = exchange.ask("fills", **params)["fills"]
    assert isinstance(found, list)
    return found
