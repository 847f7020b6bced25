import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.market.timeline import Boundary, Timeline


def ends(found: list[Boundary]) -> list[float]:
    return [boundary.ts for boundary in found if boundary.ends_window]


def test_nothing_ends_before_the_first_message() -> None:
    timeline = Timeline(60)
    assert list(timeline.due(1e9)) == []
    timeline.hear(130.0)
    assert list(timeline.due(179.9)) == []
    assert ends(list(timeline.due(180.0))) == [180.0]


def test_message_on_the_boundary_belongs_to_the_next_window() -> None:
    timeline = Timeline(60)
    timeline.hear(120.0)
    assert timeline.next == 180.0


def test_outage_tells_the_window_with_data_and_the_newest() -> None:
    timeline = Timeline(60)
    timeline.hear(130.0)
    found = list(timeline.due(100_000.0))
    assert ends(found) == [180.0, 240.0 - 60.0 + 60.0 * ((100_000 - 180) // 60)]
    assert [boundary.silent for boundary in found if boundary.ends_window] == [False, True]


def test_quiet_seconds_are_not_silence() -> None:
    timeline = Timeline(1)
    timeline.hear(100.5)
    found = list(timeline.due(108.0))
    assert ends(found) == [101.0, 102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0]
    assert not any(boundary.silent for boundary in found)


@pytest.mark.parametrize(("window_s", "expected"), [(1, 120), (300, 1), (60, 2), (2.5, 48)])
def test_windows_and_minutes_are_aligned(window_s: float, expected: int) -> None:
    timeline = Timeline(window_s)
    timeline.hear(600.0)
    found: list[Boundary] = []
    for second in range(600, 721 if window_s < 300 else 901):
        timeline.hear(float(second))
        found += timeline.due(float(second))
    assert len(ends(found)) == expected
    assert all(boundary.ts % 60 == 0 for boundary in found if boundary.ends_minute)
    assert sum(boundary.ends_minute for boundary in found) == (2 if window_s < 300 else 5)


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=60), st.integers(0, 2**32))
def test_boundaries_do_not_depend_on_how_often_they_are_asked_for(gaps: list[float], bits: int) -> None:
    often, seldom = Timeline(60), Timeline(60)
    found: list[list[Boundary]] = [[], []]
    at = 600.0
    for number, gap in enumerate(gaps):
        if bits >> (number % 32) & 1:
            found[0] += often.due(at + gap / 2)
        at += gap
        for place, timeline in enumerate((often, seldom)):
            found[place] += timeline.due(at)
            timeline.hear(at)
    assert found[0] == found[1]


@pytest.mark.parametrize("window_s", [7, 45, 90])
def test_window_that_does_not_fit_minutes_is_refused(window_s: float) -> None:
    with pytest.raises(ValueError, match="window_s"):
        Timeline(window_s)
