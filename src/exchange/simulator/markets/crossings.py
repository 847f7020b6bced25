"""The way between known prices, as far as anybody waits along it."""

from collections.abc import Sequence
from itertools import pairwise

Moment = tuple[float, float]
"""When, in seconds since the epoch, and at which price in USD."""


def with_crossings(points: Sequence[Moment], through: Sequence[float]) -> list[Moment]:
    """Return the points, and between them each passing of a price in ``through``, at even pace.

    A price goes from one known point to the next through all that lie between.
    """
    way = list(points[:1])
    for before, after in pairwise(points):
        way += [*_crossed(before, after, through), after]
    return way


def _crossed(before: Moment, after: Moment, through: Sequence[float]) -> list[Moment]:
    (ts, price), (end_ts, end) = before, after
    low, high = min(price, end), max(price, end)
    met = sorted({one for one in through if low < one < high}, reverse=end < price)
    return [(ts + (end_ts - ts) * (one - price) / (end - price), one) for one in met]
