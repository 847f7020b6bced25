"""All of the bot's dealings with its exchange behind one door: what the trading cycle talks to."""

from decimal import Decimal

from src.exchange.base import Instrument
from src.exchange.executor import Submission
from src.records.decisions import Decision
from src.records.ledger import PositionView


class TradingDesk:
    """Entries, exits, stops, ledger and reconciliation, stepped in their one right order."""

    @property
    def ready(self) -> bool:
        """Return whether reconciliation has been completed since the start; until then nothing is entered."""
        raise NotImplementedError

    def freeze_reasons(self) -> tuple[str, ...]:
        """Return what the exchange's state holds against new entries now, e.g. ``foreign_position:PF_XBTUSD``."""
        raise NotImplementedError

    def blocked(self, symbol: str) -> str | None:
        """Return why nothing may be entered on a symbol, or None.

        ``not_reconciled``, ``unknown_instrument``, ``not_tradeable``, ``unresolved_order``, ``position_open``,
        ``fills_pending`` or ``stop_resting``.
        """
        raise NotImplementedError

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the contract's facts; None for what the venue does not list."""
        raise NotImplementedError

    def positions(self) -> tuple[PositionView, ...]:
        """Return the open positions with their stops, from the ledger."""
        raise NotImplementedError

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while an open position has no known price."""
        raise NotImplementedError

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest mark price of a symbol, in USD."""
        raise NotImplementedError

    def enter(self, decision: Decision, *, size: Decimal, slippage_cap_bps: float, now: float) -> Submission:
        """Enter a position for a decision that trades: ioc limit, at most the cap beyond the opposite best price.

        ``size`` is in contracts, a multiple of the venue's step. The stop's distance is the decision's size factor
        named ``stop_bps``. The stop is on the exchange when this returns, if anything was filled.

        Raises:
            OrderRefused: the bot itself will not send it, e.g. ``frozen``; nothing was journalled.
        """
        raise NotImplementedError

    def exit(self, symbol: str, *, reason: str, now: float) -> Submission:
        """Leave the open position of a symbol at the market, reduce-only; a freeze does not stop it.

        Raises:
            OrderRefused: ``no_position`` or ``unresolved_order``.
        """
        raise NotImplementedError

    def step(self, now: float) -> int:
        """Do what is due: resolve unknown orders, poll fills, guard stops, reconcile; return the number of events."""
        raise NotImplementedError
