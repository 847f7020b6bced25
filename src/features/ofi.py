"""Order-flow imbalance of the best level, and its self-normalised score."""

import math

import numpy as np
import numpy.typing as npt

Quote = tuple[float, float, float, float]
"""Best bid, its size, best ask, its size; prices in USD, sizes in contracts."""

HALF_LIFE_WINDOWS = 240.0
WARM_WINDOWS = 30
EXACT_WINDOWS = 2000
SQUASH = 2.73
"""Chosen so that a score of 0.5 is one and a half standard deviations."""


def best_level_event(before: Quote, after: Quote) -> float:
    """Return the signed size that one change of the best level added to buying, in contracts.

    Cont, Kukanov, Stoikov, Journal of Financial Econometrics 12 (2014) 47-88, equation 4.
    """
    bid_before, bid_size_before, ask_before, ask_size_before = before
    bid, bid_size, ask, ask_size = after
    event = 0.0
    if bid >= bid_before:
        event += bid_size
    if bid <= bid_before:
        event -= bid_size_before
    if ask <= ask_before:
        event -= ask_size
    if ask >= ask_before:
        event += ask_size_before
    return event


def self_normalised(net: float, sum_squares: float) -> float | None:
    """Return the net flow over the root of its summed squares; None where nothing moved."""
    if sum_squares <= 0:
        return None
    return net / math.sqrt(sum_squares)


def scale_weights(count: int) -> npt.NDArray[np.float64]:
    """Return the weights of ``count`` earlier windows, oldest first: half for each ``HALF_LIFE_WINDOWS``."""
    return np.exp2(np.arange(1 - count, 1, dtype=np.float64) / HALF_LIFE_WINDOWS)


def lagged_scale(
    squares: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], total_weight: float
) -> float | None:
    """Return the exponentially weighted rms of the windows before this one, from their squares.

    The weights are divided by their own sum, which corrects a young average for its youth. Exact from
    ``EXACT_WINDOWS``: older ones together weigh a three-hundredth. None where nothing ever moved.
    """
    scale = math.sqrt(float(weights @ squares) / total_weight)
    return scale if scale > 0 else None


def score(z: float) -> float:
    """Return a score in -1..1 for an imbalance in standard deviations."""
    return math.tanh(z / SQUASH)
