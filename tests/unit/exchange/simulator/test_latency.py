"""Delays have the shape that was asked for, are the same for the same name, and let nothing overtake."""

import statistics

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.latency import Line, Way, steady, ways
from src.records.settings import Delay, Latency, PaperExchange

DRAWS = 4000


@pytest.mark.parametrize(("median_ms", "p99_ms"), [(80.0, 300.0), (5.0, 6.0), (1.0, 900.0)])
def test_median_tail_and_floor_are_those_that_were_asked_for(median_ms: float, p99_ms: float) -> None:
    way = Way(Delay(median_ms=median_ms, p99_ms=p99_ms), seed="1")
    took = sorted(1000 * way.takes(float(name)) for name in range(DRAWS))
    assert statistics.median(took) == pytest.approx(median_ms, rel=0.15)
    assert 0.005 < sum(each > p99_ms for each in took) / DRAWS < 0.016
    assert took[0] >= median_ms / 2


def test_the_same_name_takes_as_long_again_and_another_seed_does_not() -> None:
    delay = Delay(median_ms=80.0, p99_ms=300.0)
    first, again, other = Way(delay, seed="1"), Way(delay, seed="1"), Way(delay, seed="2")
    assert first.takes(1.5, 3.0) == again.takes(1.5, 3.0)
    assert (
        len({way.takes(name, of) for way in (first, other) for name in (1.0, 2.0) for of in (0.0, 1.0)}) == 8
    )


def test_a_request_and_its_answer_are_drawn_apart() -> None:
    away = ways(Latency(), seed="1")
    there = [away.request.takes(float(name)) for name in range(DRAWS)]
    back = [away.answer.takes(float(name)) for name in range(DRAWS)]
    assert abs(statistics.correlation(there, back)) < 0.06
    assert abs(statistics.correlation(there[1:], there[:-1])) < 0.06


def test_no_distance_takes_no_time_and_a_steady_one_always_the_same() -> None:
    none, fixed = ways(steady(0.0), seed="1"), ways(steady(0.4), seed="1")
    assert none.request.instant
    assert none.request.takes(7.0) == 0.0
    assert {fixed.request.takes(float(name)) for name in range(9)} == {0.2}
    assert fixed.market_data.instant


@given(st.lists(st.floats(0.0, 3.0), max_size=60))
def test_on_a_line_nothing_overtakes_and_nothing_arrives_before_it_is_sent(gaps: list[float]) -> None:
    line, sent, arrived = Line(Way(Delay(median_ms=300, p99_ms=3000), seed="1")), 1000.0, 0.0
    for gap in gaps:
        sent += gap
        arrives = line.arrives(sent)
        assert arrives >= max(arrived, sent + 0.15)
        arrived = arrives


def test_a_crowded_line_is_as_slow_as_its_way() -> None:
    line = Line(Way(Delay(median_ms=60, p99_ms=250), seed="1"))
    took = sorted(line.arrives(0.02 * number) - 0.02 * number for number in range(50 * 2000))
    assert statistics.median(took) == pytest.approx(0.06, rel=0.1)
    assert took[int(0.99 * len(took))] == pytest.approx(0.25, rel=0.3)


@pytest.mark.parametrize(("median_ms", "p99_ms"), [(5, 4), (0, 1), (-1, 3), (1e6, 1e6)])
def test_delays_that_cannot_be_are_refused(median_ms: float, p99_ms: float) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"median_ms": median_ms, "p99_ms": p99_ms}, Delay)


def test_settings_without_latency_stand_at_the_default_distance() -> None:
    old = {"starting_balance_usd": 1.0, "edge": True, "messages_per_s": 2.0}
    assert msgspec.convert(old, PaperExchange).latency == Latency()
