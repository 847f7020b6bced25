import random

import pytest

from src.records.settings import Supervision
from src.supervision.restart import RestartPolicy

SETTINGS = Supervision(
    hang_after_s=10,
    stall_after_s=20,
    early_death_s=10,
    crash_loop_deaths=5,
    crash_loop_window_s=300,
    probe_every_s=300,
    backoff_max_s=60,
)


def policy() -> RestartPolicy:
    return RestartPolicy(SETTINGS, random.Random(1))


def test_death_after_work_restarts_at_once() -> None:
    restart = policy().died(now_s=100, lived_s=30, worked=True)
    assert restart.at_s == 100
    assert not restart.failed


@pytest.mark.parametrize(("lived_s", "worked"), [(1, True), (30, False), (0.1, False)])
def test_early_death_waits_about_a_second(lived_s: float, worked: bool) -> None:
    restart = policy().died(now_s=100, lived_s=lived_s, worked=worked)
    assert 100.8 <= restart.at_s <= 101.2


def test_early_deaths_back_off_twice_as_long_each_time_up_to_the_bound() -> None:
    tested = policy()
    waits = []
    for k in range(10):
        now_s = k * 400.0  # outside the crash-loop window of one another
        waits.append(tested.died(now_s=now_s, lived_s=0.1, worked=False).at_s - now_s)
    for k, wait in enumerate(waits):
        assert wait == pytest.approx(min(2.0**k, 60), rel=0.21)


def test_five_early_deaths_within_the_window_are_a_crash_loop_that_is_probed() -> None:
    tested = policy()
    restarts = [tested.died(now_s=k * 10.0, lived_s=0.1, worked=False) for k in range(5)]
    assert [restart.failed for restart in restarts] == [False, False, False, False, True]
    assert restarts[-1].at_s == 40 + SETTINGS.probe_every_s


def test_kills_of_a_healthy_worker_are_never_a_crash_loop() -> None:
    tested = policy()
    for k in range(50):
        assert not tested.died(now_s=k * 11.0, lived_s=11, worked=True).failed


def test_a_minute_of_work_forgives_earlier_deaths() -> None:
    tested = policy()
    for k in range(4):
        tested.died(now_s=float(k), lived_s=0.1, worked=False)
    tested.worked(lived_s=61)
    restart = tested.died(now_s=100, lived_s=0.1, worked=False)
    assert not restart.failed
    assert restart.at_s <= 101.2
