"""When a position is left: each rule, on one clock."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exits import (
    CATASTROPHIC,
    FLOOR,
    MAXIMUM_HOLD,
    TARGET,
    TRAILING,
    ExitWatch,
    Held,
    exit_reason,
    gain_bps,
    given_back_bps,
    trailing_distance_bps,
)
from src.records.enums import Direction
from tests.gate_fakes import EXITS, NOON, SYMBOL, a_position

ENTRY = 2000.0
MINUTE = 60.0
HOUR = 3600.0


def _held(direction: Direction = Direction.LONG) -> Held:
    return Held(direction=direction, entry_price=ENTRY, opened_ts=NOON)


def _reason(age_s: float, gain: float | None, *, best: float | None = None, side: Direction) -> str | None:
    """Return the verdict on a position whose gain, and best gain, are given in bps."""
    price = None if gain is None else ENTRY * (1 + side.sign * gain / 1e4)
    best_price = None if best is None else ENTRY * (1 + side.sign * best / 1e4)
    return exit_reason(EXITS, _held(side), now=NOON + age_s, price=price, best_price=best_price)


@pytest.mark.parametrize("side", Direction)
@pytest.mark.parametrize(
    ("age_s", "gain", "best", "reason"),
    [
        (1, 201, 201, TARGET),
        (1, 199, 199, None),
        (29 * MINUTE, 60, 60, None),
        (30 * MINUTE, 51, 51, TARGET),
        (30 * MINUTE, 49, 49, None),
        (1, -1499, 0, None),
        (1, -1501, 0, CATASTROPHIC),
        (5 * MINUTE, -40, 150, None),
        (11 * MINUTE, -40, 105, None),
        (11 * MINUTE, -40, 115, TRAILING),
        (11 * MINUTE, -140, 0, None),
        (11 * MINUTE, -155, 0, TRAILING),
        (31 * MINUTE, -155, 0, None),
        (31 * MINUTE, -305, 0, TRAILING),
        (2 * HOUR - 1, -60, 0, None),
        (2 * HOUR, -51, 0, FLOOR),
        (2 * HOUR, -49, 0, None),
        (4 * HOUR, 19, 30, FLOOR),
        (4 * HOUR, 21, 30, None),
        (8 * HOUR, 49, 49, FLOOR),
        (12 * HOUR - 1, None, None, None),
        (12 * HOUR, None, None, MAXIMUM_HOLD),
    ],
)
def test_each_rule_begins_where_it_says(
    side: Direction, age_s: float, gain: float | None, best: float | None, reason: str | None
) -> None:
    assert _reason(age_s, gain, best=best, side=side) == reason


def test_without_a_price_only_age_counts() -> None:
    assert _reason(6 * HOUR, None, side=Direction.LONG) is None
    assert _reason(13 * HOUR, None, side=Direction.LONG) == MAXIMUM_HOLD


def test_the_last_trailing_step_holds_for_all_later_ages() -> None:
    assert trailing_distance_bps(EXITS, 10 * MINUTE) == 150
    assert trailing_distance_bps(EXITS, 30 * MINUTE) == 300
    assert trailing_distance_bps(EXITS, 23 * HOUR) == 800
    assert trailing_distance_bps(EXITS, 100 * HOUR) == 800


@given(side=st.sampled_from(Direction), price=st.floats(1.0, 1e6), best=st.floats(1.0, 1e6))
def test_gain_has_the_sign_of_side_times_move_and_what_is_given_back_is_never_negative(
    side: Direction, price: float, best: float
) -> None:
    gain = gain_bps(_held(side), price)
    assert gain * side.sign * (price - ENTRY) >= 0
    assert given_back_bps(side, best, price) >= 0


@given(
    side=st.sampled_from(Direction),
    age_s=st.floats(0, 48 * HOUR),
    gain=st.integers(-2000, 1999).map(lambda bps: bps + 0.5),
)
def test_a_mirrored_market_is_left_for_the_same_reason(side: Direction, age_s: float, gain: float) -> None:
    reasons = {_reason(age_s, gain, best=None, side=one) for one in (side, side.opposite)}
    assert len(reasons) == 1


# the watch
def test_the_best_price_is_the_best_since_the_position_was_opened() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position()
    assert watch.best_price(position.position_id) is None
    watch.see(position, ts=NOON - 1, price=2_500.0)
    assert watch.best_price(position.position_id) is None, "that was before it was opened"
    for ts, price in ((NOON + 60, 1_990.0), (NOON + 120, 2_010.0), (NOON + 180, 2_005.0)):
        watch.see(position, ts=ts, price=price)
    assert watch.best_price(position.position_id) == 2_010.0


def test_a_short_trails_from_its_lowest_price() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position(direction=Direction.SHORT)
    for step, price in enumerate((1_980.0, 1_970.0, 1_990.0)):
        watch.see(position, ts=NOON + step, price=price)
    assert watch.best_price(position.position_id) == 1_970.0
    due = watch.due(EXITS, [position], prices={SYMBOL: 2_000.0}, now=NOON + 11 * MINUTE)
    assert due == [(position, TRAILING)]


def test_what_is_to_be_left_stays_so_until_it_is_gone() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position()
    assert watch.due(EXITS, [position], prices={SYMBOL: 2_041.0}, now=NOON + 5) == [(position, TARGET)]
    watch.tried(position, now=NOON + 5)
    assert watch.due(EXITS, [position], prices={}, now=NOON + 6) == [], "it waits before it tries again"
    rest = a_position(size=Decimal("0.1"))
    assert watch.due(EXITS, [rest], prices={SYMBOL: 2_000.0}, now=NOON + 7) == [(rest, TARGET)]


def test_a_position_that_is_gone_is_forgotten() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position()
    watch.see(position, ts=NOON, price=2_050.0)
    watch.due(EXITS, [position], prices={SYMBOL: 2_050.0}, now=NOON)
    assert watch.due(EXITS, [], prices={}, now=NOON + 1) == []
    assert watch.best_price(position.position_id) is None
    assert watch.due(EXITS, [position], prices={SYMBOL: 2_000.0}, now=NOON + 2) == []


def test_an_exit_that_closes_nothing_is_tried_again_after_twice_the_time_each() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position()
    tried = []
    for tick in range(400):
        now = NOON + 0.5 * tick
        if watch.due(EXITS, [position], prices={SYMBOL: 2_041.0}, now=now):
            watch.tried(position, now=now)
            tried.append(now - NOON)
    assert tried == [0, 2, 6, 14, 30, 62, 94, 126, 158, 190]


def test_an_exit_that_closes_a_part_is_followed_at_the_usual_pace() -> None:
    watch = ExitWatch(retry_after_s=2)
    position = a_position()
    for second in (0, 2, 6):
        assert watch.due(EXITS, [position], prices={SYMBOL: 2_041.0}, now=NOON + second)
        watch.tried(position, now=NOON + second)
    rest = a_position(size=Decimal("0.1"))
    assert watch.due(EXITS, [rest], prices={}, now=NOON + 8) == [(rest, TARGET)]
