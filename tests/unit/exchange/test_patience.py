"""How a venue that turns requests away is left alone."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.patience import KEY_REFUSED, MAINTENANCE, RATE_LIMITED, Patience, turned_away


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("apiLimitExceeded", 200, RATE_LIMITED),
        (None, 429, RATE_LIMITED),
        ("authenticationError", 200, KEY_REFUSED),
        (None, 401, KEY_REFUSED),
        (None, 403, KEY_REFUSED),
        ("Unavailable", 200, MAINTENANCE),
        (None, 503, MAINTENANCE),
        ("insufficientFunds", 200, None),
        (None, 502, None),
        (None, None, None),
    ],
)
def test_what_turns_away_is_known_by_word_and_status(
    word: str | None, status: int | None, reason: str | None
) -> None:
    assert turned_away(word, status) == reason


def test_who_was_not_turned_away_waits_for_nothing() -> None:
    patience = Patience(rng=random.Random(1))
    assert not patience.must_wait(0.0)
    patience.refused(RATE_LIMITED, 0.0)
    patience.answered()
    assert (patience.must_wait(0.0), patience.reason) == (False, None)


def attempts(patience: Patience, reason: str, *, until: float, urgent: bool = False) -> list[float]:
    """Return when a request goes out that is tried ten times a second and always turned away."""
    found = []
    for tenth in range(round(until * 10)):
        now = tenth / 10
        if not patience.must_wait(now, urgent=urgent):
            patience.refused(reason, now)
            found.append(now)
    return found


@pytest.mark.parametrize("reason", [RATE_LIMITED, KEY_REFUSED, MAINTENANCE])
def test_waits_grow_to_their_limit(reason: str) -> None:
    found = attempts(Patience(rng=random.Random(2)), reason, until=600)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert gaps[0] < 1.4
    assert 30 * 0.8 - 0.1 <= gaps[-1] <= 60 * 1.2 + 0.1
    assert len(found) < 30


def test_two_who_are_turned_away_together_do_not_come_back_together() -> None:
    first = attempts(Patience(rng=random.Random(3)), RATE_LIMITED, until=120)
    second = attempts(Patience(rng=random.Random(4)), RATE_LIMITED, until=120)
    assert first[-1] != second[-1]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([RATE_LIMITED, KEY_REFUSED, MAINTENANCE]))
def test_what_is_urgent_waits_two_seconds_at_most_and_never_hammers(seed: int, reason: str) -> None:
    patience = Patience(rng=random.Random(seed))
    attempts(patience, reason, until=60)
    found = attempts(patience, reason, until=30, urgent=True)
    gaps = [later - earlier for earlier, later in pairwise(found)]
    assert all(gap <= 2.1 for gap in gaps)
    assert len(found) <= 17
