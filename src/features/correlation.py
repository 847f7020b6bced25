"""Correlations shrunk to their average, and the slope on a leader."""

import numpy as np
import numpy.typing as npt

RETURNS = 168
MINIMUM_RETURNS = 48


def shrunk_correlations(returns: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the correlations of the rows of ``returns``, shrunk to their common mean.

    Constant-correlation target (Ledoit, Wolf 2004); the target weighs the summed sampling variance of
    the correlations, (1 - r^2)^2 / (n - 1) each, over their summed squared distance to it (Schaefer, Strimmer
    2005). None where a row did not move or has fewer than ``MINIMUM_RETURNS`` returns.
    """
    symbols, count = returns.shape
    if count < MINIMUM_RETURNS or (returns.std(axis=1) <= 0).any():
        return None
    if symbols == 1:
        return np.ones((1, 1))
    sample = np.asarray(np.corrcoef(returns), dtype=np.float64)
    pairs = sample[np.triu_indices(symbols, k=1)]
    mean = float(pairs.mean())
    noise = float((np.square(1 - np.square(pairs)) / (count - 1)).sum())
    distance = float(np.square(pairs - mean).sum())
    share = min(1.0, noise / distance) if distance > 0 else 1.0
    shrunk = np.asarray(share * mean + (1 - share) * sample)
    np.fill_diagonal(shrunk, 1.0)
    return np.clip(shrunk, -1.0, 1.0)


def slope_on(leader: npt.NDArray[np.float64], returns: npt.NDArray[np.float64]) -> float | None:
    """Return the least-squares slope of returns on the leader's; None where the leader did not move."""
    centred = leader - leader.mean()
    variance = float(centred @ centred)
    return float(centred @ returns) / variance if variance > 0 else None
