"""What a set of signals earned by choosing, and what by the market's own move.

A gain y of direction d splits into ``T = d * market return`` and the residual ``r = y - T``. Testing y alone
drowns a small edge in market noise; testing r alone is blind to market timing. The timing part is therefore
shrunk by the prior that its true size has standard deviation tau:
``mean = r + k T``, ``k = tau^2 / (tau^2 + SE(T)^2)``, ``variance = SE(r)^2 + k^2 SE(T)^2``.
"""

from dataclasses import dataclass

import numpy as np

from src.learning.blocks import BlockSums
from src.learning.evidence import Floats


@dataclass(frozen=True, slots=True)
class Attributed:
    """One set of signals: its residual and its timing part, in bps summed over blocks."""

    residual: BlockSums
    timing: BlockSums


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean gain per signal, in bps, and how sure it is."""

    mean_bps: float
    standard_error_bps: float

    @property
    def z(self) -> float:
        """Return the mean in standard errors; 0 where nothing varies, for then nothing is known."""
        return self.mean_bps / self.standard_error_bps if self.standard_error_bps > 0 else 0.0


def estimate(cell: Attributed, *, tau_bps: float) -> Estimate:
    """Return the shrunken mean of a set with at least two active blocks."""
    ones = np.ones((1, len(cell.residual.sums)))
    means, errors = flipped_means([cell], ones, tau_bps=tau_bps)
    return Estimate(float(means[0, 0]), float(errors[0, 0]))


def flipped_means(cells: list[Attributed], signs: Floats, *, tau_bps: float) -> tuple[Floats, Floats]:
    """Return mean and standard error of every set (columns) under every row of block signs."""
    residual = np.column_stack([cell.residual.sums for cell in cells])
    timing = np.column_stack([cell.timing.sums for cell in cells])
    mass = np.array([cell.residual.mass for cell in cells], dtype=np.float64)
    active = np.array([cell.residual.active for cell in cells], dtype=np.float64)
    r_mean, r_variance = _mean_and_variance(residual, signs, mass, active)
    t_mean, t_variance = _mean_and_variance(timing, signs, mass, active)
    k = tau_bps**2 / (tau_bps**2 + t_variance)
    return r_mean + k * t_mean, np.sqrt(r_variance + k**2 * t_variance)


def _mean_and_variance(sums: Floats, signs: Floats, mass: Floats, active: Floats) -> tuple[Floats, Floats]:
    totals = signs @ sums
    squares = np.sum(sums**2, axis=0)
    centred = np.maximum(0.0, squares - totals**2 / active)
    return totals / mass, centred * active / (active - 1.0) / mass**2
