"""What the engine tells the world after each step; the websocket puts it into the wire's shapes."""

from typing import Literal, NamedTuple

from src.exchange.simulator.events import WireSide
from src.records.exchange_journal import ExchangeFill, ExchangeOrder


class BookChange(NamedTuple):
    """One displayed level's new size."""

    symbol: str
    side: WireSide
    price: float
    size: float
    seq: int
    ts: float


class BookReset(NamedTuple):
    """The whole book is new: subscribers get a snapshot."""

    symbol: str
    ts: float


class Print(NamedTuple):
    """One trade of the tape; our participants' among them."""

    symbol: str
    side: WireSide
    price: float
    size: float
    kind: Literal["fill", "liquidation"]
    seq: int
    ts: float


class TickerDue(NamedTuple):
    """A contract's ticker has changed."""

    symbol: str
    ts: float


class OrderNews(NamedTuple):
    """A participant's order changed, or left the book."""

    order: ExchangeOrder
    reason: str
    ended: bool
    ts: float


class FillNews(NamedTuple):
    """A participant's order traded."""

    fill: ExchangeFill


FeedMessage = BookChange | BookReset | Print | TickerDue | OrderNews | FillNews
