"""Answers that change field by field: read, or no answer, or UNKNOWN, and never a crash or a guess."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal

import orjson
import pytest

from src.exchange.base import OrderQuery, OrderRequest, Outcome
from src.exchange.errors import NoAnswer
from src.exchange.session import ExchangeSession
from src.exchange.session_wire import Endpoint
from src.records.enums import OrderType, Side
from src.simulation.clock import VirtualClock
from tests.direct_fakes import START, SYMBOLS, direct

XBT = SYMBOLS[0]
NAME = "tbabcaaa0123456789"
ORDER = OrderRequest(NAME, XBT, Side.BUY, OrderType.MARKET, Decimal("0.01"), None, None, False, None)
STOP = OrderRequest(
    "tbabcaaa0123456780", XBT, Side.SELL, OrderType.STOP, Decimal("0.01"), None, Decimal(1000), True, None
)

READS: dict[Endpoint, Callable[[ExchangeSession], object]] = {
    "instruments": lambda session: session.instruments(),
    "ticker": lambda session: session.quote(XBT),
    "accounts": lambda session: session.account(),
    "openorders": lambda session: session.open_orders(),
    "openpositions": lambda session: session.positions(),
    "orders/status": lambda session: session.order_status(NAME),
    "fills": lambda session: session.fills(0.0),
    "leveragepreferences": lambda session: session.leverage_limits(),
    "account-log": lambda session: session.account_log(0.0),
    "history/orders": lambda session: session.order_history(OrderQuery(NAME, XBT, False, 0.0)),
    "history/triggers": lambda session: session.order_history(OrderQuery(STOP.cli_ord_id, XBT, True, 0.0)),
}
NOVELTIES: tuple[object, ...] = (
    None,
    True,
    -1,
    1e400,
    "",
    "12",
    "a word of tomorrow",
    [],
    [7],
    {},
    {"a": {}},
)
NO_WORD = object()


class Recorded:
    """A wire that says what it is told."""

    def __init__(self) -> None:
        self.bodies: dict[str, object] = {}

    def call(self, endpoint: Endpoint, _params: Mapping[str, str]) -> object:
        return self.bodies[endpoint]

    def refusal(self) -> str | None:
        return None

    def status(self) -> int | None:
        return 200

    def close(self) -> None:
        self.bodies.clear()


def recorded() -> dict[str, object]:
    """Return one answer of each kind, as a paper exchange gave it."""
    paper = direct()
    paper.exchange.send(ORDER)
    paper.exchange.send(STOP)
    paper.exchange.limit_leverage(SYMBOLS[1], Decimal(5))
    service = paper.service
    found: dict[str, object] = {}
    for endpoint in READS:
        params = {"symbol": XBT} if endpoint == "ticker" else {}
        shape = service.request(endpoint, params)
        found[endpoint] = {"result": "success", "serverTime": "2026-11-22T06:00:00.000Z", **shape}
    for name, request in (("sendorder", ORDER), ("cancelorder", None)):
        params = {"order_id": "unknown"}
        if request is not None:
            params = {"orderType": "mkt", "symbol": XBT, "side": "buy", "size": "0.01"}
        shape = service.request(name, params)
        found[name] = {"result": "success", "serverTime": "2026-11-22T06:00:00.000Z", **shape}
    return {name: orjson.loads(orjson.dumps(shape)) for name, shape in found.items()}


@pytest.fixture(scope="module")
def answers() -> dict[str, object]:
    return recorded()


def changed(answer: object) -> Iterator[object]:
    """Tell an answer again for each of its fields: without it, with each novelty in it, with one more beside it."""
    for path in paths(answer, ()):
        for novelty in (NO_WORD, *NOVELTIES):
            yield put(answer, path, novelty)


def paths(value: object, here: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*here, key)
            yield from paths(inner, (*here, key))
    elif isinstance(value, list) and value:
        yield (*here, 0)
        yield from paths(value[0], (*here, 0))


def put(answer: object, path: tuple[str | int, ...], novelty: object) -> object:
    told = deepcopy(answer)
    place = told
    for key in path[:-1]:
        place = place[key]  # type: ignore[index] # a path of this very value
    if novelty is NO_WORD:
        del place[path[-1]]  # type: ignore[attr-defined] # as above
    else:
        place[path[-1]] = novelty  # type: ignore[index] # as above
    return told


@pytest.mark.parametrize("endpoint", READS)
def test_h12_a_changed_list_is_read_or_no_answer(answers: dict[str, object], endpoint: Endpoint) -> None:
    wire = Recorded()
    wire.bodies = {name: {"elements": []} for name in ("history/orders", "history/triggers")}
    read, outcomes = READS[endpoint], {"read": 0, "no answer": 0}
    for told in changed(answers[endpoint]):
        session = ExchangeSession(wire, clock=VirtualClock(START))
        wire.bodies[endpoint] = told
        try:
            read(session)
        except NoAnswer:
            outcomes["no answer"] += 1
        else:
            outcomes["read"] += 1
    assert all(outcomes.values()), outcomes


@pytest.mark.parametrize("endpoint", [name for name in READS if "/" not in name and name != "account-log"])
def test_h10_a_whole_list_without_success_is_no_answer(
    answers: dict[str, object], endpoint: Endpoint
) -> None:
    wire = Recorded()
    wire.bodies[endpoint] = put(answers[endpoint], ("result",), "error")
    with pytest.raises(NoAnswer):
        READS[endpoint](ExchangeSession(wire, clock=VirtualClock(START)))


@pytest.mark.parametrize("endpoint", READS)
def test_h12_a_new_field_changes_nothing(answers: dict[str, object], endpoint: Endpoint) -> None:
    wire = Recorded()
    wire.bodies = dict(answers)
    known = READS[endpoint](ExchangeSession(wire, clock=VirtualClock(START)))
    assert known not in ((), {}, None)
    for path in paths(answers[endpoint], ()):
        told = put(answers[endpoint], (*path[:-1], "novelty"), [1]) if isinstance(path[-1], str) else None
        if told is not None and path[:-1] != ("accounts", "flex", "currencies"):
            wire.bodies[endpoint] = told
            assert READS[endpoint](ExchangeSession(wire, clock=VirtualClock(START))) == known


@pytest.mark.parametrize("action", ["sendorder", "cancelorder"])
def test_h12_a_changed_answer_to_an_order_is_never_more_than_unknown(
    answers: dict[str, object], action: str
) -> None:
    wire = Recorded()
    found = set()
    for told in changed(answers[action]):
        wire.bodies[action] = told
        session = ExchangeSession(wire, clock=VirtualClock(START))
        answer = session.send(ORDER) if action == "sendorder" else session.cancel("1")
        found.add(answer.outcome)
        assert answer.outcome is not Outcome.NO
    assert found == {Outcome.YES, Outcome.UNKNOWN}


def test_h12_a_number_that_came_as_text_is_that_number(answers: dict[str, object]) -> None:
    wire = Recorded()
    wire.bodies = dict(answers)
    known = ExchangeSession(wire, clock=VirtualClock(START)).positions()
    raw = deepcopy(answers["openpositions"])
    row = raw["openPositions"][0]  # type: ignore[index] # a JSON value
    row.update(size=str(row["size"]), price=str(row["price"]))
    wire.bodies["openpositions"] = raw
    assert ExchangeSession(wire, clock=VirtualClock(START)).positions() == known
