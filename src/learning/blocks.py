"""Sums over time blocks: the unit of evidence is the block, never the signal.

One market move decides hundreds of signals, so signals are not independent samples; the sums of four-hour
blocks nearly are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from src.learning.evidence import Floats, Places

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BlockSums:
    """One quantity of one set of signals, summed in each of the lookback's blocks."""

    sums: Floats
    signals: int
    active: int
    """Blocks with at least one signal that counts."""
    mass: float
    """Sum of the signals' weights: what a mean is taken over."""


class Blocks:
    """The blocks that a lookback's signals fall into."""

    def __init__(self, block: Places) -> None:
        self._numbers, self._place = np.unique(block, return_inverse=True)

    def __len__(self) -> int:
        return len(self._numbers)

    def sums(self, values: Floats, mask: Mask, weights: Floats | None = None) -> BlockSums:
        """Return the sums of the masked values, times their weights, in each block."""
        return self.part(mask, weights).sums(values)

    def part(self, mask: Mask, weights: Floats | None = None) -> "Part":
        """Return the masked signals, to sum several quantities over them."""
        where = np.flatnonzero(mask)
        return Part(
            where, self._place[where], len(self._numbers), None if weights is None else weights[where]
        )


class Part:
    """A set of signals with the blocks that they fall into."""

    def __init__(self, where: Places, place: Places, blocks: int, weights: Floats | None) -> None:
        self._where = where
        self._place = place
        self._blocks = blocks
        self._weights = weights
        self._active = int(np.count_nonzero(np.bincount(place, weights=weights, minlength=blocks)))
        self._mass = float(len(where)) if weights is None else float(weights.sum())

    def sums(self, values: Floats) -> BlockSums:
        """Return the sums of a quantity, times the weights, in each block."""
        mine = values[self._where]
        if self._weights is not None:
            mine = mine * self._weights
        sums = np.bincount(self._place, weights=mine, minlength=self._blocks).astype(np.float64)
        return BlockSums(sums, len(self._where), self._active, self._mass)


def standard_error(sums: BlockSums) -> float | None:
    """Return the standard error of the mean, over blocks; None with fewer than two.

    Root of B/(B-1) times the summed squares of the block sums about their mean, over the mass.
    """
    if sums.active < 2:
        return None
    centred = float(np.sum(sums.sums**2) - np.sum(sums.sums) ** 2 / sums.active)
    return float(np.sqrt(max(0.0, centred) * sums.active / (sums.active - 1)) / sums.mass)
