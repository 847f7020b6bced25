"""Kraken through ccxt over real HTTP: every fault of an answer ends as yes, no or unknown, never as a guess."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from src.clock import AnchoredClock, anchor_at
from src.exchange.base import OrderRequest, Outcome
from src.exchange.errors import BudgetSpent, NoAnswer, WrongHost
from src.exchange.kraken import KrakenExchange, require_host
from src.records.enums import OrderType, Side
from tests.kraken_stub import (
    TIME,
    Reply,
    Stub,
    closes,
    cuts_body,
    drips_body,
    drips_headers,
    hangs,
    kraken_stub,
    resets,
    says,
)

SECRET = "a3Jha2VuLWZ1dHVyZXMtbG9vcGJhY2stc2ltdWxhdG9yLXNlY3JldA=="
DEADLINE_S = 0.4
ORDER = OrderRequest(
    cli_ord_id="tbabc0123456789abc",
    symbol="PF_XBTUSD",
    side=Side.SELL,
    order_type=OrderType.STOP,
    size=Decimal("0.0100"),
    limit_price=None,
    stop_price=Decimal("8.0E+4"),
    reduce_only=True,
    process_before=1_795_330_000.0127,
)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with kraken_stub() as made:
        yield made


@pytest.fixture
def kraken(stub: Stub) -> Iterator[KrakenExchange]:
    exchange = KrakenExchange(
        url=stub.url,
        api_key="key",
        api_secret=SECRET,
        clock=AnchoredClock(anchor_at(1_795_330_000.0, speed=1.0)),
        deadline_s=DEADLINE_S,
    )
    yield exchange
    exchange.close()


def success(**fields: object) -> Reply:
    return says(orjson.dumps({"result": "success", "serverTime": TIME, **fields}).decode())


def send_status(**fields: object) -> Reply:
    return success(sendStatus={"receivedTime": TIME, **fields})


def error(word: str, *, status: int = 200) -> Reply:
    return says(orjson.dumps({"result": "error", "error": word, "serverTime": TIME}).decode(), status=status)


PLACED = send_status(
    order_id="1111",
    status="placed",
    orderEvents=[
        {"type": "EXECUTION", "executionId": "e1", "price": 84002, "amount": 0.006},
        {"type": "EXECUTION", "executionId": "e2", "price": 84003, "amount": 0.003},
    ],
)


def test_acceptance_tells_order_id_and_what_was_executed(stub: Stub, kraken: KrakenExchange) -> None:
    stub.then(PLACED)
    answer = kraken.send(ORDER)
    assert (answer.outcome, answer.order_id, answer.filled) == (Outcome.YES, "1111", Decimal("0.009"))


def test_order_goes_out_in_the_words_and_digits_of_the_wire(stub: Stub, kraken: KrakenExchange) -> None:
    stub.then(PLACED)
    kraken.send(ORDER)
    method, target, _ = stub.requests[0].split(" ")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    assert (method, urlsplit(target).path) == ("POST", "/derivatives/api/v3/sendorder")
    assert sent == {
        "orderType": "stp",
        "symbol": "PF_XBTUSD",
        "side": "sell",
        "size": "0.01",
        "stopPrice": "80000",
        "triggerSignal": "mark",
        "reduceOnly": "true",
        "cliOrdId": "tbabc0123456789abc",
        "processBefore": "2026-11-22T06:46:40.012Z",
    }


@pytest.mark.parametrize(
    "word", ["insufficientAvailableFunds", "wouldCauseLiquidation", "marketSuspended", "iocWouldNotExecute"]
)
def test_known_refusal_is_no(stub: Stub, kraken: KrakenExchange, word: str) -> None:
    stub.then(send_status(status=word))
    assert (kraken.send(ORDER).outcome, len(stub.requests)) == (Outcome.NO, 1)


@pytest.mark.parametrize(
    "reply",
    [
        error("apiLimitExceeded"),
        error("apiLimitExceeded", status=429),
        error("authenticationError", status=401),
        error("invalidArgument: size"),
    ],
)
def test_refusal_before_the_engine_is_no(stub: Stub, kraken: KrakenExchange, reply: Reply) -> None:
    stub.then(reply)
    assert kraken.send(ORDER).outcome is Outcome.NO


@pytest.mark.parametrize(
    "reply",
    [
        hangs,
        drips_headers,
        drips_body,
        closes,
        resets,
        cuts_body,
        says("<html>", status=502, kind="text/html"),
        says("<html>", status=504, kind="text/html"),
        says("busy", status=429, kind="text/plain"),
        says("<html>", kind="text/html"),
        says(""),
        says('{"result":"success","sendStatus":{"status":"pla'),
        says("[]"),
        error("Server Error", status=500),
        error("unknownError"),
        says('{"result":"error"}'),
        success(),
        success(sendStatus="placed"),
        send_status(status="placed"),
        send_status(status="aWordOfTomorrow", order_id="1111"),
        send_status(status="clientOrderIdAlreadyExist"),
        send_status(status=None, order_id=7),
        send_status(status="placed", order_id="1", orderEvents=[{"type": "EXECUTION", "amount": "many"}]),
    ],
)
def test_whatever_else_is_unknown_after_one_attempt(stub: Stub, kraken: KrakenExchange, reply: Reply) -> None:
    stub.then(reply, reply, reply)
    began = time.monotonic()
    assert kraken.send(ORDER).outcome is Outcome.UNKNOWN
    assert len(stub.requests) == 1
    assert time.monotonic() - began < 3 * DEADLINE_S


def test_words_of_an_earlier_answer_do_not_explain_a_later_silence(
    stub: Stub, kraken: KrakenExchange
) -> None:
    stub.then(error("insufficientFunds"), closes)
    assert kraken.send(ORDER).outcome is Outcome.NO
    assert kraken.send(ORDER).outcome is Outcome.UNKNOWN


READS: list[Callable[[KrakenExchange], object]] = [
    lambda kraken: kraken.open_orders(),
    lambda kraken: kraken.positions(),
    lambda kraken: kraken.fills(0.0),
    lambda kraken: kraken.order_status("x"),
    lambda kraken: kraken.instruments(),
    lambda kraken: kraken.account(),
    lambda kraken: kraken.quote("PF_XBTUSD"),
    lambda kraken: kraken.account_log(0.0),
]


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(
    "reply",
    [
        closes,
        cuts_body,
        says("<html>", kind="text/html"),
        says(""),
        says("[1]"),
        success(),
        success(openOrders=None, openPositions=None, fills=None, orders=None, logs=None, instruments=None),
        success(openOrders=[7], openPositions=[7], fills=[{}], orders=[{}], logs=[{}], instruments=[{}]),
        error("Unavailable"),
        says("<html>", status=503, kind="text/html"),
    ],
)
def test_degraded_answer_is_never_read_as_empty(
    stub: Stub, kraken: KrakenExchange, read: Callable[[KrakenExchange], object], reply: Reply
) -> None:
    stub.then(reply)
    with pytest.raises(NoAnswer):
        read(kraken)


@pytest.mark.parametrize("word", ["cancelled", "filled", "notFound"])
def test_cancel_is_a_yes_when_the_order_rests_no_longer(
    stub: Stub, kraken: KrakenExchange, word: str
) -> None:
    stub.then(success(cancelStatus={"status": word}))
    assert kraken.cancel("1111").outcome is Outcome.YES


def test_position_is_signed_by_its_side(stub: Stub, kraken: KrakenExchange) -> None:
    row = {"symbol": "PF_XBTUSD", "price": 83900.5, "size": 0.5}
    stub.then(success(openPositions=[row | {"side": "short"}]))
    assert kraken.positions()[0].quantity == Decimal("-0.5")


def test_position_with_an_unknown_side_is_no_answer(stub: Stub, kraken: KrakenExchange) -> None:
    stub.then(success(openPositions=[{"symbol": "PF_XBTUSD", "price": 1, "size": 1, "side": "unknown"}]))
    with pytest.raises(NoAnswer):
        kraken.positions()


def a_fill(number: int) -> dict[str, object]:
    return {
        "fill_id": f"f{number}",
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "order_id": "o",
        "size": 0.1,
        "price": 100,
        "fillTime": f"2026-11-22T06:{number // 60:02d}:{number % 60:02d}.000Z",
        "fillType": "taker",
    }


def test_fills_are_read_back_over_all_pages(stub: Stub, kraken: KrakenExchange) -> None:
    newest_first = [a_fill(number) for number in reversed(range(250))]
    stub.then(
        success(fills=newest_first[:100]),
        success(fills=newest_first[99:199]),
        success(fills=newest_first[198:]),
    )
    found = kraken.fills(0.0)
    assert [fill.fill_id for fill in found] == [f"f{number}" for number in range(250)]
    assert "lastFillTime=2026-11-22T06%3A02%3A30.001Z" in stub.requests[1]


def test_pages_that_do_not_go_back_are_no_answer(stub: Stub, kraken: KrakenExchange) -> None:
    page = [a_fill(5) | {"fill_id": f"f{number}"} for number in range(100)]
    stub.then(success(fills=page), success(fills=page))
    with pytest.raises(NoAnswer):
        kraken.fills(0.0)


def test_server_time_follows_the_exchange(stub: Stub, kraken: KrakenExchange) -> None:
    stub.then(success(openOrders=[]))
    kraken.open_orders()
    there = kraken.server_time(1_795_330_000.0)
    assert there == pytest.approx(1_795_327_200.0, abs=DEADLINE_S)  # what the answer says it is there


def test_entries_stop_first_then_reads_and_exits_last(stub: Stub, kraken: KrakenExchange) -> None:
    entry = OrderRequest("c", "PF_XBTUSD", Side.BUY, OrderType.IOC, Decimal(1), Decimal(1), None, False, None)
    stub.then(*[PLACED] * 30, *[success(openOrders=[])] * 50, *[PLACED] * 10)
    words = [kraken.send(entry).word for _ in range(31)]
    assert words == ["placed"] * 30 + ["own_rate_budget_spent"]
    for _ in range(50):
        kraken.open_orders()
    with pytest.raises(BudgetSpent):
        kraken.open_orders()
    assert [kraken.send(ORDER).outcome for _ in range(11)] == [Outcome.YES] * 10 + [Outcome.NO]


@pytest.mark.parametrize(
    "stray", ["https://futures.kraken.com/api/", "http://127.0.0.1:1/", "https://127.0.0.1:8000/"]
)
def test_url_on_another_host_is_refused(stray: str) -> None:
    with pytest.raises(WrongHost):
        require_host({"public": "http://127.0.0.1:8000/x", "private": stray}, "http://127.0.0.1:8000")
