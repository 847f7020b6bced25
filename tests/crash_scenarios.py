"""What a bot may be doing when it dies."""

from collections.abc import Callable
from dataclasses import dataclass

from src.records.enums import Direction
from tests.crash_cycle import CycleWorld
from tests.crash_flatten import FlattenWorld
from tests.crash_world import CrashWorld
from tests.paper_exchange_fakes import ETH, XBT

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
    keeps_its_stop: bool = False
    """Whether there is always a stop, because a new one rests before the old one goes."""
    world: type[CrashWorld] = CrashWorld


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


def _enter_and_drop(number: int) -> Act:
    def act(world: CrashWorld) -> None:
        world.network.drops = frozenset({world.network.sent + number})
        world.enter()
        world.wait(4, every=2)

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


def _ask_to_flatten(world: CrashWorld) -> None:
    assert isinstance(world, FlattenWorld)
    world.hold()
    world.ask()


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
        Scenario(name="an entry that never arrives", act=_enter_and_drop(1)),
        Scenario(name="a stop that never arrives", act=_enter_and_drop(2)),
        Scenario(name="an exit", act=CrashWorld.leave, prepare=CrashWorld.hold, finish=CrashWorld.leave,
                 ends_flat=True),
        Scenario(name="an exit whose answer is lost", act=_leave_and_lose, prepare=CrashWorld.hold,
                 finish=CrashWorld.leave, ends_flat=True),
        Scenario(name="a smaller position", act=_leave_in_parts, prepare=CrashWorld.hold, keeps_its_stop=True),
        Scenario(name="a fired stop", act=_be_stopped_out, prepare=CrashWorld.hold, ends_flat=True),
        Scenario(name="a fired stop with a remainder", act=_be_stopped_out_in_part, prepare=CrashWorld.hold,
                 ends_flat=True),
        Scenario(name="a stop that vanished", act=_lose_the_stop, prepare=CrashWorld.hold),
        Scenario(name="answers without lists after a lost one", act=_read_nothing),
        Scenario(name="answers without lists", act=_hold_and_read_nothing, prepare=CrashWorld.hold),
        Scenario(name="a person's flatten", act=_wait(6), prepare=_ask_to_flatten, world=FlattenWorld, ends_flat=True),
        Scenario(name="a signal that is traded", act=_decide_and_enter, prepare=_with_a_signal, world=CycleWorld),
        Scenario(name="a target that is reached", act=_decide_and_enter, prepare=_with_a_target_reached,
                 finish=_show_it_again, ends_flat=True, world=CycleWorld),
    )
}  # fmt: skip
