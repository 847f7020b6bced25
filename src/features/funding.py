"""Funding rates as fractions, and how far they are from their usual."""

import math

import numpy as np
import numpy.typing as npt

MINIMUM_HOURS = 48


def relative_rate(absolute: float, index: float) -> float:
    """Return the fraction of notional an hour for a rate in USD a contract and hour."""
    return absolute / index


def z_score(rate: float, history: npt.NDArray[np.float64]) -> float | None:
    """Return the distance of a rate to the mean of its history, in standard deviations.

    None with fewer than ``MINIMUM_HOURS`` settled hours or where the rate never changed.
    """
    if history.size < MINIMUM_HOURS:
        return None
    deviation = float(history.std(ddof=1))
    if deviation <= 0 or not math.isfinite(deviation):
        return None
    return (rate - float(history.mean())) / deviation
