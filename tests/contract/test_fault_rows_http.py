"""What the way to the exchange may do: each row is a fault of HTTP and the outcome that is promised for it."""

import gzip
import socket
import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from src.clock import AnchoredClock, anchor_at
from src.exchange.errors import NoAnswer, OrderRefused
from src.exchange.kraken import KrakenExchange
from src.records.enums import OrderPurpose
from src.records.orders import OrderState
from tests.fault_rows_fakes import FaultyDesk, faulty_desk
from tests.net_fakes import Answer, answer_with, http_server
from tests.paper_exchange_fakes import XBT
from tests.tls_fakes import self_signed

SECRET = "a3Jha2VuLWZ1dHVyZXMtbG9vcGJhY2stc2ltdWxhdG9yLXNlY3JldA=="
MIB = 1024 * 1024


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[FaultyDesk]:
    with faulty_desk(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"act": "delay", "delay_s": 2}, id="h1 timeout"),
        pytest.param({"act": "reset"}, id="h2 reset"),
        pytest.param({"act": "drop"}, id="h2 end of file"),
        pytest.param({"act": "cut"}, id="h2 short body"),
        pytest.param({"act": "html", "status": 502, "work": True}, id="h3 bad gateway"),
        pytest.param({"act": "html", "status": 504, "work": True}, id="h3 gateway timeout"),
        pytest.param(
            {"act": "refuse", "word": "Server Error", "status": 500, "work": True}, id="h4 server error"
        ),
        pytest.param({"act": "refuse", "word": "unknownError", "work": True}, id="h4 unknown error"),
        pytest.param({"act": "empty", "work": True}, id="h5 empty"),
        pytest.param({"act": "html", "status": 200, "work": True}, id="h5 page"),
        pytest.param({"act": "garbage", "work": True}, id="h5 broken off"),
        pytest.param({"act": "drip", "delay_s": 0.08}, id="h6 drip"),
        pytest.param({"act": "huge", "size_mib": 20}, id="h13 huge"),
        pytest.param({"act": "bomb", "size_mib": 20}, id="h13 bomb"),
    ],
)
def test_an_accepted_order_whose_answer_is_lost_is_adopted_once(
    bot: FaultyDesk, fault: dict[str, object]
) -> None:
    bot.paper.call_fault(path="sendorder", nth=[1], **fault)
    bot.enter()
    assert bot.fate()[0] is OrderState.UNKNOWN
    assert bot.desk.blocked(XBT) == "unresolved_order"
    bot.wait(4)
    assert bot.fate()[0] is OrderState.DONE
    assert len(bot.intents(OrderPurpose.ENTRY)) == 1
    assert bot.paper.held() == 1
    bot.assert_whole()


@pytest.mark.parametrize("act", ["drop", "html", "empty", "late"])
def test_an_order_that_never_arrived_is_not_sent_again(bot: FaultyDesk, act: str) -> None:
    late = {"delay_s": 0.7} if act == "late" else {"work": False}
    bot.paper.order_faults(
        markets={XBT: {"suspended": True}}, calls=[{"path": "sendorder", "act": act, "nth": [1], **late}]
    )
    bot.enter()
    bot.wait(8)
    assert bot.fate()[0] is OrderState.UNKNOWN
    bot.wait(20)
    assert bot.fate()[0] in {OrderState.NOT_PLACED, OrderState.REJECTED}
    assert len(bot.intents(OrderPurpose.ENTRY)) == 1
    assert bot.desk.blocked(XBT) is None


def test_h7_a_spent_budget_is_left_alone_and_the_exit_goes_first(bot: FaultyDesk) -> None:
    bot.enter()
    bot.paper.call_fault(path="*", act="rate_limit")
    bot.wait(62)
    assert bot.asked() < 60
    assert bot.desk.freeze_reasons() == ("rate_limited", "exchange_no_answer")
    assert bot.refused() == "position_open"
    with pytest.raises(OrderRefused, match="turned_away"):
        bot.exit()
    bot.paper.order_faults()
    bot.clock.advance_by(2)
    assert bot.exit().filled == 1
    bot.wait(61)
    assert bot.desk.freeze_reasons() == ()
    bot.assert_whole()


