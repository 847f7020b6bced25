"""What the engine tells the world after each step; the websocket puts it into the wire's shapes."""

from typing import Literal

import msgspec

from src.exchange.simulator.events import WireSide
from src.records.exchange_journal import ExchangeFill, ExchangeOrder


class BookChange(msgspec.Struct, frozen=True, gc=False):
    """One displayed level's new size."""

    symbol: str
    side: WireSide
    price: float
    size: float
    seq: int
    ts: float


class BookReset(msgspec.Struct, frozen=True, gc=False):
    """The whole book is new: subscribers get a snapshot."""

    symbol: str
    ts: float


class Print(msgspec.Struct, frozen=True, gc=False):
    """One trade of the tape; our participants' among them."""

    symbol: str
    side: WireSide
    price: float
    size: float
    kind: Literal["fill", "liquidation"]
    seq: int
    ts: float


class TickerDue(msgspec.Struct, frozen=True, gc=False):
    """A contract's ticker has changed."""

    symbol: str
    ts: float


class OrderNews(msgspec.Struct, frozen=True, gc=False):
    """A participant's order changed, or left the book."""

    order: ExchangeOrder
    reason: str
    ended: bool
    ts: float


class FillNews(msgspec.Struct, frozen=True, gc=False):
    """A participant's order traded."""

    fill: ExchangeFill


class RejectNews(msgspec.Struct, frozen=True, gc=False):
    """An order was refused because of what stood in the book; it never rested."""

    order_id: str
    cli_ord_id: str | None
    reason: str
    """The word of a REJECT event."""
    ts: float


FeedMessage = BookChange | BookReset | Print | TickerDue | OrderNews | RejectNews | FillNews
