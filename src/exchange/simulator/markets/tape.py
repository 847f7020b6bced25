"""A recorded market, replayed at its own times; nothing that the recording does not show is made up.

Where a recording holds tickers, mark, index, funding and open interest are theirs, and what its bot was answered
gives the bars and the funding of the time before it. A recording without them has the mid of its book as mark and
index, told at most once a second, and knows no funding and no open interest.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Condition,
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
from src.exchange.simulator.markets.tape_past import MINUTE_S, Minutes, TapePast
from src.exchange.simulator.markets.tape_survey import survey_tape

HOUR_S = 3600
REFERENCE_EVERY_S = 1.0


class TapeMarket:
    """The part of a recording that belongs to some symbols."""

    def __init__(self, path: Path, symbols: tuple[str, ...], start_at: float | None = None) -> None:
        """Open a recording (a file, or a folder of segments) and replay it up to ``start_at`` in silence.

        Raises ``TapeError`` if it is missing, empty or broken, or shows nothing of one of the symbols.
        """
        survey = survey_tape(path)
        absent = [symbol for symbol in symbols if symbol not in survey.specs]
        if absent:
            has = ", ".join(sorted(survey.specs))
            raise TapeError(f"{path} has no {', '.join(absent)}; it has {has}")
        self._specs = tuple(survey.specs[symbol] for symbol in symbols)
        self._replays = {
            symbol: _Replay(symbol, survey.past[symbol], told=symbol in survey.with_tickers)
            for symbol in symbols
        }
        self._rest = read_tape(path)
        self._next = next(self._rest, None)
        self._last_ts = self._now = survey.first
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
        self._now = max(self._now, now)
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
        """Return the bars of what the tape has shown so far, and those that its venue told of the time before.

        Raises ValueError unless a resolution is whole minutes.
        """
        if resolution_s <= 0 or resolution_s % MINUTE_S:
            raise ValueError(f"a resolution is whole minutes, not {resolution_s} s")
        replay = self._replay(symbol)
        minutes = {"trade": replay.trades, "mark": replay.marks, "spot": replay.spots}[kind].minutes
        if kind == "trade":
            minutes = replay.past.filled_in(
                minutes, resolution_s=resolution_s, start=start, end=end + resolution_s, now=self._now
            )
        made = _aggregated(minutes, resolution_s)
        return [candle for candle in made if start <= candle.ts <= end]

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the settled hours that the recording tells of; none where its bot never asked."""
        replay = self._replay(symbol)
        return replay.past.funding(replay.rates, replay.trades.minutes, until=min(until, self._now))

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
        self.minutes: Minutes = {}

    def count(self, ts: float, price: float, volume: float) -> None:
        """Add one price."""
        minute = int(ts // MINUTE_S)
        known = self.minutes.get(minute)
        if known is None:
            self.minutes[minute] = (price, price, price, price, volume)
            return
        opened, high, low, _, so_far = known
        self.minutes[minute] = (opened, max(high, price), min(low, price), price, so_far + volume)


class _Replay:
    """The recorded book of one symbol, its reference values and the bars of what was seen."""

    def __init__(self, symbol: str, past: TapePast, *, told: bool) -> None:
        """``told``: the recording has this symbol's tickers."""
        self.trades, self.marks, self.spots = _Bars(), _Bars(), _Bars()
        self.past = past
        self.rates: dict[float, float] = {}
        """Absolute funding rates by the end of their hour."""
        self._symbol = symbol
        self._has_tickers = told
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}
        self._book_ts: float | None = None
        self._told: Reference | None = None
        self._condition: Condition | None = None

    def apply(self, event: TapeEvent) -> Reference | None:
        """Take over one event; without tickers, return the reference if it is time for one and the mid has moved."""
        if isinstance(event, BookDelta):
            side = self._bids if event.side == "buy" else self._asks
            if event.size:
                side[event.price] = event.size
            else:
                side.pop(event.price, None)
        elif isinstance(event, MarketTrade):
            self.trades.count(event.ts, event.price, event.size)
            return None
        elif isinstance(event, Reference):
            self._refer(event)
            return None
        elif isinstance(event, Condition):
            self._condition = event
            return None
        else:
            self._bids, self._asks = dict(event.bids), dict(event.asks)
        self._book_ts = event.ts
        return None if self._has_tickers else self._due_reference(event.ts)

    def shown(self, ts: float) -> Iterator[MarketEvent]:
        """Yield the book and the reference as they are, if the tape has shown them."""
        if self._book_ts is not None:
            bids = tuple(sorted(self._bids.items(), reverse=True))
            yield BookSnapshot(self._book_ts, self._symbol, bids, tuple(sorted(self._asks.items())))
        if self._condition is not None:
            yield self._condition
        reference = self._told if self._has_tickers else self._mid_reference(ts)
        if reference is not None:
            yield reference

    def _refer(self, reference: Reference) -> None:
        self._told = reference
        self.marks.count(reference.ts, reference.mark, 0.0)
        self.spots.count(reference.ts, reference.index, 0.0)
        if reference.funding_rate is not None:
            self.rates[(reference.ts // HOUR_S + 1) * HOUR_S] = reference.funding_rate

    def _due_reference(self, ts: float) -> Reference | None:
        told = self._told
        if told is not None and ts - told.ts < REFERENCE_EVERY_S:
            return None
        reference = self._mid_reference(ts)
        if reference is None or (told is not None and told.mark == reference.mark):
            return None
        self._refer(reference)
        return reference

    def _mid_reference(self, ts: float) -> Reference | None:
        if not self._bids or not self._asks:
            return None
        bid, ask = max(self._bids), min(self._asks)
        if bid >= ask:
            return None
        mid = (bid + ask) / 2
        return Reference(ts, self._symbol, mid, mid, None, None, None)


def _aggregated(minutes: Minutes, resolution_s: int) -> list[Candle]:
    """Return all bars at a resolution."""
    if not minutes:
        return []
    first = min(minutes)
    rows = np.full((max(minutes) - first + 1, 5), np.nan)
    for minute, bar in minutes.items():
        rows[minute - first] = bar
    return aggregate(first, rows, resolution_s=resolution_s)
