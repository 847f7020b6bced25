"""What the exchange shows of a stop, compared with what was asked for."""

from collections.abc import Container, Sequence
from decimal import Decimal

from src.exchange.base import OpenOrder, Quote
from src.exchange.order_journal import TrackedOrder
from src.records.enums import TriggerSignal
from src.records.ledger import StopView
from src.records.orders import OrderIntent, OrderState

_STOP = "stop"
_SIGNALS = {"spot": "index"}
"""What else the venue calls them."""


def has_fired(shown: OpenOrder) -> bool:
    """Return whether what rests is the limit order that a stop has become."""
    return shown.kind != _STOP


def differs(order: TrackedOrder, shown: OpenOrder, *, open_size: Decimal) -> bool:
    """Return whether a stop that rests is not the one that was asked for, or is too small for what is open."""
    intent = order.intent
    asked = (intent.side, intent.stop_price, intent.limit_price, True)
    limit = None if intent.limit_price is None else shown.limit_price
    found = (shown.side, shown.stop_price, limit, shown.reduce_only)
    return asked != found or shown.unfilled < min(intent.size, open_size) or _other_trigger(intent, shown)


def stop_view(
    stops: Sequence[TrackedOrder], confirmed: Container[str], *, opened_ts: float
) -> StopView | None:
    """Return the newest stop of a position that rests, of all that it had; None where none does."""
    first = min((stop.acked_ts for stop in stops if stop.acked_ts is not None), default=None)
    for order in reversed(stops):
        if order.state is OrderState.ACKED and order.intent.stop_price is not None:
            return StopView(
                order_id=order.order_id,
                cli_ord_id=order.intent.cli_ord_id,
                price=order.intent.stop_price,
                size=order.intent.size,
                confirmed=order.intent.cli_ord_id in confirmed,
                unprotected_s=None if first is None else max(0.0, first - opened_ts),
            )
    return None


def _other_trigger(intent: OrderIntent, shown: OpenOrder) -> bool:
    if intent.trigger is None or shown.trigger is None:
        return False
    word = shown.trigger.removesuffix("_price")
    return _SIGNALS.get(word, word) != intent.trigger.value


def has_passed(order: TrackedOrder, quote: Quote) -> bool:
    """Return whether the price stands beyond a stop, as far as it is known: it would fire at once."""
    intent = order.intent
    price = quote.last if intent.trigger is TriggerSignal.LAST else quote.mark
    if price is None or intent.stop_price is None:
        return False
    return (price - intent.stop_price) * intent.direction.sign <= 0
