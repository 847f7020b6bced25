"""What the history service tells of one order, event by event: the memory that outlives ``orders/status``."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from src.exchange import kraken_answers as answers
from src.exchange.base import OrderStatus
from src.exchange.errors import NoAnswer
from src.exchange.kraken_answers import Raw

_ORDERS = {
    "OrderPlaced": "order",
    "OrderUpdated": "newOrder",
    "OrderCancelled": "order",
    "OrderRejected": "order",
    "OrderTriggerPlaced": "order",
    "OrderTriggerUpdated": "newOrderTrigger",
    "OrderTriggerActivated": "order",
    "OrderTriggerCancelled": "order",
}
"""Where each kind of event holds the order as it was afterwards; other kinds tell of no order that was accepted."""

_ENDS = {
    "OrderCancelled": "CANCELLED",
    "OrderRejected": "REJECTED",
    "OrderTriggerActivated": "TRIGGERED",
    "OrderTriggerCancelled": "CANCELLED",
}


def events(raw: Mapping[str, object]) -> tuple[Raw, ...]:
    """Return the events of a page, in its order; NoAnswer for anything else."""
    return answers.rows(raw, "elements", _event)


def fold(told: Iterable[Raw], cli_ord_id: str) -> OrderStatus | None:
    """Return where events, oldest first, leave an order; None where they do not name it.

    Raises:
        NoAnswer: an event that names it cannot be read.
    """
    status: OrderStatus | None = None
    for event in told:
        for kind, content in event.items():
            status = _after(status, kind, content, cli_ord_id)
    return status


def _after(status: OrderStatus | None, kind: str, content: object, cli_ord_id: str) -> OrderStatus | None:
    shape = content.get(_ORDERS[kind]) if isinstance(content, Mapping) and kind in _ORDERS else None
    if not isinstance(shape, Mapping) or shape.get("clientId") != cli_ord_id:
        return status
    try:
        return _told(status, kind, shape)
    except (LookupError, TypeError, ValueError, ArithmeticError) as fault:
        raise NoAnswer(f"cannot be read: {fault!r}") from fault


def _told(status: OrderStatus | None, kind: str, order: Raw) -> OrderStatus:
    """Return an order after an event; ``quantity`` is what was open then."""
    is_trigger = kind.startswith("OrderTrigger")
    unfilled = answers.number(order, "quantity")
    filled = Decimal(0) if is_trigger else answers.number(order, "filled")
    word = _ENDS.get(kind)
    if word is None and is_trigger:
        word = "TRIGGER_PLACED"
    elif word is None:
        word = "ENTERED_BOOK" if unfilled else "FULLY_EXECUTED"
    return OrderStatus(
        order_id=answers.text(order, "uid"),
        cli_ord_id=answers.text(order, "clientId"),
        status=word,
        filled=max(filled, status.filled) if status is not None else filled,
        unfilled=unfilled,
    )


def _event(row: Raw) -> Raw:
    event = row["event"]
    if not isinstance(event, Mapping):
        raise TypeError("event is no object")
    return event
