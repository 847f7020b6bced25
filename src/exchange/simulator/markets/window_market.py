"""What a market promises that counts in windows instead of messages."""

from collections.abc import Sequence
from typing import Literal, Protocol

from src.exchange.simulator.events import (
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    Reference,
)
from src.market.closed_window import ClosedWindow


class WindowMarket(Protocol):
    """A source of closed windows: the same whatever was asked of it before, draws only on its own seed."""

    @property
    def end(self) -> float | None:
        """Return the close of the last window, in seconds since the epoch; None where it never ends."""

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""

    def begin(self, now: float) -> None:
        """Stand at ``now``, the close of a window; the next window closes one length later."""

    def close(self, ts: float) -> list[ClosedWindow]:
        """Return what each symbol showed in the window that ends at ``ts``; none of a symbol that showed nothing.

        Windows are asked for one after the other.
        """

    def shown(self, symbol: str) -> tuple[BookSnapshot, Reference] | None:
        """Return the book and the reference values at the last close; None where there is no book to trade with."""

    def span(self, symbol: str) -> tuple[float, float] | None:
        """Return the lowest and the highest mark price of the last window's path; None where it showed none."""

    def path(self, symbol: str, *, through: Sequence[float] = ()) -> tuple[MarketEvent, ...]:
        """Return what a participant of ours lived through in the last window, in order of time.

        The book and then the reference at each moment inside the window: its open, its extremes in their order,
        its close, and wherever the mark passes one of the prices in ``through``. Every price was one of the market's.
        """

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end] and ended by the last close, oldest first."""

    def funding_history(self, symbol: str, *, until: float, since: float = 0.0) -> list[FundingPoint]:
        """Return the hours that were settled in [since, until], oldest first."""
