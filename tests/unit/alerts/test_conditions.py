from decimal import Decimal

import pytest

from src.alerts.conditions import Subject, UnknownOrders, from_health, from_positions, from_reasons
from src.records.alerts import AlertKind
from src.records.ledger import PositionView, StopView
from src.records.operations import Health, WorkerState
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from tests.cli_fakes import a, a_worker

KINDS = {
    "disk: 12 MiB left": AlertKind.DISK,
    "halted:daily_loss_share": AlertKind.HALT,
    "reduce_only:leverage": AlertKind.HALT,
    "key_refused": AlertKind.KEY_REFUSED,
    "crash_loop:feature_builder": AlertKind.PROCESS,
    "unprotected:PF_XBTUSD": AlertKind.NAKED_POSITION,
    "stop_remainder:PF_XBTUSD": AlertKind.NAKED_POSITION,
    "foreign_position:PF_XBTUSD": AlertKind.FREEZE,
    "lunch": AlertKind.FREEZE,
}


@pytest.mark.parametrize(("reason", "kind"), KINDS.items())
def test_a_reason_against_entries_is_told_by_its_kind(reason: str, kind: AlertKind) -> None:
    ((subject, words),) = from_reasons([reason]).items()

    assert subject.kind is kind
    assert reason in words


def test_a_disk_that_fills_further_stays_the_same_condition() -> None:
    assert list(from_reasons(["disk: 12 MiB left"])) == list(from_reasons(["disk: 3 MiB left"]))


def test_processes_that_hang_or_were_given_up_are_told() -> None:
    hung, failed = a_worker("main", state=WorkerState.HUNG), a_worker("alerts", state=WorkerState.FAILED)
    health = a(Health, freeze_reasons=(), workers=(a_worker("feature_builder"), hung, failed))

    assert list(from_health(health)) == [
        Subject(AlertKind.PROCESS, "main"),
        Subject(AlertKind.PROCESS, "alerts"),
    ]


def test_a_position_is_naked_without_a_stop_that_shows_on_the_exchange() -> None:
    stop = a(StopView, confirmed=True)
    safe = a(PositionView, symbol="PF_XBTUSD", stop=stop)
    bare = a(PositionView, symbol="PF_ETHUSD", stop=None)
    unseen = a(PositionView, symbol="PF_SOLUSD", stop=a(StopView, confirmed=False))

    assert [subject.name for subject in from_positions([safe, bare, unseen])] == ["PF_ETHUSD", "PF_SOLUSD"]


def an_intent(ts: float) -> OrderIntent:
    return a(OrderIntent, ts=ts, cli_ord_id="tb1", symbol="PF_XBTUSD", size=Decimal(2))


def an_update(state: OrderState) -> OrderUpdate:
    return a(OrderUpdate, cli_ord_id="tb1", state=state)


def test_an_order_is_overdue_from_its_intent_until_its_fate_is_known() -> None:
    orders = UnknownOrders()
    orders.take([an_intent(100.0), an_update(OrderState.UNKNOWN)])

    assert orders.overdue(129.0, after_s=30.0) == {}
    ((subject, words),) = orders.overdue(130.0, after_s=30.0).items()
    assert subject == Subject(AlertKind.UNKNOWN_ORDER, "tb1")
    assert "2 PF_XBTUSD" in words

    orders.take([an_update(OrderState.NOT_PLACED)])
    assert orders.overdue(1000.0, after_s=30.0) == {}


@pytest.mark.parametrize(
    "state", [OrderState.ACKED, OrderState.REJECTED, OrderState.NOT_PLACED, OrderState.DONE]
)
def test_an_answered_order_is_never_overdue(state: OrderState) -> None:
    orders = UnknownOrders()
    orders.take([an_intent(100.0), an_update(state)])

    assert orders.overdue(1000.0, after_s=30.0) == {}
