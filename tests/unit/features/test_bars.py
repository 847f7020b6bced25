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


def realised(closes: np.ndarray) -> float:
    (found,) = volatility.realised_bps(returns.log_returns(closes[np.newaxis]))
    return found


def test_realised_volatility_is_the_root_of_summed_squares() -> None:
    closes = np.array([100.0, 101.0, 100.0, 102.0])
    squares = [math.log(b / a) ** 2 for a, b in itertools.pairwise(closes)]
    assert realised(closes) == pytest.approx(1e4 * math.sqrt(sum(squares)))


def test_log_returns_of_rows_are_those_of_each_row() -> None:
    rows = np.array([walk(1, 40), walk(2, 40)])
    assert returns.log_returns(rows).tolist() == [returns.log_returns(row).tolist() for row in rows]


def test_hourly_median_equals_a_slow_one_and_skips_hours_with_holes() -> None:
    closes = walk(1, 4 * 40 + 1)
    closes[17] = math.nan
    hours = []
    for hour in range(40):
        piece = closes[4 * hour : 4 * hour + 5]
        if not np.isnan(piece).any():
            hours.append(realised(piece))
    assert len(hours) == 39
    found = volatility.hourly_median_bps(returns.log_returns(closes), bars_an_hour=4)
    assert found == pytest.approx(statistics.median(hours))


def test_hourly_median_of_an_even_number_of_hours_lies_between_the_middle_two() -> None:
    closes = walk(2, 4 * 40 + 1)
    hours = [realised(closes[4 * hour : 4 * hour + 5]) for hour in range(40)]
    found = volatility.hourly_median_bps(returns.log_returns(closes), bars_an_hour=4)
    assert found == pytest.approx(statistics.median(hours))


def test_hourly_median_needs_a_day() -> None:
    young = returns.log_returns(walk(1, 23 * 4 + 1))
    assert volatility.hourly_median_bps(young, bars_an_hour=4) is None


def slow_exponent(closes: np.ndarray) -> float | None:
    """Return the slope of log(R/S) on log(span), a chunk at a time."""
    moves = np.diff(np.log(closes))
    points = []
    for span in (8, 12, 16, 24, 32, 48):
        ratios = []
        for chunk in range(len(moves) // span):
            end = len(moves) - chunk * span
            piece = moves[end - span : end]
            walked = np.cumsum(piece - piece.mean())
            if piece.std() > 0:
                ratios.append((max(0.0, walked.max()) - min(0.0, walked.min())) / piece.std())
        if ratios:
            points.append((math.log(span), math.log(sum(ratios) / len(ratios))))
    if len(points) < 3:
        return None
    slope, _ = np.polyfit(np.array(points)[:, 0], np.array(points)[:, 1], 1)
    return float(slope)


def exponents(*rows: np.ndarray) -> list[float | None]:
    return hurst.rescaled_range_exponents(returns.log_returns(np.array(rows)))


def test_hurst_of_many_rows_equals_a_slow_one_of_each() -> None:
    halted = walk(4, 100)
    halted[30:70] = halted[30]
    rows = [walk(1, 100), walk(2, 100, persistence=0.5), np.full(100, 5.0), halted]
    for rowset in (rows, rows[:2]):
        for found, closes in zip(exponents(*rowset), rowset, strict=True):
            expected = slow_exponent(closes)
            assert found == (None if expected is None else pytest.approx(expected))


def test_hurst_of_random_walks_reads_as_documented() -> None:
    found = exponents(*(walk(seed, 100) for seed in range(400)))
    known = [value for value in found if value is not None]
    assert statistics.mean(known) == pytest.approx(0.59, abs=0.03)
    assert statistics.stdev(known) == pytest.approx(0.09, abs=0.03)


def test_hurst_tells_persistence_from_turning_back() -> None:
    def mean_of(persistence: float) -> float:
        found = exponents(*(walk(seed, 100, persistence=persistence) for seed in range(100)))
        return statistics.mean(value for value in found if value is not None)

    assert mean_of(0.6) > mean_of(0.0) + 0.05
    assert mean_of(-0.6) < mean_of(0.0) - 0.05


def test_hurst_of_a_price_that_never_moves_is_unknown() -> None:
    assert exponents(np.full(100, 5.0)) == [None]
    assert exponents(walk(1, 99)) == [None]


def slow_skewness(values: np.ndarray) -> float | None:
    centred = values - values.mean()
    variance = np.mean(centred**2)
    return float(np.mean(centred**3) / variance**1.5) if variance > 0 else None


def test_skewness_equals_the_moments() -> None:
    values = np.array([1.0, 2.0, 2.5, 9.0])
    expected = slow_skewness(values)
    assert skew.skewness(np.array([values, -values, np.ones(4)])) == [
        pytest.approx(expected),
        pytest.approx(-np.float64(expected)),
        None,
    ]


def test_newest_quantile_equals_a_slow_one() -> None:
    rows = np.random.default_rng(4).normal(size=(3, 96))
    rows[1, 20:60] = 0.0
    rows[2, 70:] = 0.0
    for values, found in zip(rows, skew.newest_quantiles(skew.rolling(rows)), strict=True):
        skews = [slow_skewness(values[i : i + 20]) for i in range(77)]
        newest, earlier = skews[-1], [value for value in skews[:-1] if value is not None]
        if newest is None:
            assert found is None
        else:
            assert found == pytest.approx(sum(value < newest for value in earlier) / len(earlier))


def test_newest_quantile_needs_two_windows() -> None:
    assert skew.newest_quantiles(skew.rolling(np.arange(20.0)[np.newaxis])) == [None]


def strongest(leader: np.ndarray, follower: np.ndarray) -> lead_lag.LeadLag | None:
    (found,) = lead_lag.strongest_lags(leader, follower[np.newaxis])
    return found


@pytest.mark.parametrize("lag", [0, 1, 7, 15])
@pytest.mark.parametrize("sign", [1, -1])
def test_planted_lag_is_found(lag: int, sign: int) -> None:
    leader = np.random.default_rng(lag).normal(size=75)
    found = strongest(leader, sign * leader[15 - lag : 75 - lag])
    assert found is not None
    assert found.lag == lag
    assert found.correlation == pytest.approx(sign)


def test_lead_lag_equals_numpy_at_every_lag() -> None:
    rng = np.random.default_rng(3)
    leader, followers = rng.normal(size=75), rng.normal(size=(4, 60))
    for follower, found in zip(followers, lead_lag.strongest_lags(leader, followers), strict=True):
        slow = [np.corrcoef(leader[15 - lag : 75 - lag], follower)[0, 1] for lag in range(16)]
        assert found is not None
        assert found.lag == int(np.argmax(np.abs(slow)))
        assert found.correlation == pytest.approx(slow[found.lag])


def test_lag_at_which_the_leader_stood_still_is_not_the_strongest() -> None:
    rng = np.random.default_rng(5)
    leader, follower = np.zeros(75), rng.normal(size=60)
    leader[5] = 1.0
    found = strongest(leader, follower)
    assert found is not None
    slow = [np.corrcoef(leader[15 - lag : 75 - lag], follower)[0, 1] for lag in range(10, 16)]
    assert found.lag == 10 + int(np.argmax(np.abs(slow)))


def test_lead_lag_refuses_lengths_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="75"):
        strongest(np.ones(60), np.ones(60))
    assert strongest(np.ones(75), np.arange(60.0)) is None
    assert strongest(np.arange(75.0), np.ones(60)) is None


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
