"""What a bot may be doing when it dies, and what becomes of each way to die there."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from src.records.enums import Direction
from tests.crash_cycle import CycleWorld
from tests.crash_points import Reaper, skip_syncs, watch_disk
from tests.crash_world import CrashWorld
from tests.exchange_fakes import Killed
from tests.paper_exchange_fakes import ETH, XBT

MOST_POINTS = 900
Act = Callable[[CrashWorld], object]


def nothing(_: CrashWorld) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Something that a bot does and dies of."""

    name: str
    act: Act
    prepare: Act = CrashWorld.get_ready
    finish: Act = nothing
    """What is still wanted after a restart."""
    ends_flat: bool = False
    world: type[CrashWorld] = CrashWorld


@dataclass(slots=True)
class Deaths:
    """What became of a scenario at every point of it."""

    scenario: str
    points: list[str] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By where it died."""
    bare_s: list[float] = field(default_factory=list)
    """How long each position was open without a stop, where nobody died meanwhile."""
    bare_after_kill_s: list[float] = field(default_factory=list)
    """The same from the restart on, where somebody did."""

    def kinds(self) -> set[str]:
        """Return what kinds of faults there were."""
        return {fault.partition(":")[0] for found in self.faults.values() for fault in found}


def all_deaths(
    root: Path,
    patch: pytest.MonkeyPatch,
    scenario: Scenario,
    *,
    twice: bool = False,
    every: int = 1,
    first_fault: bool = False,
) -> Deaths:
    """Let a scenario die at each point of it in turn; ``twice`` lets the restart die as well."""
    skip_syncs(patch)
    deaths, at = Deaths(scenario.name), 1
    while at < MOST_POINTS:
        reaper = Reaper(at)
        found = _one_death(root / str(at), patch, scenario, reaper, deaths, twice=twice)
        shutil.rmtree(root / str(at))
        point = f"{at}: {reaper.died_at or 'nowhere'}"
        if found:
            deaths.faults[point] = found
        if reaper.died_at is None or (found and first_fault):
            return deaths
        deaths.points.append(point)
        at += every
    pytest.fail(f"{scenario.name} has more than {MOST_POINTS} points")


def _one_death(
    root: Path, patch: pytest.MonkeyPatch, scenario: Scenario, reaper: Reaper, deaths: Deaths, *, twice: bool
) -> list[str]:
    world = scenario.world(root)
    try:
        scenario.prepare(world)
        _die_of(world, patch, scenario.act, reaper)
        if twice and reaper.died_at is not None:
            second = Reaper(1 + random.Random(f"{scenario.name} {reaper.at}").randrange(30))
            _die_of(world, patch, CrashWorld.settle, second)
        world.settle()
        scenario.finish(world)
        found = world.faults()
        world.stop()
        found += world.violations()
    except Exception as fault:  # noqa: BLE001 - whatever a mutant breaks is found
        found = [f"broke: {fault!r}"]
        world.stop()
    referee = world.referee()
    if scenario.ends_flat and referee.sizes():
        found.append(f"still open: {referee.sizes()}")
    for bare in referee.bare:
        restarts = [ts for ts in world.started_at[1:] if bare.since <= ts <= bare.since + bare.seconds]
        if restarts:
            deaths.bare_after_kill_s.append(bare.since + bare.seconds - restarts[-1])
        elif bare.opened:
            deaths.bare_s.append(bare.seconds)
    return found


def _die_of(world: CrashWorld, patch: pytest.MonkeyPatch, act: Act, reaper: Reaper) -> None:
    """Let it act until it dies, and start again where it did."""
    with patch.context() as watched:
        watch_disk(watched, reaper)
        world.watched_by(reaper.pass_by)
        reaper.armed = True
        try:
            act(world)
        except Killed:
            reaper.armed = False
        finally:
            reaper.armed = False
            world.watched_by(lambda _: None)
    if reaper.died_at is not None:
        world.restart()


# the scenarios
def _wait(seconds: float) -> Act:
    return lambda world: world.wait(seconds)


def _lose(world: CrashWorld, *numbers: int) -> None:
    sent = world.network.sent
    world.network.loses = frozenset(sent + number for number in numbers)


def _enter_and_lose(number: int) -> Act:
    def act(world: CrashWorld) -> None:
        _lose(world, number)
        world.enter()
        world.wait(6, every=2)

    return act


def _enter_late(world: CrashWorld) -> None:
    world.network.delays = frozenset({world.network.sent + 1})
    world.enter()
    world.wait(12, every=2)


def _leave_and_lose(world: CrashWorld) -> None:
    _lose(world, 1)
    world.leave()


def _leave_in_parts(world: CrashWorld) -> None:
    world.paper.book(bids=((100.0, 0.4), (90.0, 50.0)), asks=((101.0, 5.0),))
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    world.wait(2)


def _be_stopped_out(world: CrashWorld) -> None:
    world.move(94)
    world.wait(2)


def _be_stopped_out_in_part(world: CrashWorld) -> None:
    world.paper.book(bids=((94.0, 0.3), (93.5, 0.3), (85.0, 50.0)), asks=((96.0, 5.0),))
    world.paper.mark(94)
    world.wait(2)
    world.move(94)
    world.wait(3)


def _lose_the_stop(world: CrashWorld) -> None:
    for order in world.resting():
        world.paper.engine.request(world.paper.now, "cancelorder", {"order_id": order.order_id})
    world.wait(32, every=8)


def _decide_and_enter(world: CrashWorld) -> None:
    world.wait(1, every=0.25)


def _with_a_signal(world: CrashWorld) -> None:
    assert isinstance(world, CycleWorld)
    world.get_ready()
    world.signal()


def _with_a_target_reached(world: CrashWorld) -> None:
    assert isinstance(world, CycleWorld)
    _with_a_signal(world)
    world.wait(2)
    assert world.desk.positions()
    world.wait(600, every=30)
    world.quote(ETH, 2060)
    world.window(factor=1.03)


def _show_it_again(world: CrashWorld) -> None:
    assert isinstance(world, CycleWorld)
    if world.desk.positions():
        world.window(factor=1.03)
        world.wait(5)


def _read_nothing(world: CrashWorld) -> None:
    _lose(world, 1)
    world.network.hollow_until = world.paper.now + 40
    world.enter()
    world.wait(30, every=10)


def _hold_and_read_nothing(world: CrashWorld) -> None:
    world.network.hollow_until = world.paper.now + 70
    world.wait(68, every=17)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="an entry", act=CrashWorld.enter),
        Scenario(name="a short entry", act=lambda world: world.enter(direction=Direction.SHORT)),
        Scenario(name="an entry that is filled in part", act=lambda world: world.enter(size="8")),
        Scenario(name="an entry whose answer is lost", act=_enter_and_lose(1)),
        Scenario(name="a stop whose answer is lost", act=_enter_and_lose(2)),
        Scenario(name="an entry that arrives late", act=_enter_late),
        Scenario(name="an exit", act=CrashWorld.leave, prepare=CrashWorld.hold, finish=CrashWorld.leave,
                 ends_flat=True),
        Scenario(name="an exit whose answer is lost", act=_leave_and_lose, prepare=CrashWorld.hold,
                 finish=CrashWorld.leave, ends_flat=True),
        Scenario(name="a smaller position", act=_leave_in_parts, prepare=CrashWorld.hold),
        Scenario(name="a fired stop", act=_be_stopped_out, prepare=CrashWorld.hold, ends_flat=True),
        Scenario(name="a fired stop with a remainder", act=_be_stopped_out_in_part, prepare=CrashWorld.hold,
                 ends_flat=True),
        Scenario(name="a stop that vanished", act=_lose_the_stop, prepare=CrashWorld.hold),
        Scenario(name="answers without lists after a lost one", act=_read_nothing),
        Scenario(name="answers without lists", act=_hold_and_read_nothing, prepare=CrashWorld.hold),
        Scenario(name="a signal that is traded", act=_decide_and_enter, prepare=_with_a_signal, world=CycleWorld),
        Scenario(name="a target that is reached", act=_decide_and_enter, prepare=_with_a_target_reached,
                 finish=_show_it_again, ends_flat=True, world=CycleWorld),
    )
}  # fmt: skip
