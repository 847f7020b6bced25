"""What the messages of one symbol say while the market runs."""

import math
from collections import Counter
from dataclasses import dataclass

from src.features.book_shape import mid_price
from src.features.ofi import Quote
from src.market.live_book import LiveBook
from src.market.quotes import Reference
from src.market.tally import WindowTally
from src.market.trade_flow import TradeFlow

_OFF_MARK_SHARE = 0.10
"""A mid that far from the mark price is no price."""


@dataclass(slots=True)
class Tickers:
    """The newest reference values of a symbol, each as last told."""

    at: float | None = None
    mark: float | None = None
    index: float | None = None
    funding_rate: float | None = None
    open_interest: float | None = None

    def age(self, now: float) -> float | None:
        """Return the seconds since the venue last spoke."""
        return None if self.at is None else max(0.0, now - self.at)


class SymbolState:
    """One symbol's book, trades and reference values."""

    def __init__(self, symbol: str, *, ticker_stale_s: float, dropped: Counter[str]) -> None:
        self.symbol = symbol
        self.tally = WindowTally()
        self.book = LiveBook(self.tally, dropped)
        self.trades = TradeFlow(self.tally, dropped)
        self.tickers = Tickers()
        self._ticker_stale_s = ticker_stale_s
        self._dropped = dropped

    def on_reference(self, at: float, reference: Reference) -> None:
        """Take the venue's reference values; what is no number, or no price, is dropped and counted."""
        tickers = self.tickers
        tickers.at = at
        tickers.mark = self._sound(reference.mark, positive=True) or tickers.mark
        tickers.index = self._sound(reference.index, positive=True) or tickers.index
        funding = self._sound(reference.funding_rate)
        tickers.funding_rate = tickers.funding_rate if funding is None else funding
        interest = self._sound(reference.open_interest)
        if interest is not None and interest >= 0:
            tickers.open_interest = interest

    def fresh_tickers(self, now: float) -> Tickers:
        """Return the reference values, or empty ones where the newest are too old to stand."""
        age = self.tickers.age(now)
        if age is None or age > self._ticker_stale_s:
            return Tickers(at=self.tickers.at)
        return self.tickers

    def quote(self, now: float) -> Quote | None:
        """Return the best levels; None while they cannot be trusted."""
        quote = self.book.quote
        return None if quote is None or self.is_off_mark(now) else quote

    def is_off_mark(self, now: float) -> bool:
        """Return whether the book's mid is too far from the mark price to be one."""
        mark = self.fresh_tickers(now).mark
        quote = self.book.quote
        return mark is not None and quote is not None and abs(mid_price(quote) / mark - 1) > _OFF_MARK_SHARE

    def trade_reference(self) -> float | None:
        """Return the price that a trade may not be far from."""
        quote = self.book.quote
        return self.tickers.mark if quote is None else mid_price(quote)

    def _sound(self, value: float | None, *, positive: bool = False) -> float | None:
        if value is None:
            return None
        if not math.isfinite(value) or (positive and value <= 0):
            self._dropped["ticker_value"] += 1
            return None
        return value
