"""How long positions stood without a stop: first fill to first acknowledged stop."""

from decimal import Decimal

import pytest

from src.records.enums import Direction, OrderPurpose, OrderType, Side, Strategy
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.report.bare_time import bare_in_words, bare_numbers

ONE = Decimal(1)


def sent(position: str, purpose: OrderPurpose, number: int = 1) -> OrderIntent:
    return OrderIntent(
        ts=0.0,
        cli_ord_id=f"{position}-{purpose.value}-{number}",
        position_id=position,
        signal_id=position,
        purpose=purpose,
        symbol="PF_XBTUSD",
        strategy=Strategy.OFI,
        direction=Direction.LONG,
        side=Side.BUY,
        order_type=OrderType.IOC,
        size=ONE,
        limit_price=None,
        stop_price=None,
        reduce_only=False,
        process_before=None,
        reason="signal",
    )


def answered(
    position: str,
    at: float,
    number: int = 1,
    *,
    state: OrderState = OrderState.ACKED,
    local: float | None = None,
) -> OrderUpdate:
    return OrderUpdate(
        ts=at if local is None else local,
        cli_ord_id=f"{position}-STOP-{number}",
        state=state,
        order_id="o",
        reason="placed",
        filled=Decimal(0),
        exchange_ts=None if local is not None else at,
    )


def filled(position: str, at: float) -> FillBooked:
    return FillBooked(
        ts=at,
        fill_id=f"{position}{at}",
        order_id="o",
        cli_ord_id="c",
        position_id=position,
        signal_id=position,
        symbol="PF_XBTUSD",
        strategy=Strategy.OFI,
        side=Side.BUY,
        size=ONE,
        price=ONE,
        fee_usd=ONE,
        fill_type="taker",
    )


def closed(position: str, at: float) -> PositionClosed:
    return PositionClosed(
        ts=at,
        position_id=position,
        signal_id=position,
        symbol="PF_XBTUSD",
        strategy=Strategy.OFI,
        direction=Direction.LONG,
        opened_ts=0.0,
        size=ONE,
        entry_price=ONE,
        exit_price=ONE,
        gross_pnl_usd=ONE,
        fees_usd=ONE,
        funding_usd=ONE,
        net_pnl_usd=ONE,
        exit_reason="target",
    )


def test_it_lasts_from_the_first_fill_to_the_first_stop_that_was_taken() -> None:
    orders: list[OrderEvent] = [
        sent("a", OrderPurpose.ENTRY),
        sent("a", OrderPurpose.STOP),
        answered("a", 10.9, state=OrderState.REJECTED),
        sent("a", OrderPurpose.STOP, 2),
        answered("a", 11.5, 2),
        answered("a", 99.0, 2),
    ]
    entries: list[LedgerEntry] = [filled("a", 10.2), filled("a", 10.0), closed("a", 50.0)]
    bare = bare_numbers(orders, entries)
    assert bare.longest_s == pytest.approx(1.5)
    assert (bare.positions, bare.never) == (1, 0)


def test_a_position_that_never_had_one_counts_until_it_was_closed() -> None:
    bare = bare_numbers([sent("a", OrderPurpose.ENTRY)], [filled("a", 10.0), closed("a", 14.0)])
    assert (bare.longest_s, bare.never) == (4.0, 1)
    assert "1 closed before" in bare_in_words(bare)


def test_without_the_exchanges_own_time_the_bots_counts() -> None:
    orders: list[OrderEvent] = [
        sent("a", OrderPurpose.ENTRY),
        sent("a", OrderPurpose.STOP),
        answered("a", 0.0, local=12.0),
    ]
    assert bare_numbers(orders, [filled("a", 10.0)]).longest_s == 2.0


def test_what_began_before_or_is_bare_still_does_not_count() -> None:
    orders: list[OrderEvent] = [
        sent("open", OrderPurpose.ENTRY),
        sent("older", OrderPurpose.STOP),
        answered("older", 5.0),
    ]
    bare = bare_numbers(orders, [filled("open", 10.0), filled("older", 4.0)])
    assert (bare.positions, bare.median_s) == (0, None)
    assert bare_in_words(bare) == "no position yet"


def test_p99_is_the_one_that_one_in_a_hundred_exceeds() -> None:
    orders: list[OrderEvent] = []
    entries: list[LedgerEntry] = []
    for number in range(200):
        name = f"p{number}"
        orders += [
            sent(name, OrderPurpose.ENTRY),
            sent(name, OrderPurpose.STOP),
            answered(name, 1.0 + number),
        ]
        entries.append(filled(name, 1.0))
    bare = bare_numbers(orders, entries)
    assert (bare.median_s, bare.p99_s, bare.longest_s) == (99.0, 197.0, 199.0)
