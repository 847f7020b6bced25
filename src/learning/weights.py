"""Component weights by fixed-share Hedge over time blocks.

Freund and Schapire's Hedge multiplies each weight by ``exp(eta * gain)`` a block; Herbster and Warmuth's fixed
share then gives a little back to every component, so that one that was wrong for long can recover. The share
goes to the default weights, which is where weights stay while nothing is known. Gains are shrunk by the
positive part of ``1 - caution (K-1)/Q``, Q being the summed squares of the components' gains in standard errors
and K-1 what chance alone would make of it: with a caution of 1 that is the James-Stein factor, with 0 plain Hedge.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from src.learning.evidence import Evidence, Floats
from src.records.enums import COMPONENTS
from src.records.settings import LearningSettings


@dataclass(frozen=True, slots=True)
class BlockGains:
    """What following each component would have brought in each block."""

    centred: Floats
    """A row a block and a column a component: mean gain a signal in bps, less the mean of all components."""
    signals: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HedgeRules:
    """How far and how fast weights may move."""

    expected_blocks: float
    """Blocks of a whole lookback: the time over which Hedge's rate is set."""
    share: float
    floor: float
    """Smallest weight, as a fraction of an even share."""
    step: float
    """Largest change in a cycle, as a fraction of the weight."""
    caution: float = 2.0
    """How many times the differences that chance makes are taken off before any is believed."""

    @classmethod
    def of(cls, settings: LearningSettings) -> Self:
        """Return the rules that a human set."""
        return cls(
            expected_blocks=settings.lookback_s / settings.block_s,
            share=settings.weight_share,
            floor=settings.weight_floor,
            step=settings.weight_step,
            caution=settings.weight_caution,
        )


def block_gains(evidence: Evidence) -> BlockGains:
    """Return each block's mean of vote times price move, for every component."""
    move = evidence.direction * (evidence.net + evidence.cost)
    known = np.isfinite(move)
    moves, votes = move[known], evidence.votes[known]
    numbers, place = np.unique(evidence.block[known], return_inverse=True)
    counts = np.bincount(place, minlength=len(numbers))
    gains = np.empty((len(numbers), len(COMPONENTS)))
    for column in range(len(COMPONENTS)):
        gain = votes[:, column] * moves
        gains[:, column] = np.bincount(place, weights=gain, minlength=len(numbers)) / counts
    centred = gains - gains.mean(axis=1, keepdims=True)
    return BlockGains(centred, int(known.sum()))


def gain_scores(gains: BlockGains, *, caution: float) -> tuple[Floats, float]:
    """Return each component's gain in standard errors, and the share of all gains that is not chance, 0..1."""
    centred = gains.centred
    blocks, components = centred.shape
    if blocks < 2:
        return np.zeros(components), 0.0
    totals = centred.sum(axis=0)
    spread = np.maximum(0.0, (centred**2).sum(axis=0) - totals**2 / blocks) * blocks / (blocks - 1)
    scores = np.divide(totals, np.sqrt(spread), out=np.zeros(components), where=spread > 0)
    q = float(np.sum(scores**2))
    return scores, max(0.0, 1.0 - caution * (components - 1) / q) if q > 0 else 0.0


def hedge(gains: BlockGains, default: Floats, rules: HedgeRules) -> Floats:
    """Return the weights after every block, beginning at the default ones.

    The rate is ``sqrt(ln K / (T v))`` with v the running variance of the centred gains.
    """
    _, believed = gain_scores(gains, caution=rules.caution)
    weights: Floats = default / default.sum()
    squares, seen = 0.0, 0
    for gain in gains.centred:
        squares += float(np.sum(gain**2))
        seen += len(gain)
        if squares > 0:
            rate = np.sqrt(np.log(len(gain)) / (rules.expected_blocks * squares / seen))
            exponent = rate * believed * gain
            weights = weights * np.exp(exponent - exponent.max())
            weights /= weights.sum()
        weights = (1.0 - rules.share) * weights + rules.share * default / default.sum()
    return weights


def clamped(target: Floats, current: Floats, rules: HedgeRules) -> Floats:
    """Return the distribution nearest in proportion to the target that one cycle may reach.

    Each weight stays above the floor and within one step of its present value.
    """
    floor = rules.floor / len(current)
    highest = np.maximum(current * (1.0 + rules.step), np.minimum(floor, 1.0))
    lowest = np.minimum(np.maximum(current * (1.0 - rules.step), floor), highest)
    low, high = 0.0, 1.0
    while np.clip(high * target, lowest, highest).sum() < 1.0 and high < 1e12:
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if np.clip(middle * target, lowest, highest).sum() < 1.0:
            low = middle
        else:
            high = middle
    return np.clip(high * target, lowest, highest)


def rounded(weights: Floats) -> dict[str, float]:
    """Return weights by component, to six places, that sum to 1: the largest takes up the rest."""
    values = [round(float(weight), 6) for weight in weights]
    largest = int(np.argmax(weights))
    values[largest] = round(1.0 - sum(values[:largest] + values[largest + 1 :]), 6)
    return dict(zip(COMPONENTS, values, strict=True))
