"""What a window's bars say of the way through it."""

from collections.abc import Sequence

from src.exchange.simulator.markets.bars_series import Rows
from src.exchange.simulator.markets.crossings import Moment, with_crossings


def way_through(rows: Rows, *, bar_s: int, through: Sequence[float] = ()) -> list[Moment]:
    """Return open, extremes in their order and close of some bars, and where they pass ``through``; nothing for none.

    Which extreme came first inside one bar is not known. It is taken to be the one that the close leads away from:
    a bar that closed below its open is taken to have gone open, high, low, close, any other open, low, high, close.
    Within its bar the open stands a quarter after the begin, extremes in the middle and at three quarters.
    """
    return with_crossings(_points(rows, bar_s), through)


def _points(rows: Rows, bar_s: int) -> list[Moment]:
    if not rows.size:
        return []
    first, last = rows[0], rows[-1]
    high, low = rows[rows["high"].argmax()], rows[rows["low"].argmin()]
    extremes = [
        (_within(high, bar_s, is_first=high["close"] < high["open"]), float(high["high"])),
        (_within(low, bar_s, is_first=low["close"] >= low["open"]), float(low["low"])),
    ]
    return [
        (float(first["ts"] + bar_s / 4), float(first["open"])),
        *sorted(extremes),
        (float(last["ts"] + bar_s), float(last["close"])),
    ]


def _within(row: Rows, bar_s: int, *, is_first: bool) -> float:
    return float(row["ts"] + (bar_s / 2 if is_first else bar_s * 3 / 4))
