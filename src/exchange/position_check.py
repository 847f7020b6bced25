"""Whether the venue's positions are the ledger's: what differs is named, and in the end corrected."""

from collections.abc import Callable
from decimal import Decimal

from src.exchange.base import Exchange, ExchangePosition
from src.exchange.order_journal import OrderJournal
from src.ledger.book import Ledger

_LOOKS_BEFORE_CORRECTING = 5
_CORRECTED_AFTER_S = 30.0
_ZERO = Decimal(0)

Correct = Callable[[str, ExchangePosition | None, float], None]
"""Books what makes a symbol's position the venue's, at a time."""


class PositionCheck:
    """The comparison of the positions with the ledger.

    A position that stays different over five complete comparisons and half a minute, with every fill booked and
    no order of its symbol in doubt, is corrected: for quantity the venue is right.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: OrderJournal,
        ledger: Ledger,
        sync: Callable[[float], int],
        correct: Correct,
        real_second: float,
    ) -> None:
        """Take what it works with: ``sync`` books new fills, ``correct`` what is missing, at last."""
        self._exchange = exchange
        self._journal = journal
        self._ledger = ledger
        self._sync = sync
        self._correct = correct
        self._corrected_after_s = _CORRECTED_AFTER_S * real_second
        self._differs: dict[str, tuple[Decimal, float, int]] = {}
        self.held: set[str] = set()
        """The symbols that the venue shows a position in."""
        self.accepted: dict[str, Decimal] = {}
        """Quantities of foreign positions that a human lets stand, by symbol."""
        self.reasons: tuple[str, ...] = ()
        """What the positions hold against new entries."""

    def accept(self, symbol: str) -> None:
        """Let a symbol's foreign position stand, at its size of now."""
        position = self._ledger.positions.get(symbol)
        if position is not None and position.strategy is None:
            self.accepted[symbol] = position.quantity
            self.reasons = tuple(reason for reason in self.reasons if reason != f"foreign_position:{symbol}")

    def compare(self, now: float) -> bool:
        """Name what differs, correct what has long differed; return whether all agree.

        Raises:
            NoAnswer: the venue did not tell; nothing changes.
        """
        differing = self._differing()
        if differing:
            self._sync(now)
            again = self._differing()
            differing = {symbol: there for symbol, there in again.items() if symbol in differing}
        self._count(differing, now)
        mismatched = {
            f"{'position_mismatch' if symbol in self._ledger.positions else 'foreign_position'}:{symbol}"
            for symbol in differing
        }
        self.reasons = tuple(sorted(mismatched | self._foreign()))
        return not differing

    def _foreign(self) -> set[str]:
        """Return the reasons of positions that nobody here manages; forget what was accepted and has changed."""
        ledger = self._ledger
        self.accepted = {s: held for s, held in self.accepted.items() if ledger.quantity(s) == held}
        return {
            f"foreign_position:{symbol}"
            for symbol, position in ledger.positions.items()
            if position.strategy is None and symbol not in self.accepted
        }

    def _count(self, differing: dict[str, ExchangePosition | None], now: float) -> None:
        """Count how long each symbol has differed in the same way; correct those that have for long."""
        before, self._differs = self._differs, {}
        for symbol, there in differing.items():
            gap = (there.quantity if there is not None else _ZERO) - self._ledger.quantity(symbol)
            last = before.get(symbol)
            same = last is not None and last[0] == gap
            since, looks = (last[1], last[2] + 1) if last is not None and same else (now, 1)
            if looks >= _LOOKS_BEFORE_CORRECTING and now - since >= self._corrected_after_s:
                self._correct(symbol, there, now)
            else:
                self._differs[symbol] = (gap, since, looks)

    def _differing(self) -> dict[str, ExchangePosition | None]:
        """Return the symbols whose position is not the ledger's, but for those with an order in doubt."""
        theirs = {position.symbol: position for position in self._exchange.positions()}
        self.held = set(theirs)
        return {
            symbol: theirs.get(symbol)
            for symbol in theirs.keys() | self._ledger.positions.keys()
            if (theirs[symbol].quantity if symbol in theirs else _ZERO) != self._ledger.quantity(symbol)
            and not self._journal.unresolved_on(symbol)
        }
