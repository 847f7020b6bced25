from hypothesis import given
from hypothesis import strategies as st

from src.report.performance_thin import ThinSeries


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 20))
def test_thinned_series_keeps_ends_and_extremes_and_invents_nothing(
    values: list[float], buckets: int
) -> None:
    series = list(enumerate(values))
    thin = ThinSeries(0.0, len(values) - 1.0, buckets)
    for ts, value in series:
        thin.add(float(ts), value)
    points = thin.points()
    assert set(points) <= {(float(ts), value) for ts, value in series}
    assert [ts for ts, _ in points] == sorted(ts for ts, _ in points)
    assert (points[0], points[-1]) == (series[0], series[-1])
    assert min(value for _, value in points) == min(values)
    assert max(value for _, value in points) == max(values)
    assert len(points) <= 4 * buckets
    assert thin.taken == len(values)


def test_short_series_is_kept_whole() -> None:
    thin = ThinSeries(0.0, 10.0, 100)
    for ts in range(11):
        thin.add(float(ts), float(ts % 3))
    assert thin.points() == [(float(ts), float(ts % 3)) for ts in range(11)]


def test_series_of_one_moment_has_one_point() -> None:
    thin = ThinSeries(5.0, 5.0, 10)
    thin.add(5.0, 1.0)
    assert thin.points() == [(5.0, 1.0)]


def test_empty_series_has_no_points() -> None:
    assert ThinSeries(float("-inf"), float("inf"), 10).points() == []
