"""Formulas over closes: returns, volatility, Hurst, skew, lead and lag, correlation, holes."""

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features import correlation, gaps, hurst, lead_lag, returns, skew, volatility


def walk(seed: int, count: int, *, persistence: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.001, count)
    for index in range(1, count):
        steps[index] += persistence * steps[index - 1]
    return 100 * np.exp(np.cumsum(steps))


def test_return_is_in_basis_points_of_the_earlier_price() -> None:
    assert returns.return_bps(101.0, 100.0) == pytest.approx(100.0)


@pytest.mark.parametrize("pair", [(None, 1.0), (1.0, None)])
def test_return_without_a_price_is_unknown(pair: tuple[float | None, float | None]) -> None:
    assert returns.return_bps(*pair) is None


def test_realised_volatility_is_the_root_of_summed_squares() -> None:
    closes = np.array([100.0, 101.0, 100.0, 102.0])
    squares = [math.log(b / a) ** 2 for a, b in itertools.pairwise(closes)]
    assert volatility.realised_bps(closes) == pytest.approx(1e4 * math.sqrt(sum(squares)))


def test_hourly_median_equals_a_slow_one_and_skips_hours_with_holes() -> None:
    closes = walk(1, 4 * 40 + 1)
    closes[17] = math.nan
    hours = []
    for hour in range(40):
        piece = closes[4 * hour : 4 * hour + 5]
        if not np.isnan(piece).any():
            hours.append(volatility.realised_bps(piece))
    assert len(hours) == 39
    assert volatility.hourly_median_bps(closes, bars_an_hour=4) == pytest.approx(statistics.median(hours))


def test_hourly_median_needs_a_day() -> None:
    assert volatility.hourly_median_bps(walk(1, 23 * 4 + 1), bars_an_hour=4) is None


def test_hurst_of_random_walks_reads_as_documented() -> None:
    found = [hurst.rescaled_range_exponent(walk(seed, 100)) for seed in range(400)]
    known = [value for value in found if value is not None]
    assert statistics.mean(known) == pytest.approx(0.59, abs=0.03)
    assert statistics.stdev(known) == pytest.approx(0.09, abs=0.03)


def test_hurst_tells_persistence_from_turning_back() -> None:
    def mean_of(persistence: float) -> float:
        found = [hurst.rescaled_range_exponent(walk(s, 100, persistence=persistence)) for s in range(100)]
        return statistics.mean(value for value in found if value is not None)

    assert mean_of(0.6) > mean_of(0.0) + 0.05
    assert mean_of(-0.6) < mean_of(0.0) - 0.05


def test_hurst_of_a_price_that_never_moves_is_unknown() -> None:
    assert hurst.rescaled_range_exponent(np.full(100, 5.0)) is None
    assert hurst.rescaled_range_exponent(walk(1, 99)) is None


def test_skewness_equals_the_moments() -> None:
    values = np.array([1.0, 2.0, 2.5, 9.0])
    mean = values.mean()
    expected = np.mean((values - mean) ** 3) / np.mean((values - mean) ** 2) ** 1.5
    assert skew.skewness(values) == pytest.approx(expected)
    assert skew.skewness(-values) == pytest.approx(-expected)
    assert skew.skewness(np.ones(5)) is None


def test_newest_quantile_equals_a_slow_one() -> None:
    values = np.random.default_rng(4).normal(size=96)
    skews = [skew.skewness(values[i : i + 20]) for i in range(77)]
    newest = skews[-1]
    assert newest is not None
    below = sum(value < newest for value in skews[:-1] if value is not None)
    assert skew.newest_quantile(values) == pytest.approx(below / 76)


def test_newest_quantile_needs_two_windows() -> None:
    assert skew.newest_quantile(np.arange(20.0)) is None


@pytest.mark.parametrize("lag", [0, 1, 7, 15])
@pytest.mark.parametrize("sign", [1, -1])
def test_planted_lag_is_found(lag: int, sign: int) -> None:
    leader = np.random.default_rng(lag).normal(size=75)
    follower = sign * leader[15 - lag : 75 - lag]
    found = lead_lag.strongest_lag(leader, follower)
    assert found is not None
    assert found.lag == lag
    assert found.correlation == pytest.approx(sign)


def test_lead_lag_equals_numpy_at_every_lag() -> None:
    rng = np.random.default_rng(3)
    leader, follower = rng.normal(size=75), rng.normal(size=60)
    slow = [np.corrcoef(leader[15 - lag : 75 - lag], follower)[0, 1] for lag in range(16)]
    found = lead_lag.strongest_lag(leader, follower)
    assert found is not None
    assert found.lag == int(np.argmax(np.abs(slow)))
    assert found.correlation == pytest.approx(slow[found.lag])


def test_lead_lag_refuses_lengths_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="75"):
        lead_lag.strongest_lag(np.ones(60), np.ones(60))
    assert lead_lag.strongest_lag(np.ones(75), np.ones(60)) is None


def test_shrunk_correlations_come_closer_to_the_truth() -> None:
    truth, sample_errors, shrunk_errors = 0.6, [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        factor = rng.normal(size=60)
        rows = np.sqrt(truth) * factor + np.sqrt(1 - truth) * rng.normal(size=(8, 60))
        shrunk = correlation.shrunk_correlations(rows)
        assert shrunk is not None
        pairs = np.triu_indices(8, k=1)
        sample_errors.append(np.square(np.corrcoef(rows)[pairs] - truth).mean())
        shrunk_errors.append(np.square(shrunk[pairs] - truth).mean())
    assert np.mean(shrunk_errors) < 0.7 * np.mean(sample_errors)


def test_shrunk_correlations_lie_between_sample_and_mean() -> None:
    rows = np.random.default_rng(1).normal(size=(4, 60))
    rows[1] += rows[0]
    shrunk, sample = correlation.shrunk_correlations(rows), np.corrcoef(rows)
    assert shrunk is not None
    pairs = np.triu_indices(4, k=1)
    mean = sample[pairs].mean()
    assert np.all(np.abs(shrunk[pairs] - mean) <= np.abs(sample[pairs] - mean) + 1e-12)
    assert np.all(np.diag(shrunk) == 1)


def test_correlation_of_what_does_not_move_is_unknown() -> None:
    rows = np.random.default_rng(1).normal(size=(3, 60))
    rows[1] = 0
    assert correlation.shrunk_correlations(rows) is None
    assert correlation.shrunk_correlations(rows[:1]) is not None
    assert correlation.shrunk_correlations(rows[:1, :40]) is None


def test_slope_is_the_planted_one() -> None:
    leader = np.random.default_rng(1).normal(size=200)
    noise = np.random.default_rng(2).normal(size=200) * 0.01
    assert correlation.slope_on(leader, 1.7 * leader + noise) == pytest.approx(1.7, abs=0.01)
    assert correlation.slope_on(np.ones(5), np.ones(5)) is None


@given(st.lists(st.one_of(st.just(math.nan), st.floats(1, 100)), min_size=1, max_size=80))
def test_bridged_closes_hold_the_price_before_each_hole(values: list[float]) -> None:
    closes = np.array(values)
    holes = int(np.isnan(closes).sum())
    found = gaps.bridged(closes)
    assert gaps.has_holes(closes) == (holes > 0)
    if holes > 0.05 * len(values):
        assert found is None
        return
    assert found is not None
    before = next(value for value in values if not math.isnan(value))
    for value, filled in zip(values, found, strict=True):
        before = before if math.isnan(value) else value
        assert filled == before
