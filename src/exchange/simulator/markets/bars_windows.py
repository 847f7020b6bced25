"""Bars added up to windows, a page of them at a time."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.events import Candle
from src.exchange.simulator.markets.bars import VOLUME_DIGITS
from src.exchange.simulator.markets.bars_series import Rows, Series
from src.exchange.simulator.markets.errors import BarsError

MINUTE_S = 60
PAGE_BARS = 1024
MinuteCloses = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class BarWindow:
    """What the bars of one window say together."""

    open: float
    high: float
    low: float
    close: float
    whole: bool
    """Whether every bar of the window is there."""
    minute_closes: MinuteCloses
    """(end of the minute, close) for the minutes of a longer window at whose end a bar ends."""


class WindowPages:
    """The windows of one symbol; one whose last bar is missing has no price at its close, so there is none."""

    def __init__(self, series: Series, *, window_s: float) -> None:
        """Take a symbol's bars; raises BarsError unless a window is made of whole bars."""
        if window_s % series.bar_s:
            raise BarsError(
                f"{series.symbol} has bars of {series.bar_s} s: window_s must be a multiple of that, "
                f"not {window_s:g}"
            )
        self._series = series
        self._window_s = int(window_s)
        self._page_s = self._window_s * max(1, PAGE_BARS * series.bar_s // self._window_s)
        self._page: dict[float, BarWindow] = {}
        self._page_start = -1

    def window(self, ts: float) -> BarWindow | None:
        """Return the window that ends at ``ts``."""
        start = (int(ts) - self._window_s) // self._page_s * self._page_s
        if start != self._page_start:
            self._page_start = start
            self._page = self._read(start)
        return self._page.get(ts)

    def _read(self, start: int) -> dict[float, BarWindow]:
        rows = self._series.between(start, start + self._page_s)
        if not rows.size:
            return {}
        starts, ends, last = _periods(rows, self._window_s)
        minutes = self._minutes(rows, starts)
        bars_a_window = self._window_s // self._series.bar_s
        columns = zip(
            rows["open"][starts].tolist(),
            np.maximum.reduceat(rows["high"], starts).tolist(),
            np.minimum.reduceat(rows["low"], starts).tolist(),
            rows["close"][last].tolist(),
            (last - starts + 1 == bars_a_window).tolist(),
            minutes,
            strict=True,
        )
        closed = rows["ts"][last] + self._series.bar_s == ends
        found = zip(ends.astype(np.float64).tolist(), closed.tolist(), columns, strict=True)
        return {end: BarWindow(*values) for end, has_close, values in found if has_close}

    def _minutes(self, rows: Rows, starts: npt.NDArray[np.intp]) -> list[MinuteCloses]:
        if self._window_s <= MINUTE_S:
            return [()] * len(starts)
        ends = rows["ts"] + self._series.bar_s
        told = np.flatnonzero(ends % MINUTE_S == 0)
        pairs = list(zip(ends[told].astype(np.float64).tolist(), rows["close"][told].tolist(), strict=True))
        cuts = np.searchsorted(told, np.append(starts, len(rows))).tolist()
        return [tuple(pairs[low:high]) for low, high in pairwise(cuts)]


def candles_of(rows: Rows, *, bar_s: int, resolution_s: int) -> list[Candle]:
    """Return candles of a resolution in whole bars; none of a period whose last bar is missing."""
    if not rows.size:
        return []
    starts, ends, last = _periods(rows, resolution_s)
    columns = zip(
        (ends - resolution_s).astype(np.float64).tolist(),
        rows["open"][starts].tolist(),
        np.maximum.reduceat(rows["high"], starts).tolist(),
        np.minimum.reduceat(rows["low"], starts).tolist(),
        rows["close"][last].tolist(),
        np.round(np.add.reduceat(rows["volume"], starts), VOLUME_DIGITS).tolist(),
        strict=True,
    )
    closed = (rows["ts"][last] + bar_s == ends).tolist()
    return [Candle(*values) for has_close, values in zip(closed, columns, strict=True) if has_close]


def _periods(
    rows: Rows, period_s: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Return where each period begins among the rows, when it ends, and the row of its last bar."""
    numbers = rows["ts"] // period_s
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    last = np.append(starts[1:], len(rows)) - 1
    ends = (numbers[starts] + 1) * period_s
    return starts, ends, last
