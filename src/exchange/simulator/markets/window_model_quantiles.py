"""Distributions as they were measured: values at given probabilities, under one circumstance."""

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.markets.recursions import Floats


class Quantiles:
    """A quantile function for each of some values of a driver, linear in between and flat beyond."""

    def __init__(self, table: str, *, probabilities: tuple[float, ...]) -> None:
        """Read a table: a line a driver, ``driver | values``, both ascending."""
        lines = [line.split("|") for line in table.strip().splitlines()]
        self._drivers = np.array([float(driver) for driver, _ in lines])
        self._probabilities = np.array(probabilities)
        self._values = np.array([[float(value) for value in values.split()] for _, values in lines])

    def at(self, driver: Floats, uniform: Floats) -> Floats:
        """Return the values that uniform chance draws under these drivers; shapes alike."""
        row, across = _place(self._drivers, driver)
        column, along = _place(self._probabilities, uniform)
        table = self._values
        low: Floats = table[row, column] + along * (table[row, column + 1] - table[row, column])
        if len(self._drivers) == 1:
            return low
        high = table[row + 1, column] + along * (table[row + 1, column + 1] - table[row + 1, column])
        drawn: Floats = low + across * (high - low)
        return drawn


def _place(knots: Floats, at: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the knot below each value, and how far towards the next one it lies, 0..1."""
    if len(knots) == 1:
        return np.zeros(at.shape, dtype=np.intp), np.zeros(at.shape)
    below = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    share = (at - knots[below]) / (knots[below + 1] - knots[below])
    return below, np.clip(share, 0.0, 1.0)
