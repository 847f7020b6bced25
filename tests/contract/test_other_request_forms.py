"""A client that writes its requests unlike ccxt: form bodies, plus signs, ``True``, a nonce, encoded JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from src.exchange.simulator.auth import signature
from tests.paper_exchange_server import Served, ccxt_client, served

XBT = "PF_XBTUSD"
NONCE = "1415957147987"


class Client:
    """Signs what it sends, with a nonce, and sends parameters of a POST in its body."""

    def __init__(self, exchange: Served) -> None:
        self._endpoint = exchange.endpoint

    def get(self, path: str, params: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON
        return self._call("GET", path, query=urlencode(params or {}, doseq=True))

    def put(self, path: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 -- JSON
        return self._call("PUT", path, query=urlencode(params))

    def post(self, path: str, params: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON
        return self._call("POST", path, body=urlencode(params or {}, doseq=True))

    def _call(self, method: str, path: str, *, query: str = "", body: str = "") -> Any:  # noqa: ANN401 -- JSON
        message = query + body + NONCE + path.removeprefix("/derivatives")
        headers = {
            "APIKey": self._endpoint.api_key,
            "Authent": signature(message.encode(), self._endpoint.api_secret),
            "Nonce": NONCE,
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        url = f"{self._endpoint.url}{path}" + (f"?{query}" if query else "")
        answer = requests.request(method, url, data=body, headers=headers, timeout=5)
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def client(exchange: Served) -> Client:
    client = Client(exchange)
    client.post(api("cancelallorders"))
    return client


def api(name: str) -> str:
    return f"/derivatives/api/v3/{name}"


def limit(**more: object) -> dict[str, object]:
    form = {"orderType": "lmt", "side": "buy", "size": "0.01", "symbol": XBT, "limitPrice": "80000"}
    return form | {"reduceOnly": False} | more


def test_orders_in_a_form_body_rest_and_are_read_back_by_post(client: Client) -> None:
    sent = client.post(api("sendorder"), limit(cliOrdId="a b/c+d"))["sendStatus"]
    assert (sent["status"], sent["cliOrdId"]) == ("placed", "a b/c+d")
    for params in ({"cliOrdIds": ["a b/c+d", "other"]}, {"orderIds": sent["order_id"]}, {}):
        orders = client.post(api("orders/status"), params)["orders"]
        assert sent["order_id"] in {order["order"]["orderId"] for order in orders}
    (order,) = client.get(api("openorders"))["openOrders"]
    assert order["order_id"] == sent["order_id"]


def test_edits_and_cancels_go_by_client_id(client: Client) -> None:
    client.post(api("sendorder"), limit(cliOrdId="mine"))
    edited = client.post(api("editorder"), {"cliOrdId": "mine", "size": "0.02", "limitPrice": "80500"})
    assert edited["editStatus"]["status"] == "edited"
    tiny = client.post(api("editorder"), {"cliOrdId": "mine", "size": "1e-05"})
    assert tiny["editStatus"]["status"] == "invalidSize"
    cancelled = client.post(api("cancelorder"), {"cliOrdId": "mine"})
    assert cancelled["cancelStatus"]["status"] == "cancelled"
    gone = client.post(api("editorder"), {"cliOrdId": "mine", "size": "0.02"})
    assert gone["editStatus"]["status"] == "orderForEditNotFound"


def test_a_batch_in_an_encoded_form_counts_like_a_raw_one(client: Client) -> None:
    items = [
        limit(order="send", order_tag="1", cliOrdId="x&y=%41"),
        {"order": "cancel", "cliOrdId": "x&y=%41"},
    ]
    first, second = client.post(api("batchorder"), {"json": json.dumps({"batchOrder": items})})["batchStatus"]
    assert (first["status"], first["order_tag"], second["status"]) == ("placed", "1", "cancelled")
    assert first["order_id"] == second["order_id"]
    late = {"processBefore": "2020-01-01T00:00:00Z", "json": json.dumps({"batchOrder": items[:1]})}
    assert (
        client.post(api("batchorder"), late)["batchStatus"][0]["status"] == "wouldProcessAfterSpecifiedTime"
    )


def test_the_switch_is_set_in_a_form_body(client: Client) -> None:
    assert client.post(api("cancelallordersafter"), {"timeout": 60})["status"]["triggerTime"].endswith("Z")
    assert client.post(api("cancelallordersafter"), {"timeout": 0})["status"]["triggerTime"] == "0"


def test_preferences_are_put_in_the_query(client: Client) -> None:
    assert client.put(api("leveragepreferences"), {"symbol": XBT, "maxLeverage": 5})["result"] == "success"
    assert client.get(api("leveragepreferences"))["leveragePreferences"] == [
        {"symbol": XBT, "maxLeverage": 5.0}
    ]
    client.put(api("leveragepreferences"), {"symbol": XBT})


def test_money_moves_by_form(client: Client) -> None:
    moved = {"amount": 5, "fromAccount": "flex", "toAccount": "cash", "unit": "USD"}
    assert client.post(api("transfer"), moved)["result"] == "success"
    assert client.post(api("withdrawal"), {"amount": 5, "currency": "USD"})["uid"]
    assert client.post(api("withdrawal"), {"amount": 5, "currency": "USD"})["error"] == "insufficientFunds"


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("name", ["orders", "triggers", "executions", "positions", "account-log"])
def test_both_versions_of_the_history_answer(client: Client, version: str, name: str) -> None:
    client.post(api("sendorder"), limit(orderType="mkt"))
    client.post(api("sendorder"), limit(orderType="stp", side="sell", stopPrice="70000", limitPrice="69000"))
    told = client.get(f"/api/history/{version}/{name}", {"sort": "asc", "opened": True, "closed": True})
    assert told["elements"] if name != "account-log" else told["logs"]
    assert len(told["accountUid"]) == 36


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("notifications", "notifications"),
        ("pnlpreferences", "preferences"),
        ("self-trade-strategy", "strategy"),
        ("subaccounts", "subaccounts"),
        ("unwindqueue", "queue"),
        ("feeschedules/volumes", "volumesByFeeSchedule"),
        ("fills", "fills"),
        ("openpositions", "openPositions"),
        ("accounts", "accounts"),
    ],
)
def test_what_the_account_may_ask_is_answered(client: Client, path: str, key: str) -> None:
    told = client.get(api(path))
    assert told["result"] == "success"
    assert key in told


def test_the_charts_say_what_they_have(exchange: Served) -> None:
    base = f"{exchange.endpoint.url}/api/charts/v1/"
    assert requests.get(base, timeout=5).json() == ["trade", "mark", "spot"]
    assert requests.get(f"{base}mark", timeout=5).json() == [XBT, "PF_ETHUSD"]
    assert requests.get(f"{base}spot/{XBT}", timeout=5).json()[:2] == ["1m", "5m"]
    assert requests.get(f"{base}dance", timeout=5).status_code == 400


def test_the_account_log_comes_as_a_file_too(client: Client, exchange: Served) -> None:
    client.post(api("sendorder"), limit(orderType="mkt"))
    reader = ccxt_client(exchange.endpoint)
    heading, first, *rows = csv.reader(io.StringIO(reader.historyGetAccountlogcsv()))
    logs = reader.historyGetAccountLog({"sort": "asc", "count": 5000})["logs"]
    reader.close()
    row = dict(zip(heading, first, strict=True))
    assert (row["type"], row["symbol"], row["change"]) == ("cross-exchange transfer", "usd", "10000.0")
    assert len(rows) + 1 == len(logs)


def test_strangers_read_no_history(exchange: Served) -> None:
    told = requests.get(f"{exchange.endpoint.url}/api/history/v3/orders", timeout=5).json()
    assert told["error"] == "authenticationError"
