"""The keeper of the ledger, as those who trade know it."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from src.exchange.base import ExchangePosition
from src.ledger.book import Ledger
from src.ledger.equity_path import EquityPath
from src.ledger.position import OpenPosition
from src.records.ledger import PositionView, StopView
from src.risk.watch import Standing


class Portfolio(Protocol):
    """The keeper of the ledger, as the desk needs it."""

    ledger: Ledger

    @property
    def path(self) -> EquityPath:
        """Return how the account did so far, open positions included."""

    def sync(self, now: float) -> int:
        """Book what is new; return how many entries; NoAnswer where the exchange does not tell."""

    def correct(self, symbol: str, there: ExchangePosition | None, now: float) -> None:
        """Book what makes a symbol's position the venue's, where no execution explains it."""

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest price of a symbol, in USD."""

    def accrue(self, symbol: str, rate: float, ts: float) -> None:
        """Take the share of a long position that an hour of funding costs now."""

    def unpriced(self) -> tuple[str, ...]:
        """Return the symbols with an open position and no known price."""

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while a price is not known."""

    def positions(self, stop_of: Callable[[OpenPosition], StopView | None]) -> tuple[PositionView, ...]:
        """Return the open positions with their stops."""

    def publish(self, now: float, stop_of: Callable[[OpenPosition], StopView | None]) -> None:
        """Write the view where it is due."""

    def touch(self) -> None:
        """Have the view written at the next occasion."""


def standing_of(portfolio: Portfolio, positions: Sequence[PositionView]) -> Standing:
    """Return how an account stands, for the hard limits; a position without a price leaves exposure unknown."""
    worth = [view.size * view.mark_price for view in positions if view.mark_price is not None]
    return Standing(
        path=portfolio.path,
        closed=portfolio.ledger.closed,
        exposure_usd=sum(worth, Decimal(0)) if len(worth) == len(positions) else None,
        equity_usd=portfolio.equity_usd(),
    )
