"""Averages over the minutes before, through the beginning of a block."""

import numpy as np

from src.exchange.simulator.markets.recursions import Floats

REACH = 180
"""Minutes that an average looks back at least; of what is older nothing can be seen."""


def faded(before: Floats, now: Floats, *, half_life: float) -> Floats:
    """Return the exponential average of the minutes up to each of ``now``, given the block before it.

    The weights of what is averaged add up to 1. Half-lives from 1 to 40 minutes.
    """
    reached = min(REACH, len(before))
    series = np.vstack([before[-reached:], now])
    keep = 0.5 ** (1.0 / half_life)
    powers = keep ** np.arange(len(series), dtype=np.float64)[:, None]
    path = powers * np.cumsum(series / powers, axis=0) * (1.0 - keep)
    path += keep * powers * series[:1]
    result: Floats = path[reached:]
    return result


def wandering(before: Floats, now: Floats, *, half_life: float) -> Floats:
    """Return unit noise that remembers with a half-life, out of unit noise that does not."""
    keep = 0.5 ** (1.0 / half_life)
    scale = float(np.sqrt((1.0 + keep) / (1.0 - keep)))
    return faded(before, now, half_life=half_life) * scale
