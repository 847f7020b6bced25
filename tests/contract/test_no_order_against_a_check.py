"""One check that blocks, or breaks, or a flag made by ``touch``: by the exchange's own journal nothing is entered."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from src.conviction_gate import CHECKS, check_name
from src.gates.base import Candidate, Check, GateContext, blocked
from src.records.decisions import Verdict
from src.records.enums import Direction, Ruling, Strategy
from tests.crash_cycle import CycleWorld
from tests.crash_points import skip_syncs
from tests.paper_exchange_fakes import ETH, XBT

HOW = ("blocks", "raises")


def broken(check: Check, how: str) -> Callable[[Candidate, GateContext], Verdict]:
    """Return a check that never lets anything pass."""

    def blocks(_candidate: Candidate, _context: GateContext) -> Verdict:
        return blocked(check_name(check), unit="", reason="forced")

    def raises(candidate: Candidate, context: GateContext) -> Verdict:
        raise ArithmeticError((candidate, context))

    made = blocks if how == "blocks" else raises
    made.__module__, made.__name__ = check.__module__, check.__name__
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CycleWorld]:
    skip_syncs(monkeypatch)
    world = CycleWorld(tmp_path)
    world.get_ready()
    yield world
    world.stop()


def many_signals(world: CycleWorld) -> int:
    """Put a signal of every strategy in the queue, long for one symbol and short for another; return how many."""
    for strategy in Strategy:
        world.signal(XBT, strategy=strategy, direction=Direction.LONG)
        world.signal(ETH, strategy=strategy, direction=Direction.SHORT)
    return 2 * len(Strategy)


def test_without_a_check_against_them_some_of_these_signals_are_traded(world: CycleWorld) -> None:
    many_signals(world)
    world.wait(3)
    assert set(world.referee().sizes()) == {XBT, ETH}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("check", CHECKS, ids=check_name)
def test_one_check_is_enough_to_keep_every_order_at_home(world: CycleWorld, check: Check, how: str) -> None:
    assert world.cycle is not None
    world.cycle.gate._checks = [broken(check, how) if each is check else each for each in CHECKS]
    count = many_signals(world)
    world.wait(3)
    decisions = world.decisions()
    assert len(decisions) == count
    assert all(check_name(check) in decision.blocked_by for decision in decisions)
    ruling = Ruling.BLOCK if how == "blocks" else Ruling.ERROR
    assert all(
        verdict.ruling is ruling
        for decision in decisions
        for verdict in decision.verdicts
        if verdict.check == check_name(check)
    )
    assert not any(decision.should_trade for decision in decisions)
    assert world.events() == []
    assert not world.referee().placed


def test_a_touched_flag_stops_entries_within_a_cycle_while_exits_go_on(world: CycleWorld) -> None:
    world.signal(ETH)
    world.wait(2)
    assert set(world.referee().sizes()) == {ETH}
    world.quote(ETH, 2060)
    world.wait(600, every=30)
    world.home.freeze_flag.touch()
    world.window(factor=1.03)
    world.signal(XBT)
    world.wait(0.5)
    assert world.referee().sizes() == {}, "the target was reached, and nothing else was entered"
    assert not world.referee().state.open, "its stop is gone, too"
    assert not world.decisions()[-1].should_trade
    world.home.freeze_flag.unlink()
    world.signal(XBT, strategy=Strategy.SENTIMENT)
    world.wait(0.5)
    assert set(world.referee().sizes()) == {XBT}


def test_a_decision_that_was_made_before_the_flag_was_touched_does_not_leave(world: CycleWorld) -> None:
    assert world.cycle is not None
    world.window()
    world.signal(ETH)
    world.cycle.watch_market()
    world.cycle.decide(world.cycle.gate.arrived(), world.paper.now)
    assert world.decisions()[-1].should_trade
    world.home.freeze_flag.touch()
    world.wait(5)
    assert world.events() == []
    assert not world.referee().placed
