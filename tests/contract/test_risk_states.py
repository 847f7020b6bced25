"""Hard limits and commands at a real desk on the paper exchange's engine: entries end, stops and exits go on."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.errors import KeyOfAnotherAccount, OrderRefused
from src.records.enums import OrderPurpose
from src.records.orders import OrderIntent
from src.records.risk import Action, Progress
from src.store.freeze import Freeze
from tests.exchange_fakes import a_decision
from tests.paper_exchange_fakes import ETH, XBT
from tests.risk_fakes import RiskWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RiskWorld]:
    world = RiskWorld(tmp_path)
    world.wait(1)
    yield world
    world.stop()


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[RiskWorld]:
    """Return a world where more than three contracts at 100 are too much, and 3 USD of loss."""
    world = RiskWorld(tmp_path, exposure_share=0.03, daily_loss_share=0.0003)
    world.wait(1)
    yield world
    world.stop()


def enter_on(world: RiskWorld, symbol: str, *, size: str = "1") -> None:
    decision = a_decision(ts=world.paper.now, symbol=symbol)
    world.desk.enter(decision, size=Decimal(size), slippage_cap_bps=150, now=world.paper.now)


def lose(world: RiskWorld) -> None:
    """Lose three dollars on a contract that stays open."""
    world.move(98.0)
    world.desk.observe(XBT, Decimal(98))
    world.live(1.5)


def test_a_halt_ends_entries_and_leaves_stops_and_exits(narrow: RiskWorld) -> None:
    narrow.enter()
    lose(narrow)
    assert narrow.desk.freeze_reasons() == ("halted:daily_loss_share",)
    assert narrow.picture().open_positions[0].stop is not None
    with pytest.raises(OrderRefused, match="frozen"):
        enter_on(narrow, ETH)
    narrow.desk.exit(XBT, reason="target", now=narrow.paper.now)
    narrow.live(3)
    assert narrow.desk.positions() == ()
    assert narrow.resting() == []


def test_a_state_survives_restarts_and_ends_with_a_clearing(narrow: RiskWorld) -> None:
    narrow.enter()
    lose(narrow)
    narrow.restart()
    narrow.live(3)
    assert "halted:daily_loss_share" in narrow.desk.freeze_reasons()
    command = narrow.ask(Action.CLEAR, reason="the feed was wrong")
    narrow.live(2)
    assert narrow.answer(command).progress is Progress.DONE
    assert narrow.desk.freeze_reasons() == ()
    narrow.restart()
    narrow.live(3)
    assert narrow.desk.freeze_reasons() == ()


def test_the_executor_refuses_what_would_take_a_limit_with_it(narrow: RiskWorld) -> None:
    with pytest.raises(OrderRefused, match="exposure_limit"):
        narrow.enter(size="4")
    assert narrow.events() == []
    narrow.enter(size="2")
    assert len(narrow.desk.positions()) == 1


def test_what_is_still_beyond_its_limit_cannot_be_cleared(narrow: RiskWorld) -> None:
    narrow.enter(size="2")
    narrow.move(160.0)
    narrow.desk.observe(XBT, Decimal(160))
    narrow.live(1)
    assert narrow.desk.freeze_reasons() == ("reduce_only:exposure_share",)
    command = narrow.ask(Action.CLEAR)
    narrow.live(2)
    assert narrow.answer(command).progress is Progress.REFUSED
    assert narrow.desk.freeze_reasons() == ("reduce_only:exposure_share",)


def test_refused_orders_use_up_the_budget_of_errors(tmp_path: Path) -> None:
    world = RiskWorld(tmp_path, errors_per_10_min=1, exposure_share=1000.0, leverage=1000.0)
    world.wait(1)
    for _ in range(2):
        world.enter(size="5000")
        world.live(1)
    assert world.desk.freeze_reasons() == ("reduce_only:errors_per_10_min",)
    world.restart()
    world.live(3)
    assert world.desk.freeze_reasons() == ("reduce_only:errors_per_10_min",)
    world.stop()


def test_flatten_leaves_everything_and_freezes_first(world: RiskWorld) -> None:
    world.enter()
    world.live(1)
    enter_on(world, ETH)
    command = world.ask(Action.FLATTEN, reason="going on holiday")
    world.live(6)
    assert world.answer(command).progress is Progress.DONE
    assert world.desk.positions() == ()
    assert world.resting() == []
    assert Freeze(world.home).reasons() == ("flattened: going on holiday",)
    assert world.box.waiting() == ()
    assert {closed.exit_reason for closed in world.closed()} == {"flatten"}


def test_flatten_of_one_symbol_leaves_the_others_and_no_freeze(world: RiskWorld) -> None:
    world.enter()
    world.live(1)
    enter_on(world, ETH)
    command = world.ask(Action.FLATTEN, symbol=XBT)
    world.live(6)
    assert world.answer(command).progress is Progress.DONE
    assert [view.symbol for view in world.desk.positions()] == [ETH]
    assert Freeze(world.home).reasons() == ()


def test_the_stop_rests_until_the_position_is_gone(world: RiskWorld) -> None:
    world.enter(size="3")
    world.paper.book(bids=((99.0, 1.0),), asks=((101.0, 5.0),))
    world.ask(Action.FLATTEN, symbol=XBT)
    world.live(1)
    assert world.desk.positions()[0].size < 3
    assert any(order.reduce_only for order in world.resting())
    world.move(100.0)
    world.live(8)
    assert world.desk.positions() == ()
    assert world.resting() == []


def test_a_flatten_that_a_crash_interrupted_goes_on_after_the_restart(world: RiskWorld) -> None:
    world.enter()
    command = world.ask(Action.FLATTEN)
    world.commands.step(world.paper.now)
    world.restart()
    world.live(8)
    assert world.answer(command).progress is Progress.DONE
    exits = [
        event
        for event in world.events()
        if isinstance(event, OrderIntent) and event.purpose is OrderPurpose.EXIT
    ]
    assert len(exits) == 1
    assert world.desk.positions() == ()


def test_a_clearing_is_carried_out_once(narrow: RiskWorld) -> None:
    narrow.enter()
    lose(narrow)
    command = narrow.ask(Action.CLEAR)
    waiting = narrow.box.waiting()
    narrow.live(1)
    narrow.restart()
    narrow.box.ask(waiting[0])
    narrow.live(2)
    assert narrow.answer(command).text == "cleared before a restart"


def test_foreign_orders_and_positions_are_closed_only_when_that_is_asked(world: RiskWorld) -> None:
    foreign(world)
    world.live(70, every=2)
    assert "foreign_position:PF_XBTUSD" in world.desk.freeze_reasons()
    refused = world.ask(Action.FLATTEN, symbol=XBT)
    world.live(6)
    assert world.answer(refused).progress is Progress.REFUSED
    assert world.desk.positions() != ()
    command = world.ask(Action.FLATTEN, symbol=XBT, foreign=True)
    world.live(70, every=2)
    assert world.answer(command).progress is Progress.DONE
    assert world.desk.positions() == ()
    assert world.resting() == []
    assert not [reason for reason in world.desk.freeze_reasons() if reason.startswith("foreign")]


def test_what_was_accepted_stays_accepted_after_a_restart(world: RiskWorld) -> None:
    foreign(world, resting=False)
    world.live(70, every=2)
    command = world.ask(Action.ACCEPT, symbol=XBT, reason="a hedge of mine")
    world.live(2)
    assert world.answer(command).progress is Progress.DONE
    world.restart()
    world.live(3)
    assert "foreign_position:PF_XBTUSD" not in world.desk.freeze_reasons()


def test_nothing_foreign_is_nothing_to_accept(world: RiskWorld) -> None:
    command = world.ask(Action.ACCEPT, symbol=XBT)
    world.live(2)
    assert world.answer(command).progress is Progress.REFUSED


def test_a_key_of_another_account_is_refused(world: RiskWorld) -> None:
    def refuse() -> str:
        raise KeyOfAnotherAccount("the new key opens account b, not a")

    world.reload_keys = refuse
    command = world.ask(Action.RELOAD_KEYS)
    world.live(1)
    assert world.answer(command).progress is Progress.REFUSED
    assert "account b" in world.answer(command).text


def test_an_old_command_that_nobody_took_is_not_carried_out(world: RiskWorld) -> None:
    world.enter()
    command = world.ask(Action.FLATTEN)
    world.wait(601, every=5)
    world.live(1)
    assert world.answer(command).progress is Progress.REFUSED
    assert Freeze(world.home).reasons() == ()
    assert len(world.desk.positions()) == 1


def test_a_symbol_that_the_exchange_does_not_list_is_refused(world: RiskWorld) -> None:
    command = world.ask(Action.FLATTEN, symbol="PF_XBTUSDT")
    world.live(1)
    assert world.answer(command).progress is Progress.REFUSED


def test_a_command_that_cannot_be_read_is_kept_in_quarantine(world: RiskWorld) -> None:
    broken = world.home.commands / "x.command.json"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("{")
    world.live(1)
    assert not broken.exists()
    assert list(world.home.quarantine.iterdir())


def foreign(world: RiskWorld, *, resting: bool = True) -> None:
    """Trade on the account as somebody else does."""
    engine, now = world.paper.engine, world.paper.now
    market = {"orderType": "mkt", "symbol": XBT, "side": "buy", "size": "1"}
    engine.request(now, "sendorder", market)
    if resting:
        limit = {"orderType": "lmt", "symbol": XBT, "side": "buy", "size": "1", "limitPrice": "50"}
        engine.request(now, "sendorder", limit)
