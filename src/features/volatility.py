"""Realised volatility from log returns."""

import math

import numpy as np
import numpy.typing as npt

MINIMUM_HOURS = 24


def realised_bps(returns: npt.NDArray[np.float64]) -> list[float]:
    """Return the root of the sum of squared log returns of each row, in bps over the whole span."""
    found: list[float] = (1e4 * np.sqrt(np.vecdot(returns, returns))).tolist()
    return found


def hourly_median_bps(returns: npt.NDArray[np.float64], *, bars_an_hour: int) -> float | None:
    """Return the median of hourly realised volatility in bps; NaN marks returns that are not known.

    Hours with an unknown return do not count. None with fewer than ``MINIMUM_HOURS`` whole hours.
    """
    hours = returns.size // bars_an_hour
    if hours < MINIMUM_HOURS:
        return None
    sums = np.square(returns[-hours * bars_an_hour :]).reshape(hours, bars_an_hour).sum(axis=1)
    known = np.sort(sums[~np.isnan(sums)])
    if known.size < MINIMUM_HOURS:
        return None
    below, above = known[(known.size - 1) // 2], known[known.size // 2]
    return 1e4 * ((math.sqrt(below) + math.sqrt(above)) / 2)
