"""What the exchange shows of a stop, compared with what was asked for."""

from decimal import Decimal

from src.exchange.base import OpenOrder, Quote
from src.exchange.order_journal import TrackedOrder
from src.records.enums import TriggerSignal
from src.records.orders import OrderIntent

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
