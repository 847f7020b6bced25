"""A recorded market, replayed at its own times; nothing that the recording does not show is made up.

Mark and index are the mid of the recorded book, told at most once a second; funding and open interest are not known.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEnded,
    MarketEvent,
    MarketTrade,
    Reference,
    WireSide,
)
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.bars import aggregate
from src.exchange.simulator.markets.errors import TapeError
from src.exchange.simulator.markets.recording import TapeEvent, read_tape
from src.exchange.simulator.markets.tape_survey import survey_tape

MINUTE_S = 60
REFERENCE_EVERY_S = 1.0

Bar = tuple[float, float, float, float, float]


class TapeMarket:
    """The part of a recording that belongs to some symbols."""

    def __init__(self, path: Path, symbols: tuple[str, ...], start_at: float | None = None) -> None:
        """Open a tape and replay it up to ``start_at`` in silence.

        Raises ``TapeError`` if it is missing, empty or broken, or shows nothing of one of the symbols.
        """
        survey = survey_tape(path)
        absent = [symbol for symbol in symbols if symbol not in survey.specs]
        if absent:
            has = ", ".join(sorted(survey.specs))
            raise TapeError(f"{path} has no {', '.join(absent)}; it has {has}")
        self._specs = tuple(survey.specs[symbol] for symbol in symbols)
        self._replays = {spec.symbol: _Replay(spec.symbol) for spec in self._specs}
        self._rest = read_tape(path)
        self._next = next(self._rest, None)
        self._last_ts = survey.first
        self._ended = False
        if start_at is not None:
            self.step(start_at)
            self._ended = False

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments, with the tick and step of the recorded prices and sizes."""
        return self._specs

    def begin(self, now: float) -> list[MarketEvent]:
        """Return a snapshot and a reference for each symbol that the tape has shown by ``now``."""
        ended = [event for event in self.step(now) if isinstance(event, MarketEnded)]
        events: list[MarketEvent] = []
        for replay in self._replays.values():
            events += replay.shown(self._last_ts)
        return events + ended

    def step(self, now: float) -> list[MarketEvent]:
        """Return all events after the last call up to and including ``now``, in the order of the tape."""
        events: list[MarketEvent] = []
        event, rest, replays = self._next, self._rest, self._replays
        while event is not None and event.ts <= now:
            self._last_ts = event.ts
            replay = replays.get(event.symbol)
            if replay is not None:
                events.append(event)
                reference = replay.apply(event)
                if reference is not None:
                    events.append(reference)
            event = next(rest, None)
        self._next = event
        if self._next is None and not self._ended:
            self._ended = True
            events.append(MarketEnded(self._last_ts))
        return events

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars of what the tape has shown so far; mark and spot are the mid's.

        Raises ValueError unless a resolution is whole minutes.
        """
        if resolution_s <= 0 or resolution_s % MINUTE_S:
            raise ValueError(f"a resolution is whole minutes, not {resolution_s} s")
        replay = self._replay(symbol)
        bars = replay.trades if kind == "trade" else replay.mids
        made = bars.aggregated(resolution_s)
        return [candle for candle in made if start <= candle.ts <= end]

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return nothing: a tape knows no funding."""
        del until
        self._replay(symbol)
        return []

    def taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Change nothing: what was recorded does not hear of us."""
        del side, price, size
        self._replay(symbol)

    def _replay(self, symbol: str) -> "_Replay":
        try:
            return self._replays[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None


class _Bars:
    """Minute bars of a series of prices, in a tape's length."""

    def __init__(self) -> None:
        self._bars: dict[int, Bar] = {}

    def count(self, ts: float, price: float, volume: float) -> None:
        """Add one price."""
        minute = int(ts // MINUTE_S)
        known = self._bars.get(minute)
        if known is None:
            self._bars[minute] = (price, price, price, price, volume)
            return
        opened, high, low, _, so_far = known
        self._bars[minute] = (opened, max(high, price), min(low, price), price, so_far + volume)

    def aggregated(self, resolution_s: int) -> list[Candle]:
        """Return all bars at a resolution."""
        if not self._bars:
            return []
        first = min(self._bars)
        rows = np.full((max(self._bars) - first + 1, 5), np.nan)
        for minute, bar in self._bars.items():
            rows[minute - first] = bar
        return aggregate(first, rows, resolution_s=resolution_s)


class _Replay:
    """The recorded book of one symbol, and the bars of what was seen."""

    def __init__(self, symbol: str) -> None:
        self.trades, self.mids = _Bars(), _Bars()
        self._symbol = symbol
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._told: Reference | None = None

    def apply(self, event: TapeEvent) -> Reference | None:
        """Take over one event; return the reference if it is time for one and the mid has moved."""
        if isinstance(event, BookDelta):
            side = self._bids if event.side == "buy" else self._asks
            if event.size:
                side[event.price] = event.size
            else:
                side.pop(event.price, None)
        elif isinstance(event, MarketTrade):
            self.trades.count(event.ts, event.price, event.size)
            return None
        else:
            self._bids, self._asks = dict(event.bids), dict(event.asks)
        told = self._told
        if told is not None and event.ts - told.ts < REFERENCE_EVERY_S:
            return None
        reference = self._reference(event.ts)
        if reference is None or (told is not None and told.mark == reference.mark):
            return None
        self._told = reference
        self.mids.count(reference.ts, reference.mark, 0.0)
        return reference

    def shown(self, ts: float) -> Iterator[MarketEvent]:
        """Yield the book and the reference as they are, if the tape has shown them."""
        if self._bids or self._asks:
            bids = tuple(sorted(self._bids.items(), reverse=True))
            yield BookSnapshot(ts, self._symbol, bids, tuple(sorted(self._asks.items())))
        reference = self._reference(ts)
        if reference is not None:
            yield reference

    def _reference(self, ts: float) -> Reference | None:
        if not self._bids or not self._asks:
            return None
        bid, ask = max(self._bids), min(self._asks)
        if bid >= ask:
            return None
        mid = (bid + ask) / 2
        return Reference(ts, self._symbol, mid, mid, None, None, None)
