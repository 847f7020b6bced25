"""How the exchange speaks HTTP, a test a promise; its orders, refusals, account and stream have files beside."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import ccxt
import pytest
import requests

from tests.paper_exchange_fakes import START, XBT
from tests.wire_fakes import S, Wire, order_faults, wired

V3 = "/derivatives/api/v3"
REQUESTS = json.loads((Path(__file__).parents[1] / "data" / "ccxt_requests.json").read_text("utf-8"))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def signed(wire: Wire, data: str, path: str, *, nonce: str = "") -> dict[str, str]:
    """Return the headers of a request, signed here as the venue's documents say."""
    message = f"{data}{nonce}{path.removeprefix('/derivatives')}".encode()
    key = base64.b64decode(wire.endpoint.api_secret)
    digest = hmac.new(key, hashlib.sha256(message).digest(), hashlib.sha512).digest()
    headers = {"APIKey": wire.endpoint.api_key, "Authent": base64.b64encode(digest).decode()}
    return headers | ({"Nonce": nonce} if nonce else {})


def get(wire: Wire, path: str, query: str = "", *, sign: str | None = None) -> requests.Response:
    """Ask for a path; ``sign`` is what is signed where it is not the query."""
    headers = signed(wire, query if sign is None else sign, path)
    url = f"{wire.endpoint.url}{path}" + (f"?{query}" if query else "")
    return requests.get(url, headers=headers, timeout=5)


def test_one_port_serves_trading_charts_history_and_the_websocket(wire: Wire) -> None:
    paths = (f"{V3}/tickers", f"/api/charts/v1/trade/{XBT}/1h", f"/api/history/v3/market/{XBT}/executions")
    assert [get(wire, path).status_code for path in paths] == [200, 200, 200]

    async def greeted() -> str:
        url = wire.endpoint.url.replace("http", "ws") + "/ws/v1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            text: str = (await socket.receive()).data
            return text

    assert json.loads(asyncio.run(greeted()))["event"] == "info"


def test_every_path_that_the_client_asks_for_is_served(wire: Wire) -> None:
    asked = sorted({(row["method"], row["path"]) for row in REQUESTS if "path" in row})
    status = {
        (method, path): requests.request(method, wire.endpoint.url + path, timeout=5).status_code
        for method, path in asked
    }
    assert len(asked) > 20
    assert {key for key, code in status.items() if code in {404, 405}} == set()


@pytest.mark.parametrize("place", ["query", "body"])
def test_parameters_stand_in_the_query_or_in_the_body(wire: Wire, place: str) -> None:
    data = f"symbol={XBT}&side=buy&size=0.01&orderType=lmt&limitPrice=90&reduceOnly=False&cliOrdId=a+b%2Fc"
    path = f"{V3}/sendorder"
    headers = signed(wire, data, path, nonce="1415957147987")
    url = wire.endpoint.url + path
    if place == "query":
        answer = requests.post(f"{url}?{data}", headers=headers, timeout=5)
    else:
        form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = requests.post(url, data=data, headers=form, timeout=5)
    assert answer.json()["sendStatus"]["cliOrdId"] == "a b/c"


def test_the_signature_counts_the_bytes_as_they_came(wire: Wire) -> None:
    path = f"{V3}/orders/status"
    assert get(wire, path, "cliOrdIds=a%20b").json()["result"] == "success"
    assert get(wire, path, "cliOrdIds=a+b").json()["result"] == "success"
    other = get(wire, path, "cliOrdIds=a%20b", sign="cliOrdIds=a+b")
    assert other.json()["error"] == "authenticationError"


@pytest.mark.parametrize("path", [f"{V3}/accounts", "/api/history/v3/account-log", "/api/history/v2/orders"])
def test_a_wrong_signature_is_one_word(wire: Wire, path: str) -> None:
    answer = get(wire, path, sign="something else")
    assert answer.status_code == 200
    assert answer.json().items() >= {"result": "error", "error": "authenticationError"}.items()


def test_an_unknown_path_is_a_gateway_error(wire: Wire) -> None:
    answer = get(wire, f"{V3}/nothing")
    shape = answer.json()
    assert (answer.status_code, shape["status"], shape["result"]) == (404, "NOT_FOUND", "error")
    assert shape["errors"] == [{"code": 0, "message": "404 NOT_FOUND"}]


def test_a_connection_is_kept_and_each_answer_tells_its_length(wire: Wire) -> None:
    connection = http.client.HTTPConnection(wire.endpoint.url.removeprefix("http://"), timeout=5)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", f"{V3}/tickers")
        answer = connection.getresponse()
        assert int(answer.headers["Content-Length"]) == len(answer.read())
        assert connection.sock is first
    connection.close()


def test_symbols_are_upper_case_everywhere_but_in_the_account_log(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 0.01)
    wire.client.create_order(S, "limit", "buy", 0.01, 90)
    client = wire.client
    shapes = [
        client.publicGetTickers()["tickers"],
        client.publicGetInstruments()["instruments"],
        client.privateGetOpenorders()["openOrders"],
        client.privateGetOpenpositions()["openPositions"],
        client.privateGetFills()["fills"],
    ]
    assert all(row["symbol"] == row["symbol"].upper() for rows in shapes for row in rows)
    assert {row["contract"] for row in client.historyGetAccountLog()["logs"]} == {"pf_xbtusd", None}


@pytest.mark.parametrize(
    "name",
    [
        "tickers",
        "instruments",
        "orderbook",
        "accounts",
        "openorders",
        "fills",
        "orders/status",
        "feeschedules",
    ],
)
def test_every_answer_tells_the_time_of_the_exchanges_own_clock(wire: Wire, name: str) -> None:
    wire.clock.advance_to(START + 3601.25)
    query = f"symbol={XBT}" if name == "orderbook" else ""
    assert get(wire, f"{V3}/{name}", query).json()["serverTime"] == "2026-11-22T07:46:41.250Z"
    refused = get(wire, f"{V3}/accounts", sign="x").json()
    assert refused["serverTime"] == "2026-11-22T07:46:41.250Z"


def test_clients_read_a_limit_of_requests_as_such(wire: Wire) -> None:
    order_faults(wire)
    for _ in range(20):
        wire.client.privatePostCancelallorders()
    with pytest.raises(ccxt.RateLimitExceeded):
        wire.client.privatePostCancelallorders()
    assert wire.client.fetch_ticker(S)["bid"] == 99.0
    wire.clock.advance_by(10.001)
    assert wire.client.fetch_open_orders(S) == []


def test_history_has_a_budget_of_its_own(wire: Wire) -> None:
    order_faults(wire)
    for _ in range(33):
        wire.client.historyGetAccountLog()
    with pytest.raises(ccxt.RateLimitExceeded):
        wire.client.historyGetAccountLog()
    wire.client.historyGetAccountLog({"count": 25})
    wire.clock.advance_by(18.0)
    wire.client.historyGetAccountLog()


@pytest.mark.parametrize(
    ("style", "error"),
    [
        ("error_200", ccxt.RateLimitExceeded),
        ("error_429", ccxt.DDoSProtection),
        ("text_429", ccxt.RateLimitExceeded),
    ],
)
def test_a_spent_budget_is_refused_in_the_style_that_was_chosen(
    wire: Wire, style: str, error: type[Exception]
) -> None:
    order_faults(wire, rate_limit=style)
    for _ in range(20):
        wire.client.privatePostCancelallorders()
    with pytest.raises(error):
        wire.client.privatePostCancelallorders()
