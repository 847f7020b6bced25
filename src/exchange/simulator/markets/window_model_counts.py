"""Random counts and sums out of normal chance."""

import numpy as np

from src.exchange.simulator.markets.recursions import Floats


def counted(mean: Floats, normal: Floats, *, excess: float = 1.0, skew: float = 1.0) -> Floats:
    """Return whole numbers of a mean, never below 0; with the defaults they are Poisson.

    Their variance is ``excess`` times the mean, their skewness ``skew`` over the standard deviation. Cornish-Fisher
    expansion of the quantile with the correction for wholeness; good from means of 0.3.
    """
    deviation = np.sqrt(excess * mean)
    drawn = np.maximum(normal, -3.0 * deviation / skew)
    counts: Floats = np.floor(mean + deviation * drawn + skew * (drawn**2 - 1.0) / 6.0 + 0.5)
    return np.maximum(0.0, counts)


def few(mean: Floats, uniform: Floats) -> Floats:
    """Return Poisson numbers of a small mean by inversion, none above 2."""
    none = np.exp(-mean)
    numbers: Floats = (uniform > none) * 1.0 + (uniform > none * (1.0 + mean)) * 1.0
    return numbers


def summed(count: Floats, *, mean: Floats | float, variation: float, normal: Floats) -> Floats:
    """Return sums of ``count`` like sizes: lognormal with their mean and variance (Fenton, Wilkinson).

    ``variation`` is the standard deviation of a size over its mean.
    """
    spread = np.sqrt(np.log1p(variation**2 / np.maximum(count, 1.0)))
    total: Floats = count * mean * np.exp(spread * normal - spread**2 / 2.0)
    return total


def summed_evenly(count: Floats, *, mean: Floats | float, variation: float, normal: Floats) -> Floats:
    """Return the same with the thinner tail of a gamma distribution (Wilson, Hilferty)."""
    ninth = variation**2 / np.maximum(count, 1.0) / 9.0
    total: Floats = count * mean * np.maximum(0.0, 1.0 - ninth + np.sqrt(ninth) * normal) ** 3
    return total


def heavier(normal: Floats, *, by: float) -> Floats:
    """Return normal chance with fatter tails and unit variance: its kurtosis is about 24 times ``by`` above 3."""
    drawn: Floats = (normal + by * (normal**3 - 3.0 * normal)) / np.sqrt(1.0 + 6.0 * by**2)
    return drawn
