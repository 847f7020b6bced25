import time

import msgspec
import pytest

from src.clock import AnchoredClock, Every, anchor_at, anchor_now, boot_id, continued
from src.simulation.clock import VirtualClock

MARKET = 1_723_161_255.0


class Machine:
    """The clocks of a machine, moved by hand."""

    def __init__(self) -> None:
        self.since_boot = 5_000.0
        self.epoch = 1_795_330_000.0

    def pass_(self, seconds: float) -> None:
        self.since_boot += seconds
        self.epoch += seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(time, "time", lambda: made.epoch)
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: made.since_boot)
    return made


@pytest.mark.parametrize("speed", [0.1, 1.0, 60.0, 1000.0])
def test_market_time_runs_at_its_speed_and_real_time_at_the_machines(machine: Machine, speed: float) -> None:
    clock = AnchoredClock(anchor_at(MARKET, speed=speed))
    began = clock.real()
    assert clock.speed == speed
    assert clock.now() == MARKET
    machine.pass_(12.5)
    assert clock.now() == pytest.approx(MARKET + 12.5 * speed)
    assert clock.real() - began == 12.5
    assert clock.wall() == machine.epoch


def test_new_anchor_begins_at_the_wall_clock(machine: Machine) -> None:
    assert AnchoredClock(anchor_now(speed=1.0)).now() == machine.epoch


def test_all_processes_read_the_same_time_from_one_anchor(machine: Machine) -> None:
    anchor = anchor_at(MARKET, speed=60.0)
    machine.pass_(3)
    other = msgspec.json.decode(msgspec.json.encode(anchor), type=type(anchor))
    assert AnchoredClock(other).now() == AnchoredClock(anchor).now() == MARKET + 180


@pytest.mark.parametrize("step_s", [-86_400.0, -1.0, 3_600.0])
def test_step_of_the_wall_clock_moves_neither_market_nor_real_time(machine: Machine, step_s: float) -> None:
    anchor = anchor_at(MARKET, speed=2.0)
    clock = AnchoredClock(anchor)
    real = clock.real()
    machine.epoch += step_s
    assert (clock.now(), clock.real()) == (MARKET, real)
    machine.pass_(1)
    assert (clock.now(), clock.real()) == (MARKET + 2, real + 1)
    assert AnchoredClock(continued(anchor, speed=2.0)).now() == MARKET + 2


def test_restart_goes_on_where_the_market_would_be(machine: Machine) -> None:
    first = anchor_at(MARKET, speed=60.0)
    machine.pass_(100)
    again = AnchoredClock(continued(first, speed=60.0))
    assert again.now() == MARKET + 6_000
    assert again.now() == AnchoredClock(first).now()


def test_restart_at_another_speed_makes_no_jump(machine: Machine) -> None:
    first = anchor_at(MARKET, speed=60.0)
    machine.pass_(10)
    slower = AnchoredClock(continued(first, speed=1.0))
    assert slower.now() == MARKET + 600
    machine.pass_(10)
    assert slower.now() == MARKET + 610


def test_many_restarts_lose_nothing(machine: Machine) -> None:
    anchor = anchor_at(MARKET, speed=60.0)
    for _ in range(1_000):
        machine.pass_(0.25)
        anchor = continued(anchor, speed=60.0)
    assert AnchoredClock(anchor).now() == pytest.approx(MARKET + 15_000, abs=1e-3)


def test_restart_after_a_reboot_counts_what_the_wall_clock_says_has_passed(machine: Machine) -> None:
    before = msgspec.structs.replace(anchor_at(MARKET, speed=2.0), boot_id="another boot")
    machine.since_boot = 3.0
    machine.epoch += 500
    after = continued(before, speed=2.0)
    assert AnchoredClock(after).now() == MARKET + 1_000
    assert after.boot_id == boot_id() != "another boot"
    assert after.monotonic_origin == 3.0


def test_reboot_with_a_wall_clock_gone_back_never_takes_the_market_back(machine: Machine) -> None:
    before = msgspec.structs.replace(anchor_at(MARKET, speed=2.0), boot_id="another boot")
    machine.since_boot = 3.0
    machine.epoch -= 500
    assert AnchoredClock(continued(before, speed=2.0)).now() == MARKET


def test_the_machines_own_clocks_only_go_forward() -> None:
    clock = AnchoredClock(anchor_now(speed=1000.0))
    looks = [(clock.now(), clock.real()) for _ in range(1_000)]
    assert looks == sorted(looks)
    assert clock.real() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=60)
    assert clock.wall() == pytest.approx(time.time(), abs=60)


def test_something_due_now_and_then_is_due_at_first_and_once_a_period() -> None:
    clock = VirtualClock(100.0)
    due = Every(10.0, clock)
    asked = []
    for _ in range(6):
        asked.append((due(), due()))
        clock.advance_by(5.0)
    assert asked == [(True, False), (False, False)] * 3
