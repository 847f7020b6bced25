"""Looking up the mid prices of the past."""

from decimal import Decimal

from src.report.prices import MidTape, WindowPrice, stale_after_s


def a_tape(*windows: tuple[float, float, float | None]) -> MidTape:
    tape = MidTape()
    for ts, recorded_at, mid in windows:
        tape.add(WindowPrice(ts=ts, symbol="A", window_s=60.0, recorded_at=recorded_at, mid=mid))
    return tape


def test_closing_price_is_that_of_the_very_window() -> None:
    tape = a_tape((60.0, 61.0, 10.5), (120.0, 121.0, None), (180.0, 181.0, 11.0))
    assert tape.closing("A", 60.0) == Decimal("10.5")
    assert tape.closing("A", 120.0) is None
    assert tape.closing("A", 90.0) is None
    assert tape.closing("B", 60.0) is None


def test_known_price_is_the_newest_that_was_written_by_then() -> None:
    tape = a_tape((60.0, 61.0, 10.5), (120.0, 126.0, 11.0))
    assert tape.known("A", 125.0) == Decimal("10.5")
    assert tape.known("A", 126.0) == Decimal(11)
    assert tape.known("A", 60.5) is None


def test_stale_price_is_no_price() -> None:
    tape = a_tape((60.0, 61.0, 10.5))
    assert tape.known("A", 61.0 + stale_after_s(60.0)) == Decimal("10.5")
    assert tape.known("A", 61.1 + stale_after_s(60.0)) is None


def test_window_that_comes_again_changes_nothing() -> None:
    tape = a_tape((60.0, 61.0, 10.5), (60.0, 62.0, 99.0), (120.0, 121.0, 11.0))
    assert tape.closing("A", 60.0) == Decimal("10.5")
    assert tape.known("A", 63.0) == Decimal("10.5")
