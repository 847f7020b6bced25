"""A stop as the exchange shows it against the stop that was asked for."""

import dataclasses
from decimal import Decimal

import pytest

from src.exchange.base import OpenOrder, Quote
from src.exchange.order_journal import TrackedOrder
from src.exchange.stop_reading import differs, has_fired, has_passed
from src.records.enums import Direction, OrderPurpose, OrderType, Side, Strategy, TriggerSignal
from src.records.orders import OrderIntent, OrderState

SHOWN = OpenOrder(
    order_id="o",
    cli_ord_id="c",
    symbol="PF_XBTUSD",
    side=Side.SELL,
    kind="stop",
    unfilled=Decimal(2),
    filled=Decimal(0),
    limit_price=None,
    stop_price=Decimal(96),
    reduce_only=True,
    trigger="mark",
)


def asked(*, limit: Decimal | None = None, trigger: TriggerSignal | None = TriggerSignal.MARK,
          direction: Direction = Direction.LONG) -> TrackedOrder:  # fmt: skip
    intent = OrderIntent(
        ts=0.0,
        cli_ord_id="c",
        position_id="p",
        signal_id="p",
        purpose=OrderPurpose.STOP,
        symbol="PF_XBTUSD",
        strategy=Strategy.OFI,
        direction=direction,
        side=Side.SELL,
        order_type=OrderType.STOP,
        size=Decimal(2),
        limit_price=limit,
        stop_price=Decimal(96),
        reduce_only=True,
        process_before=None,
        reason="protect",
        trigger=trigger,
    )
    return TrackedOrder(intent, OrderState.ACKED, "o", Decimal(0), 0.0)


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({}, False),
        ({"trigger": "mark_price"}, False),
        ({"trigger": None}, False),
        ({"trigger": "last"}, True),
        ({"stop_price": Decimal(60)}, True),
        ({"side": Side.BUY}, True),
        ({"reduce_only": False}, True),
        ({"unfilled": Decimal(1)}, True),
    ],
)
def test_whatever_protects_less_than_was_asked_differs(change: dict[str, object], differing: bool) -> None:
    shown = dataclasses.replace(SHOWN, **change)  # type: ignore[arg-type] # a table's column
    assert differs(asked(), shown, open_size=Decimal(2)) is differing


def test_a_stop_that_the_venue_cut_to_what_is_open_does_not_differ() -> None:
    assert not differs(asked(), dataclasses.replace(SHOWN, unfilled=Decimal(1)), open_size=Decimal(1))


def test_a_limit_is_compared_where_one_was_asked_for() -> None:
    limited = dataclasses.replace(SHOWN, limit_price=Decimal(95))
    assert not differs(asked(limit=Decimal(95)), limited, open_size=Decimal(2))
    assert differs(asked(limit=Decimal(94)), limited, open_size=Decimal(2))
    assert not differs(asked(), limited, open_size=Decimal(2))


def test_an_index_may_be_called_spot() -> None:
    spot = dataclasses.replace(SHOWN, trigger="spot_price")
    assert not differs(asked(trigger=TriggerSignal.INDEX), spot, open_size=Decimal(2))


def test_what_is_no_stop_any_more_has_fired() -> None:
    assert has_fired(dataclasses.replace(SHOWN, kind="lmt"))
    assert not has_fired(SHOWN)


@pytest.mark.parametrize(
    ("mark", "last", "long", "short"),
    [(95, 97, True, False), (96, 97, True, True), (97, 95, False, True), (None, 95, False, False)],
)
def test_a_stop_is_passed_where_its_own_signal_stands_beyond_it(
    mark: int | None, last: int, *, long: bool, short: bool
) -> None:
    quote = Quote("PF_XBTUSD", None, None, None if mark is None else Decimal(mark), Decimal(last))
    assert has_passed(asked(), quote) is long
    assert has_passed(asked(direction=Direction.SHORT), quote) is short
    assert has_passed(asked(trigger=TriggerSignal.LAST), quote) is (last <= 96)
