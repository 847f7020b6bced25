"""Two ways to remember, each for a whole block of minutes at once: fading, and being drawn anew now and then."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Fading:
    """A first-order autoregression with unit variance, known by its half-life in steps."""

    def __init__(self, half_life: float, steps: int) -> None:
        self.keep = 0.5 ** (1.0 / half_life)
        self.scale = float(np.sqrt(1.0 - self.keep**2))
        """What unit shocks are multiplied by so that the values have unit variance."""
        lags = np.subtract.outer(np.arange(steps), np.arange(steps))
        self._weights = np.where(lags >= 0, self.keep ** np.maximum(lags, 0), 0.0)
        self._carry = self.keep ** np.arange(1.0, steps + 1.0)[:, None]

    def path(self, start: Floats, shocks: Floats) -> Floats:
        """Return x with x[t] = keep * x[t-1] + shocks[t], for shocks of shape (steps, columns)."""
        path: Floats = self._weights @ shocks + self._carry * start
        return path


def held(start: Floats, redrawn: npt.NDArray[np.bool_], fresh: Floats) -> Floats:
    """Return values that stay as they are until a step redraws them from ``fresh``; shapes (steps, columns)."""
    steps = np.arange(len(redrawn))[:, None]
    last = np.maximum.accumulate(np.where(redrawn, steps, -1), axis=0)
    drawn = np.take_along_axis(fresh, np.maximum(last, 0), axis=0)
    return np.where(last < 0, start, drawn)
