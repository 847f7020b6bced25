"""The lines of a tape: one received market-data message each, plain or gzipped, read one after the other.

A line is ``{"received_at": seconds, "message": {...}}`` with a Kraken Futures ``/ws/v1`` message of the feeds
``book_snapshot``, ``book`` or ``trade``; lines of other feeds and events are passed over.
"""

import gzip
import math
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import msgspec

from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketTrade
from src.exchange.simulator.markets.errors import TapeError

TapeEvent = BookSnapshot | BookDelta | MarketTrade
FEEDS = ("book_snapshot", "book", "trade")


class _Level(msgspec.Struct, gc=False):
    price: float
    qty: float


class _Message(msgspec.Struct, gc=False):
    """Any websocket message, as far as a tape needs it."""

    feed: str | None = None
    product_id: str | None = None
    side: Literal["buy", "sell"] | None = None
    price: float | None = None
    qty: float | None = None
    type: str | None = None
    bids: list[_Level] | None = None
    asks: list[_Level] | None = None


class _Envelope(msgspec.Struct, gc=False):
    received_at: float
    message: _Message


class _Only(msgspec.Struct):
    received_at: float


def read_tape(path: Path) -> Iterator[TapeEvent]:
    """Yield the events of a tape with ``ts`` = when they were received; time never runs backwards.

    Raises ``TapeError`` with the line's number for what is broken; a last line that was torn while it was being
    written ends the tape.
    """
    decoder = msgspec.json.Decoder(_Envelope)
    latest = -math.inf
    for number, line in _lines(path):
        try:
            envelope = decoder.decode(line)
        except msgspec.DecodeError as error:
            if not line.endswith(b"\n"):
                return
            raise TapeError(f"{path}, line {number}: {error}") from error
        message = envelope.message
        if message.feed not in FEEDS:
            continue
        latest = max(latest, envelope.received_at)
        try:
            yield _event(latest, message)
        except ValueError as error:
            raise TapeError(f"{path}, line {number}: {error}") from error


def tape_span(path: Path) -> tuple[float, float]:
    """Return when the first and the last line of a tape were received; raises ``TapeError``.

    A plain file is read at both ends only, a gzipped one has to be unpacked once.
    """
    first = next(_lines(path), None)
    if first is None:
        raise TapeError(f"{path} is empty")
    begins = _received_at(path, *first)
    lines = deque(_lines(path), maxlen=2) if path.suffix == ".gz" else _last_lines(path)
    number, line = lines.pop()
    try:
        return begins, _received_at(path, number, line)
    except TapeError:
        if line.endswith(b"\n") or not lines:
            raise
    return begins, _received_at(path, *lines.pop())


def _event(ts: float, message: _Message) -> TapeEvent:
    symbol, feed, side = message.product_id, message.feed, message.side
    if symbol is None:
        raise ValueError("product_id is missing")
    if feed == "book_snapshot":
        bids, asks = _levels(message.bids, "bids"), _levels(message.asks, "asks")
        return BookSnapshot(ts, symbol, tuple(sorted(bids, reverse=True)), tuple(sorted(asks)))
    if side is None:
        raise ValueError("side is missing")
    price, size = _number(message.price, "price"), _number(message.qty, "qty")
    if price == 0.0:
        raise ValueError("price must be more than 0")
    if feed == "book":
        return BookDelta(ts, symbol, side, price, size)
    kind: Literal["fill", "liquidation"] = "liquidation" if message.type == "liquidation" else "fill"
    return MarketTrade(ts, symbol, side, price, size, kind)


def _levels(levels: list[_Level] | None, name: str) -> list[tuple[float, float]]:
    if levels is None:
        raise ValueError(f"{name} is missing")
    return [
        (_number(level.price, "price"), _number(level.qty, "qty")) for level in levels if level.qty != 0.0
    ]


def _number(value: float | None, name: str) -> float:
    if value is None:
        raise ValueError(f"{name} is missing")
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name} must be a number of at least 0, not {value}")
    return value


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lines = cast("Iterator[bytes]", file)
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (EOFError, zlib.error) as error:
        raise TapeError(f"{path} is cut off or broken as a gzip file: {error}") from error
    except OSError as error:
        raise TapeError(f"{path} cannot be read: {error}") from error


def _last_lines(path: Path) -> deque[tuple[int, bytes]]:
    """Return the last two lines of a plain file, or its only one; their numbers are not known: 0."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        span = 4096
        while True:
            file.seek(max(0, size - span))
            lines = [line for line in file.read().splitlines(keepends=True) if line.strip()]
            if len(lines) > 2 or span >= size:
                return deque(((0, line) for line in lines[-2:]), maxlen=2)
            span *= 4


def _received_at(path: Path, number: int, line: bytes) -> float:
    try:
        return msgspec.json.decode(line, type=_Only).received_at
    except msgspec.DecodeError as error:
        where = f"line {number}" if number else "at its end"
        raise TapeError(f"{path}, {where}: {error}") from error
