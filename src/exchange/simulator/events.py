"""What a market tells the engine, and what a market promises.

Prices are floats on the instrument's tick, sizes floats on its step; the engine counts in whole ticks and steps.
Events and candles are structs: a market makes millions of them.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, runtime_checkable

import msgspec

WireSide = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class InstrumentSpec:
    """The facts of one perpetual, as ``instruments`` on the wire tells them."""

    symbol: str
    base: str
    tick_size: Decimal
    size_decimals: int
    """``contractValueTradePrecision``: the size step is ten to the minus this."""
    max_position: Decimal
    """In contracts."""
    margin_levels: tuple[tuple[Decimal, Decimal, Decimal], ...]
    """(from this notional in USD, initial margin, maintenance margin), ascending."""
    funding_coefficient: int = 8
    max_relative_funding_rate: Decimal = Decimal("0.005")


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The whole displayed book of a symbol; replaces what was known."""

    ts: float
    symbol: str
    bids: tuple[tuple[float, float], ...]
    """(price, size), best first."""
    asks: tuple[tuple[float, float], ...]


class BookDelta(msgspec.Struct, frozen=True, gc=False):
    """One price level's new size; 0 removes it."""

    ts: float
    symbol: str
    side: WireSide
    """``buy`` is the bid side."""
    price: float
    size: float


class MarketTrade(msgspec.Struct, frozen=True, gc=False):
    """A trade between others."""

    ts: float
    symbol: str
    side: WireSide
    """The taker's side."""
    price: float
    size: float
    kind: Literal["fill", "liquidation"]


class Reference(msgspec.Struct, frozen=True, gc=False):
    """The venue's reference values of a symbol, when any of them changes."""

    ts: float
    symbol: str
    mark: float
    index: float
    funding_rate: float | None
    """Absolute: USD a contract and hour, for the running hour."""
    funding_rate_prediction: float | None
    open_interest: float | None
    """In contracts."""


class Condition(msgspec.Struct, frozen=True, gc=False):
    """Whether a contract trades, when that changes; a market that never says so always trades."""

    ts: float
    symbol: str
    suspended: bool
    post_only: bool


class MarketEnded(msgspec.Struct, frozen=True, gc=False):
    """The recording is over; nothing more will come."""

    ts: float


MarketEvent = BookSnapshot | BookDelta | MarketTrade | Reference | Condition | MarketEnded


class Candle(msgspec.Struct, frozen=True, gc=False):
    """One bar; ``ts`` is its opening time in seconds."""

    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    """In contracts."""


class FundingPoint(msgspec.Struct, frozen=True, gc=False):
    """One settled hour of funding; ``ts`` is the hour's end in seconds."""

    ts: float
    rate: float
    """Absolute, USD a contract."""
    relative_rate: float


class Market(Protocol):
    """A source of market events: steps at a time handed in, reads no clock, draws only on its own seed."""

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""

    def begin(self, now: float) -> list[MarketEvent]:
        """Return the state of the market at ``now``: a snapshot and a reference for each symbol."""

    def step(self, now: float) -> list[MarketEvent]:
        """Return all events after the last call up to and including ``now``, in order of time."""

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end], oldest first; those before the market's start too."""

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the settled hours up to ``until``, oldest first."""

    def taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Hear that a participant of ours took ``size`` of the displayed book at ``price`` (side: the taker's)."""


@runtime_checkable
class LiveMarket(Market, Protocol):
    """A market that is heard over a line: its past takes a while to be told, or raises UpstreamUnreachable."""

    def close(self) -> None:
        """End the connections."""
