"""Made-up bars, and writers of the files that users keep them in."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

Bar = tuple[float, float, float, float, float, float]
"""Opening time in seconds, open, high, low, close, volume."""
HEADER = ("date", "open", "high", "low", "close", "volume")
START = 1_704_067_200
"""A day's beginning, in seconds since the epoch."""


def walk(
    count: int, *, bar_s: int = 60, start: int = START, seed: int = 1, price: float = 100.0
) -> list[Bar]:
    """Return bars of a random walk with two digits, each opening where the one before closed."""
    rng = np.random.default_rng(seed)
    closes = np.round(price * np.exp(np.cumsum(rng.standard_normal(count) * 5e-4)), 2)
    opens = np.concatenate([[round(price, 2)], closes[:-1]])
    highs = np.round(np.maximum(opens, closes) + price * 3e-4 * rng.random(count), 2)
    lows = np.round(np.minimum(opens, closes) - price * 3e-4 * rng.random(count), 2)
    columns = (
        opens,
        np.maximum(highs, opens),
        np.minimum(lows, opens),
        closes,
        np.round(rng.random(count), 3),
    )
    highest = np.maximum(columns[1], closes)
    lowest = np.minimum(columns[2], closes)
    rows = zip(opens, highest, lowest, closes, columns[4], strict=True)
    return [
        (float(start + n * bar_s), float(o), float(h), float(low), float(c), float(v))
        for n, (o, h, low, c, v) in enumerate(rows)
    ]


def write_csv(path: Path, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
    """Write rows as they are."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    written = text.getvalue().encode()
    path.write_bytes(gzip.compress(written) if path.suffix == ".gz" else written)
    return path


def in_ms(bars: Sequence[Bar]) -> list[tuple[object, ...]]:
    """Return the bars with their times in milliseconds."""
    return [(int(bar[0] * 1000), *bar[1:]) for bar in bars]


def write_frame(path: Path, bars: Sequence[Bar]) -> Path:
    """Write bars as freqtrade does: dates as UTC timestamps, in Parquet or Feather by the name's end."""
    times = pa.array([int(bar[0] * 1000) for bar in bars], pa.int64()).cast(pa.timestamp("ms", tz="UTC"))
    columns = {name: pa.array([bar[n] for bar in bars], pa.float64()) for n, name in enumerate(HEADER) if n}
    table = pa.table({"date": times, **columns})
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path)
    else:
        pa.feather.write_feather(table, str(path), compression="lz4")
    return path
