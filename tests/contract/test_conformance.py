"""The answer sheet of a venue, filled in on the paper exchange over HTTP, in fast time."""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import pytest
import requests

from src.exchange.conformance.bench import Bench, NotClean
from src.exchange.conformance.life import life_of_a_position
from src.exchange.conformance.limits import rate_limit
from src.exchange.conformance.orders import cut_short, one_name_twice, refusals
from src.exchange.conformance.sheet import answer_sheet, passes
from src.exchange.kraken_probe import KrakenProbe
from src.records.checks import CheckRow, Standing
from tests.paper_exchange_server import Served, served

SPEED = 50.0
XBT = "PF_XBTUSD"
QUESTIONS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11")


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("venue"), speed=SPEED) as found:
        yield found


@pytest.fixture
def bench(venue: Served) -> Iterator[Bench]:
    found = a_bench(venue)
    yield found
    found.session.close()


def a_bench(venue: Served, *, budget_usd: str = "1000000") -> Bench:
    endpoint = venue.endpoint
    probe = KrakenProbe(url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret)
    return Bench(
        probe,
        symbol=XBT,
        clock=venue.clock,
        pause=lambda seconds: time.sleep(seconds / SPEED),
        rng=random.SystemRandom(),
        budget_usd=Decimal(budget_usd),
    )


@pytest.fixture(scope="module")
def sheet(venue: Served) -> list[CheckRow]:
    return list(answer_sheet(a_bench(venue)))


def test_every_open_question_has_an_answer(sheet: list[CheckRow]) -> None:
    asked = {row.name.partition(" ")[0] for row in sheet}

    assert asked.issuperset(QUESTIONS)


def test_the_paper_exchange_passes_and_is_left_clean(sheet: list[CheckRow], bench: Bench) -> None:
    assert passes(sheet), [row for row in sheet if row.standing is Standing.FAIL]
    bench.require_clean()


@contextmanager
def faulty(venue: Served, **plan: object) -> Iterator[None]:
    """Let the venue behave so for a while."""
    address, token = (
        f"{venue.endpoint.url}/admin/faults",
        {"Authorization": f"Bearer {venue.endpoint.admin_token}"},
    )
    assert (
        requests.post(address, json={"rate_limit": "off"} | plan, headers=token, timeout=5).status_code == 200
    )
    yield
    assert requests.post(address, json={"rate_limit": "off"}, headers=token, timeout=5).status_code == 200


def by_name(rows: Sequence[CheckRow]) -> dict[str, CheckRow]:
    return {row.name: row for row in rows}


def test_an_account_that_holds_something_is_not_touched(bench: Bench) -> None:
    placed = bench.order("lmt", "buy", limitPrice=bench.priced(bench.bid(), "0.97"))

    with pytest.raises(NotClean, match="1 orders"):
        next(answer_sheet(bench))
    assert [row["order_id"] for row in bench.resting()] == [placed.answer.order_id]
    assert bench.tidy()


def test_whatever_rests_or_is_open_is_tidied_up(bench: Bench) -> None:
    bench.order("mkt", "sell")
    bench.order("lmt", "buy", limitPrice=bench.priced(bench.bid(), "0.97"))
    bench.order("stp", "buy", stopPrice=bench.priced(bench.mark(), "1.1"), triggerSignal="mark")

    assert bench.tidy()
    bench.require_clean()


def test_no_order_costs_more_than_the_budget(venue: Served) -> None:
    bench = a_bench(venue, budget_usd="1")

    assert [row.standing for row in cut_short(bench)] == [Standing.SKIPPED] * 2
    bench.require_clean()
    bench.session.close()


def test_a_word_that_the_bot_does_not_know_fails_and_leaves_nothing(venue: Served, bench: Bench) -> None:
    strange = {"path": "sendorder", "act": "patch", "patch": {"sendStatus": {"status": "perhaps"}}}
    with faulty(venue, calls=[strange]):
        rows = refusals(bench)

    assert {row.standing for row in rows} == {Standing.FAIL}
    assert not passes(rows)
    assert bench.tidy()


def test_both_forms_of_a_refusal_and_both_scopes_of_a_name_pass(venue: Served, bench: Bench) -> None:
    with faulty(venue, refusals_with_events=True, client_ids_stay_taken=True):
        told, names = by_name(refusals(bench)), by_name(one_name_twice(bench))

    assert "REJECT" in told["9 invalidSize"].found
    assert names["3 a name is unique"].found.startswith("for ever")
    assert passes([*told.values(), *names.values()])


def test_a_history_that_lags_is_measured(venue: Served, bench: Bench) -> None:
    with faulty(venue, history_lag_s=6):
        rows = by_name(life_of_a_position(bench))

    lag = float(rows["6 an order in the history"].found.split()[1])
    assert 4 <= lag <= 30
    assert rows["6 an order in the history"].standing is Standing.OK


def test_a_history_that_never_tells_fails(venue: Served, bench: Bench) -> None:
    with faulty(venue, history_lag_s=3600):
        rows = by_name(life_of_a_position(bench))

    assert rows["6 an order in the history"].standing is Standing.FAIL


def test_a_history_that_is_not_served_is_a_warning(venue: Served, bench: Bench) -> None:
    gone = {"path": "/api/history/*", "act": "refuse", "status": 404}
    with faulty(venue, calls=[gone]):
        rows = by_name(life_of_a_position(bench))

    assert rows["6 an order in the history"].standing is Standing.WARN
    assert rows["6 a fee in the account log"].standing is Standing.WARN


@pytest.mark.parametrize(
    ("style", "found", "standing"),
    [
        ("off", "40 requests of 25 units were answered", Standing.WARN),
        ("error_200", "HTTP 200, apiLimitExceeded", Standing.OK),
        ("error_429", "HTTP 429", Standing.OK),
        ("text_429", "HTTP 429", Standing.OK),
    ],
)
def test_a_venue_without_limits_is_a_warning_and_each_way_to_refuse_is_understood(
    style: str, found: str, standing: Standing, venue: Served, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "until", lambda *_, **__: 1.0)
    with faulty(venue, rate_limit=style):
        row = rate_limit(bench)[0]

    assert found in row.found
    assert row.standing is standing
