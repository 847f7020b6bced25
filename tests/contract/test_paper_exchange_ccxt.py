"""An unmodified ccxt client trades on the paper exchange over real HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import ccxt
import pytest
import requests

from src.exchange.simulator.auth import signature
from tests.paper_exchange_server import Served, ccxt_client, served

S = "BTC/USD:USD"
ROWS = json.loads((Path(__file__).parents[1] / "data" / "ccxt_requests.json").read_text("utf-8"))
REQUESTS = [row for row in ROWS if "path" in row]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def client(exchange: Served) -> Iterator[ccxt.krakenfutures]:
    client = ccxt_client(exchange.endpoint)
    client.load_markets()
    client.cancel_all_orders()
    yield client
    for position in client.fetch_positions():
        side = "sell" if position["side"] == "long" else "buy"
        client.create_order(
            position["symbol"], "market", side, position["contracts"], None, {"reduceOnly": True}
        )
    client.close()


def best(client: ccxt.krakenfutures) -> tuple[float, float]:
    ticker = client.fetch_ticker(S)
    return float(ticker["bid"]), float(ticker["ask"])


def test_markets_tell_tick_step_and_kind(client: ccxt.krakenfutures) -> None:
    market = client.market(S)
    assert (market["id"], market["swap"], market["linear"], market["settle"]) == (
        "PF_XBTUSD",
        True,
        True,
        "USD",
    )
    assert (market["precision"]["price"], market["precision"]["amount"]) == (1.0, 0.0001)


def test_market_data_is_whole(client: ccxt.krakenfutures) -> None:
    bid, ask = best(client)
    assert bid < ask
    assert set(client.fetch_tickers()) == {S, "ETH/USD:USD"}
    book = client.fetch_order_book(S)
    assert [price for price, _ in book["bids"]] == sorted((p for p, _ in book["bids"]), reverse=True)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert book["datetime"].endswith("Z")


def test_candles_have_history_and_order(client: ccxt.krakenfutures, exchange: Served) -> None:
    hourly = client.fetch_ohlcv(S, "1h")
    times = [bar[0] for bar in hourly]
    assert times == sorted(times)
    assert len(times) > 600
    assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in hourly)
    assert times[-1] / 1000 <= exchange.clock.now()
    since = times[-5]
    assert [bar[0] for bar in client.fetch_ohlcv(S, "1h", since, 3)] == [
        since + h * 3_600_000 for h in range(3)
    ]
    assert client.fetch_mark_ohlcv(S, "1h", since, 3)
    assert client.fetch_index_ohlcv(S, "1h", since, 3)


def test_funding_history_reaches_back_thirty_days(client: ccxt.krakenfutures) -> None:
    rates = client.fetch_funding_rate_history(S)
    assert len(rates) > 24 * 29
    assert client.fetch_funding_rate(S)["fundingRate"] is not None


def test_a_market_order_becomes_a_position_and_a_fill(client: ccxt.krakenfutures) -> None:
    order = client.create_order(S, "market", "buy", 0.01, None, {"clientOrderId": "one"})
    assert (order["filled"], order["status"]) == (0.01, "closed")
    (position,) = client.fetch_positions()
    assert (position["contracts"], position["side"]) == (0.01, "long")
    assert position["entryPrice"] == pytest.approx(order["average"])
    trade = client.fetch_my_trades(S)[-1]
    assert (trade["order"], trade["info"]["cliOrdId"], trade["takerOrMaker"]) == (order["id"], "one", "taker")


def test_a_stop_rests_is_read_back_and_cancelled(client: ccxt.krakenfutures) -> None:
    client.create_order(S, "market", "buy", 0.01)
    stop_at = round(best(client)[0] * 0.9)
    params = {"stopLossPrice": stop_at, "triggerSignal": "mark", "clientOrderId": "stop"}
    stop = client.create_order(S, "market", "sell", 0.01, None, params)
    (order,) = client.fetch_open_orders(S)
    assert (order["id"], order["clientOrderId"], order["reduceOnly"]) == (stop["id"], "stop", True)
    assert order["info"]["stopPrice"] == stop_at
    status = client.privateGetOrdersStatus({"cliOrdIds": "stop"})["orders"][0]
    assert (status["status"], status["order"]["type"]) == ("TRIGGER_PLACED", "TRIGGER_ORDER")
    assert client.cancel_order(stop["id"], S)["status"] == "canceled"
    assert client.fetch_open_orders(S) == []


def test_limit_orders_rest_and_can_be_edited_and_cancelled(client: ccxt.krakenfutures) -> None:
    price = round(best(client)[0] * 0.95)
    order = client.create_order(S, "limit", "buy", 0.01, price, {"postOnly": True})
    assert order["status"] == "open"
    client.edit_order(order["id"], S, "limit", "buy", 0.02, price - 10)
    (rests,) = client.fetch_open_orders(S)
    assert (rests["amount"], rests["info"]["limitPrice"]) == (0.02, price - 10)
    client.cancel_order(order["id"], S)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"timeInForce": "ioc", "away": 0.98}, ccxt.OrderNotFillable),
        ({"postOnly": True, "away": 1.01}, ccxt.OrderImmediatelyFillable),
        ({"reduceOnly": True, "away": 0.99}, ccxt.ExchangeError),
        ({"amount": 100.0, "away": 0.99}, ccxt.InsufficientFunds),
        ({"away": 1.5}, ccxt.InvalidOrder),
    ],
)
def test_refusals_reach_the_client_as_its_own_errors(
    client: ccxt.krakenfutures, params: dict[str, object], error: type[Exception]
) -> None:
    rest = dict(params)
    price = round(best(client)[1] * float(str(rest.pop("away"))))
    with pytest.raises(error):
        client.create_order(S, "limit", "buy", rest.pop("amount", 0.01), price, rest)


def test_a_second_order_with_an_open_client_id_is_refused(client: ccxt.krakenfutures) -> None:
    price = round(best(client)[0] * 0.95)
    client.create_order(S, "limit", "buy", 0.01, price, {"clientOrderId": "twin"})
    with pytest.raises(ccxt.DuplicateOrderId):
        client.create_order(S, "limit", "buy", 0.01, price, {"clientOrderId": "twin"})


def test_leverage_is_a_preference_of_the_contract(client: ccxt.krakenfutures) -> None:
    client.set_leverage(5, S)
    assert client.fetch_leverage(S)["longLeverage"] == 5
    client.privatePutLeveragepreferences({"symbol": "PF_XBTUSD"})
    assert client.fetch_leverages() == {}


def test_the_books_of_client_and_exchange_agree(client: ccxt.krakenfutures, exchange: Served) -> None:
    client.create_order(S, "market", "buy", 0.02)
    client.create_order(S, "market", "sell", 0.01)
    answer = requests.get(
        f"{exchange.endpoint.url}/admin/state",
        headers={"Authorization": f"Bearer {exchange.endpoint.admin_token}"},
        timeout=5,
    )
    state = answer.json()
    logs = client.historyGetAccountLog({"count": 1000})["logs"]
    cash = [row for row in logs if row["asset"] == "usd"]
    assert sum(row["new_balance"] - row["old_balance"] for row in cash) == pytest.approx(
        float(state["balance_usd"])
    )
    assert client.fetch_balance()["total"]["USD"] == pytest.approx(float(state["balance_usd"]))


def test_wrong_keys_are_refused(exchange: Served) -> None:
    client = ccxt_client(exchange.endpoint)
    client.secret = "d3Jvbmc="
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_balance()
    client.close()


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: f"{row['call']} {row['path']}"[:60])
def test_every_request_of_the_client_has_a_route(row: dict[str, str], exchange: Served) -> None:
    url = f"{exchange.endpoint.url}{row['path']}" + (f"?{row['query']}" if row["query"] else "")
    answer = requests.request(row["method"], url, data=row["body"], timeout=5)
    assert answer.status_code == 200
    shape = answer.json()
    if row["signed"]:
        assert shape["error"] == "authenticationError"
    else:
        assert shape.get("result", "success") == "success"


def test_unknown_paths_other_hosts_and_strangers_are_turned_away(exchange: Served) -> None:
    url = exchange.endpoint.url
    missing = requests.get(f"{url}/derivatives/api/v3/nothing", timeout=5)
    assert (missing.status_code, missing.json()["errors"][0]["message"]) == (404, "404 NOT_FOUND")
    other = requests.get(f"{url}/derivatives/api/v3/tickers", headers={"Host": "evil.example"}, timeout=5)
    assert other.status_code == 403
    assert requests.get(f"{url}/admin/state", timeout=5).status_code == 401
    resolution = requests.get(f"{url}/api/charts/v1/trade/PF_XBTUSD/7m", timeout=5)
    assert (resolution.status_code, resolution.text) == (400, "Invalid resolution")
    symbol = requests.get(f"{url}/derivatives/api/v3/tickers/PF_NOPEUSD", timeout=5)
    assert symbol.json()["error"] == "contractNotFound"


def test_parameters_in_a_form_body_count_like_a_query(exchange: Served) -> None:
    body = "cliOrdIds=a+b&cliOrdIds=c"
    signed = signature(f"{body}/api/v3/orders/status".encode(), exchange.endpoint.api_secret)
    answer = requests.post(
        f"{exchange.endpoint.url}/derivatives/api/v3/orders/status",
        data=body,
        headers={
            "APIKey": exchange.endpoint.api_key,
            "Authent": signed,
            "Content-Type": "application/x-www-form-urlencoded",
        },
        timeout=5,
    )
    assert answer.json()["orders"] == []
