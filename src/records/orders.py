"""The order journal: what was intended, what was answered, what it came to."""

import enum
from decimal import Decimal

from src.records.base import Line
from src.records.enums import Direction, OrderPurpose, OrderType, Side, Strategy, TriggerSignal


class OrderState(enum.Enum):
    """Where an order stands, as far as the bot knows."""

    INTENT = "INTENT"
    ACKED = "ACKED"
    """The exchange said yes; it rests, or it has ended with fills that the ledger books."""
    REJECTED = "REJECTED"
    """The exchange said a known no."""
    UNKNOWN = "UNKNOWN"
    """Neither a known yes nor a known no; nobody may send on this symbol until it is resolved."""
    NOT_PLACED = "NOT_PLACED"
    """Proven never to have been accepted."""
    DONE = "DONE"
    """It rests no longer: filled, cancelled, or fired."""


class OrderIntent(Line, frozen=True, kw_only=True, tag_field="type", tag="intent"):
    """An order as it is about to be sent; on disk before the first byte leaves."""

    cli_ord_id: str
    """Our name for it on the exchange, 18 characters: home, start of the home, position, purpose and number."""
    position_id: str
    """The position it opens, protects or closes; the entry's signal id."""
    signal_id: str | None
    """None, as the strategy, where it closes a position that is not the bot's own."""
    purpose: OrderPurpose
    symbol: str
    strategy: Strategy | None
    direction: Direction
    """Of the position, not of the order."""
    side: Side
    order_type: OrderType
    size: Decimal
    """In contracts (units of base)."""
    limit_price: Decimal | None
    """In USD."""
    stop_price: Decimal | None
    """In USD."""
    reduce_only: bool
    process_before: float | None
    """The exchange refuses it later than this; seconds since the epoch on the exchange's clock."""
    reason: str
    """``signal`` for an entry, ``protect`` for a stop, the exit rule's name for an exit."""
    stop_bps: float | None = None
    """Entries only: how far from the entry price the position's stop belongs, in bps."""
    trigger: TriggerSignal | None = None
    """Stops only: which price fires it."""


class OrderUpdate(Line, frozen=True, kw_only=True, tag_field="type", tag="update"):
    """What became known of an order."""

    cli_ord_id: str
    state: OrderState
    order_id: str | None
    """The exchange's name for it."""
    reason: str
    """The exchange's word, or how it was found out."""
    filled: Decimal
    """Contracts filled so far, as far as the answer tells; the ledger counts fills alone."""
    exchange_ts: float | None = None
    """When the exchange took the order, on its own clock; None where it did not tell."""


class CancelIntent(Line, frozen=True, kw_only=True, tag_field="type", tag="cancel"):
    """A cancel as it is about to be sent."""

    cli_ord_id: str
    order_id: str
    reason: str
    foreign: bool = False
    """Somebody else's order, which a person wants gone: there is no intent of ours."""


OrderEvent = OrderIntent | OrderUpdate | CancelIntent
"""A line of ``logs/orders.jsonl``."""
