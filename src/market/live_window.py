"""The window that a symbol's messages made."""

from src.features import book_shape
from src.features.ofi import Quote
from src.market.book import OrderBook
from src.market.closed_window import NO_BOOK_EVENTS, NO_MESSAGES, OFF_MARK, ClosedWindow, Shape
from src.market.symbol_state import SymbolState

_UNKNOWN_SHAPE = Shape()


def closed_window_of(state: SymbolState, ts: float, feed_faults: frozenset[str]) -> ClosedWindow:
    """Return what the messages of the window that ends now showed, and begin the next one."""
    faults = feed_faults | state.book.faults() | _own_faults(state, ts)
    quote = None if NO_MESSAGES in faults else state.quote(ts)
    shape = shape_of(state.book.book, quote)
    tickers = state.fresh_tickers(ts)
    closed = ClosedWindow(
        symbol=state.symbol,
        sums=state.tally.sums(close=shape.mid, large_trade_usd=state.trades.large_trade_usd),
        shape=shape,
        mark=tickers.mark,
        index=tickers.index,
        funding_rate=tickers.funding_rate,
        open_interest=tickers.open_interest,
        book_age_s=state.book.age(ts),
        ticker_age_s=state.tickers.age(ts),
        faults=frozenset(faults),
    )
    state.book.begin_window(ts)
    return closed


def shape_of(book: OrderBook, quote: Quote | None) -> Shape:
    """Return the shape of a book whose best levels are ``quote``."""
    if quote is None:
        return _UNKNOWN_SHAPE
    bids, asks = book.bids(book_shape.LEVELS), book.asks(book_shape.LEVELS)
    return Shape(
        mid=book_shape.mid_price(quote),
        bid=quote[0],
        ask=quote[2],
        spread_bps=book_shape.spread_bps(quote),
        bid_depth_usd=book_shape.depth_usd(bids),
        ask_depth_usd=book_shape.depth_usd(asks),
        imbalance=book_shape.imbalance(bids, asks),
        micro_price=book_shape.micro_price(quote),
    )


def _own_faults(state: SymbolState, ts: float) -> set[str]:
    faults = set()
    if state.is_off_mark(ts):
        faults.add(OFF_MARK)
    if state.tally.book_events == 0:
        faults.add(NO_BOOK_EVENTS)
    return faults
