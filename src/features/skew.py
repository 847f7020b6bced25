"""Skewness of returns, and how unusual the newest is; a row a symbol."""

import math

import numpy as np
import numpy.typing as npt

RETURNS = 96
WIDTH = 20


def skewness(returns: npt.NDArray[np.float64]) -> list[float | None]:
    """Return the Fisher-Pearson skewness m3 / m2 ** 1.5 of each row; None where nothing moved."""
    return [None if math.isnan(value) else value for value in _skews(returns).tolist()]


def rolling(returns: npt.NDArray[np.float64], *, width: int = WIDTH) -> npt.NDArray[np.float64]:
    """Return the skewness of every stretch of ``width`` returns of each row, oldest first.

    NaN where nothing moved. Rows must be at least as long as a stretch.
    """
    return _skews(np.lib.stride_tricks.sliding_window_view(returns, width, axis=1))


def newest_quantiles(skews: npt.NDArray[np.float64]) -> list[float | None]:
    """Return the share of each row's earlier rolling skews that lie below the newest one, 0..1.

    None with fewer than two known skews or where nothing moved in the newest stretch.
    """
    earlier, newest = skews[:, :-1], skews[:, -1:]
    below = (earlier < newest).sum(axis=1)
    others = (~np.isnan(earlier)).sum(axis=1)
    known = ~np.isnan(newest[:, 0]) & (others > 0)
    return [
        float(count / of) if is_known else None
        for count, of, is_known in zip(below, others, known, strict=True)
    ]


def _skews(returns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the skewness along the last axis, NaN where nothing moved."""
    centred = returns - returns.mean(axis=-1, keepdims=True)
    variances = np.mean(np.square(centred), axis=-1)
    thirds = np.mean(centred**3, axis=-1)
    unknown = np.full(variances.shape, np.nan)
    np.divide(thirds, variances**1.5, out=unknown, where=variances > 0)
    return unknown
