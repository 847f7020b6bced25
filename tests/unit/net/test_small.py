"""Waiting, budgets, and the inbox."""

import random
import select
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.net.inbox import Inbox
from src.net.rate_limit import TokenBucket
from src.net.retry import Backoff


def test_waits_double_to_their_limit_and_start_again() -> None:
    backoff = Backoff(first_s=1.0, maximum_s=10.0, rng=random.Random(3))
    waits = [backoff.next_delay() for _ in range(6)]
    for wait, centre in zip(waits, [1, 2, 4, 8, 10, 10], strict=True):
        assert 0.8 * centre <= wait <= 1.2 * centre
    backoff.reset()
    assert backoff.next_delay() <= 1.2


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 10)), max_size=50))
def test_budget_is_never_overdrawn(asks: list[tuple[float, float]]) -> None:
    bucket = TokenBucket(capacity=10, per_s=2)
    now = spent = 0.0
    for pause, cost in asks:
        now += pause
        wait = bucket.take(now, cost)
        assert wait >= 0
        spent += cost if wait == 0 else 0
        assert spent <= 10 + 2 * now + 1e-6


def test_promised_wait_is_enough() -> None:
    bucket = TokenBucket(capacity=10, per_s=2)
    assert bucket.take(0.0, 10) == 0
    wait = bucket.take(0.0, 4)
    assert wait == pytest.approx(2.0)
    assert bucket.take(wait, 4) == 0
    assert bucket.level(wait) == pytest.approx(0.0)


def test_clock_that_steps_back_gives_no_budget() -> None:
    bucket = TokenBucket(capacity=10, per_s=2)
    bucket.take(100.0, 10)
    assert bucket.take(50.0, 1) > 0
    assert bucket.take(100.0, 1) > 0


@pytest.mark.parametrize("arguments", [{"capacity": 0, "per_s": 1}, {"capacity": 1, "per_s": 0}])
def test_empty_budget_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        TokenBucket(**arguments)


def test_cost_that_never_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="never fits"):
        TokenBucket(capacity=1, per_s=1).take(0.0, 2)


def readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])


def test_inbox_wakes_while_it_holds_something() -> None:
    times = iter([1.0, 3.0, 2.0])
    inbox: Inbox[str] = Inbox(capacity=10, now=lambda: next(times))
    assert not readable(inbox.fileno())
    for item in "abc":
        assert inbox.put(item)
    assert readable(inbox.fileno())
    assert inbox.drain(2) == [(1.0, "a"), (3.0, "b")]
    assert readable(inbox.fileno())
    assert inbox.drain(5) == [(3.0, "c")]
    assert not readable(inbox.fileno())
    assert inbox.drain(5) == []
    inbox.close()


def test_full_inbox_refuses_all_but_what_is_forced() -> None:
    inbox: Inbox[int] = Inbox(capacity=2, now=lambda: 0.0)
    assert [inbox.put(1), inbox.put(2), inbox.put(3), inbox.put(4, force=True)] == [True, True, False, True]
    assert [item for _, item in inbox.drain(9)] == [1, 2, 4]
    inbox.close()
    assert not inbox.put(5, force=True)


def test_inbox_loses_nothing_between_threads() -> None:
    inbox: Inbox[int] = Inbox(capacity=100_000, now=lambda: 0.0)
    writers = [
        threading.Thread(target=lambda base: [inbox.put(base + i) for i in range(2000)], args=(10_000 * n,))
        for n in range(3)
    ]
    for writer in writers:
        writer.start()
    found: list[int] = []
    while len(found) < 6000:
        select.select([inbox.fileno()], [], [], 5)
        found += [item for _, item in inbox.drain(37)]
    for writer in writers:
        writer.join()
    assert len(set(found)) == 6000
    for number in range(3):
        mine = [item for item in found if item // 10_000 == number]
        assert mine == sorted(mine)
    inbox.close()
