"""Skewness of returns, and how unusual the newest is."""

import numpy as np
import numpy.typing as npt

RETURNS = 96
WIDTH = 20


def skewness(returns: npt.NDArray[np.float64]) -> float | None:
    """Return the Fisher-Pearson skewness m3 / m2 ** 1.5; None where nothing moved."""
    centred = returns - returns.mean()
    variance = float(np.mean(np.square(centred)))
    if variance <= 0:
        return None
    return float(np.mean(centred**3) / np.power(variance, 1.5))


def newest_quantile(returns: npt.NDArray[np.float64], *, width: int = WIDTH) -> float | None:
    """Return the share of earlier rolling skews that lie below the newest one, 0..1.

    None with fewer than two rolling windows or where nothing moved in the newest one.
    """
    if returns.size <= width:
        return None
    rows = np.lib.stride_tricks.sliding_window_view(returns, width)
    centred = rows - rows.mean(axis=1, keepdims=True)
    variances = np.mean(np.square(centred), axis=1)
    moved = variances > 0
    if not moved[-1] or moved.sum() < 2:
        return None
    skews = np.mean(centred[moved] ** 3, axis=1) / variances[moved] ** 1.5
    return float(np.mean(skews[:-1] < skews[-1]))
