"""Testing a family of claims at once: how often would chance alone look as good as the best of them?

Romano and Wolf's step-down with sign flips: under the hypothesis that nothing is there, each block could as
well have gone the other way, for all claims together. The chance of one false claim or more is at most alpha,
and claims that share their signals cost less than under Holm's correction.
"""

from dataclasses import dataclass

import numpy as np

from src.learning.attribution import Attributed, flipped_means
from src.learning.evidence import Floats


@dataclass(frozen=True, slots=True)
class Tested:
    """One claim after the test."""

    statistic: float
    """The mean on the claimed side, in standard errors."""
    critical_value: float
    """What the statistic had to exceed at this claim's step."""
    p_value: float
    """Adjusted for the whole family."""
    rejected: bool
    """The hypothesis that nothing is there was; the claim stands."""


def draw_signs(blocks: int, *, flips: int, seed: int) -> Floats:
    """Return rows of random block signs; the same seed gives the same rows."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((flips, blocks)) < 0.5, -1.0, 1.0)


def judge_family(
    cells: list[Attributed], signs: Floats, *, side: int, alpha: float, tau_bps: float
) -> list[Tested]:
    """Return the step-down test of the claims that each set's mean lies on one side of zero."""
    if not cells:
        return []
    rows = np.vstack([np.ones((1, signs.shape[1])), signs])
    means, errors = flipped_means(cells, rows, tau_bps=tau_bps)
    statistics = side * np.divide(means, errors, out=np.zeros_like(means), where=errors > 0)
    return step_down(statistics[0], statistics[1:], alpha=alpha)


def step_down(observed: Floats, null: Floats, *, alpha: float) -> list[Tested]:
    """Return every claim's adjusted p-value and step-wise critical value, in the order they were given.

    ``null`` holds a row of all statistics for each flip.
    """
    flips = len(null)
    rank = int(np.ceil((1.0 - alpha) * (flips + 1))) - 1
    results: dict[int, Tested] = {}
    p_before, standing = 0.0, True
    order = np.argsort(-observed, kind="stable")
    for step, claim in enumerate(order):
        best = np.max(null[:, order[step:]], axis=1)
        p_value = max(p_before, (1.0 + np.count_nonzero(best >= observed[claim])) / (flips + 1.0))
        critical = float(np.sort(best)[rank]) if rank < flips else float("inf")
        standing = standing and bool(p_value <= alpha)
        results[int(claim)] = Tested(float(observed[claim]), critical, float(p_value), standing)
        p_before = p_value
    return [results[claim] for claim in range(len(observed))]
