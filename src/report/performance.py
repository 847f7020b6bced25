"""Means with honest intervals: the unit of evidence is the block of time, never the signal or the trade."""

import math
from dataclasses import dataclass

CONFIDENCE = 0.95
ENOUGH_BLOCKS = 12
"""Blocks below which an interval is shown but nothing is claimed from it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and where the true one lies with 95 % confidence if blocks are independent of each other."""

    count: int
    blocks: int
    """Blocks of time with at least one value."""
    mean: float | None
    low: float | None
    """None with fewer than two blocks."""
    high: float | None

    @property
    def claimable(self) -> bool:
        """Return whether there are blocks enough to say anything."""
        return self.low is not None and self.blocks >= ENOUGH_BLOCKS

    @property
    def sign(self) -> int:
        """Return +1 or -1 where the mean can be told from zero on that side, else 0."""
        if not self.claimable or self.low is None or self.high is None:
            return 0
        return (self.low > 0) - (self.high < 0)


class BlockTally:
    """Sums of a quantity over blocks of time, in whatever order the values come."""

    __slots__ = ("_length_s", "sums")

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self.sums: dict[int, tuple[float, int]] = {}
        """By the block's number since the epoch: the sum of its values, and how many they are."""

    def add(self, ts: float, value: float) -> None:
        """Count a value that belongs to a moment."""
        number = int(ts // self._length_s)
        total, count = self.sums.get(number, (0.0, 0))
        self.sums[number] = (total + value, count + 1)

    @property
    def count(self) -> int:
        """Return how many values were counted."""
        return sum(count for _, count in self.sums.values())

    def include(self, other: "BlockTally") -> None:
        """Count every value of another tally of the same block length."""
        for number, (total, count) in other.sums.items():
            before, counted = self.sums.get(number, (0.0, 0))
            self.sums[number] = (before + total, counted + count)

    def estimate(self) -> Estimate:
        """Return the mean over the values, and its interval over the blocks.

        The error of a ratio of block sums (Cochran, Sampling Techniques, 6.3): root of
        ``B/(B-1) * sum((S_b - m n_b)^2)`` over ``N``, times Student's quantile with ``B - 1`` degrees.
        """
        sums = self.sums.values()
        blocks, count = len(sums), self.count
        if not count:
            return Estimate(0, 0, None, None, None)
        mean = math.fsum(total for total, _ in sums) / count
        if blocks < 2:
            return Estimate(count, blocks, mean, None, None)
        squares = math.fsum((total - mean * size) ** 2 for total, size in sums)
        reach = student_quantile(blocks - 1) * math.sqrt(squares * blocks / (blocks - 1)) / count
        return Estimate(count, blocks, mean, mean - reach, mean + reach)


def student_quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t.

    Exact for 1 and 2 degrees of freedom; above them the expansion in 1/degrees (Abramowitz and Stegun
    26.7.5), off by 0.0038 at 3 degrees and by less than 0.0002 from 6 on.
    """
    if degrees == 1:
        return math.tan(math.pi * CONFIDENCE / 2)
    if degrees == 2:
        return CONFIDENCE * math.sqrt(2 / (1 - CONFIDENCE**2))
    z = 1.959963984540054
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / float(degrees**power) for power, term in enumerate(terms))
