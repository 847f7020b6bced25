"""How large a symbol's order flow usually is, over its newest windows."""

import numpy as np
import numpy.typing as npt

from src.features import ofi


class ScaleWeights:
    """The weights of earlier windows, which all symbols share."""

    def __init__(self) -> None:
        self._all = ofi.scale_weights(ofi.EXACT_WINDOWS)
        self._newest: dict[int, tuple[npt.NDArray[np.float64], float]] = {}

    def newest(self, count: int) -> tuple[npt.NDArray[np.float64], float]:
        """Return the weights of the newest ``count`` windows, oldest first, and their sum."""
        found = self._newest.get(count)
        if found is None:
            weights = self._all[-count:]
            found = self._newest[count] = (weights, float(weights.sum()))
        return found


class FlowScale:
    """The self-normalised order flows of a symbol's windows before the running one.

    Their squares are kept, each twice, so that any stretch of them lies in one piece.
    """

    __slots__ = ("_next", "_squares", "_weights", "count")

    def __init__(self, weights: ScaleWeights) -> None:
        self.count = 0
        """How many windows it rests on."""
        self._weights = weights
        self._squares = np.zeros(2 * ofi.EXACT_WINDOWS)
        self._next = 0

    def append(self, imbalance: float) -> None:
        """Count one more window."""
        slot = self._next
        self._squares[slot] = self._squares[slot + ofi.EXACT_WINDOWS] = imbalance * imbalance
        self._next = (slot + 1) % ofi.EXACT_WINDOWS
        if self.count < ofi.EXACT_WINDOWS:
            self.count += 1

    def scale(self) -> float | None:
        """Return the exponentially weighted rms of the windows so far; None while they are too few."""
        count = self.count
        if count < ofi.WARM_WINDOWS:
            return None
        oldest = (self._next - count) % ofi.EXACT_WINDOWS
        weights, total = self._weights.newest(count)
        return ofi.lagged_scale(self._squares[oldest : oldest + count], weights, total)
