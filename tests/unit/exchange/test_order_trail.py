"""An order's life as the history service tells it."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from src.exchange import order_trail
from src.exchange.errors import NoAnswer

NAME = "tbabcaaa0123456789"


def an_order(*, quantity: str = "0", filled: str | None = "0", name: str = NAME) -> dict[str, object]:
    order: dict[str, object] = {"uid": "1111", "clientId": name, "quantity": quantity}
    return order if filled is None else order | {"filled": filled}


def placed(**shape: str | None) -> dict[str, object]:
    return {"OrderPlaced": {"order": an_order(**shape), "reason": "new_user_order"}}  # type: ignore[arg-type] # as told


def folded(*told: Mapping[str, object]) -> tuple[str, Decimal] | None:
    page = {"elements": [{"uid": str(number), "event": event} for number, event in enumerate(told)]}
    status = order_trail.fold(order_trail.events(page), NAME)
    return None if status is None else (status.status, status.filled)


def test_what_is_not_named_is_not_known() -> None:
    assert folded() is None
    assert folded(placed(name="another"), {"OrderNotFound": {"orderId": "1"}}, {"Novelty": 7}) is None


def test_a_market_order_is_one_event() -> None:
    assert folded(placed(filled="0.4")) == ("FULLY_EXECUTED", Decimal("0.4"))


def test_a_partial_fill_and_its_cancel_keep_what_was_filled() -> None:
    cancelled = {
        "OrderCancelled": {"order": an_order(quantity="6", filled="4"), "reason": "cancelled_by_user"}
    }
    updated = {
        "OrderUpdated": {"oldOrder": an_order(quantity="10"), "newOrder": an_order(quantity="6", filled="4")}
    }
    assert folded(placed(quantity="10")) == ("ENTERED_BOOK", Decimal(0))
    assert folded(placed(quantity="10"), updated) == ("ENTERED_BOOK", Decimal(4))
    assert folded(placed(quantity="10"), updated, cancelled) == ("CANCELLED", Decimal(4))


def test_a_refused_order_is_refused() -> None:
    assert folded({"OrderRejected": {"order": an_order(quantity="1"), "orderError": "X"}}) == (
        "REJECTED",
        Decimal(0),
    )


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("OrderTriggerCancelled", "CANCELLED"),
        ("OrderTriggerActivated", "TRIGGERED"),
        (None, "TRIGGER_PLACED"),
    ],
)
def test_a_stop_has_a_life_of_its_own(end: str | None, status: str) -> None:
    stop = an_order(quantity="1", filled=None)
    told = [{"OrderTriggerPlaced": {"order": stop}}, *([{end: {"order": stop}}] if end else [])]
    assert folded(*told) == (status, Decimal(0))


@pytest.mark.parametrize("fault", [{"quantity": "many"}, {"quantity": None}, {"uid": 7}, {"filled": []}])
def test_an_event_of_ours_that_cannot_be_read_is_no_answer(fault: dict[str, object]) -> None:
    with pytest.raises(NoAnswer):
        folded({"OrderPlaced": {"order": an_order() | fault}})


@pytest.mark.parametrize("page", [{}, {"elements": None}, {"elements": [7]}, {"elements": [{"event": 7}]}])
def test_a_page_without_events_is_no_answer(page: dict[str, object]) -> None:
    with pytest.raises(NoAnswer):
        order_trail.events(page)
