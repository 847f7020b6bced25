"""One symbol's order book, rebuilt from its levels."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from src.features.ofi import Quote

Level = tuple[float, float]
"""Price in USD and size in contracts."""


class _Side:
    __slots__ = ("prices", "sizes")

    def __init__(self) -> None:
        self.prices: list[float] = []
        """Ascending."""
        self.sizes: dict[float, float] = {}

    def replace(self, levels: Iterable[Level]) -> None:
        self.sizes = {price: size for price, size in levels if size > 0}
        self.prices = sorted(self.sizes)

    def apply(self, price: float, size: float) -> None:
        if size > 0:
            if price not in self.sizes:
                insort(self.prices, price)
            self.sizes[price] = size
        elif self.sizes.pop(price, None) is not None:
            del self.prices[bisect_left(self.prices, price)]


class OrderBook:
    """The displayed bids and asks of one symbol."""

    __slots__ = ("_asks", "_bids")

    def __init__(self) -> None:
        self._bids = _Side()
        self._asks = _Side()

    def replace(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Forget everything and hold these levels."""
        self._bids.replace(bids)
        self._asks.replace(asks)

    def apply(self, *, bid_side: bool, price: float, size: float) -> None:
        """Give one level a new size; 0 removes it."""
        (self._bids if bid_side else self._asks).apply(price, size)

    def quote(self) -> Quote | None:
        """Return the best bid and ask with their sizes; None where a side is empty."""
        bids, asks = self._bids, self._asks
        if not bids.prices or not asks.prices:
            return None
        bid, ask = bids.prices[-1], asks.prices[0]
        return bid, bids.sizes[bid], ask, asks.sizes[ask]

    def bids(self, count: int | None = None) -> list[Level]:
        """Return the best ``count`` bid levels, best first; all of them without a count."""
        side = self._bids
        prices = side.prices[::-1] if count is None else side.prices[: -count - 1 : -1]
        return [(price, side.sizes[price]) for price in prices]

    def asks(self, count: int | None = None) -> list[Level]:
        """Return the best ``count`` ask levels, best first; all of them without a count."""
        side = self._asks
        return [(price, side.sizes[price]) for price in side.prices[:count]]


def is_crossed(quote: Quote) -> bool:
    """Return whether the bid reaches the ask: crossed or locked, which no rested book is."""
    return quote[0] >= quote[2]
