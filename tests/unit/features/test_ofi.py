import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features import ofi

PRICES = st.integers(min_value=1, max_value=5).map(float)
SIZES = st.floats(min_value=0.01, max_value=100)


def slow_event(before: ofi.Quote, after: ofi.Quote) -> float:
    (pb0, qb0, pa0, qa0), (pb1, qb1, pa1, qa1) = before, after
    return (pb1 >= pb0) * qb1 - (pb1 <= pb0) * qb0 - (pa1 <= pa0) * qa1 + (pa1 >= pa0) * qa0


@given(st.tuples(PRICES, SIZES, PRICES, SIZES), st.tuples(PRICES, SIZES, PRICES, SIZES))
def test_event_equals_the_published_formula(before: ofi.Quote, after: ofi.Quote) -> None:
    assert ofi.best_level_event(before, after) == pytest.approx(slow_event(before, after))


@pytest.mark.parametrize(
    ("after", "event"),
    [
        ((100.0, 7.0, 101.0, 4.0), 2.0),  # two more to buy at the same bid
        ((100.0, 5.0, 101.0, 1.0), 3.0),  # three fewer to sell at the same ask
        ((100.5, 2.0, 101.0, 4.0), 2.0),  # a better bid
        ((99.0, 9.0, 101.0, 4.0), -5.0),  # the bid is gone
        ((100.0, 5.0, 101.0, 4.0), 0.0),
    ],
)
def test_event_has_the_side_of_the_pressure(after: ofi.Quote, event: float) -> None:
    assert ofi.best_level_event((100.0, 5.0, 101.0, 4.0), after) == event


def test_window_without_movement_has_no_imbalance() -> None:
    assert ofi.self_normalised(0.0, 0.0) is None


def test_imbalance_of_one_sided_flow_grows_with_the_root_of_its_events() -> None:
    assert ofi.self_normalised(9.0, 9.0) == pytest.approx(3.0)


def slow_scale(earlier: list[float]) -> float:
    top = bottom = 0.0
    for age, value in enumerate(reversed(earlier)):
        weight = 0.5 ** (age / 240)
        top += weight * value * value
        bottom += weight
    return math.sqrt(top / bottom)


def scale_of(earlier: list[float]) -> float | None:
    weights = ofi.scale_weights(len(earlier))
    return ofi.lagged_scale(np.square(earlier), weights, float(weights.sum()))


@pytest.mark.parametrize("count", [30, 31, 500, 2000])
def test_scale_equals_a_slow_weighted_mean(count: int) -> None:
    rng = random.Random(count)
    earlier = [rng.gauss(0, 1.3) for _ in range(count)]
    assert scale_of(earlier) == pytest.approx(slow_scale(earlier))


def test_young_scale_is_not_too_small() -> None:
    assert scale_of([2.0] * 30) == pytest.approx(2.0)


def test_shorter_weights_are_the_end_of_longer_ones() -> None:
    assert ofi.scale_weights(2000)[-30:].tolist() == ofi.scale_weights(30).tolist()


def test_scale_of_nothing_is_unknown() -> None:
    assert scale_of([0.0] * 50) is None


def test_score_of_a_half_is_one_and_a_half_deviations() -> None:
    assert ofi.score(1.5) == pytest.approx(0.5, abs=0.001)
    assert ofi.score(-1.5) == -ofi.score(1.5)
    assert -1 <= ofi.score(-1e9) < ofi.score(1e9) <= 1
