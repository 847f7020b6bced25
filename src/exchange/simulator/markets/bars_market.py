"""The user's own bars as a market in windows; what bars do not tell is absent.

There is no order flow, no open interest, no funding, no liquidation in bars, and no book unless the user declares
one: ``docs/bars.md``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from src.exchange.simulator.events import (
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    Reference,
)
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.bars_book import BookMaker
from src.exchange.simulator.markets.bars_instruments import instrument_of
from src.exchange.simulator.markets.bars_path import way_through
from src.exchange.simulator.markets.bars_reading import read_series
from src.exchange.simulator.markets.bars_series import Series
from src.exchange.simulator.markets.bars_spec import BarsSpec
from src.exchange.simulator.markets.bars_windows import BarWindow, WindowPages, candles_of
from src.features.book_shape import spread_bps
from src.market.closed_window import (
    NO_BOOK,
    NO_BOOK_EVENTS,
    NO_TRADES,
    PARTIAL_WINDOW,
    ClosedWindow,
    Shape,
)
from src.records.features import WindowSums

DECLARED_BOOK = "declared_book"
"""The book is what the user says it would have been."""
_WITHOUT_BOOK = frozenset({NO_BOOK, NO_BOOK_EVENTS, NO_TRADES})
_WITH_BOOK = frozenset({DECLARED_BOOK, NO_BOOK_EVENTS, NO_TRADES})
_PARTIAL = frozenset({PARTIAL_WINDOW})


@dataclass(frozen=True, slots=True)
class _Contract:
    series: Series
    spec: InstrumentSpec
    pages: WindowPages
    books: BookMaker | None


class BarsMarket:
    """Files of bars, told window by window."""

    def __init__(
        self, spec: BarsSpec, symbols: tuple[str, ...], *, window_s: float, scratch: Path | None = None
    ) -> None:
        """Read and check all bars of these symbols; they are kept in unnamed files in ``scratch``.

        Raises BarsError for whatever is wrong with a file, for a symbol without bars, and for windows that are not
        made of whole bars.
        """
        self._window_s = window_s
        self._contracts = {
            series.symbol: _contract(spec, series, window_s)
            for series in read_series(spec, symbols, scratch=scratch)
        }
        self._now = -math.inf

    @property
    def end(self) -> float | None:
        """Return the close of the last window that has a bar at its end, or would have one."""
        last = max(contract.series.end for contract in self._contracts.values())
        return last // self._window_s * self._window_s

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments, with ticks as fine as the prices."""
        return tuple(contract.spec for contract in self._contracts.values())

    def begin(self, now: float) -> None:
        """Stand at ``now``; raises ValueError unless a window closes there."""
        if now % self._window_s:
            raise ValueError(f"no window of {self._window_s:g} s closes at {now}")
        self._now = now

    def close(self, ts: float) -> list[ClosedWindow]:
        """Return what each symbol showed in the window that ends at ``ts``; none of one without a bar at its end."""
        self.begin(ts)
        closed = []
        for symbol, contract in self._contracts.items():
            window = contract.pages.window(ts)
            if window is not None:
                closed.append(_closed(symbol, window, contract.books))
        return closed

    def shown(self, symbol: str) -> tuple[BookSnapshot, Reference] | None:
        """Return the declared book around the last close; None where none was declared, or before the first bar.

        Where the bar at the last close is missing the book is empty.
        """
        contract = self._contract(symbol)
        price = contract.series.close_before(self._now)
        if contract.books is None or price is None:
            return None
        told = contract.pages.window(self._now) is not None
        books, now = contract.books, self._now
        return books.book(now, price) if told else books.no_book(now), _reference(now, symbol, price)

    def span(self, symbol: str) -> tuple[float, float] | None:
        """Return the lowest and the highest price of the last window's bars; None for a hole."""
        rows = self._contract(symbol).series.between(self._now - self._window_s, self._now)
        return (float(rows["low"].min()), float(rows["high"].max())) if rows.size else None

    def path(self, symbol: str, *, through: Sequence[float] = ()) -> tuple[MarketEvent, ...]:
        """Return the way through the last window's bars, the declared book at each price before its reference.

        The book comes first: what the reference triggers trades at that price, not at one that is over. Without a
        declared book there are the references alone; in a hole of the bars the book is empty.
        """
        contract = self._contract(symbol)
        series, books = contract.series, contract.books
        rows = series.between(self._now - self._window_s, self._now)
        events: list[MarketEvent] = []
        for ts, price in way_through(rows, bar_s=series.bar_s, through=through):
            if books is not None:
                events.append(books.book(ts, price))
            events.append(_reference(ts, symbol, price))
        if books is not None and contract.pages.window(self._now) is None:
            events.append(books.no_book(self._now))
        return tuple(events)

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end] and ended by the last close, oldest first.

        They are made of whole bars of the files: there are none of a resolution that is finer, or no multiple. The
        mark is the traded price; of the spot market bars know nothing. Raises ValueError for a resolution below 1.
        """
        if resolution_s <= 0:
            raise ValueError(f"a resolution is above 0, not {resolution_s} s")
        series = self._contract(symbol).series
        done = self._now // resolution_s * resolution_s
        first = math.ceil(start / resolution_s) * resolution_s
        last = min(math.floor(end / resolution_s) * resolution_s + resolution_s, done)
        if kind == "spot" or resolution_s % series.bar_s:
            return []
        return candles_of(series.between(first, last), bar_s=series.bar_s, resolution_s=resolution_s)

    def funding_history(self, symbol: str, *, until: float, since: float = 0.0) -> list[FundingPoint]:
        """Return nothing: bars know no funding."""
        del until, since
        self._contract(symbol)
        return []

    def _contract(self, symbol: str) -> _Contract:
        try:
            return self._contracts[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None


def _contract(spec: BarsSpec, series: Series, window_s: float) -> _Contract:
    instrument = instrument_of(series)
    books = None if spec.book is None else BookMaker(instrument, spec.book, highest=series.highest)
    return _Contract(series, instrument, WindowPages(series, window_s=window_s), books)


def _closed(symbol: str, window: BarWindow, books: BookMaker | None) -> ClosedWindow:
    faults = _WITHOUT_BOOK if books is None else _WITH_BOOK
    return ClosedWindow(
        symbol=symbol,
        sums=WindowSums(
            book_events=0,
            ofi_net=0.0,
            ofi_sum_squares=0.0,
            trades=0,
            buy_volume=0.0,
            sell_volume=0.0,
            large_buy_usd=0.0,
            large_sell_usd=0.0,
            long_liquidations_usd=0.0,
            short_liquidations_usd=0.0,
            open=window.open,
            high=window.high,
            low=window.low,
            close=window.close,
        ),
        shape=Shape(mid=window.close) if books is None else _declared_shape(window.close, books),
        mark=window.close,
        index=None,
        funding_rate=None,
        open_interest=None,
        book_age_s=None,
        ticker_age_s=0.0,
        faults=faults if window.whole else faults | _PARTIAL,
        minute_mids=window.minute_closes,
    )


def _declared_shape(price: float, books: BookMaker) -> Shape:
    """Return the declared best levels; how a book leans is nothing that was declared."""
    quote = books.quote(price)
    return Shape(
        mid=price,
        bid=quote.bid,
        ask=quote.ask,
        spread_bps=spread_bps(quote),
        bid_depth_usd=quote.bid * quote.bid_size,
        ask_depth_usd=quote.ask * quote.ask_size,
    )


def _reference(ts: float, symbol: str, price: float) -> Reference:
    return Reference(ts, symbol, price, price, None, None, None)
