"""The stops of the desk on the paper exchange's engine: fired, vanished, of another size, impossible."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.exchange_fakes import World
from tests.paper_exchange_fakes import XBT


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.desk.step(made.paper.now)
    made.paper.now += 1
    yield made
    made.stop()


def test_fired_stop_is_booked_with_its_reason(world: World) -> None:
    world.enter()
    world.move(94)
    world.wait(2)
    (closed,) = world.closed()
    assert closed.exit_reason == "stop"
    assert world.resting() == []
    world.desk.step(world.paper.now)
    cent = Decimal("0.01")
    booked, told = world.picture().cash_usd, world.paper.state.account.balance_usd
    assert booked.quantize(cent) == told.quantize(cent)


def test_remainder_of_a_fired_stop_is_sold_until_flat(world: World) -> None:
    world.enter(size="4")
    world.paper.book(bids=((95.0, 1.0),), asks=((101.0, 5.0),))
    world.paper.mark(94.0)
    world.wait(3)
    assert world.paper.size() == 3
    world.paper.book(bids=((93.0, 50.0),), asks=((101.0, 5.0),))
    world.wait(3)
    assert world.paper.size() == 0
    assert world.desk.positions() == ()
    assert world.closed()[0].exit_reason == "stop"


def test_vanished_stop_is_replaced(world: World) -> None:
    world.enter()
    world.paper.ask("cancelallorders")
    world.wait(40)
    (stop,) = world.resting()
    assert stop.unfilled == 1
    assert world.desk.positions()[0].stop is not None


def test_stop_follows_the_size_of_the_position(world: World) -> None:
    world.enter(size="4")
    world.paper.send("mkt", "sell", "1", reduceOnly="true")
    world.wait(3)
    (stop,) = world.resting()
    assert stop.unfilled == 3


def test_position_without_a_possible_stop_is_left(world: World) -> None:
    def refuse(method: str) -> None:
        if method == "sendorder" and sum(asked == "sendorder" for asked in world.exchange.asked) in {2, 3, 4}:
            world.paper.engine.core.contracts[XBT].suspended = True
        else:
            world.paper.engine.core.contracts[XBT].suspended = False

    world.exchange.before = refuse
    world.enter()
    world.wait(5)
    assert world.paper.size() == 0
    assert world.closed()[0].exit_reason == "unprotected"
