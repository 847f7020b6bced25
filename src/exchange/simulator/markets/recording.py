"""What a recording tells: one received market-data message a line, plain or gzipped, read one after the other.

A line is ``{"received_at": seconds, "message": {...}}`` with a Kraken Futures ``/ws/v1`` message of the feeds
``book_snapshot``, ``book``, ``trade`` or ``ticker``, or one of the answers that a bot notes beside them,
``polled_candles`` and ``polled_funding``; lines of other feeds and events are passed over.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

import msgspec

from src.exchange.simulator.events import BookDelta, BookSnapshot, Condition, MarketTrade, Reference
from src.exchange.simulator.markets.errors import TapeError
from src.exchange.simulator.markets.recording_files import RecordedLine, first_and_last_lines, tape_lines

TapeEvent = BookSnapshot | BookDelta | MarketTrade | Reference | Condition
EVENTS = frozenset({"book_snapshot", "book", "trade", "ticker"})
ANSWERS = frozenset({"polled_candles", "polled_funding"})
LATEST_S = 60.0
"""A venue's stamp counts where the message came within this time of it, and not before it."""

Row = tuple[float, float, float, float, float, float]
"""Opening time, open, high, low, close, volume."""


class PolledCandles(msgspec.Struct, frozen=True, gc=False):
    """Bars that the venue told when it was asked."""

    ts: float
    symbol: str
    resolution_s: int
    bars: list[Row]


class PolledFunding(msgspec.Struct, frozen=True, gc=False):
    """Settled hours that the venue told: the hour's end and its relative rate."""

    ts: float
    symbol: str
    hours: list[tuple[float, float]]


TapeAnswer = PolledCandles | PolledFunding


class _Level(msgspec.Struct, gc=False):
    price: float
    qty: float


class _Message(msgspec.Struct, gc=False):
    """Any message, as far as a tape needs it."""

    feed: str | None = None
    product_id: str | None = None
    side: Literal["buy", "sell"] | None = None
    price: float | None = None
    qty: float | None = None
    timestamp: float | None = None
    time: float | None = None
    type: str | None = None
    bids: list[_Level] | None = None
    asks: list[_Level] | None = None
    index: float | None = None
    mark: float | None = msgspec.field(name="markPrice", default=None)
    funding_rate: float | None = None
    funding_rate_prediction: float | None = None
    open_interest: float | None = msgspec.field(name="openInterest", default=None)
    suspended: bool = False
    post_only: bool = False
    resolution_s: int | None = None
    bars: list[Row] | None = None
    hours: list[tuple[float, float]] | None = None


class _Envelope(msgspec.Struct, gc=False):
    received_at: float
    message: _Message


class _Only(msgspec.Struct):
    received_at: float


def read_tape(path: Path) -> Iterator[TapeEvent]:
    """Yield the events of a recording; ``ts`` never runs backwards.

    It is the venue's own stamp where that is sound, else when the message was received. Raises ``TapeError`` with
    the line's number for what is broken; a last line that was torn while it was being written ends the tape.
    """
    return cast("Iterator[TapeEvent]", _read(path, EVENTS))


def read_tape_with_answers(path: Path) -> Iterator[TapeEvent | TapeAnswer]:
    """Yield the events as ``read_tape`` does, and the answers between them with the time of their arrival."""
    return _read(path, EVENTS | ANSWERS)


def tape_span(path: Path) -> tuple[float, float]:
    """Return when the first and the last line of a recording were received; raises ``TapeError``."""
    first, last = first_and_last_lines(path)
    begins = _received_at(first)
    line = last.pop()
    try:
        return begins, _received_at(line)
    except TapeError:
        if not line.torn or not last:
            raise
    return begins, _received_at(last.pop())


def _read(path: Path, feeds: frozenset[str]) -> Iterator[TapeEvent | TapeAnswer]:
    latest = -math.inf
    conditions: dict[str | None, tuple[bool, bool]] = {}
    for line, received_at, message in _messages(path, feeds):
        try:
            if message.feed in ANSWERS:
                yield _answer(received_at, message)
                continue
            latest = max(latest, _happened(received_at, message))
            if message.feed == "ticker":
                halts = (message.suspended, message.post_only)
                if halts != conditions.get(message.product_id, (False, False)):
                    conditions[message.product_id] = halts
                    yield Condition(latest, _symbol(message), *halts)
            event = _event(latest, message)
        except ValueError as error:
            raise TapeError(f"{line.where}: {error}") from error
        if event is not None:
            yield event


def _messages(path: Path, feeds: frozenset[str]) -> Iterator[tuple[RecordedLine, float, _Message]]:
    decode = msgspec.json.Decoder(_Envelope).decode
    for line in tape_lines(path):
        try:
            envelope = decode(line.text)
        except msgspec.DecodeError as error:
            if line.torn:
                return
            raise TapeError(f"{line.where}: {error}") from error
        if envelope.message.feed in feeds:
            yield line, envelope.received_at, envelope.message


def _happened(received_at: float, message: _Message) -> float:
    """Return when the venue says that it happened, unless its clock or ours is off, or it came too late."""
    stamp = message.timestamp if message.timestamp is not None else message.time
    if stamp is None or not 0.0 <= received_at - stamp / 1000 <= LATEST_S:
        return received_at
    return stamp / 1000


def _event(ts: float, message: _Message) -> TapeEvent | None:
    symbol, feed, side = _symbol(message), message.feed, message.side
    if feed == "ticker":
        return _reference(ts, symbol, message)
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


def _reference(ts: float, symbol: str, message: _Message) -> Reference | None:
    """Return what a ticker tells; None where it tells neither mark nor index."""
    if not message.mark or not message.index:
        return None
    return Reference(
        ts,
        symbol,
        _number(message.mark, "markPrice"),
        _number(message.index, "index"),
        message.funding_rate,
        message.funding_rate_prediction,
        message.open_interest,
    )


def _answer(ts: float, message: _Message) -> TapeAnswer:
    symbol = _symbol(message)
    if message.feed == "polled_funding":
        return PolledFunding(ts, symbol, message.hours or [])
    if not message.resolution_s or message.resolution_s % 60:
        raise ValueError("resolution_s must be whole minutes")
    return PolledCandles(ts, symbol, message.resolution_s, message.bars or [])


def _symbol(message: _Message) -> str:
    if message.product_id is None:
        raise ValueError("product_id is missing")
    return message.product_id


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


def _received_at(line: RecordedLine) -> float:
    try:
        return msgspec.json.decode(line.text, type=_Only).received_at
    except msgspec.DecodeError as error:
        raise TapeError(f"{line.where}: {error}") from error
