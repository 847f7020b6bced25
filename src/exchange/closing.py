"""How a position is closed: by an order that goes now, or by a stop that waits."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from src.exchange.order_journal import TrackedOrder
from src.ledger.position import OpenPosition
from src.records.enums import Direction, OrderPurpose, OrderType, Side, TriggerSignal
from src.records.stops import Stops

_BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class StopTerms:
    """Where a position's stop fires, and how far it then goes."""

    price: Decimal
    """In USD, on the tick."""
    limit_price: Decimal | None
    """The worst price that it may trade at; None fires a market order."""
    trigger: TriggerSignal


@dataclass(frozen=True, slots=True)
class Closing:
    """An order that closes a position: a stop, a limit that goes at once or never, or a market order."""

    reason: str
    stop: StopTerms | None = None
    limit_price: Decimal | None = None
    foreign: bool = False
    """A person wants it closed though it is not ours."""

    @property
    def purpose(self) -> OrderPurpose:
        """Return why it is sent."""
        return OrderPurpose.EXIT if self.stop is None else OrderPurpose.STOP

    @property
    def order_type(self) -> OrderType:
        """Return the wire's type for it."""
        if self.stop is not None:
            return OrderType.STOP
        return OrderType.MARKET if self.limit_price is None else OrderType.IOC


def closing_side(position: OpenPosition) -> Side:
    """Return the side of an order that closes a position."""
    return Side.SELL if position.direction is Direction.LONG else Side.BUY


def stop_terms(
    position: OpenPosition, entry: TrackedOrder, *, tick: Decimal, stops: Stops
) -> StopTerms | None:
    """Return where a position's stop belongs; None where its entry told no distance.

    It is on the tick, and never further away than the entry's ``stop_bps``.
    """
    if entry.intent.stop_bps is None:
        return None
    price = beyond(position, position.entry_price, entry.intent.stop_bps, tick=tick)
    offset = stops.limit_offset_bps
    limit = None if offset is None else beyond(position, price, offset, tick=tick)
    return StopTerms(price=price, limit_price=limit, trigger=stops.trigger)


def beyond(position: OpenPosition, price: Decimal, bps: float, *, tick: Decimal) -> Decimal:
    """Return a price that is worse for a position by so many bps: on the tick, and no further than that."""
    worse = price * (1 - position.direction.sign * Decimal(str(bps)) / _BPS)
    return on_tick(
        worse, tick, rounding=ROUND_CEILING if position.direction is Direction.LONG else ROUND_FLOOR
    )


def on_tick(price: Decimal, tick: Decimal, *, rounding: str) -> Decimal:
    """Return a price rounded to a whole number of ticks."""
    return (price / tick).to_integral_value(rounding=rounding) * tick
