"""Funding rates as fractions, and how far they are from their usual."""

import math

import numpy as np
import numpy.typing as npt

MINIMUM_HOURS = 48

Usual = tuple[float, float]
"""Mean and standard deviation of settled rates."""


def relative_rate(absolute: float, index: float) -> float:
    """Return the fraction of notional an hour for a rate in USD a contract and hour."""
    return absolute / index


def usual(history: npt.NDArray[np.float64]) -> Usual | None:
    """Return what settled rates usually are.

    None with fewer than ``MINIMUM_HOURS`` settled hours or where the rate never changed.
    """
    if history.size < MINIMUM_HOURS:
        return None
    deviation = float(history.std(ddof=1))
    if deviation <= 0 or not math.isfinite(deviation):
        return None
    return float(history.mean()), deviation


def z_score(rate: float, usual_rates: Usual) -> float:
    """Return the distance of a rate to the mean of the usual ones, in standard deviations."""
    mean, deviation = usual_rates
    return (rate - mean) / deviation
