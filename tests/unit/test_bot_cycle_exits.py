"""The trading cycle over real files and a desk that obeys: exits."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.enums import Direction
from tests.cycle_fakes import Bench
from tests.gate_fakes import LEADER, NOON, SYMBOL, a_position, a_signal


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


def test_a_new_window_that_reaches_the_target_ends_the_position(bench: Bench) -> None:
    bench.desk.open = {SYMBOL: a_position()}
    cycle = bench.start()
    bench.window(SYMBOL, ts=NOON + 60, mid=2_030.0)
    cycle.step(NOON + 60.05)
    assert SYMBOL in bench.desk.open
    bench.window(SYMBOL, ts=NOON + 120, mid=2_041.0)
    cycle.step(NOON + 120.05)
    assert ("exit", f"{SYMBOL}:target") in bench.desk.calls
    assert bench.desk.marks[SYMBOL] == Decimal("2000.0"), "the desk is told the mark"


def test_an_exit_goes_before_an_entry(bench: Bench) -> None:
    bench.desk.open = {LEADER: a_position(symbol=LEADER, direction=Direction.SHORT)}
    cycle = bench.start()
    bench.window(mid=1_950.0)
    bench.put(a_signal())
    cycle.step(NOON + 0.05)
    cycle.step(NOON + 0.06)
    assert [name for name, _ in bench.desk.calls] == ["exit", "step", "enter", "step"]


def test_a_refused_exit_is_tried_again_after_a_while(bench: Bench) -> None:
    bench.desk.open = {SYMBOL: a_position()}
    bench.desk.refuse = {SYMBOL: "unresolved_order"}
    cycle = bench.start()
    bench.window(SYMBOL, ts=NOON + 60, mid=2_041.0)
    cycle.step(NOON + 60)
    bench.desk.refuse = {}
    cycle.step(NOON + 61)
    assert SYMBOL in bench.desk.open
    cycle.step(NOON + 62.5)
    assert ("exit", f"{SYMBOL}:target") in bench.desk.calls


def test_a_position_that_is_not_ours_is_left_alone(bench: Bench) -> None:
    bench.desk.open = {SYMBOL: a_position(strategy=None, signal_id=None)}
    cycle = bench.start()
    bench.window(SYMBOL, ts=NOON + 60, mid=100.0)
    cycle.step(NOON + 60)
    assert SYMBOL in bench.desk.open


def test_a_restart_trails_from_the_best_price_since_the_entry(bench: Bench) -> None:
    bench.desk.open = {SYMBOL: a_position()}
    for minute, mid in enumerate((2_500.0, 2_000.0, 2_018.0, 2_010.0)):
        bench.window(SYMBOL, ts=NOON - 60 + 60 * minute, mid=mid)
    cycle = bench.start()
    bench.window(SYMBOL, ts=NOON + 660, mid=1_990.0)
    cycle.step(NOON + 660)
    assert SYMBOL in bench.desk.open, "139 bps below 2018"
    bench.window(SYMBOL, ts=NOON + 720, mid=1_987.0)
    cycle.step(NOON + 720)
    assert ("exit", f"{SYMBOL}:trailing") in bench.desk.calls


def test_an_old_window_moves_no_exit(bench: Bench) -> None:
    bench.desk.open = {SYMBOL: a_position()}
    cycle = bench.start()
    bench.window(SYMBOL, ts=NOON + 60, mid=2_041.0)
    cycle.step(NOON + 600)
    assert SYMBOL in bench.desk.open


def test_ages_count_on_the_clock_that_positions_are_opened_by(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.desk.open = {SYMBOL: a_position()}
    cycle = bench.start()
    cycle.step(NOON + 60)
    assert SYMBOL in bench.desk.open
    monkeypatch.setattr(bench.desk, "venue_time", lambda now: now + 12 * 3600)
    cycle.step(NOON + 61)
    assert ("exit", f"{SYMBOL}:maximum_hold") in bench.desk.calls
