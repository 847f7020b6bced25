"""The stage that turns the market's messages into features, one line per symbol and window."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
import orjson

from src.features.book_shape import mid_price
from src.market.assemble import Assembler
from src.market.book import OrderBook
from src.market.closed_window import NO_MESSAGES, PARTIAL_WINDOW, ClosedWindow, nothing_shown
from src.market.feature_line import Close
from src.market.history import DAY_S, MINUTE_S, QUARTER_S
from src.market.kept_windows import KeptWindow
from src.market.live_window import closed_window_of
from src.market.quotes import Bar, FundingHour, Reference
from src.market.sound_bars import sound_bars
from src.market.symbol_state import SymbolState
from src.market.timeline import Boundary, Timeline
from src.market.wire import (
    Decoder,
    WireDelta,
    WireError,
    WireEvent,
    WireMessage,
    WireSnapshot,
    WireTicker,
    WireTrade,
    WireTrades,
)
from src.records.features import Features

_log = logging.getLogger(__name__)
_FEAR_GREED_STALE_S = 2 * DAY_S
_NO_FAULTS: frozenset[str] = frozenset()
_SILENT = frozenset({NO_MESSAGES})


class FeatureWriter(Protocol):
    """Where features lines go."""

    def append(self, record: Features) -> int:
        """Write one line; return its number."""


class MessageTape(Protocol):
    """Where market messages are kept as they came."""

    def append(self, received_at: float, message: bytes) -> None:
        """Keep one message."""


class FeatureBuilder:
    """Books, trades, tickers and candles in; at the close of every window the features of every symbol out.

    Time is the market's, as each message arrived: a message belongs to the window that its arrival lies in. A
    window closes when a later message arrives or ``step`` is told that its end has passed, for all symbols at
    once. What a window says rests on nothing that came after its close.
    """

    def __init__(
        self,
        *,
        symbols: Sequence[str],
        leader: str,
        window_s: float,
        windows: FeatureWriter,
        publish: Callable[[Features], None],
        tape: MessageTape | None = None,
        ticker_stale_s: float = 60.0,
    ) -> None:
        self.dropped: Counter[str] = Counter()
        """What was thrown away, by reason."""
        self.last_event_ts: float | None = None
        self._leader = leader
        self._window_s = window_s
        self._windows = windows
        self._publish = publish
        self._tape = tape
        self._assembler = Assembler(symbols, leader, window_s)
        self._states = {
            symbol: SymbolState(symbol, ticker_stale_s=ticker_stale_s, dropped=self.dropped)
            for symbol in self._assembler.symbols
        }
        self._decoder = Decoder()
        self._timeline = Timeline(window_s)
        self._connected = False
        self._watched = False
        self._closed: list[Features] = []
        self._fear_greed: tuple[float, float] | None = None
        self._lost: set[str] = set()

    def restore(self, kept: Iterable[KeptWindow]) -> None:
        """Go on from windows that an earlier start wrote, oldest first."""
        windows = list(kept)
        self._assembler.restore(windows)
        for window in windows:
            state = self._states.get(window.symbol)
            if state is not None and window.sums.large_trade_usd:
                state.trades.large_trade_usd = window.sums.large_trade_usd

    def book(self, symbol: str) -> OrderBook:
        """Return the live book of a symbol; read it, do not write it."""
        return self._states[symbol].book.book

    def take_lost_books(self) -> list[str]:
        """Return the symbols whose books need a new snapshot, once each."""
        lost, self._lost = sorted(self._lost), set()
        return lost

    def on_connected(self, at: float) -> None:
        """Hear that a connection stands; what follows is watched.

        One that stands at the very begin of a window has seen it whole.
        """
        self._advance(at)
        self._connected = True
        if at % self._window_s != 0:
            return
        self._watched = True
        if self._timeline.heard_at is None:
            for state in self._states.values():
                state.book.begin_window(at)

    def on_disconnected(self, at: float) -> None:
        """Hear that messages may be missing from now on: every book is lost until its next snapshot."""
        self._advance(at)
        self._connected = self._watched = False
        for state in self._states.values():
            state.book.lose()

    def on_message(self, at: float, message: bytes | Mapping[str, object]) -> None:
        """Take one websocket message, as bytes or parsed, that arrived at ``at``."""
        try:
            wire = self._decoder.decode(message)
        except WireError:
            self.dropped["message"] += 1
            return
        if isinstance(wire, WireEvent):
            self._advance(at)
            self._hear_event(wire)
            return
        at = self.on_wire(at, wire)
        if self._tape is not None and wire.product_id in self._states:
            self._tape.append(at, message if isinstance(message, bytes) else orjson.dumps(message))

    def on_wire(self, at: float, wire: WireMessage) -> float:
        """Take one message that is typed already; return when it counts, which never goes back."""
        at = self._advance(at)
        self._timeline.hear(at)
        self._connected = True
        self.last_event_ts = at
        state = self._states.get(wire.product_id)
        if state is not None:
            self._apply(at, state, wire)
        return at

    def on_windows(
        self, ts: float, windows: Sequence[ClosedWindow], *, recorded_at: float | None = None
    ) -> int:
        """Take what each symbol showed in the window that ends at ``ts``; return how many lines were written.

        For a market that counts in windows, which is asked for one after the other and counts as watched
        throughout; a symbol that is not among them showed nothing. What is closed already is passed over.
        ``recorded_at`` is ``ts`` where it is not told.
        """
        shown = {closed.symbol: closed for closed in windows if closed.symbol in self._states}
        self._assembler.mark_minutes(ts, shown.values())
        if shown:
            self.last_event_ts = ts
        close = self._close_of(ts, _NO_FAULTS if shown else _SILENT, recorded_at or ts)
        return self._hand_out(
            self._assembler.close(
                close, [shown.get(symbol) or nothing_shown(symbol) for symbol in self._states]
            )
        )

    def on_reference(self, at: float, reference: Reference) -> None:
        """Take the venue's reference values of one symbol."""
        at = self._advance(at)
        state = self._states.get(reference.symbol)
        if state is not None:
            state.on_reference(at, reference)

    def on_candles(self, at: float, symbol: str, bars: Iterable[Bar], *, resolution_s: int) -> None:
        """Take candles of one or fifteen minutes in any order; those still forming or not begun do not count.

        Raises ValueError for another resolution.
        """
        if resolution_s not in {MINUTE_S, QUARTER_S}:
            raise ValueError(f"candles of {resolution_s} s are of no use here")
        at = self._advance(at)
        if symbol in self._states:
            sound = sound_bars(bars, at, resolution_s, self.dropped)
            self._assembler.add_bars(symbol, sound, resolution_s=resolution_s)

    def on_funding_history(self, at: float, symbol: str, hours: Iterable[FundingHour]) -> None:
        """Take settled funding rates in any order; those from the future do not count."""
        at = self._advance(at)
        if symbol in self._states:
            sound = [hour for hour in hours if math.isfinite(hour.relative_rate) and hour.ts <= at]
            self._assembler.add_funding(symbol, sound, now=at)

    def on_fear_greed(self, at: float, value: float) -> None:
        """Take the fear and greed index, 0..100."""
        at = self._advance(at)
        if 0 <= value <= 100:
            self._fear_greed = (at, value)
        else:
            self.dropped["fear_greed"] += 1

    def step(self, now: float) -> int:
        """Close every window that has ended by ``now``; return how many lines were written.

        Every message that arrived by ``now`` must have been handed in before.
        """
        self._advance(now)
        closed, self._closed = self._closed, []
        return self._hand_out([msgspec.structs.replace(features, recorded_at=now) for features in closed])

    def _hand_out(self, written: list[Features]) -> int:
        for features in written:
            self._windows.append(features)
        for features in {features.symbol: features for features in written}.values():
            self._publish(features)
        return len(written)

    def _hear_event(self, wire: WireEvent) -> None:
        if wire.event in {"alert", "error"}:
            self.dropped["alert"] += 1
            _log.warning("venue_alert", extra={"facts": {"message": wire.message}})

    def _apply(self, at: float, state: SymbolState, wire: WireMessage) -> None:
        if isinstance(wire, WireDelta):
            if state.book.on_delta(at, wire):
                self._lost.add(state.symbol)
        elif isinstance(wire, WireTrade):
            state.trades.on_trade(wire, reference=state.trade_reference())
        elif isinstance(wire, WireSnapshot):
            state.book.on_snapshot(at, wire)
            self._lost.discard(state.symbol)
        elif isinstance(wire, WireTrades):
            state.trades.on_snapshot(wire.trades, reference=state.trade_reference())
        elif isinstance(wire, WireTicker):
            state.on_reference(at, wire.reference())

    def _advance(self, now: float) -> float:
        """Close every window that ended by ``now``; return the time it is, which never goes back."""
        timeline = self._timeline
        if timeline.next <= now:
            for boundary in timeline.due(now):
                if boundary.ends_minute and not boundary.silent:
                    self._mark_prices(boundary.ts)
                if boundary.ends_window:
                    self._close(boundary)
        return now if timeline.heard_at is None else max(now, timeline.heard_at)

    def _mark_prices(self, ts: float) -> None:
        quotes = {symbol: state.quote(ts) for symbol, state in self._states.items()}
        self._assembler.mark_prices(
            ts, {symbol: mid_price(quote) for symbol, quote in quotes.items() if quote is not None}
        )

    def _close(self, boundary: Boundary) -> None:
        ts, faults = boundary.ts, self._feed_faults(boundary)
        windows = [closed_window_of(state, ts, faults) for state in self._states.values()]
        self._closed += self._assembler.close(self._close_of(ts, faults, ts), windows)
        self._watched = self._connected

    def _close_of(self, ts: float, faults: frozenset[str], recorded_at: float) -> Close:
        return Close(
            ts=ts,
            window_s=self._window_s,
            leader=self._leader,
            faults=faults,
            fear_greed=self._fresh_fear_greed(ts),
            recorded_at=recorded_at,
        )

    def _feed_faults(self, boundary: Boundary) -> frozenset[str]:
        faults = set()
        if not (self._watched and self._connected):
            faults.add(PARTIAL_WINDOW)
        if boundary.silent:
            faults.add(NO_MESSAGES)
        return frozenset(faults)

    def _fresh_fear_greed(self, ts: float) -> float | None:
        if self._fear_greed is None or ts - self._fear_greed[0] > _FEAR_GREED_STALE_S:
            return None
        return self._fear_greed[1]
