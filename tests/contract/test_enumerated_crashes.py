"""The bot dies at every step of an order's way, in turn; after the restart nothing is lost, doubled or naked.

A step is a line on disk or a request, each before and after it took effect.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from src.exchange.errors import OrderRefused
from src.records.enums import Direction
from src.store.jsonl import JsonlWriter
from tests.exchange_fakes import Killed, World
from tests.paper_exchange_fakes import XBT

MOST_STEPS = 60


class Reaper:
    """Kills at the n-th step that it hears of."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.armed = False

    def step(self, _: str = "") -> None:
        if not self.armed:
            return
        self.left -= 1
        if self.left == 0:
            self.armed = False
            raise Killed


def reap_writes(monkeypatch: pytest.MonkeyPatch, reaper: Reaper) -> None:
    append = JsonlWriter.append

    def reaped(self: JsonlWriter[Any], record: object) -> int:
        reaper.step()
        number = append(self, record)
        reaper.step()
        return number

    monkeypatch.setattr(JsonlWriter, "append", reaped)


def enter(world: World) -> None:
    world.enter()


def leave(world: World) -> None:
    world.desk.exit(XBT, reason="time", now=world.paper.now)


def be_stopped_out(world: World) -> None:
    world.move(94)
    world.wait(2)


def enter_with_a_partial_fill(world: World) -> None:
    world.enter(size="8")


def prepared(root: Path, *, with_position: bool) -> World:
    world = World(root)
    world.desk.step(world.paper.now)
    world.paper.now += 1
    if with_position:
        world.enter(direction=Direction.LONG, now=world.paper.now - 0.5)
    return world


def run_until_killed(world: World, act: Callable[[World], None], reaper: Reaper) -> bool:
    """Return whether it died on the way."""
    world.exchange.before = world.exchange.after = reaper.step
    reaper.armed = True
    try:
        act(world)
    except Killed:
        return True
    finally:
        reaper.armed = False
    return False


def assert_whole(world: World, intended: Decimal) -> None:
    world.wait(40)
    theirs = world.paper.size()
    ours = world.desk.positions()
    assert sum((p.size * p.direction.sign for p in ours), Decimal(0)) == theirs
    assert abs(theirs) <= intended
    stops = world.resting()
    assert [stop.unfilled for stop in stops] == ([abs(theirs)] if theirs else [])
    assert all(position.stop is not None and position.stop.confirmed for position in ours)
    assert world.desk.freeze_reasons() == ()
    picture = world.picture()
    assert abs(picture.cash_usd - world.paper.state.account.balance_usd) < Decimal("0.005")
    booked = [entry.fill_id for entry in world.entries() if hasattr(entry, "fill_id")]
    assert len(booked) == len(set(booked)) == len(world.paper.state.fills)


@pytest.mark.parametrize(
    ("act", "with_position", "intended"),
    [
        (enter, False, "1"),
        (enter_with_a_partial_fill, False, "8"),
        (leave, True, "1"),
        (be_stopped_out, True, "1"),
    ],
)
def test_death_at_any_step_loses_doubles_and_exposes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[World], None],
    with_position: bool,
    intended: str,
) -> None:
    for at in range(1, MOST_STEPS):
        reaper = Reaper(at)
        with monkeypatch.context() as patch:
            reap_writes(patch, reaper)
            world = prepared(tmp_path / str(at), with_position=with_position)
            died = run_until_killed(world, act, reaper)
            if died:
                world.restart()
            assert_whole(world, Decimal(intended))
            if with_position and act is leave:
                finish_leaving(world)
            world.stop()
        if not died:
            print(f"{act.__name__}: {at - 1} points")  # the number of steps that were enumerated
            assert at > 10
            return
    pytest.fail("more steps than were enumerated")


def finish_leaving(world: World) -> None:
    """The rule that wanted the exit wants it still."""
    if world.desk.positions():
        try:
            leave(world)
        except OrderRefused as refused:
            pytest.fail(refused.word)
    world.wait(5)
    assert world.paper.size() == 0
    assert world.resting() == []