def test_h8_a_revoked_key_freezes_entries_and_is_not_hammered(bot: FaultyDesk) -> None:
    bot.paper.call_fault(path="*", act="refuse", word="authenticationError", status=401)
    bot.wait(600, every=5)
    assert "key_refused" in bot.desk.freeze_reasons()
    assert bot.refused() == "frozen"
    assert bot.asked() < 40
    bot.paper.order_faults()
    bot.wait(130, every=5)
    assert bot.desk.freeze_reasons() == ()


def test_h9_maintenance_takes_no_entries_and_keeps_position_and_stop(bot: FaultyDesk) -> None:
    bot.enter()
    known = len(bot.events())
    bot.paper.order_faults(maintenance=True)
    bot.wait(600, every=5)
    assert "exchange_maintenance" in bot.desk.freeze_reasons()
    assert len(bot.events()) == known
    bot.paper.order_faults()
    bot.wait(65)
    assert bot.desk.freeze_reasons() == ()
    assert len(bot.events()) == known
    bot.assert_whole()


@pytest.mark.parametrize(("path", "name"), [("openorders", "openOrders"), ("openpositions", "openPositions")])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"act": "html", "status": 200}, id="page"),
        pytest.param({"act": "patch", "patch": None}, id="no list"),
        pytest.param({"act": "garbage"}, id="broken off"),
    ],
)
def test_h10_a_degraded_list_is_never_read_as_flat(
    bot: FaultyDesk, path: str, name: str, fault: dict[str, object]
) -> None:
    bot.enter()
    known = len(bot.events())
    missing = {"patch": {name: None}} if "patch" in fault else {}
    bot.paper.call_fault(path=path, **{**fault, **missing})
    bot.wait(65)
    assert bot.position() == 1
    assert len(bot.events()) == known
    assert bot.desk.freeze_reasons() == ("exchange_no_answer",)
    assert bot.asked() > 1


def an_exchange(url: str) -> KrakenExchange:
    clock = AnchoredClock(anchor_at(1_795_330_000.0, speed=1.0))
    return KrakenExchange(url=url, api_key="key", api_secret=SECRET, clock=clock, deadline_s=5.0)


def assert_no_answer(url: str) -> None:
    exchange = an_exchange(url)
    try:
        with pytest.raises(NoAnswer):
            exchange.open_orders()
    finally:
        exchange.close()


def test_h11_a_name_that_does_not_resolve_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert_no_answer("http://futures.nowhere")


def test_h11_a_certificate_that_nobody_vouches_for_is_no_answer(tmp_path: Path) -> None:
    body = b'{"result":"success","openOrders":[],"serverTime":"2026-11-22T06:00:00.000Z"}'
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with http_server(answer_with(body), context=context) as url:
        assert_no_answer(url)


def test_h11_a_portal_that_sends_elsewhere_is_not_followed() -> None:
    asked: list[str] = []

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        answer_with(b"", status=302, headers={"Location": "/login"})(request)

    with http_server(elsewhere) as url:
        assert_no_answer(url)
    assert asked == ["/derivatives/api/v3/openorders"]


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(200 * MIB))
    request.end_headers()
    piece = b" " * MIB
    try:
        for _ in range(200):
            request.wfile.write(piece)
    except OSError:
        return


def bomb() -> Answer:
    packed = gzip.compress(gzip.compress(b" " * (200 * MIB), 1), 1)
    return answer_with(gzip.decompress(packed), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("answer", [lambda: endless, bomb], ids=["endless", "bomb"])
def test_h13_what_never_ends_is_cut_while_memory_stays_flat(answer: Callable[[], Answer]) -> None:
    made = answer()
    with http_server(made) as url:
        tracemalloc.start()
        try:
            assert_no_answer(url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 40 * MIB
