"""Which faults of a window leave which of its measurements unknown."""

from src.market.closed_window import NO_BOOK_EVENTS, NO_MESSAGES, NO_TRADES, OFF_MARK, PARTIAL_WINDOW
from src.market.live_book import BOOK_FAULTS
from src.records.features import WindowSums

_UNWATCHED = frozenset({PARTIAL_WINDOW, NO_MESSAGES})
_UNTRADED = _UNWATCHED | {NO_TRADES}
_UNSCORED = _UNWATCHED | BOOK_FAULTS | {OFF_MARK, NO_BOOK_EVENTS}


def knows_trades(faults: frozenset[str]) -> bool:
    """Return whether all trades of a window were seen."""
    return _UNTRADED.isdisjoint(faults)


def is_scored(sums: WindowSums, faults: frozenset[str]) -> bool:
    """Return whether a window's order flow was measured throughout: it then counts for later scales."""
    return sums.ofi_sum_squares > 0 and _UNSCORED.isdisjoint(faults)
