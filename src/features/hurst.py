"""The rescaled-range exponent: does a price persist or turn back; a row a symbol."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

CLOSES = 100
RETURNS = CLOSES - 1
_SPANS = (8, 12, 16, 24, 32, 48)
_MINIMUM_SPANS = 3


def rescaled_range_exponents(returns: npt.NDArray[np.float64]) -> list[float | None]:
    """Return Hurst's exponent of each row of log returns, 0..1: the slope of log(R/S) on log(span).

    Plain R/S (Hurst 1951) over chunks of 8 to 48 of the newest returns; a random walk of 100 closes reads about
    0.59 with a standard deviation of 0.09. None for fewer than ``RETURNS`` returns or a price that never moved.
    """
    rows, size = returns.shape
    if size < RETURNS:
        return [None] * rows
    logs = zip(*(_mean_log_ranges(returns[:, -RETURNS:], span) for span in _SPANS), strict=True)
    return [_slope(of_one) for of_one in logs]


def _slope(logs: Sequence[float]) -> float | None:
    """Return the least-squares slope of log(R/S), one for each span, on log(span)."""
    known = np.array([(math.log(span), y) for span, y in zip(_SPANS, logs, strict=True) if not math.isnan(y)])
    if len(known) < _MINIMUM_SPANS:
        return None
    x = known[:, 0] - known[:, 0].mean()
    return min(1.0, max(0.0, float(x @ known[:, 1]) / float(x @ x)))


def _mean_log_ranges(returns: npt.NDArray[np.float64], span: int) -> list[float]:
    """Return log(R/S) of each row, averaged over its chunks before the logarithm; NaN where nothing moved."""
    rows, size = returns.shape
    chunks = size // span
    pieces = returns[:, -chunks * span :].reshape(rows, chunks, span)
    centred = pieces - np.add.reduce(pieces, axis=2, keepdims=True) / span
    spreads = np.sqrt(np.add.reduce(np.square(centred), axis=2) / span)
    walks = np.add.accumulate(centred, axis=2)
    tops, bottoms = np.maximum.reduce(walks, axis=2), np.minimum.reduce(walks, axis=2)
    ranges = np.maximum(tops, 0.0) - np.minimum(bottoms, 0.0)
    moved = spreads > 0
    if moved.all():
        means: list[float] = np.log(np.add.reduce(ranges / spreads, axis=1) / chunks).tolist()
        return means
    return [
        float(np.log((ranges[row, at] / spreads[row, at]).mean())) if at.any() else math.nan
        for row, at in enumerate(moved)
    ]
