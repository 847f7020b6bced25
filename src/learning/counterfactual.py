"""How much kinder the counterfactual is than the trade, measured where both are known."""

from dataclasses import dataclass

import numpy as np

from src.learning.blocks import Blocks, standard_error
from src.learning.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is added to every counterfactual, in bps, and what it rests on."""

    shift_bps: float
    executed: int
    blocks: int


def calibrate(evidence: Evidence, *, minimum_blocks: int, tau_bps: float) -> Calibration:
    """Return the mean of (traded - counterfactual) over executed signals, shrunk to zero by its own error.

    With prior standard deviation tau and standard error SE the factor is ``tau^2 / (tau^2 + SE^2)``; below
    the minimum of active blocks nothing is added.
    """
    gap = evidence.executed - evidence.net
    known = np.isfinite(gap)
    sums = Blocks(evidence.block).sums(gap, known)
    error = standard_error(sums)
    if sums.active < minimum_blocks or error is None:
        return Calibration(0.0, sums.signals, sums.active)
    mean = float(np.sum(sums.sums)) / sums.signals
    return Calibration(mean * tau_bps**2 / (tau_bps**2 + error**2), sums.signals, sums.active)
