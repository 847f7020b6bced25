"""The shape of the book at one instant: spread, depth, lean."""

from collections.abc import Sequence

from src.features.ofi import Quote

Level = tuple[float, float]
"""Price in USD and size in contracts."""

LEVELS = 5


def mid_price(quote: Quote) -> float:
    """Return the middle of bid and ask in USD."""
    return (quote[0] + quote[2]) / 2


def spread_bps(quote: Quote) -> float:
    """Return the distance of ask and bid in bps of the mid."""
    return 1e4 * (quote[2] - quote[0]) / mid_price(quote)


def micro_price(quote: Quote) -> float:
    """Return the mid weighted by the opposite size of the best level, in USD."""
    bid, bid_size, ask, ask_size = quote
    return (ask * bid_size + bid * ask_size) / (bid_size + ask_size)


def depth_usd(levels: Sequence[Level]) -> float:
    """Return the value of some levels of one side in USD."""
    return sum(price * size for price, size in levels)


def imbalance(bids: Sequence[Level], asks: Sequence[Level]) -> float | None:
    """Return bid size less ask size over both, -1..1; None without any size."""
    bid_size = sum(size for _, size in bids)
    ask_size = sum(size for _, size in asks)
    total = bid_size + ask_size
    return (bid_size - ask_size) / total if total > 0 else None
