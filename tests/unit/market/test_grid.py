import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.market.grid import Grid

CAPACITY = 20
Cells = dict[int, list[float]]


def same(one: list[float], other: list[float]) -> bool:
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, other, strict=True))


def slow(sets: list[tuple[int, int, float]]) -> Cells:
    """Return what a grid of two columns holds: the newest twenty places, NaN where none was set."""
    kept: Cells = {}
    newest = None
    for place, column, value in sets:
        newest = place if newest is None else max(newest, place)
        kept.setdefault(place, [math.nan, math.nan])[column] = value
        kept = {at: row for at, row in kept.items() if at > newest - CAPACITY}
    return kept


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 1), st.floats(-5, 5)), max_size=80),
    st.integers(0, 220),
    st.integers(1, CAPACITY),
)
def test_grid_keeps_the_newest_rows_and_knows_its_holes(
    sets: list[tuple[int, int, float]], until: int, count: int
) -> None:
    grid = Grid(step_s=60, capacity=CAPACITY, columns=2)
    for place, column, value in sets:
        grid.set(place * 60, value, column)
    kept = slow(sets)
    nothing = [math.nan, math.nan]
    expected = [kept.get(place, nothing) for place in range(until - count + 1, until + 1)]
    found = grid.last(count, until=until * 60)
    assert found.shape == (count, 2)
    for row, wanted in zip(found.tolist(), expected, strict=True):
        assert same(row, wanted)
    assert same(grid.row(until * 60), expected[-1])
    assert same([grid.at(until * 60, column) for column in (0, 1)], expected[-1])


@given(st.lists(st.integers(0, 60), max_size=60))
def test_row_set_at_once_equals_its_values_set_one_by_one(places: list[int]) -> None:
    whole, single = (Grid(step_s=1, capacity=CAPACITY, columns=3) for _ in range(2))
    for number, place in enumerate(places):
        values = [float(number), math.nan, float(place)]
        whole.set_row(place, values)
        for column, value in enumerate(values):
            single.set(place, value, column)
    assert np.array_equal(whole.last(CAPACITY, until=60), single.last(CAPACITY, until=60), equal_nan=True)


def test_grid_fills_only_what_is_missing() -> None:
    grid = Grid(step_s=60, capacity=5)
    grid.set(120, 1.0)
    grid.fill([60, 120, 180, 180], [7.0, 9.0, 2.0, 3.0])
    assert [grid.at(ts) for ts in (60, 120, 180)] == [7.0, 1.0, 2.0]
    assert math.isnan(grid.at(240))
    grid.fill([], [])
    assert grid.at(180) == 2.0


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_filling_at_once_equals_setting_each_that_is_missing(known: set[int], told: set[int]) -> None:
    bulk, single = (Grid(step_s=60, capacity=CAPACITY, columns=2) for _ in range(2))
    for grid in (bulk, single):
        for place in sorted(known):
            grid.set(60 * place, 1.0, 1)
    times = [60.0 * place for place in sorted(told)]
    bulk.fill(times, times, 1)
    for ts in times:
        if math.isnan(single.at(ts, 1)):
            single.set(ts, ts, 1)
    assert np.array_equal(bulk.last(CAPACITY, until=3600), single.last(CAPACITY, until=3600), equal_nan=True)


def test_grid_refuses_to_show_more_than_it_keeps() -> None:
    with pytest.raises(ValueError, match="only 5"):
        Grid(step_s=60, capacity=5).last(6, until=60)
