"""The bars of one symbol, kept in an unnamed file and read back by their times.

A year of minutes of ten symbols is a quarter of a gigabyte: it stays on the disk, and pages of it are read.
"""

import math
import os
import tempfile
import weakref
from bisect import bisect_left
from pathlib import Path

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.markets.bars_columns import NUMBERS, Floats
from src.exchange.simulator.markets.bars_file import CLOSE, HIGH, VOLUME, Piece
from src.exchange.simulator.markets.bars_spacing import Spacing

ROW = np.dtype([("ts", "<i8"), *((name, "<f8") for name in NUMBERS)])
Rows = npt.NDArray[np.void]
MOST_DECIMALS = 10


class Series:
    """All bars of one symbol."""

    def __init__(self, symbol: str, scratch: Path | None) -> None:
        self.symbol = symbol
        self.price_decimals = 0
        """How many digits after the point the prices have."""
        self.highest = 0.0
        """In USD."""
        self.first_close = math.nan
        self.bar_s = 0
        """Length of a bar; this and the next two once ``finish`` was called."""
        self.first = 0
        """When the first bar opened, in seconds since the epoch."""
        self.end = 0
        """When the last bar ended."""
        self._spacing = Spacing(symbol)
        self._count = 0
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - lives as long as the series
        weakref.finalize(self, self._file.close)

    def add(self, piece: Piece) -> None:
        """Take the next bars; raises BarsError unless they come in order."""
        self._spacing.add(piece)
        rows = np.empty(len(piece.times), dtype=ROW)
        rows["ts"] = piece.times
        for column, name in enumerate(NUMBERS):
            rows[name] = piece.values[:, column]
        self._file.write(rows.tobytes())
        if self._count == 0 and len(rows):
            self.first_close = float(piece.values[0, CLOSE])
        self._count += len(rows)
        self.highest = max(self.highest, float(piece.values[:, HIGH].max(initial=0.0)))
        self.price_decimals = _decimals(piece.values[:, :VOLUME], self.price_decimals)

    def finish(self) -> None:
        """Hear that all bars are there; raises BarsError where their length cannot be told."""
        self.bar_s = self._spacing.bar_s()
        self._file.flush()
        self.first, self.end = self._spacing.span()

    def between(self, start: float, end: float) -> Rows:
        """Return the bars that opened in [start, end)."""
        low, high = self._row_at(start), self._row_at(end)
        return np.frombuffer(self._read(low, high - low), dtype=ROW)

    def close_before(self, ts: float) -> float | None:
        """Return the close of the last bar that opened before ``ts``; None where there is none."""
        row = self._row_at(ts) - 1
        return None if row < 0 else float(np.frombuffer(self._read(row, 1), dtype=ROW)["close"][0])

    def _row_at(self, ts: float) -> int:
        """Return the number of the first row that opened at ``ts`` or later."""
        return bisect_left(range(self._count), ts, key=self._ts)

    def _ts(self, row: int) -> int:
        return int.from_bytes(
            os.pread(self._file.fileno(), 8, row * ROW.itemsize), byteorder="little", signed=True
        )

    def _read(self, row: int, count: int) -> bytes:
        return os.pread(self._file.fileno(), max(0, count) * ROW.itemsize, row * ROW.itemsize)


def _decimals(prices: Floats, known: int) -> int:
    """Return how many digits after the point these prices need, at least ``known``."""
    decimals = known
    while decimals < MOST_DECIMALS:
        if (np.abs(np.round(prices, decimals) - prices) <= 2 * np.spacing(prices)).all():
            break
        decimals += 1
    return decimals
