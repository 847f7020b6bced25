"""The columns of bars, as freqtrade and ccxt name them, and their cells as numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from src.exchange.simulator.markets.errors import BarsError

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Fault = Callable[[int, str], BarsError]
"""Makes the error of a row, by its place in the batch."""
Cells = Any
"""A column of a batch; pyarrow ships no types."""

TIMES = ("timestamp", "date", "datetime", "time", "open_time")
"""Names of the column of times; the first one found counts."""
NUMBERS = ("open", "high", "low", "close", "volume")
SYMBOLS = ("symbol", "pair")
_MILLISECONDS_FROM = 100_000_000_000
"""A number of at least this counts milliseconds, a smaller one seconds: it is the year 1973 or the year 5138."""
_LATEST_MS = 100_000_000_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """The names under which a file holds what is needed."""

    time: str
    numbers: tuple[str, ...]
    """In the order of ``NUMBERS``."""
    symbol: str | None


def columns_of(names: Sequence[str], *, path: object) -> Columns:
    """Return the columns of a file, whatever their case; raises BarsError that names all missing ones."""
    known = {name.strip().lower(): name for name in reversed(names)}
    time = next((known[name] for name in TIMES if name in known), None)
    missing = [name for name in NUMBERS if name not in known]
    if time is None:
        missing.insert(0, f"{TIMES[1]} or {TIMES[0]}")
    if time is None or missing:
        raise BarsError(
            f"{path}, line 1: no column {', '.join(missing)}; it has {', '.join(names) or 'none'}"
        )
    symbol = next((known[name] for name in SYMBOLS if name in known), None)
    return Columns(time=time, numbers=tuple(known[name] for name in NUMBERS), symbol=symbol)


def numbers_of(cells: Cells, *, name: str, fault: Fault) -> Floats:
    """Return a column of numbers; the error names the first cell that is none."""
    _refuse_empty(cells, name=name, fault=fault)
    try:
        numbers: Floats = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise fault(0, f"column {name}, or further down: {error}") from error
    odd = np.flatnonzero(~np.isfinite(numbers))
    if odd.size:
        raise fault(int(odd[0]), f"column {name}: {numbers[odd[0]]} is no finite number")
    return numbers


def seconds_of(cells: Cells, *, name: str, fault: Fault) -> Whole:
    """Return a column of times in whole seconds since the epoch; those without a zone are UTC.

    Numbers are milliseconds, or seconds where they are too small for that.
    """
    _refuse_empty(cells, name=name, fault=fault)
    try:
        microseconds = _microseconds(cells)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise fault(0, f"column {name}, or further down: {error}") from error
    seconds, rest = np.divmod(microseconds, 1_000_000)
    odd = np.flatnonzero((rest != 0) | (microseconds < 0) | (microseconds >= _LATEST_MS * 1000))
    if odd.size:
        at = int(odd[0])
        raise fault(at, f"column {name}: {cells[at]} is no time in whole seconds since 1970")
    return seconds


def names_in(cells: Cells, *, name: str, fault: Fault) -> tuple[list[str], Whole]:
    """Return the different names of a column, and for each row which of them it has."""
    _refuse_empty(cells, name=name, fault=fault)
    coded = cells.cast(pa.string()).dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _refuse_empty(cells: Cells, *, name: str, fault: Fault) -> None:
    if cells.null_count:
        empty = np.flatnonzero(cells.is_null().to_numpy(zero_copy_only=False))
        raise fault(int(empty[0]), f"column {name}: the cell is empty")


def _microseconds(cells: Cells) -> Whole:
    kind = cells.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        cells = _from_text(cells)
        kind = cells.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamps = cells.cast(pa.timestamp("us", tz=getattr(kind, "tz", None)), safe=False)
        counted: Whole = stamps.cast(pa.int64()).to_numpy(zero_copy_only=False)
        return counted
    numbers: Whole = cells.cast(pa.int64()).to_numpy(zero_copy_only=False)
    limited = np.clip(numbers, -1, _LATEST_MS)
    return limited * np.where(limited < _MILLISECONDS_FROM, 1_000_000, 1_000)


def _from_text(cells: Cells) -> Cells:
    """Return times that were written as text: as whole numbers, or ISO 8601 with or without a zone."""
    first = cells[0].as_py() if len(cells) else "0"
    if first.strip().removeprefix("-").replace(".", "", 1).isdigit():
        return cells.cast(pa.float64() if "." in first else pa.int64())
    zoned = first.rstrip().endswith("Z") or "+" in first or "-" in first[10:]
    return cells.cast(pa.timestamp("us", tz="UTC" if zoned else None))
