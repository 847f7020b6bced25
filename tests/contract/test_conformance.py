"""The answer sheet of a venue, filled in on the paper exchange over HTTP, in fast time."""

import random
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.conformance.bench import Bench, NotClean
from src.exchange.conformance.orders import cut_short
from src.exchange.conformance.sheet import answer_sheet, passes
from src.exchange.kraken_probe import KrakenProbe
from src.records.checks import CheckRow, Standing
from tests.paper_exchange_server import Served, served

SPEED = 20.0
XBT = "PF_XBTUSD"
QUESTIONS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11")


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("venue"), speed=SPEED, budgets=True) as found:
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
        rng=random.Random(1),
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
