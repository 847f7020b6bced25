"""One symbol's trades: who took, how much of it in large trades, who was liquidated."""

import math
from collections import Counter, deque

from src.features.flow import SEED_TRADES, first_threshold, next_threshold
from src.market.tally import WindowTally
from src.market.wire import WireTrade

_REMEMBERED = 4096
_OUTLIER = 0.10
"""A trade that far from the reference price is a misprint."""
_TAKER_TYPES = frozenset({"fill", "liquidation"})


class TradeFlow:
    """Trades counted once each, by their uid, into the tally of the running window."""

    def __init__(self, tally: WindowTally, dropped: Counter[str]) -> None:
        self.large_trade_usd: float | None = None
        """Value above which a trade is large; None until enough were seen."""
        self._tally = tally
        self._dropped = dropped
        self._seen: set[str] = set()
        self._order: deque[str] = deque()
        self._first_values: list[float] = []
        self._begun = False

    def on_trade(self, trade: WireTrade, *, reference: float | None) -> None:
        """Count a trade; ``reference`` is a price it may not be far from, where one is known."""
        value = self._accept(trade, reference)
        if value is None:
            return
        tally = self._tally
        large = self.large_trade_usd is not None and value > self.large_trade_usd
        tally.trades += 1
        if trade.side == "buy":
            tally.buy_volume += trade.qty
            tally.large_buy_usd += value if large else 0.0
        else:
            tally.sell_volume += trade.qty
            tally.large_sell_usd += value if large else 0.0
        if trade.type == "liquidation":
            self._liquidated(trade, value)
        self._learn_size(value)

    def on_snapshot(self, trades: list[WireTrade], *, reference: float | None) -> None:
        """Take the newest trades of the venue, newest first.

        The first time they only show what a usual trade is; after a reconnection the unseen ones are flow.
        """
        first = not self._begun
        for trade in reversed(trades):
            if not first:
                self.on_trade(trade, reference=reference)
                continue
            value = self._accept(trade, reference)
            if value is not None:
                self._learn_size(value)

    def _accept(self, trade: WireTrade, reference: float | None) -> float | None:
        """Return the trade's value in USD; None for one that must not count."""
        self._begun = True
        if trade.type not in _TAKER_TYPES:
            return None
        if not (0 < trade.price < math.inf and 0 < trade.qty < math.inf):
            self._dropped["trade_value"] += 1
            return None
        if trade.uid is not None and not self._remember(trade.uid):
            self._dropped["trade_duplicate"] += 1
            return None
        if reference is not None and abs(trade.price / reference - 1) > _OUTLIER:
            self._dropped["trade_outlier"] += 1
            return None
        return trade.price * trade.qty

    def _remember(self, uid: str) -> bool:
        if uid in self._seen:
            return False
        self._seen.add(uid)
        self._order.append(uid)
        if len(self._order) > _REMEMBERED:
            self._seen.discard(self._order.popleft())
        return True

    def _liquidated(self, trade: WireTrade, value: float) -> None:
        """A forced sell closes a long."""
        if trade.side == "sell":
            self._tally.long_liquidations_usd += value
        else:
            self._tally.short_liquidations_usd += value

    def _learn_size(self, value: float) -> None:
        if self.large_trade_usd is not None:
            self.large_trade_usd = next_threshold(self.large_trade_usd, value)
            return
        self._first_values.append(value)
        if len(self._first_values) >= SEED_TRADES:
            self.large_trade_usd = first_threshold(self._first_values)
            self._first_values.clear()
