"""What the desk asks the venue about its market now and then: the contracts, and prices that nobody has told."""

from collections.abc import Callable
from decimal import Decimal

from src.exchange.base import Exchange, Instrument
from src.exchange.errors import NoAnswer

_INSTRUMENTS_EVERY_S = 600.0
_AGAIN_S = 2.0


class MarketLook:
    """Keeps the contracts fresh, and finds prices where no market message has brought one."""

    def __init__(self, exchange: Exchange, instruments: dict[str, Instrument], *, real_second: float) -> None:
        """Take the exchange and the contracts to keep, by symbol; ``real_second`` is one in market seconds."""
        self._exchange = exchange
        self._instruments = instruments
        self._real_second = real_second
        self._instruments_due = 0.0
        self._prices_due = 0.0

    def refresh(self, now: float) -> None:
        """Read the contracts anew where that is due; the known ones stand while the exchange does not answer."""
        if self._instruments_due > now:
            return
        try:
            listed = self._exchange.instruments()
        except NoAnswer:
            self._instruments_due = now + _AGAIN_S * self._real_second
            return
        self._instruments_due = now + _INSTRUMENTS_EVERY_S * self._real_second
        self._instruments.clear()
        self._instruments.update(listed)

    def price(self, symbols: tuple[str, ...], observe: Callable[[str, Decimal], None], now: float) -> None:
        """Ask for the mark prices of symbols, and tell them to ``observe``; at most every two real seconds."""
        if self._prices_due > now:
            return
        for symbol in symbols:
            self._prices_due = now + _AGAIN_S * self._real_second
            try:
                mark = self._exchange.quote(symbol).mark
            except NoAnswer:
                return
            if mark is not None:
                observe(symbol, mark)
