"""Bars out of files, in pieces of one symbol; every row is sound by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.markets.bars_columns import (
    NUMBERS,
    Columns,
    Floats,
    Whole,
    columns_of,
    names_in,
    numbers_of,
    seconds_of,
)
from src.exchange.simulator.markets.bars_names import NamedFile, symbol_of
from src.exchange.simulator.markets.bars_open import Batch, batches, column_names, counting_of
from src.exchange.simulator.markets.errors import BarsError

OPEN, HIGH, LOW, CLOSE, VOLUME = range(len(NUMBERS))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of one symbol, in the order of their file."""

    symbol: str
    path: Path
    rows: Whole
    """As people count them."""
    times: Whole
    """When each bar opened, in seconds since the epoch."""
    values: Floats
    """Columns: open, high, low, close in USD, and volume in contracts; no columns where only times were asked for."""

    def place(self, at: int) -> str:
        """Return where row ``at`` of the piece stands."""
        return f"{self.path}, {counting_of(self.path).word} {int(self.rows[at])}"

    def fault(self, at: int, text: str) -> BarsError:
        """Return the error that row ``at`` of the piece deserves."""
        return BarsError(f"{self.place(at)}, {text}")


def read_pieces(file: NamedFile, *, only_times: bool = False) -> Iterator[Piece]:
    """Yield the bars of a file; raises BarsError for the first thing that is wrong with it.

    A column of symbols counts more than the file's name.
    """
    columns = _columns(file)
    row = counting_of(file.path).first
    words = (columns.time,) if columns.symbol is None else (columns.time, columns.symbol)
    numbers = () if only_times else columns.numbers
    for batch in batches(file.path, numbers=numbers, words=words):
        fault = partial(_fault, file.path, row)
        times = seconds_of(batch.column(columns.time), name=columns.time, fault=fault)
        values = np.empty((len(times), len(numbers)))
        for column, name in enumerate(numbers):
            values[:, column] = numbers_of(batch.column(name), name=name, fault=fault)
        rows = np.arange(row, row + len(times))
        whole = Piece(file.symbol or "", file.path, rows, times, values)
        if numbers:
            _refuse_unsound(whole)
        yield from (whole,) if columns.symbol is None else _by_symbol(whole, batch, columns.symbol)
        row += len(times)
    if row == counting_of(file.path).first:
        raise BarsError(f"{file.path} holds no bars")


def owner_of(file: NamedFile) -> str | None:
    """Return the symbol whose bars all rows of a file are; None where each row tells; raises BarsError."""
    return file.symbol if _columns(file).symbol is None else None


def _columns(file: NamedFile) -> Columns:
    columns = columns_of(column_names(file.path), path=file.path)
    if columns.symbol is None and file.symbol is None:
        raise BarsError(
            f"{file.path} does not tell whose bars it holds: add a column symbol, "
            f"or name it after its pair as in PF_XBTUSD.csv or BTC_USDT_USDT-5m-futures.feather"
        )
    return columns


def _by_symbol(whole: Piece, batch: Batch, column: str) -> Iterator[Piece]:
    names, codes = names_in(batch.column(column), name=column, fault=whole.fault)
    for code, name in enumerate(names):
        rows = np.flatnonzero(codes == code)
        symbol = symbol_of(name)
        if symbol is None:
            raise whole.fault(int(rows[0]), f"column {column}: {name!r} is no pair with the dollar")
        yield Piece(symbol, whole.path, whole.rows[rows], whole.times[rows], whole.values[rows])


def _refuse_unsound(piece: Piece) -> None:
    values = piece.values
    for column in (OPEN, HIGH, LOW, CLOSE):
        prices = values[:, column]
        _refuse(piece, column, prices <= 0.0, "is no price above 0")
        _refuse(piece, column, prices > values[:, HIGH], "is above the bar's high")
        _refuse(piece, column, prices < values[:, LOW], "is below the bar's low")
    _refuse(piece, VOLUME, values[:, VOLUME] < 0.0, "is below 0")


def _refuse(piece: Piece, column: int, wrong: npt.NDArray[np.bool_], text: str) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        raise piece.fault(at, f"column {NUMBERS[column]}: {piece.values[at, column]:.15g} {text}")


def _fault(path: Path, first: int, at: int, text: str) -> BarsError:
    return BarsError(f"{path}, {counting_of(path).word} {first + at}, {text}")
