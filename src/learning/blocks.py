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
    """Blocks with at least one signal."""


class Blocks:
    """The blocks that a lookback's signals fall into."""

    def __init__(self, block: Places) -> None:
        self._numbers, self._place = np.unique(block, return_inverse=True)

    def __len__(self) -> int:
        return len(self._numbers)

    def sums(self, values: Floats, mask: Mask) -> BlockSums:
        """Return the sums of the masked values in each block."""
        place = self._place[mask]
        count = len(self._numbers)
        sums = np.bincount(place, weights=values[mask], minlength=count).astype(np.float64)
        active = int(np.count_nonzero(np.bincount(place, minlength=count)))
        return BlockSums(sums, len(place), active)


def standard_error(sums: BlockSums) -> float | None:
    """Return the standard error of the mean per signal, over blocks; None with fewer than two.

    Root of B/(B-1) times the summed squares of the block sums about their mean, over the number of signals.
    """
    if sums.active < 2:
        return None
    centred = float(np.sum(sums.sums**2) - np.sum(sums.sums) ** 2 / sums.active)
    return float(np.sqrt(max(0.0, centred) * sums.active / (sums.active - 1)) / sums.signals)
