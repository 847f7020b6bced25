"""The rolling skews of all symbols, of which a new quarter of an hour moves but the newest."""

import numpy as np
import numpy.typing as npt

from src.features import skew


class RollingSkews:
    """The skews of every stretch of ``skew.WIDTH`` returns in rows of returns.

    Rows that are the last ones moved on by a few returns keep the skews that they share; the result is the same.
    """

    def __init__(self) -> None:
        self._returns = np.empty((0, 0))
        self._skews = np.empty((0, 0))

    def of(self, returns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the skews, oldest first, a row a row; NaN where nothing moved."""
        fresh = self._fresh(returns)
        if fresh is None:
            skews = skew.rolling(returns)
        elif fresh == 0:
            skews = self._skews
        else:
            newest = skew.rolling(returns[:, -fresh - skew.WIDTH + 1 :])
            skews = np.concatenate((self._skews[:, fresh:], newest), axis=1)
        self._returns, self._skews = returns, skews
        return skews

    def _fresh(self, returns: npt.NDArray[np.float64]) -> int | None:
        """Return how many returns have come since the last ones; None where they are others."""
        if returns.shape != self._returns.shape:
            return None
        size = returns.shape[1]
        for fresh in range(min(5, size - skew.WIDTH)):
            if np.array_equal(returns[:, : size - fresh], self._returns[:, fresh:]):
                return fresh
        return None
