"""What of the account's own settings forbids new entries: leverage preferences that drift, collateral in other money.

A leverage preference isolates the margin of its symbol, and both the venue's page and some clients set one in
passing; the sizes of the gate assume what the settings say.
"""

from collections.abc import Mapping
from decimal import Decimal

from src.exchange.base import Exchange
from src.ledger.book import Ledger


class AccountWatch:
    """Reads the account's settings back; corrects them once after the start, and only where nothing is open."""

    def __init__(self, *, exchange: Exchange, ledger: Ledger, leverage: Mapping[str, float]) -> None:
        """Take the ``leverage`` limits that are wanted by symbol; all other symbols belong in cross margin."""
        self._exchange = exchange
        self._ledger = ledger
        self._wanted = {symbol: Decimal(str(limit)) for symbol, limit in leverage.items()}
        self._begun = False
        self._drifted: tuple[str, ...] = ()

    def reasons(self) -> tuple[str, ...]:
        """Return ``leverage_drift:SYMBOL`` and ``foreign_collateral:ASSET`` for each that stands."""
        drifted = tuple(f"leverage_drift:{symbol}" for symbol in self._drifted)
        held = self._ledger.holdings()
        return drifted + tuple(f"foreign_collateral:{asset}" for asset in sorted(held) if held[asset])

    def look(self, held: set[str]) -> None:
        """Compare the preferences with what is wanted; ``held`` are the symbols with an open position.

        Raises:
            NoAnswer: the venue did not tell, or did not confirm a correction.
        """
        drifted = self._differing()
        if not self._begun and drifted - held:
            for symbol in sorted(drifted - held):
                self._exchange.limit_leverage(symbol, self._wanted.get(symbol))
            drifted = self._differing()
        self._begun = True
        self._drifted = tuple(sorted(drifted))

    def _differing(self) -> set[str]:
        limits = self._exchange.leverage_limits()
        symbols = limits.keys() | self._wanted.keys()
        return {symbol for symbol in symbols if limits.get(symbol) != self._wanted.get(symbol)}
