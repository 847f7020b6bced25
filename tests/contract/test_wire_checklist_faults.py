"""What an unmodified client sees of each fault that can be ordered, a test a fault."""

import time
from collections.abc import Iterator

import ccxt
import pytest
import requests

from tests.wire_fakes import S, Wire, order_faults, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def fault(wire: Wire, act: str, **more: object) -> None:
    """Order one fault of every sendorder."""
    order_faults(wire, rate_limit="off", calls=[{"act": act, "path": "sendorder", **more}])


def place(wire: Wire) -> dict[str, object]:
    order: dict[str, object] = wire.client.create_order(S, "limit", "buy", 0.01, 90, {"clientOrderId": "c"})
    return order


def stands(wire: Wire) -> bool:
    return bool(wire.client.privateGetOrdersStatus({"cliOrdIds": "c"})["orders"])


@pytest.mark.parametrize(
    ("act", "more", "error", "placed"),
    [
        ("delay", {"delay_s": 1.0}, ccxt.RequestTimeout, True),
        ("drop", {}, ccxt.NetworkError, True),
        ("drop", {"work": False}, ccxt.NetworkError, False),
        ("reset", {}, ccxt.NetworkError, True),
        ("cut", {}, ccxt.NetworkError, True),
        ("html", {"status": 200}, TypeError, False),
        ("html", {"status": 200, "work": True}, TypeError, True),
        ("empty", {}, TypeError, False),
        ("garbage", {}, TypeError, False),
        ("text", {"status": 429}, ccxt.RateLimitExceeded, False),
        ("html", {"status": 500}, ccxt.ExchangeNotAvailable, False),
        ("html", {"status": 502}, ccxt.ExchangeNotAvailable, False),
        ("html", {"status": 503}, ccxt.ExchangeNotAvailable, False),
        ("html", {"status": 504}, ccxt.RequestTimeout, False),
        ("rate_limit", {}, ccxt.RateLimitExceeded, False),
        ("refuse", {"word": "Unavailable"}, ccxt.ExchangeNotAvailable, False),
        ("patch", {"patch": {"sendStatus": None}}, TypeError, True),
    ],
)
def test_an_order_that_meets_a_fault_raises_and_only_a_look_tells_whether_it_stands(
    wire: Wire, act: str, more: dict[str, object], error: type[Exception], placed: bool
) -> None:
    fault(wire, act, **more)
    wire.client.timeout = 300 if act == "delay" else 5000
    with pytest.raises(error):
        place(wire)
    assert stands(wire) is placed


def test_an_order_that_is_processed_late_appears_after_the_client_gave_up(wire: Wire) -> None:
    fault(wire, "late", delay_s=1.5)
    wire.client.timeout = 300
    with pytest.raises(ccxt.RequestTimeout):
        place(wire)
    wire.client.timeout = 5000
    assert not stands(wire)
    deadline = time.monotonic() + 30
    while not stands(wire):
        assert time.monotonic() < deadline


def test_a_key_of_an_answer_can_be_missing(wire: Wire) -> None:
    place(wire)
    missing = {"act": "patch", "path": "openorders", "patch": {"openOrders": None}}
    order_faults(wire, rate_limit="off", calls=[missing])
    assert wire.client.fetch_open_orders(S) == []
    assert "openOrders" not in wire.client.privateGetOpenorders()


def test_a_refusal_can_come_in_a_word_that_nobody_knows(wire: Wire) -> None:
    status = {"sendStatus": {"status": "aWordOfNextYear", "orderEvents": []}}
    fault(wire, "patch", work=False, patch=status)
    order = place(wire)
    assert (order["id"], order["status"]) == (None, "rejected")
    assert not stands(wire)


def test_the_exchange_can_say_that_there_were_no_orders_to_cancel(wire: Wire) -> None:
    place(wire)
    oddity = {"cancelStatus": {"status": "noOrdersToCancel"}}
    order_faults(wire, rate_limit="off", calls=[{"act": "patch", "path": "cancelallorders", "patch": oddity}])
    status = wire.client.privatePostCancelallorders()["cancelStatus"]
    assert status["status"] == "noOrdersToCancel"
    assert [row["cliOrdId"] for row in status["cancelledOrders"]] == ["c"]


def test_the_clock_of_the_exchange_can_be_wrong(wire: Wire) -> None:
    order_faults(wire, rate_limit="off", clock_skew_s=-30)
    assert wire.client.privateGetOpenorders()["serverTime"] == "2026-11-22T06:46:10.000Z"


def test_a_fault_strikes_the_calls_that_it_names(wire: Wire) -> None:
    fault(wire, "refuse", nth=[2])
    place(wire)
    with pytest.raises(ccxt.ExchangeError):
        wire.client.create_order(S, "limit", "buy", 0.01, 91)
    wire.client.create_order(S, "limit", "buy", 0.01, 91)
    assert len(wire.client.fetch_open_orders(S)) == 2


def test_only_the_holder_of_the_token_orders_faults(wire: Wire) -> None:
    url = f"{wire.endpoint.url}/admin/faults"
    assert requests.post(url, json={"maintenance": True}, timeout=5).status_code == 401
    assert place(wire)["status"] == "open"
