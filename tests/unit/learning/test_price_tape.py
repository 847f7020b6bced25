"""The tape of mid prices: the first at or after the target, within tolerance, or a reason."""

import pytest

from src.learning.price_tape import Lookup, PricePoint, PriceTape
from tests.learning_fakes import (
    T0,
    window,
)


@pytest.fixture
def tape() -> PriceTape:
    tape = PriceTape()
    for minute, mid in enumerate((100.0, 101.0, None, 103.0)):
        tape.add(window("A", T0 + 60 * minute, mid))
    return tape


def test_the_price_at_the_target_itself_is_found(tape: PriceTape) -> None:
    assert tape.find("A", T0 + 60, 90) == PricePoint(T0 + 60, 101.0)


def test_the_first_price_after_the_target_is_found_across_an_empty_book(tape: PriceTape) -> None:
    assert tape.find("A", T0 + 100, 90) == PricePoint(T0 + 180, 103.0)


def test_a_price_beyond_tolerance_is_never_used(tape: PriceTape) -> None:
    assert tape.find("A", T0 + 61, 90) is Lookup.NEVER


def test_a_target_in_the_future_is_waited_for(tape: PriceTape) -> None:
    assert tape.find("A", T0 + 181, 90) is Lookup.NOT_YET
    assert tape.find("B", T0, 90) is Lookup.NOT_YET


def test_a_repeated_window_changes_nothing(tape: PriceTape) -> None:
    tape.add(window("A", T0 + 60, 999.0))
    assert tape.find("A", T0 + 60, 90) == PricePoint(T0 + 60, 101.0)


def test_forgetting_keeps_what_is_still_asked_for() -> None:
    tape = PriceTape()
    for second in range(10_000):
        tape.add(window("A", T0 + second, float(second)))
    tape.forget_before(T0 + 9_000)
    tape.forget_before(T0 + 9_500)
    assert tape.find("A", T0 + 9_700, 1) == PricePoint(T0 + 9_700, 9_700.0)
    assert len(tape._series["A"].ts) < 2_000
