"""Requests that fail on demand, seen by the real client over HTTP: a known yes, a known no, or neither."""

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests

from src.exchange.base import Outcome
from src.exchange.errors import NoAnswer
from src.records.enums import OrderType, Side
from tests.fault_fakes import Faulty, faulty_exchange

ONE = Decimal(1)
NONE = Decimal(0)


@pytest.fixture
def paper() -> Iterator[Faulty]:
    with faulty_exchange() as served:
        yield served


@pytest.mark.parametrize(
    ("fault", "outcome", "held"),
    [
        ({"act": "refuse", "word": "apiLimitExceeded"}, Outcome.NO, NONE),
        ({"act": "refuse", "word": "insufficientFunds"}, Outcome.NO, NONE),
        ({"act": "refuse", "word": "authenticationError", "status": 401}, Outcome.NO, NONE),
        ({"act": "refuse", "word": "Unavailable"}, Outcome.UNKNOWN, NONE),
        ({"act": "refuse", "word": "Server Error", "status": 500, "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "refuse", "word": "unknownError", "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "rate_limit"}, Outcome.NO, NONE),
        ({"act": "html"}, Outcome.UNKNOWN, NONE),
        ({"act": "html", "status": 200, "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "html", "status": 502, "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "html", "status": 504, "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "text"}, Outcome.UNKNOWN, NONE),
        ({"act": "empty"}, Outcome.UNKNOWN, NONE),
        ({"act": "empty", "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "garbage", "work": True}, Outcome.UNKNOWN, ONE),
        ({"act": "drop"}, Outcome.UNKNOWN, ONE),
        ({"act": "drop", "work": False}, Outcome.UNKNOWN, NONE),
        ({"act": "reset"}, Outcome.UNKNOWN, ONE),
        ({"act": "cut"}, Outcome.UNKNOWN, ONE),
        ({"act": "drip", "delay_s": 0.08}, Outcome.UNKNOWN, ONE),
        ({"act": "delay", "delay_s": 2}, Outcome.UNKNOWN, ONE),
        ({"act": "delay", "delay_s": 0.1}, Outcome.YES, ONE),
        ({"act": "late", "delay_s": 0.1}, Outcome.YES, ONE),
        ({"act": "patch", "patch": {"sendStatus": {"status": "notToday"}}}, Outcome.UNKNOWN, ONE),
        ({"act": "patch", "patch": {"sendStatus": None}}, Outcome.UNKNOWN, ONE),
        ({"act": "patch", "patch": {"sendStatus": {"order_id": None}}}, Outcome.UNKNOWN, ONE),
        ({"act": "patch", "patch": {"sendStatus": {"colour": "red"}}}, Outcome.YES, ONE),
        ({"act": "huge", "size_mib": 0.5}, Outcome.YES, ONE),
        ({"act": "bomb", "size_mib": 0.5}, Outcome.YES, ONE),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_an_order_that_meets_a_fault_is_never_taken_for_what_it_is_not(
    paper: Faulty, fault: dict[str, object], outcome: Outcome, held: Decimal
) -> None:
    paper.call_fault(path="sendorder", **fault)
    began = time.monotonic()
    answer = paper.send()
    assert time.monotonic() - began < 3
    assert (answer.outcome, paper.held()) == (outcome, held)
    paper.order_faults()
    paper.clock.advance_by(2)  # who was turned away waits a moment
    assert sum(position.quantity for position in paper.exchange.positions()) == held


@pytest.mark.parametrize(
    "fault",
    [
        {"act": "html", "status": 200},
        {"act": "html", "status": 503},
        {"act": "text"},
        {"act": "empty"},
        {"act": "garbage"},
        {"act": "cut"},
        {"act": "drop"},
        {"act": "delay", "delay_s": 2},
        {"act": "rate_limit"},
        {"act": "refuse", "word": "Unavailable"},
        {"act": "patch", "patch": {"openOrders": None}},
        {"act": "patch", "patch": {"openOrders": "none"}},
        {"act": "patch", "patch": {"serverTime": None}},
    ],
    ids=lambda value: " ".join(map(str, value.values())),
)
def test_a_question_that_meets_a_fault_is_no_answer_and_never_an_empty_list(
    paper: Faulty, fault: dict[str, object]
) -> None:
    paper.call_fault(path="openorders", method="GET", **fault)
    with pytest.raises(NoAnswer):
        paper.exchange.open_orders()
    paper.clock.advance_by(2)  # who was turned away waits a moment
    assert paper.exchange.positions() == ()  # other questions are answered


def test_fills_that_are_told_twice_and_out_of_order_are_the_same_fills(paper: Faulty) -> None:
    for _ in range(3):
        paper.send(size="0.1")
        paper.clock.advance_by(1)
    known = paper.exchange.fills(0.0)
    paper.call_fault(path="fills", act="jumble")
    assert (len(known), paper.exchange.fills(0.0)) == (3, known)


def test_an_order_that_is_late_appears_after_the_client_gave_up_and_not_after_its_time(paper: Faulty) -> None:
    paper.call_fault(path="sendorder", act="late", delay_s=0.8)
    first = paper.send(process_before=paper.clock.now() + 5)
    assert (first.outcome, paper.held()) == (Outcome.UNKNOWN, NONE)
    _until(lambda: paper.held() == ONE)
    second = paper.send(process_before=paper.clock.now() + 5)
    paper.clock.advance_by(6)
    assert second.outcome is Outcome.UNKNOWN
    _until(lambda: _struck(paper) == 2)
    time.sleep(0.6)
    assert paper.held() == ONE


def test_the_answer_to_a_cancel_can_be_lost(paper: Faulty) -> None:
    paper.send()
    stop = paper.send(Side.SELL, kind=OrderType.STOP, stop="50")
    assert stop.order_id is not None
    paper.call_fault(path="cancelorder", act="drop")
    assert paper.exchange.cancel(stop.order_id).outcome is Outcome.UNKNOWN
    assert paper.exchange.open_orders() == ()
    paper.order_faults()
    assert paper.exchange.cancel(stop.order_id).outcome is Outcome.YES


def test_the_venue_can_insist_that_there_are_no_orders_to_cancel(paper: Faulty) -> None:
    paper.call_fault(path="cancelorder", act="patch", patch={"cancelStatus": {"status": "noOrdersToCancel"}})
    assert paper.exchange.cancel("any").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("turns", "struck"),
    [
        ({"nth": [2, 5]}, [2, 5]),
        ({"every": 3}, [3, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 1}, [2]),
    ],
)
def test_a_fault_strikes_the_calls_it_is_told_to(
    paper: Faulty, turns: dict[str, object], struck: list[int]
) -> None:
    paper.call_fault(path="sendorder", act="refuse", word="insufficientFunds", **turns)
    outcomes = [paper.send(size="0.1").outcome for _ in range(6)]
    assert [number for number, outcome in enumerate(outcomes, start=1) if outcome is Outcome.NO] == struck
    assert paper.told()["calls"] == [{"seen": 6, "struck": len(struck)}]


def test_chance_repeats_with_its_seed(paper: Faulty) -> None:
    def struck(seed: int) -> list[bool]:
        paper.order_faults(seed=seed, calls=[{"path": "tickers/*", "act": "drop", "chance": 0.5}])
        return [_quoted(paper) for _ in range(20)]

    first = struck(1)
    assert {True, False} == set(first)
    assert struck(1) == first
    assert struck(2) != first


def test_the_first_fault_whose_turn_it_is_strikes(paper: Faulty) -> None:
    calls = [{"path": "sendorder", "act": "html", "nth": [2]}, {"act": "refuse", "word": "invalidUnit"}]
    paper.order_faults(calls=calls)
    assert [paper.send().word for _ in range(2)] == ["invalidUnit", "ExchangeNotAvailable"]


def test_maintenance_answers_nothing_and_keeps_positions_and_stops(paper: Faulty) -> None:
    paper.send()
    paper.send(Side.SELL, kind=OrderType.STOP, stop="50")
    paper.order_faults(maintenance=True)
    assert paper.send().outcome is Outcome.UNKNOWN
    for ask in (paper.exchange.positions, paper.exchange.open_orders, paper.exchange.instruments):
        with pytest.raises(NoAnswer):
            ask()
    paper.order_faults()
    paper.clock.advance_by(2)
    assert [position.quantity for position in paper.exchange.positions()] == [ONE]
    assert len(paper.exchange.open_orders()) == 1


def test_the_venues_clock_can_be_wrong(paper: Faulty) -> None:
    paper.order_faults(clock_skew_s=45)
    paper.exchange.positions()
    now = paper.clock.now()
    assert paper.exchange.server_time(now) == pytest.approx(now + 45, abs=0.5)
    assert paper.send(process_before=now + 10).word == "wouldProcessAfterSpecifiedTime"
    assert paper.send(process_before=now + 55).outcome is Outcome.YES


def test_faults_need_the_token_and_the_administration_is_never_struck(paper: Faulty) -> None:
    answer = requests.post(paper.admin("faults"), json={"maintenance": True}, timeout=5)
    assert answer.status_code == 401
    assert requests.get(paper.admin("faults"), timeout=5).status_code == 401
    assert paper.exchange.positions() == ()
    paper.order_faults(calls=[{"act": "drop"}])
    with pytest.raises(NoAnswer):
        paper.exchange.positions()
    assert requests.get(paper.admin("state"), headers=paper.token, timeout=5).json()["positions"] == []
    paper.order_faults()
    assert paper.exchange.positions() == ()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{", "truncated"),
        ('{"calls": [{"act": "explode"}]}', "explode"),
        ('{"calls": [{"act": "drop", "colour": 1}]}', "colour"),
        ('{"calls": [{"act": "drop", "chance": 2}]}', "chance"),
        ('{"markets": {"PF_MOONUSD": {"suspended": true}}}', "PF_MOONUSD"),
        ('{"markets": null}', "markets"),
        ('{"seed": 1e400}', "seed"),
        ("[]", "object"),
        ("", ""),
        ("\xff", ""),
        ('{"calls": [{"act": "patch", "patch": ' + '{"a":' * 9999, ""),
    ],
)
def test_a_plan_that_cannot_be_followed_changes_nothing(paper: Faulty, body: str, word: str) -> None:
    paper.order_faults(seed=7)
    answer = requests.post(paper.admin("faults"), data=body, headers=paper.token, timeout=5)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
    assert paper.told()["plan"]["seed"] == 7  # type: ignore[index] # JSON values


def _quoted(paper: Faulty) -> bool:
    try:
        paper.exchange.quote("PF_XBTUSD")
    except NoAnswer:
        return False
    return True


def _struck(paper: Faulty) -> int:
    (counts,) = paper.told()["calls"]  # type: ignore[misc] # JSON values
    struck: int = counts["struck"]
    return struck


def _until(holds: object) -> None:
    assert callable(holds)
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
