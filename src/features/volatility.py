"""Realised volatility from closes."""

import math

import numpy as np
import numpy.typing as npt

from src.features.returns import log_returns

MINIMUM_HOURS = 24


def realised_bps(closes: npt.NDArray[np.float64]) -> float:
    """Return the root of the sum of squared log returns, in bps over the whole span."""
    returns = log_returns(closes)
    return 1e4 * math.sqrt(float(returns @ returns))


def hourly_median_bps(closes: npt.NDArray[np.float64], *, bars_an_hour: int) -> float | None:
    """Return the median of hourly realised volatility in bps; NaN marks closes that are not known.

    Hours with a missing close do not count. None with fewer than ``MINIMUM_HOURS`` whole hours.
    """
    hours = (closes.size - 1) // bars_an_hour
    if hours < MINIMUM_HOURS:
        return None
    squares = np.square(log_returns(closes[-hours * bars_an_hour - 1 :]))
    sums = squares.reshape(hours, bars_an_hour).sum(axis=1)
    known = sums[~np.isnan(sums)]
    if known.size < MINIMUM_HOURS:
        return None
    return 1e4 * float(np.median(np.sqrt(known)))
