"""How far the bars of one symbol are apart: their length, and whether they come in order."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.bars_columns import Whole
from src.exchange.simulator.markets.bars_file import Piece
from src.exchange.simulator.markets.errors import BarsError

LONG_RUN = 24
"""So many equal holes in a row are no holes: bars of another length stand there."""


@dataclass(slots=True)
class _Distance:
    place: str
    """Where the first row of this distance stands."""
    longest_run: int


class Spacing:
    """Reads the times of one symbol's bars in pieces, as they come."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._distances: dict[int, _Distance] = {}
        self._run = (0, 0)
        self._begins = ""
        self._first: int | None = None
        self._last: int | None = None

    def add(self, piece: Piece) -> None:
        """Take the next times; raises BarsError unless each is later than the one before."""
        times = piece.times
        if not times.size:
            return
        before = times[0] - 1 if self._last is None else self._last
        steps = np.diff(times, prepend=before)
        wrong = np.flatnonzero(steps <= 0)
        if wrong.size:
            at = int(wrong[0])
            text = "stands here twice" if steps[at] == 0 else "comes after a later one"
            raise piece.fault(at, f"the bar of {_utc(times[at])} of {self._symbol} {text}: times must rise")
        if self._last is None:
            self._first = int(times[0])
            self._begins = piece.place(0)
            steps = steps[1:]
        self._count(piece, steps, skipped=len(times) - len(steps))
        self._last = int(times[-1])

    def span(self) -> tuple[int, int]:
        """Return when the first bar opened and the last one ended; raises BarsError as ``bar_s`` does."""
        length = self.bar_s()
        if self._first is None or self._last is None:
            raise BarsError(f"{self._symbol} has no bars")
        return self._first, self._last + length

    def bar_s(self) -> int:
        """Return the length of a bar in seconds.

        It is the smallest distance between two. Raises BarsError where there is none, or where other distances are
        no holes of whole bars.
        """
        if not self._distances or self._first is None:
            raise BarsError(
                f"{self._begins}: {self._symbol} has one bar only, which does not tell its length"
            )
        length = min(self._distances)
        for distance, seen in sorted(self._distances.items()):
            if distance % length or (distance > length and seen.longest_run >= LONG_RUN):
                raise BarsError(
                    f"{seen.place}: the spacing of {self._symbol} is mixed: bars of {length} s, "
                    f"and {distance} s between two here"
                )
        if self._first % length:
            raise BarsError(
                f"{self._begins}: bars of {length} s open at whole multiples of it (UTC), not {_utc(self._first)}"
            )
        return length

    def _count(self, piece: Piece, steps: Whole, *, skipped: int) -> None:
        if not steps.size:
            return
        starts = np.concatenate([[0], np.flatnonzero(np.diff(steps)) + 1])
        lengths = np.diff(np.append(starts, steps.size))
        value, so_far = self._run
        if value == steps[0]:
            lengths[0] += so_far
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            distance = int(steps[start])
            known = self._distances.get(distance)
            if known is None:
                self._distances[distance] = _Distance(piece.place(start + skipped), length)
            elif length > known.longest_run:
                known.longest_run = length
        self._run = (int(steps[-1]), int(lengths[-1]))


def _utc(seconds: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(int(seconds), 's')).replace('T', ' ')} UTC"
