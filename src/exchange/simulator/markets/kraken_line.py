"""One contract as the venue's messages tell it: sound only while nothing of it is missing."""

import math

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Condition,
    MarketEvent,
    MarketTrade,
    Reference,
)
from src.exchange.simulator.markets.kraken_messages import UpstreamTicker, UpstreamTrade
from src.market.book import OrderBook, is_crossed
from src.market.wire import WireDelta, WireLevel, WireSnapshot

TICKER_STALE_S = 60.0
"""Mark and index are told about once a second; without them for this long no stop can be watched rightly."""
CROSSED_S = 2.0
"""A book may be crossed for an instant between two messages; for longer it is not the venue's any more."""
ASK_AGAIN_S = 5.0
"""How long an answer may take; after one that came, the next question waits a second."""
ASK_NEXT_S = 1.0


class KrakenLine:
    """Book, reference values and standing of one contract.

    While it is not sound it is told as suspended; it opens again with its whole state.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.listed = True
        """Whether the venue's list of instruments has it, and has it trade."""
        self._book = OrderBook()
        self._seq: int | None = None
        self._whole = False
        self._shown = False
        self._trade_seq = -1
        self._reference: Reference | None = None
        self._reference_at = -math.inf
        self._halted = False
        self._post_only = False
        self._crossed_since: float | None = None
        self._asked_at = -math.inf
        self._answered = False
        self._told = (True, False)
        self.fault: str | None = None
        """Why nothing trades here; None while it does, and before anybody has looked."""

    @property
    def open(self) -> bool:
        """Return whether orders may trade here, as far as was told."""
        return not self._told[0]

    def connected(self, at: float) -> None:
        """Hear that the book has been asked for on a new connection, whose numbers begin anew."""
        self._asked_at, self._answered = at, False
        self._trade_seq = -1

    def lose(self) -> None:
        """Forget the book: messages of it were missed."""
        self._whole = self._shown = False
        self._crossed_since = None

    def forget(self) -> None:
        """Forget all that changes: messages of every feed may have been missed."""
        self.lose()
        self._reference_at = -math.inf

    def asks(self, at: float) -> bool:
        """Return whether the whole book should be asked for now; it then counts as asked for."""
        if self._whole or at - self._asked_at < (ASK_NEXT_S if self._answered else ASK_AGAIN_S):
            return False
        self._asked_at, self._answered = at, False
        return True

    def on_snapshot(self, message: WireSnapshot) -> None:
        """Take a whole book."""
        self._answered = True
        bids, asks = _levels(message.bids), _levels(message.asks)
        if bids is None or asks is None:
            self.lose()
            return
        self._book.replace(bids, asks)
        self._seq = message.seq
        self._whole, self._shown = True, False

    def on_delta(self, at: float, message: WireDelta) -> BookDelta | None:
        """Take one level's new size; a hole in the numbering loses the book. None where there is nothing to show."""
        if not self._whole:
            return None
        seq, price, size = message.seq, message.price, message.qty
        if seq is not None and self._seq is not None:
            if seq <= self._seq:
                return None
            if seq != self._seq + 1:
                self.lose()
                return None
        if not (0 < price < math.inf and 0 <= size < math.inf):
            self.lose()
            return None
        self._seq = seq
        self._book.apply(bid_side=message.side == "buy", price=price, size=size)
        return BookDelta(at, self.symbol, message.side, price, size) if self._shown else None

    def on_trade(self, at: float, message: UpstreamTrade) -> MarketTrade | None:
        """Take a trade of the book; what was heard already, or was agreed outside of the book, is None."""
        if message.seq is not None:
            if message.seq <= self._trade_seq:
                return None
            self._trade_seq = message.seq
        if not (0 < message.price < math.inf and 0 < message.qty < math.inf):
            return None
        match message.type:
            case "fill" | "liquidation" as kind:
                return MarketTrade(at, self.symbol, message.side, message.price, message.qty, kind)
            case _:
                return None

    def on_ticker(self, at: float, message: UpstreamTicker) -> Reference | None:
        """Take the reference values; None where they are not whole, or stand as they were told."""
        self._halted, self._post_only = message.suspended, message.post_only
        mark, index = message.mark, message.index
        if mark is None or index is None or not (0 < mark < math.inf and 0 < index < math.inf):
            return None
        before, self._reference_at = self._reference, at
        self._reference = Reference(
            at,
            self.symbol,
            mark,
            index,
            message.funding_rate,
            message.funding_rate_prediction,
            message.open_interest,
        )
        return None if before is not None and _same(before, self._reference) else self._reference

    def watch(self, now: float) -> None:
        """Give up a book that has been crossed for too long."""
        quote = self._book.quote() if self._whole else None
        if quote is None or not is_crossed(quote):
            self._crossed_since = None
        elif self._crossed_since is None:
            self._crossed_since = now
        elif now - self._crossed_since > CROSSED_S:
            self.lose()

    def look(self, at: float, *, outage: str | None) -> list[MarketEvent]:
        """Return what has changed of its standing, and its state where that is shown anew."""
        fault = self._found(at, outage)
        told = (fault is not None, self._post_only)
        events: list[MarketEvent] = []
        opens = self._told[0] and not told[0]
        if told != self._told:
            self._told = told
            events.append(self._condition(at))
        self.fault = fault
        if self._whole and (opens or not self._shown):
            self._shown = True
            events += self._state(at)
        return events

    def state(self, at: float) -> list[MarketEvent]:
        """Return what was told, as it stands."""
        return [self._condition(at), *self._state(at)]

    def _state(self, at: float) -> list[MarketEvent]:
        events: list[MarketEvent] = []
        if self._shown:
            bids, asks = tuple(self._book.bids()), tuple(self._book.asks())
            events.append(BookSnapshot(at, self.symbol, bids, asks))
        known = self._reference
        if known is not None:
            events.append(
                Reference(
                    at,
                    self.symbol,
                    known.mark,
                    known.index,
                    known.funding_rate,
                    known.funding_rate_prediction,
                    known.open_interest,
                )
            )
        return events

    def _condition(self, at: float) -> Condition:
        return Condition(at, self.symbol, suspended=self._told[0], post_only=self._told[1])

    def _found(self, at: float, outage: str | None) -> str | None:
        if outage is not None:
            return outage
        if not self.listed:
            return "not_tradeable"
        if not self._whole:
            return "book_lost"
        if at - self._reference_at > TICKER_STALE_S:
            return "no_ticker"
        return "suspended" if self._halted else None


def _levels(levels: list[WireLevel]) -> list[tuple[float, float]] | None:
    if all(0 < level.price < math.inf and 0 <= level.qty < math.inf for level in levels):
        return [(level.price, level.qty) for level in levels]
    return None


def _same(before: Reference, after: Reference) -> bool:
    return (
        before.mark == after.mark
        and before.index == after.index
        and before.funding_rate == after.funding_rate
        and before.funding_rate_prediction == after.funding_rate_prediction
        and before.open_interest == after.open_interest
    )
