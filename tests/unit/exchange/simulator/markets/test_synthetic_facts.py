"""A day of the synthetic market shows the facts of real markets; bands and their sources stand in market_facts.

``test_synthetic_edge`` shows the planted edge and its absence; here it is off: what remains must look like a market.
"""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.market_facts import FACTS, Day, Fact, autocorrelation, kurtosis, response_bps, tail_index
from benchmarks.market_watch import watch
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from tests.simulator_market_fakes import START, TEN
from tests.tape_fakes import NAME, TAPE_SYMBOLS, TAPES, needs_tape

DAY_S = 86_400
TOO_LIQUID = {"median spread, bps", "order flow with the same 10 s"}
"""Always one tick apart, at a ten times larger venue; of ten levels only, so that its flow lacks what lies behind."""


def lived_day(symbols: tuple[str, ...], *, seed: int) -> Day:
    return watch(SyntheticMarket(symbols, seed=seed, start=START, edge=False), start=START, seconds=DAY_S)


@pytest.fixture(scope="session")
def day() -> Day:
    return lived_day(TEN[:2], seed=1)


@pytest.mark.parametrize("fact", FACTS, ids=[fact.name for fact in FACTS])
def test_a_day_shows_the_facts_of_real_markets(day: Day, fact: Fact) -> None:
    assert fact.low <= fact.measure(day) <= fact.high


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3])
def test_days_of_ten_contracts_show_them_too(seed: int) -> None:
    lived = lived_day(TEN, seed=seed)
    missed = {fact.name: fact.measure(lived) for fact in FACTS if not fact.holds(lived)}
    assert not missed


@needs_tape
def test_a_real_recording_lies_in_the_bands_that_its_minutes_can_show() -> None:
    """Six minutes: what needs hours, and what a recording without tickers does not tell, is left out."""
    tape = Path(str(TAPES)) / NAME
    start, end = tape_span(tape)
    real = watch(TapeMarket(tape, TAPE_SYMBOLS, start_at=start), start=start, seconds=int(end - start))
    told = [fact for fact in FACTS if fact.in_minutes and fact.name not in TOO_LIQUID]
    missed = {fact.name: fact.measure(real) for fact in told if not fact.holds(real)}
    assert not missed
    assert all(kurtosis(seconds.returns(1)) > 5.0 for seconds in real.values())
    assert all(np.isfinite(seconds.mid).all() for seconds in real.values())


def test_measures_know_what_they_measure() -> None:
    rng = np.random.default_rng(3)
    normal = rng.standard_normal(100_000)
    assert kurtosis(normal) == pytest.approx(3.0, abs=0.1)
    assert tail_index(rng.pareto(3.0, 200_000) + 1.0) == pytest.approx(3.0, rel=0.05)
    assert abs(autocorrelation(normal, 1)) < 0.02
    walk = normal.copy()
    walk[1:] += normal[:-1]
    assert autocorrelation(walk, 1) == pytest.approx(0.5, abs=0.02)


def test_move_with_a_trade_is_positive_and_fades(day: Day) -> None:
    for seconds in day.values():
        moves = [response_bps(seconds, after) for after in (0, 5, 60)]
        assert min(moves) > 0.0
        assert moves[0] > moves[1]
