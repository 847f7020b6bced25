"""What one window of one symbol showed by itself, before any history is asked."""

import msgspec

from src.records.features import WindowSums

PARTIAL_WINDOW = "partial_window"
"""The feed was not connected throughout."""
NO_MESSAGES = "no_messages"
"""The feed was silent, so no price is known."""
NO_BOOK = "no_book"
"""No book was shown, so there is no order flow."""
NO_BOOK_EVENTS = "no_book_events"
"""The best level never changed."""
NO_TRADES = "no_trades"
"""The market does not tell who took: what was bought and sold is unknown, not nothing."""
OFF_MARK = "off_mark"
"""The book was too far from the mark price to be one."""


class Shape(msgspec.Struct, frozen=True, gc=False):
    """The book at the close; all None where its quote cannot be trusted."""

    mid: float | None = None
    bid: float | None = None
    ask: float | None = None
    spread_bps: float | None = None
    bid_depth_usd: float | None = None
    ask_depth_usd: float | None = None
    imbalance: float | None = None
    micro_price: float | None = None


class ClosedWindow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The facts of one window: measured from messages, or told by a market that counts in windows."""

    symbol: str
    sums: WindowSums
    shape: Shape
    """The book at the close; all None where there is none or it cannot be trusted."""
    mark: float | None
    """In USD, as of the close; None where the newest is too old to stand."""
    index: float | None
    funding_rate: float | None
    """The running hour's relative rate, as a fraction of notional an hour."""
    open_interest: float | None
    """In contracts."""
    book_age_s: float | None
    ticker_age_s: float | None
    faults: frozenset[str]
    """Names of what was broken in the window itself, e.g. ``book_gap`` or ``partial_window``."""
    minute_mids: tuple[tuple[float, float], ...] = ()
    """(end of the minute, mid then) for the minutes that ended in the window, where it tells them itself."""


def nothing_shown(symbol: str) -> ClosedWindow:
    """Return the window of a symbol that showed nothing at all in it."""
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
            open=None,
            high=None,
            low=None,
            close=None,
        ),
        shape=Shape(),
        mark=None,
        index=None,
        funding_rate=None,
        open_interest=None,
        book_age_s=None,
        ticker_age_s=None,
        faults=frozenset({NO_BOOK, NO_BOOK_EVENTS}),
    )
