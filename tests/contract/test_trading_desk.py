"""The desk on the paper exchange's engine: what it promises about orders, stops and money."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.errors import NoAnswer, OrderRefused
from src.records.enums import Direction, OrderPurpose
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.store.freeze import Freeze
from tests.exchange_fakes import World, a_decision
from tests.paper_exchange_fakes import ETH, XBT


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.desk.step(made.paper.now)
    made.paper.now += 1
    yield made
    made.stop()


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def assert_money_agrees(world: World) -> None:
    world.desk.step(world.paper.now)
    assert cents(world.picture().cash_usd) == cents(world.paper.state.account.balance_usd)


def lose(world: World, method: str, *, processed: bool, times: int = 1) -> None:
    """Lose the answers of the next requests of a kind, before or after they were processed."""
    left = [times]

    def hook(asked: str) -> None:
        if asked == method and left[0] > 0:
            left[0] -= 1
            raise NoAnswer("lost")

    if processed:
        world.exchange.after = hook
    else:
        world.exchange.before = hook


def test_entry_is_filled_and_its_stop_is_on_the_exchange_when_enter_returns(world: World) -> None:
    world.enter()
    (position,) = world.desk.positions()
    assert (position.size, position.entry_price, position.direction) == (1, 101, Direction.LONG)
    assert position.stop is not None
    assert position.stop.confirmed
    (stop,) = world.resting()
    assert (stop.stop_price, stop.unfilled, stop.reduce_only) == (Decimal(96), 1, True)


def test_stop_of_a_short_lies_above_its_entry(world: World) -> None:
    world.enter(direction=Direction.SHORT)
    (stop,) = world.resting()
    assert stop.stop_price == Decimal(103)
    assert world.desk.positions()[0].entry_price == 99


def test_entry_never_pays_more_than_its_cap(world: World) -> None:
    world.desk.enter(
        a_decision(ts=world.paper.now), size=Decimal(8), slippage_cap_bps=10, now=world.paper.now
    )
    assert world.paper.size() == 5
    assert {price for _, price, _ in world.paper.fills()} == {101}


def test_exit_closes_cancels_the_stop_and_books_the_closing_once(world: World) -> None:
    world.enter()
    world.move(111)
    world.paper.now += 5
    world.desk.exit(XBT, reason="target", now=world.paper.now)
    assert world.desk.positions() == ()
    assert world.resting() == []
    (closed,) = world.closed()
    assert (closed.exit_reason, closed.gross_pnl_usd) == ("target", Decimal(9))
    assert world.desk.blocked(XBT) is None
    assert_money_agrees(world)


def test_an_exit_is_booked_at_its_fills_and_not_at_the_best_price_there_was(world: World) -> None:
    world.enter()
    for mid in (140.0, 120.0, 111.0):
        world.move(mid)
        world.desk.observe(XBT, Decimal(int(mid)))
        world.wait(1)
    world.desk.exit(XBT, reason="trailing", now=world.paper.now)
    (closed,) = world.closed()
    assert (closed.entry_price, closed.exit_price) == (101, 110)


def test_exit_reports_a_short_that_fell_as_a_gain(world: World) -> None:
    world.enter(direction=Direction.SHORT)
    world.move(91)
    world.desk.exit(XBT, reason="target", now=world.paper.now)
    assert world.closed()[0].gross_pnl_usd == Decimal(7)


def test_second_entry_on_a_symbol_is_refused(world: World) -> None:
    world.enter()
    with pytest.raises(OrderRefused, match="position_open"):
        world.enter(direction=Direction.SHORT, now=world.paper.now + 1)


def test_frozen_stops_entries_and_not_exits(world: World) -> None:
    world.enter()
    Freeze(world.home).set("by hand", by="human", ts=0.0)
    with pytest.raises(OrderRefused, match="frozen"):
        world.desk.enter(
            a_decision(ts=world.paper.now, symbol=ETH),
            size=Decimal(1),
            slippage_cap_bps=50,
            now=world.paper.now,
        )
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    assert world.paper.size() == 0


def test_decision_that_does_not_trade_is_never_sent(world: World) -> None:
    with pytest.raises(OrderRefused, match="not_a_trade"):
        world.desk.enter(
            a_decision(ts=world.paper.now, should_trade=False),
            size=Decimal(1),
            slippage_cap_bps=50,
            now=world.paper.now,
        )
    assert world.events() == []


@pytest.mark.parametrize("size", ["0", "0.00001", "1.00005"])
def test_size_off_the_step_is_refused(world: World, size: str) -> None:
    with pytest.raises(OrderRefused, match="bad_size"):
        world.enter(size=size)


def test_lost_answer_of_a_filled_entry_is_adopted_and_protected(world: World) -> None:
    lose(world, "sendorder", processed=True)
    world.enter()
    assert world.desk.blocked(XBT) == "unresolved_order"
    world.wait(3)
    (position,) = world.desk.positions()
    assert position.stop is not None
    assert sum(isinstance(event, OrderIntent) for event in world.events()) == 2
    assert world.paper.size() == 1


def test_lost_entry_is_not_placed_only_after_its_deadline_and_never_sent_again(world: World) -> None:
    lose(world, "sendorder", processed=False)
    world.enter()
    world.wait(14)
    assert world.desk.blocked(XBT) == "unresolved_order"
    world.wait(10)
    assert world.desk.blocked(XBT) is None
    updates = [event.state for event in world.events() if isinstance(event, OrderUpdate)]
    assert updates == [OrderState.UNKNOWN, OrderState.NOT_PLACED]
    assert world.exchange.asked.count("sendorder") == 1


def test_incomplete_rounds_never_conclude_that_nothing_was_placed(world: World) -> None:
    lose(world, "sendorder", processed=False)
    world.enter()
    world.exchange.before = lambda _: None
    lose(world, "openorders", processed=True, times=10_000)
    world.wait(60)
    assert world.desk.blocked(XBT) == "unresolved_order"


def test_lost_answer_of_a_stop_is_found_among_the_open_orders(world: World) -> None:
    sent = [0]

    def hook(method: str) -> None:
        sent[0] += method == "sendorder"
        if method == "sendorder" and sent[0] == 2:
            raise NoAnswer("lost")

    world.exchange.after = hook
    world.enter()
    world.wait(3)
    assert len(world.resting()) == 1
    stop = world.desk.positions()[0].stop
    assert stop is not None
    assert stop.order_id == world.resting()[0].order_id


def test_lost_answer_of_a_cancel_leaves_no_stop_behind(world: World) -> None:
    world.enter()
    lose(world, "cancelorder", processed=True)
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    assert world.desk.blocked(XBT) == "stop_resting"
    world.wait(2)
    assert world.resting() == []
    assert world.desk.blocked(XBT) is None


def test_foreign_position_freezes_entries_while_it_stands(world: World) -> None:
    world.paper.send("mkt", "buy", "1")
    world.wait(1)
    world.wait(70)
    assert "external:PF_XBTUSD" in Freeze(world.home).reasons()
    assert world.desk.positions()[0].strategy is None
    with pytest.raises(OrderRefused):
        world.enter()


def test_foreign_order_freezes_entries_until_it_is_gone(world: World) -> None:
    world.paper.send("lmt", "buy", "1", limitPrice="90")
    world.wait(31)
    assert world.desk.freeze_reasons() == ("foreign_order:PF_XBTUSD",)
    world.paper.ask("cancelallorders")
    world.wait(31)
    assert world.desk.freeze_reasons() == ()


def test_order_of_another_home_of_this_program_is_named(world: World) -> None:
    world.paper.send("lmt", "buy", "1", limitPrice="90", cliOrdId="tbxyz0123456789abc")
    world.wait(31)
    assert world.desk.freeze_reasons() == ("other_home_order:PF_XBTUSD",)


def test_exchange_without_an_answer_freezes_entries_and_reads_nothing_as_flat(world: World) -> None:
    world.enter()

    def hook(_: str) -> None:
        raise NoAnswer("down")

    world.exchange.before = hook
    world.wait(70)
    assert world.desk.freeze_reasons() == ("exchange_no_answer",)
    assert len(world.desk.positions()) == 1
    world.exchange.before = lambda _: None
    world.wait(70)
    assert world.desk.freeze_reasons() == ()


def test_nothing_is_entered_before_the_first_reconciliation(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(OrderRefused, match="not_reconciled"):
        world.enter()
    world.stop()


def test_funding_is_booked_to_the_position(world: World) -> None:
    world.paper.mark(100.0, rate=0.5)
    world.enter(size="2")
    world.paper.now += 3700
    world.wait(70)
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    (closed,) = world.closed()
    assert closed.funding_usd < 0
    assert_money_agrees(world)


def test_restart_rebuilds_positions_stops_and_attribution(world: World) -> None:
    world.enter()
    before = world.picture()
    world.restart()
    world.wait(1)
    after = world.picture()
    assert after.open_positions[0].stop == before.open_positions[0].stop
    assert (after.cash_usd, after.as_of_seq) == (before.cash_usd, before.as_of_seq)
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    assert world.closed()[0].signal_id == before.open_positions[0].signal_id


def test_intents_carry_distinct_names_that_follow_from_position_and_purpose(world: World) -> None:
    world.enter()
    world.desk.exit(XBT, reason="time", now=world.paper.now)
    intents = [event for event in world.events() if isinstance(event, OrderIntent)]
    assert [intent.purpose for intent in intents] == [
        OrderPurpose.ENTRY,
        OrderPurpose.STOP,
        OrderPurpose.EXIT,
    ]
    assert len({intent.cli_ord_id for intent in intents}) == 3
    assert all(len(i.cli_ord_id) == 18 and i.cli_ord_id.startswith("tbabc") for i in intents)
