"""What an unmodified ccxt makes of what it reads from this exchange, trap by trap; the numbers are stable names."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import ccxt
import pytest

from tests.paper_exchange_fakes import START
from tests.wire_fakes import S, Wire, changed, relayed, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def test_trap_07_a_live_and_a_filled_order_read_as_cancelled(wire: Wire) -> None:
    live = wire.client.create_order(S, "limit", "buy", 0.01, 90)
    filled = wire.client.create_order(S, "limit", "buy", 0.01, 100)
    wire.trade("sell", 100.0, 1.0)
    wire.clock.advance_by(60)
    wire.client.fetch_positions()
    cancelled = {order["id"] for order in wire.client.fetch_canceled_orders(S)}
    assert cancelled >= {live["id"], filled["id"]}
    assert [order["id"] for order in wire.client.fetch_closed_orders(S)] == [filled["id"]]
    assert [order["id"] for order in wire.client.fetch_open_orders(S)] == [live["id"]]


def test_trap_07_a_partly_executed_order_reads_as_closed(wire: Wire) -> None:
    wire.book(bids=[(99.0, 5.0)], asks=[(101.0, 0.004), (103.0, 5.0)])
    order = wire.client.create_order(S, "limit", "buy", 0.01, 101)
    wire.clock.advance_by(60)
    assert [row["id"] for row in wire.client.fetch_closed_orders(S)] == [order["id"]]
    assert wire.client.fetch_open_orders(S)[0]["remaining"] == 0.006


def test_trap_16_smallest_size_largest_position_and_leverage_are_only_in_raw(wire: Wire) -> None:
    market = wire.client.market(S)
    assert market["limits"]["amount"] == {"min": None, "max": None}
    assert market["limits"]["leverage"] == {"min": None, "max": None}
    assert market["limits"]["price"] == {"min": None, "max": None}
    assert (market["info"]["contractValueTradePrecision"], market["info"]["maxPositionSize"]) == (4, 100.0)
    assert market["info"]["marginLevels"][0]["initialMargin"] == 0.02
    assert (market["maker"], market["taker"]) == (0.0002, 0.0005)


@pytest.mark.parametrize(
    ("path", "key", "read"),
    [
        ("openorders", "openOrders", lambda client: client.fetch_open_orders(S)),
        ("fills", "fills", lambda client: client.fetch_my_trades(S)),
    ],
)
def test_trap_17_a_degraded_answer_reads_as_nothing(
    wire: Wire, path: str, key: str, read: Callable[[ccxt.krakenfutures], list[object]]
) -> None:
    wire.client.create_order(S, "limit", "buy", 0.01, 90)
    wire.client.create_order(S, "market", "buy", 0.01)
    assert len(read(wire.client)) == 1
    with relayed(wire) as (relay, client):
        relay.spoil = changed(path, lambda shape: shape.pop(key))
        assert read(client) == []


def test_trap_17_positions_without_their_key_fail_loudly(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        relay.spoil = changed("openpositions", lambda shape: shape.pop("openPositions"))
        with pytest.raises(ccxt.ExchangeNotAvailable):
            client.fetch_positions()


def test_trap_18_trades_are_the_last_hundred_with_a_fee_that_is_computed(wire: Wire) -> None:
    wire.book(bids=[(99.0, 50.0)], asks=[(101.0, 50.0)])
    for count in range(102):
        wire.client.create_order(S, "market", "buy", 0.01, None, {"clientOrderId": f"n{count}"})
    trades = wire.client.fetch_my_trades(S)
    assert len(trades) == 100
    assert {trade["info"]["cliOrdId"] for trade in trades} == {f"n{count}" for count in range(2, 102)}
    assert all(trade.get("clientOrderId") is None for trade in trades)
    assert "fee_paid" not in trades[0]["info"]
    assert trades[0]["fee"]["cost"] == pytest.approx(101 * 0.01 * 0.0005)


def test_trap_18_a_maker_fee_that_was_paid_stands_in_the_account_log(wire: Wire) -> None:
    wire.client.create_order(S, "limit", "buy", 0.01, 100)
    wire.trade("sell", 100.0, 1.0)
    wire.client.fetch_positions()
    cash = [row for row in wire.client.historyGetAccountLog()["logs"] if row["asset"] == "usd"]
    assert cash[0]["fee"] == pytest.approx(100 * 0.01 * 0.0002)


def test_trap_19_a_balance_has_no_margin_numbers_outside_raw(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 1)
    balance = wire.client.fetch_balance()
    assert set(balance) == {"info", "USD", "free", "used", "total", "timestamp", "datetime"}
    flex = balance["info"]["accounts"]["flex"]
    assert flex["availableMargin"] == pytest.approx(flex["marginEquity"] - flex["initialMarginWithOrders"])


def test_trap_19_with_other_collateral_there_are_no_dollars(wire: Wire) -> None:
    def in_euros(shape: dict[str, object]) -> None:
        flex = shape["accounts"]["flex"]  # type: ignore[index] # JSON
        flex["currencies"] = {"EUR": flex["currencies"]["USD"]}

    with relayed(wire) as (relay, client):
        relay.spoil = changed("accounts", in_euros)
        balance = client.fetch_balance()
    assert "USD" not in balance["total"]
    assert balance["info"]["accounts"]["flex"]["marginEquity"] == 10_000


def test_trap_20_the_funding_rate_is_absolute_and_divided_by_the_wrong_price(wire: Wire) -> None:
    wire.mark(101.0, index=100.0, rate=1.3)
    rate = wire.client.fetch_funding_rate(S)
    assert rate["info"]["fundingRate"] == 1.3
    assert rate["fundingRate"] == pytest.approx(1.3 / 101.0)
    assert (rate["fundingTimestamp"], rate["nextFundingTimestamp"]) == (None, None)


def test_trap_20_a_rate_beyond_a_quarter_is_clamped_and_the_payment_is_not(wire: Wire) -> None:
    hour = (START // 3600 + 1) * 3600
    wire.client.create_order(S, "market", "buy", 0.01)
    wire.mark(100.0, rate=50.0)
    assert wire.client.fetch_funding_rate(S)["fundingRate"] == 0.25
    wire.clock.advance_to(hour)
    wire.client.fetch_balance()
    (row,) = wire.client.fetch_funding_history(S)
    assert row["amount"] == pytest.approx(-0.01 * 50 * (hour - START) / 3600, abs=1e-6)


def test_trap_21_the_time_of_a_ticker_is_that_of_the_last_trade(wire: Wire) -> None:
    wire.trade("buy", 101.0, 0.1)
    wire.client.fetch_ticker(S)
    wire.clock.advance_by(60)
    wire.book(bids=[(98.0, 1.0)], asks=[(100.0, 1.0)])
    ticker = wire.client.fetch_ticker(S)
    assert (ticker["bid"], ticker["timestamp"]) == (98.0, START * 1000)
    assert wire.client.fetch_order_book(S)["timestamp"] == (START + 60) * 1000


def test_trap_25_history_is_asked_for_in_two_versions(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 0.01)
    wire.clock.advance_by(60)
    wire.client.fetch_closed_orders(S)
    assert "/api/history/v2/orders" in wire.client.last_request_url
    wire.client.fetch_ledger()
    assert "/api/history/v3/account-log" in wire.client.last_request_url
    wire.client.fetch_positions_history()
    assert "/api/history/v3/positions" in wire.client.last_request_url
    second, third = (wire.client.historyGetOrders({"version": v})["elements"] for v in ("v2", "v3"))
    assert second == third != []


def test_trap_26_this_exchange_lists_no_inverse_contract_that_would_read_unfilled(wire: Wire) -> None:
    assert all(market["linear"] and not market["inverse"] for market in wire.client.markets.values())

    def inverse(shape: dict[str, object]) -> None:
        rows = shape["instruments"]
        assert isinstance(rows, list)
        for row in rows:
            row.update(type="futures_inverse")

    with relayed(wire) as (relay, client):
        relay.spoil = changed("instruments", inverse)
        client.load_markets(True)  # the client's own signature
        (market,) = client.markets_by_id["PF_XBTUSD"]
        order = client.create_order(market["symbol"], "market", "buy", 1)
    assert (order["filled"], order["status"]) == (0, "open")
    assert wire.size() == 1


def test_trap_27_the_clients_own_limiter_makes_everything_wait(wire: Wire) -> None:
    wire.client.enableRateLimit = True
    assert wire.client.rateLimit == 600
    began = time.monotonic()
    for _ in range(3):
        wire.client.fetch_ticker(S)
    assert time.monotonic() - began >= 1.1


def test_trap_28_a_contract_is_one_unit_of_its_base(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 0.01)
    (position,) = wire.client.fetch_positions()
    assert (wire.client.market(S)["contractSize"], position["contractSize"]) == (1, 1)
    assert (position["contracts"], position["info"]["size"]) == (0.01, 0.01)


def test_trap_29_raw_numbers_are_floats_and_exact_again_through_their_text(wire: Wire) -> None:
    wire.client.create_order(S, "limit", "buy", 0.1, 90)
    wire.client.create_order(S, "limit", "buy", 0.2, 90)
    sizes = [row["unfilledSize"] for row in wire.client.privateGetOpenorders()["openOrders"]]
    assert all(type(size) is float for size in sizes)
    assert sum(sizes) != 0.3
    assert sum(Decimal(str(size)) for size in sizes) == Decimal("0.3")


def test_trap_30_fee_schedules_are_answered_and_the_log_holds_what_was_paid(wire: Wire) -> None:
    fees = wire.client.fetch_trading_fees()
    assert (fees[S]["maker"], fees[S]["taker"]) == (0.0002, 0.0005)
    wire.client.create_order(S, "market", "buy", 1)
    cash = wire.client.historyGetAccountLog()["logs"]
    assert sum(row["fee"] for row in cash) == pytest.approx(101 * fees[S]["taker"])


def test_trap_31_words_that_are_unknown_pass_through_the_client(wire: Wire) -> None:
    wire.client.create_order(S, "market", "sell", 0.01, None, {"triggerPrice": 80})

    def unknown(shape: dict[str, object]) -> None:
        rows = shape["openOrders"]
        assert isinstance(rows, list)
        rows[0].update(orderType="unknown", triggerSignal="unknown")

    with relayed(wire) as (relay, client):
        relay.spoil = changed("openorders", unknown)
        (order,) = client.fetch_open_orders(S)
    assert (order["type"], order["info"]["triggerSignal"], order["side"]) == ("unknown", "unknown", "sell")
