"""Holes in a series of closes: few are bridged, many are not."""

import numpy as np
import numpy.typing as npt

ALLOWED_SHARE = 0.05


def has_holes(closes: npt.NDArray[np.float64]) -> bool:
    """Return whether any close is missing (NaN)."""
    return bool(np.isnan(closes).any())


def bridged(closes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the closes with the close before each hole in it; None where over a twentieth is missing.

    A venue sends no bar where nothing was traded, so the price before it is the price. Holes at the beginning
    hold the first known close.
    """
    holes = np.isnan(closes)
    if closes.size == 0 or holes.sum() > ALLOWED_SHARE * closes.size:
        return None
    if not holes.any():
        return closes
    sources = np.where(holes, 0, np.arange(closes.size))
    np.maximum.accumulate(sources, out=sources)
    filled = closes[sources]
    return np.where(np.isnan(filled), closes[np.argmin(holes)], filled)
