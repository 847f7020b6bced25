"""Files of bars by their kind: the names of their columns, and their rows in batches."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from src.exchange.simulator.markets.errors import BarsError

Batch = Any
"""A record batch; pyarrow ships no types."""
ROWS_A_BATCH = 1 << 15
_BLOCK_BYTES = 1 << 20
_BAD_ROW = re.compile(r"Row #(\d+): (.*)", re.DOTALL)
_BAD_CELL = re.compile(r"conversion error to \w+: invalid value '(.*)'", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Counting:
    """How people count the rows of a file."""

    word: str
    first: int
    """The number of the first row of data."""


LINES = Counting("line", 2)
ROWS = Counting("row", 1)


def counting_of(path: Path) -> Counting:
    """Return how the rows of a file are counted: a text by its lines, the header being the first."""
    return LINES if _is_text(path) else ROWS


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns; raises BarsError where it cannot be read."""
    with _readable(path):
        if _is_text(path):
            return _text_names(path)
        if path.suffix == ".parquet":
            with pa.parquet.ParquetFile(path) as file:
                return list(file.schema_arrow.names)
        with pa.memory_map(str(path)) as source:
            return list(pa.ipc.open_file(source).schema.names)


def batches(path: Path, *, numbers: tuple[str, ...], words: tuple[str, ...]) -> Iterator[Batch]:
    """Yield the rows of a file in batches with these columns; a text's words stay texts.

    Raises BarsError where it cannot be read, or a cell of a text is no number.
    """
    with _readable(path):
        if _is_text(path):
            yield from _text_batches(path, numbers, words)
        elif path.suffix == ".parquet":
            with pa.parquet.ParquetFile(path) as file:
                yield from file.iter_batches(ROWS_A_BATCH, columns=[*words, *numbers], use_threads=False)
        else:
            yield from _feather_batches(path, [*words, *numbers])
    pa.default_memory_pool().release_unused()


def _text_batches(path: Path, numbers: tuple[str, ...], words: tuple[str, ...]) -> Iterator[Batch]:
    types = dict.fromkeys(numbers, pa.float64()) | dict.fromkeys(words, pa.string())
    options = pa.csv.ConvertOptions(
        column_types=types, include_columns=[*words, *numbers], strings_can_be_null=True
    )
    line = LINES.first
    with _open_text(path) as file:
        header = file.readline()
        for lines in _whole_lines(file):
            yield from _parsed(path, header + lines, options, line=line).to_batches()
            line += lines.count(b"\n")


def _parsed(path: Path, text: bytes, options: Batch, *, line: int) -> Batch:
    """Return the table of some lines behind a header; ``line`` is the number of the first of them."""
    reading = pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1)
    try:
        return pa.csv.read_csv(pa.BufferReader(text), read_options=reading, convert_options=options)
    except pa.ArrowInvalid as error:
        bad = _BAD_ROW.search(str(error))
        if bad is None:
            raise
        cell = _BAD_CELL.search(str(error))
        said = bad[2] if cell is None else f"{cell[1]!r} is no number"
        raise BarsError(f"{path}, line {int(bad[1]) - LINES.first + line}: {said}") from error


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of a text in pieces that end with a line."""
    rest = b""
    while piece := file.read(_BLOCK_BYTES):
        lines, end, rest = (rest + piece).rpartition(b"\n")
        if lines.strip():
            yield lines + end
    if rest.strip():
        yield rest


def _feather_batches(path: Path, names: list[str]) -> Iterator[Batch]:
    with pa.memory_map(str(path)) as source:
        schema = pa.ipc.open_file(source).schema
        options = pa.ipc.IpcReadOptions(
            included_fields=[schema.get_field_index(name) for name in names], use_threads=False
        )
        reader = pa.ipc.open_file(source, options=options)
        for number in range(reader.num_record_batches):
            whole = reader.get_batch(number)
            for start in range(0, len(whole), ROWS_A_BATCH):
                yield whole.slice(start, ROWS_A_BATCH)


def _text_names(path: Path) -> list[str]:
    with _open_text(path) as file:
        header = file.readline().decode("utf-8-sig")
    return next(csv.reader([header]), [])


def _open_text(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _is_text(path: Path) -> bool:
    return path.name.endswith((".csv", ".csv.gz"))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as error:
        raise BarsError(f"{path} cannot be read: {error}") from error
