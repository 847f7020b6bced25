"""One symbol's book as it lives: gaps are seen, unsound states are not measured."""

import math
from collections import Counter

from src.features.book_shape import mid_price
from src.features.ofi import Quote, best_level_event
from src.market.book import Level, OrderBook, is_crossed
from src.market.closed_window import NO_BOOK
from src.market.tally import WindowTally
from src.market.wire import WireDelta, WireLevel, WireSnapshot

BOOK_GAP = "book_gap"
BOOK_CROSSED = "book_crossed"
BOOK_EMPTY = "book_empty"
BOOK_FAULTS = frozenset({NO_BOOK, BOOK_GAP, BOOK_CROSSED, BOOK_EMPTY})
"""A window with one of these has no order-flow score."""

_TRANSIENT_S = 1.0
"""A book may be crossed for an instant between two messages of one event."""
_ASK_AGAIN_S = 10.0


class LiveBook:
    """A book rebuilt from a snapshot and its deltas, which tells each change of its best level to a tally.

    A hole in the numbering loses the book until the next snapshot. While it is crossed, locked or empty it has
    no quote; if that lasts, or the window ends so, the window says it.
    """

    def __init__(self, tally: WindowTally, dropped: Counter[str]) -> None:
        self.book = OrderBook()
        self.quote: Quote | None = None
        """The best levels now; None while they cannot be trusted."""
        self.updated_at: float | None = None
        self._tally = tally
        self._dropped = dropped
        self._fault: str | None = NO_BOOK
        self._faults: set[str] = {NO_BOOK}
        self._seq: int | None = None
        self._baseline: Quote | None = None
        self._unsound_since: float | None = None
        self._asked_at = -math.inf
        self._began_at = -math.inf
        self._began_lost = False

    @property
    def lost(self) -> bool:
        """Return whether only a snapshot can bring it back."""
        return self._fault in {NO_BOOK, BOOK_GAP}

    def lose(self) -> None:
        """Forget the book: messages of it were missed."""
        if self._fault != NO_BOOK:
            self._fault = BOOK_GAP
        self._faults.add(self._fault)
        self._began_lost = False
        self._seq = None
        self._unsound_since = None
        self.quote = self._baseline = None

    def on_snapshot(self, at: float, snapshot: WireSnapshot) -> None:
        """Take a whole book; it is no flow, so the next change is measured against it.

        One that comes at the very begin of a window leaves nothing of it unseen.
        """
        if self._began_lost and at == self._began_at:
            self._faults.clear()
        self.book.replace(self._sound(snapshot.bids), self._sound(snapshot.asks))
        self._seq = snapshot.seq
        self._fault = None
        self._unsound_since = None
        self._baseline = None
        self._look(at)

    def on_delta(self, at: float, delta: WireDelta) -> bool:
        """Apply one level's new size; return whether a snapshot should be asked for now."""
        if self.lost:
            return self._asks(at)
        if delta.seq is not None and self._seq is not None:
            if delta.seq <= self._seq:
                self._dropped["book_duplicate"] += 1
                return False
            if delta.seq != self._seq + 1:
                self._dropped["book_gap"] += 1
                self.lose()
                return self._asks(at)
        self._seq = delta.seq
        price, size = delta.price, delta.qty
        if 0 < price < math.inf and 0 <= size < math.inf:
            self.book.apply(bid_side=delta.side == "buy", price=price, size=size)
            self._look(at)
        else:
            self._dropped["book_level"] += 1
        return False

    def age(self, now: float) -> float | None:
        """Return the seconds since its newest message; None before the first."""
        return None if self.updated_at is None else max(0.0, now - self.updated_at)

    def faults(self) -> set[str]:
        """Return what was wrong with the book in the running window, or is at its end."""
        return self._faults | {self._fault} if self._fault is not None else set(self._faults)

    def begin_window(self, ts: float) -> None:
        """Begin a window; what is wrong now will have been wrong in it."""
        self._began_at = ts
        self._began_lost = self.lost
        self._faults = {self._fault} if self.lost and self._fault is not None else set()
        self._tally.begin(None if self.quote is None else mid_price(self.quote))

    def _asks(self, at: float) -> bool:
        if at - self._asked_at < _ASK_AGAIN_S:
            return False
        self._asked_at = at
        return True

    def _look(self, at: float) -> None:
        self.updated_at = at
        quote = self.book.quote()
        if quote is None or is_crossed(quote):
            self._fault = BOOK_EMPTY if quote is None else BOOK_CROSSED
            self.quote = None
            if self._unsound_since is None:
                self._unsound_since = at
            return
        if self._fault is not None:
            if self._unsound_since is not None and at - self._unsound_since > _TRANSIENT_S:
                self._faults.add(self._fault)
            self._fault = self._unsound_since = None
        self.quote = quote
        before = self._baseline
        if before == quote:
            return
        self._baseline = quote
        self._tally.see_mid(mid_price(quote))
        if before is not None:
            self._tally.add_flow(best_level_event(before, quote))

    def _sound(self, levels: list[WireLevel]) -> list[Level]:
        kept = [
            (level.price, level.qty)
            for level in levels
            if 0 < level.price < math.inf and 0 <= level.qty < math.inf
        ]
        if len(kept) < len(levels):
            self._dropped["book_level"] += len(levels) - len(kept)
        return kept
