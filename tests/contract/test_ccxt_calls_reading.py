"""Every recorded call of ccxt that reads: made by the unmodified client, sync and async, over real HTTP."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.ccxt_callers import XBT, Caller, Checks, Client, Recorded, S, connected, recorded_calls
from tests.paper_exchange_server import NOW, Served, served

CHECKS = Checks()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module", params=["sync", "async"])
def client(request: pytest.FixtureRequest, exchange: Served) -> Iterator[Client]:
    yield from connected(exchange.endpoint, request.param)


@pytest.mark.parametrize("recorded", [c for c in recorded_calls() if not c.changes], ids=str)
def test_the_call_is_answered_and_parsed(client: Client, recorded: Recorded) -> None:
    caller = Caller(client, recorded.row)
    caller.clean()
    CHECKS.of(recorded)(caller)


# markets
@CHECKS.of_call("fetch_markets")
def _markets(caller: Caller) -> None:
    markets = {market["symbol"]: market for market in caller.call()}
    assert set(markets) == {S, "ETH/USD:USD"}
    assert (markets[S]["swap"], markets[S]["linear"]) == (True, True)
    assert (markets[S]["precision"]["amount"], markets[S]["precision"]["price"]) == (0.0001, 1.0)


@CHECKS.of_call("fetch_ticker")
def _ticker(caller: Caller) -> None:
    ticker = caller.call()
    assert 80_000 < ticker["bid"] < ticker["ask"] < 90_000
    assert ticker["markPrice"] == pytest.approx(ticker["indexPrice"], rel=0.01)


@CHECKS.of_call("fetch_order_book")
def _book(caller: Caller) -> None:
    book = caller.call()
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["timestamp"] >= NOW * 1000


@CHECKS.of_call("fetch_trades", 0)
@CHECKS.of_call("fetch_trades", 3)
def _trades(caller: Caller) -> None:
    bought = caller.long()
    trade = caller.call()[-1]
    assert (trade["symbol"], trade["side"]) == (S, "buy")
    assert trade["price"] == pytest.approx(bought["average"], rel=0.01)
    assert 0 < trade["amount"] <= 0.02
    assert trade["timestamp"] >= NOW * 1000


@CHECKS.of_call("fetch_trades", 1)
def _trades_since(caller: Caller) -> None:
    caller.long()
    trades = caller.call()
    assert 1 <= len(trades) <= 10
    assert [t["timestamp"] for t in trades] == sorted(t["timestamp"] for t in trades)


@CHECKS.of_call("fetch_trades", 2)
def _trades_until(caller: Caller) -> None:
    assert all(trade["timestamp"] < 1_795_327_300_000 for trade in caller.call())


@CHECKS.of_call("fetch_ohlcv", 0)
def _candles(caller: Caller) -> None:
    bars = caller.call()
    assert len(bars) > 600
    assert [bar[0] for bar in bars] == sorted({bar[0] for bar in bars})
    assert all(low <= min(o, c) <= max(o, c) <= high and volume >= 0 for _, o, high, low, c, volume in bars)


@CHECKS.of_call("fetch_ohlcv", 1)
@CHECKS.of_call("fetch_mark_ohlcv")
@CHECKS.of_call("fetch_index_ohlcv")
def _candles_since(caller: Caller) -> None:
    bars = caller.call()
    assert [bar[0] for bar in bars] == [1_795_003_200_000 + h * 3_600_000 for h in range(3)]
    assert all(50_000 < bar[4] < 150_000 for bar in bars)


@CHECKS.of_call("fetch_funding_rate")
def _funding_rate(caller: Caller) -> None:
    rate = caller.call()
    assert abs(rate["fundingRate"]) < 0.01
    assert rate["markPrice"] > 0


@CHECKS.of_call("fetch_tickers")
@CHECKS.of_call("fetch_funding_rates")
def _of_one_market(caller: Caller) -> None:
    assert set(caller.call()) == {S}


@CHECKS.of_call("fetch_funding_rate_history")
def _funding_rate_history(caller: Caller) -> None:
    rates = caller.call()
    assert all(later["timestamp"] - r["timestamp"] == 3_600_000 for r, later in pairwise(rates))
    assert all(abs(r["fundingRate"]) < 0.01 for r in rates)


@CHECKS.of_call("fetch_leverage_tiers")
def _tiers(caller: Caller) -> None:
    tiers = caller.call()[S]
    assert tiers[0]["maxLeverage"] == 100
    assert [t["minNotional"] for t in tiers] == sorted(t["minNotional"] for t in tiers)


@CHECKS.of_call("publicGetInstrumentsStatus")
def _statuses(caller: Caller) -> None:
    assert {status["tradeable"] for status in caller.call()["instrumentStatus"]} == {XBT, "PF_ETHUSD"}


@CHECKS.of_call("publicGetInstrumentsSymbolStatus")
def _status(caller: Caller) -> None:
    assert caller.call()["experiencingDislocation"] is False


# the account
@CHECKS.of_call("fetch_trading_fees", 0)
@CHECKS.of_call("fetch_trading_fees", 1)
def _fees(caller: Caller) -> None:
    fees = caller.call(sent=caller.row["signed"])[S]
    assert (fees["maker"], fees["taker"]) == (0.0002, 0.0005)


@CHECKS.of_call("fetch_balance")
def _balance(caller: Caller) -> None:
    usd = caller.call()["USD"]
    assert 9_000 < usd["free"] <= usd["total"] <= 10_000


@CHECKS.of_call("fetch_positions")
def _positions(caller: Caller) -> None:
    bought = caller.long()
    (position,) = caller.call()
    assert (position["symbol"], position["side"], position["contracts"]) == (S, "long", 0.02)
    assert position["entryPrice"] == pytest.approx(bought["average"])


@CHECKS.of_call("fetch_positions_history")
def _positions_history(caller: Caller) -> None:
    bought = caller.long()
    sold = caller.client.create_order(S, "market", "sell", 0.02, None, {"reduceOnly": True})
    position = caller.call()[0]
    assert (position["symbol"], position["side"]) == (S, "long")
    assert 0 < position["contracts"] <= 0.02
    assert position["entryPrice"] == pytest.approx(bought["average"])
    assert position["lastPrice"] == pytest.approx(sold["average"], rel=0.01)
    assert position["realizedPnl"] < 0


@CHECKS.of_call("fetch_leverage")
def _leverage(caller: Caller) -> None:
    caller.client.set_leverage(5, S)
    assert caller.call()["longLeverage"] == 5


@CHECKS.of_call("fetch_leverages")
def _leverages(caller: Caller) -> None:
    caller.client.set_leverage(5, S)
    assert caller.call()[S]["shortLeverage"] == 5


@CHECKS.of_call("fetch_funding_history", 0)
@CHECKS.of_call("fetch_funding_history", 1)
def _funding_history(caller: Caller) -> None:
    assert all(row["info"]["info"] == "funding rate change" for row in caller.call())


@CHECKS.of_call("fetch_ledger")
def _ledger(caller: Caller) -> None:
    caller.long()
    rows = [row for row in caller.call() if row["currency"] == "USD"]
    assert {row["type"] for row in rows} <= {"transfer", "trade", "fee"}
    assert rows[-1]["fee"]["cost"] > 0
    for row in rows:
        moved = row["amount"] if row["direction"] == "in" else -row["amount"]
        assert row["after"] == pytest.approx(row["before"] + moved - row["fee"]["cost"])


# orders
@CHECKS.of_call("fetch_open_orders")
def _open_orders(caller: Caller) -> None:
    order_id = caller.resting()
    (order,) = caller.call()
    assert (order["id"], order["clientOrderId"], order["amount"]) == (order_id, "bot-1", 0.01)
    assert (order["status"], order["filled"], order["info"]["limitPrice"]) == ("open", 0.0, 80_000)


@CHECKS.of_call("fetch_orders", 0)
@CHECKS.of_call("fetch_orders", 1)
@CHECKS.of_call("fetch_orders", 2)
@CHECKS.of_call("privateGetOrdersStatus")
def _orders(caller: Caller) -> None:
    order_id = caller.resting()
    told = caller.call()
    orders = told["orders"] if isinstance(told, dict) else [order["info"] for order in told]
    (order,) = [shape for shape in orders if shape["order"]["orderId"] == order_id]
    assert (order["status"], order["order"]["cliOrdId"]) == ("ENTERED_BOOK", "bot-1")


@CHECKS.of_call("fetch_orders", 3)
def _orders_by_a_list_in_words(caller: Caller) -> None:
    caller.resting()
    assert caller.call() == []


@CHECKS.of_call("fetch_order")
def _order(caller: Caller) -> None:
    order_id = caller.resting()
    order = caller.call(instead={caller.row["args"][0]: order_id})
    assert (order["id"], order["clientOrderId"]) == (order_id, "bot-1")
    assert (order["status"], order["side"]) == ("open", "buy")


@CHECKS.of_call("fetch_closed_orders", 0)
def _closed(caller: Caller) -> None:
    bought = caller.long()
    found = caller.call()
    assert 1 <= len(found) <= 5
    (order,) = [order for order in found if order["id"] == bought["id"]]
    assert (order["status"], order["filled"], order["side"]) == ("closed", 0.02, "buy")


@CHECKS.of_call("fetch_canceled_orders")
def _canceled(caller: Caller) -> None:
    order_id = caller.resting()
    caller.client.cancel_order(order_id, S)
    orders = [order for order in caller.call() if order["id"] == order_id]
    assert {order["status"] for order in orders} == {"canceled"}
    assert orders[0]["remaining"] == 0.01


@CHECKS.of_call("fetch_closed_orders", 1)
def _fired(caller: Caller) -> None:
    caller.long()
    ask = caller.client.fetch_ticker(S)["ask"]
    params = {"stopLossPrice": round(ask * 1.2), "triggerSignal": "mark"}
    stop = caller.client.create_order(S, "market", "sell", 0.01, None, params)
    (order,) = [order for order in caller.call() if order["id"] == stop["id"]]
    assert (order["status"], order["side"], order["reduceOnly"]) == ("closed", "sell", True)


@CHECKS.of_call("fetch_my_trades", 0)
def _fills(caller: Caller) -> None:
    bought = caller.long()
    fills = [trade for trade in caller.call() if trade["order"] == bought["id"]]
    assert sum(trade["amount"] for trade in fills) == pytest.approx(0.02)
    assert {trade["takerOrMaker"] for trade in fills} == {"taker"}
    assert fills[0]["fee"]["cost"] > 0


@CHECKS.of_call("fetch_my_trades", 1)
def _fills_before(caller: Caller) -> None:
    caller.long()
    assert caller.call() == []


@CHECKS.of_call("historyGetOrders")
def _history_orders(caller: Caller) -> None:
    bought = caller.long()
    told = caller.call()
    assert told["len"] == len(told["elements"])
    times = [element["timestamp"] for element in told["elements"]]
    assert times == sorted(times)
    (placed,) = [e["event"]["OrderPlaced"]["order"] for e in told["elements"] if _is_of(e, bought["id"])]
    assert (placed["quantity"], placed["filled"], placed["orderType"]) == ("0", "0.02", "IoC")


@CHECKS.of_call("historyGetExecutions")
def _history_executions(caller: Caller) -> None:
    bought = caller.long()
    told = [e["event"]["Execution"]["execution"] for e in caller.call()["elements"]]
    mine = [execution for execution in told if execution["takerOrder"]["uid"] == bought["id"]]
    assert sum(float(execution["quantity"]) for execution in mine) == pytest.approx(0.02)
    fees = sum(float(execution["takerOrderData"]["fee"]) for execution in mine)
    assert fees == pytest.approx(bought["cost"] * 0.0005, rel=1e-6)
    assert mine[-1]["takerOrderData"]["positionSize"] == "0.02"


def _is_of(element: dict[str, Any], order_id: str) -> bool:
    placed = element["event"].get("OrderPlaced")
    return placed is not None and placed["order"]["uid"] == order_id
