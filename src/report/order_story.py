"""The orders of one signal, and the stop under its position."""

from decimal import Decimal

from src.records.enums import OrderPurpose
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.report.found import Found
from src.report.measured_fills import FillRole, MeasuredFill, in_bps
from src.report.story import OrderStory, StopStory

_ZERO = Decimal(0)


def order_stories(found: Found) -> tuple[OrderStory, ...]:
    """Return the signal's orders in the order they were sent."""
    intents = {event.cli_ord_id: event for event in found.orders if isinstance(event, OrderIntent)}
    return tuple(_order_story(intent, found) for intent in intents.values())


def stop_story(
    found: Found, orders: tuple[OrderStory, ...], fills: tuple[MeasuredFill, ...]
) -> StopStory | None:
    """Return the newest stop of the position, or None where none was sent."""
    stops = [order for order in orders if order.intent.purpose is OrderPurpose.STOP]
    if not stops or stops[-1].intent.stop_price is None:
        return None
    newest, price = stops[-1], stops[-1].intent.stop_price
    entry = average_price(fills, FillRole.ENTRY)
    distance = None if entry is None else newest.intent.direction.sign * (price - entry)
    view = found.position
    return StopStory(
        price=price,
        planned_bps=next((o.intent.stop_bps for o in orders if o.intent.stop_bps is not None), None),
        distance_bps=None if entry is None or distance is None else abs(in_bps(distance, entry)),
        loss_usd=None if distance is None else distance * newest.intent.size,
        state=newest.state,
        answer=newest.answers[-1] if newest.answers else "",
        confirmed=None if view is None else view.stop is not None and view.stop.confirmed,
        fired=any(fill.role is FillRole.STOP for fill in fills),
    )


def average_price(fills: tuple[MeasuredFill, ...], role: FillRole) -> Decimal | None:
    """Return the average price of the fills of one role in USD, or None where there is none."""
    of_role = [fill for fill in fills if fill.role is role]
    size = sum((fill.size for fill in of_role), _ZERO)
    return sum((fill.size * fill.price for fill in of_role), _ZERO) / size if size else None


def _order_story(intent: OrderIntent, found: Found) -> OrderStory:
    updates = [
        event
        for event in found.orders
        if isinstance(event, OrderUpdate) and event.cli_ord_id == intent.cli_ord_id
    ]
    names = [update.order_id for update in updates if update.order_id is not None]
    filled = (fill.size for fill in found.fills if fill.cli_ord_id == intent.cli_ord_id)
    return OrderStory(
        intent=intent,
        state=updates[-1].state if updates else OrderState.INTENT,
        order_id=names[-1] if names else None,
        filled=sum(filled, _ZERO),
        limit_bps=_limit_bps(intent, found),
        answers=tuple(update.reason for update in updates),
        answered_after_s=updates[0].ts - intent.ts if updates else None,
    )


def _limit_bps(intent: OrderIntent, found: Found) -> float | None:
    price = found.decision.price if found.decision is not None else None
    if intent.limit_price is None or price is None:
        return None
    return intent.side.sign * (float(intent.limit_price) / price - 1.0) * 1e4
