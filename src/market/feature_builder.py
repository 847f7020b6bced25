"""The stage that turns the market's messages into features, one line per symbol and window."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
import orjson

from src.features.book_shape import mid_price
from src.market.assemble import NO_MESSAGES, PARTIAL_WINDOW, Close, close_window
from src.market.book import OrderBook
from src.market.history import DAY_S, MINUTE_S, QUARTER_S
from src.market.kept_windows import KeptWindow, restore
from src.market.quotes import Bar, FundingHour, Reference
from src.market.slow_features import MinuteFacts, QuarterFacts, minute_facts, quarter_facts
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
        self._symbols = tuple(symbols)
        self._leader = leader
        self._window_s = window_s
        self._windows = windows
        self._publish = publish
        self._tape = tape
        self._states = {
            symbol: SymbolState(
                symbol, window_s=window_s, ticker_stale_s=ticker_stale_s, dropped=self.dropped
            )
            for symbol in dict.fromkeys((*symbols, leader))
        }
        self._decoder = Decoder()
        self._timeline = Timeline(window_s)
        self._connected = False
        self._watched = False
        self._closed: list[Features] = []
        self._fear_greed: tuple[float, float] | None = None
        self._lost: set[str] = set()
        self._minute: tuple[float, dict[str, MinuteFacts]] | None = None
        self._quarter: tuple[float, dict[str, QuarterFacts]] | None = None

    def restore(self, kept: Iterable[KeptWindow]) -> None:
        """Go on from windows that an earlier start wrote, oldest first."""
        restore(self._states, kept, window_s=self._window_s)

    def book(self, symbol: str) -> OrderBook:
        """Return the live book of a symbol; read it, do not write it."""
        return self._states[symbol].book.book

    def take_lost_books(self) -> list[str]:
        """Return the symbols whose books need a new snapshot, once each."""
        lost, self._lost = sorted(self._lost), set()
        return lost

    def on_connected(self, at: float) -> None:
        """Hear that a connection stands; what follows is watched."""
        self._advance(at)
        self._connected = True

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
        at = self._advance(at)
        if isinstance(wire, WireEvent):
            self._hear_event(wire)
            return
        self._timeline.hear(at)
        self._connected = True
        self.last_event_ts = at
        state = self._states.get(wire.product_id)
        if state is None:
            return
        if self._tape is not None:
            self._tape.append(at, message if isinstance(message, bytes) else orjson.dumps(message))
        self._apply(at, state, wire)

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
        state = self._states.get(symbol)
        if state is None:
            return
        by_opening = {bar.ts: bar for bar in bars if self._is_finished(bar, at, resolution_s)}
        state.history.add_bars([by_opening[ts] for ts in sorted(by_opening)], resolution_s=resolution_s)
        self._minute = self._quarter = None

    def on_funding_history(self, at: float, symbol: str, hours: Iterable[FundingHour]) -> None:
        """Take settled funding rates in any order; those from the future do not count."""
        at = self._advance(at)
        state = self._states.get(symbol)
        if state is None:
            return
        sound = [hour for hour in hours if math.isfinite(hour.relative_rate) and hour.ts <= at]
        state.history.add_funding(sound, now=at)

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
        written = [msgspec.structs.replace(features, recorded_at=now) for features in self._closed]
        self._closed.clear()
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
        for state in self._states.values():
            quote = state.quote(ts)
            if quote is not None:
                state.history.mark_price(ts, mid_price(quote))

    def _close(self, boundary: Boundary) -> None:
        close = Close(
            ts=boundary.ts,
            window_s=self._window_s,
            leader=self._leader,
            faults=self._feed_faults(boundary),
            fear_greed=self._fresh_fear_greed(boundary.ts),
        )
        minutes, quarters = self._slow_facts(boundary.ts)
        for symbol, state in self._states.items():
            features = close_window(state, close, minutes[symbol], quarters[symbol])
            if symbol in self._symbols and boundary.ts > state.written_ts:
                state.written_ts = boundary.ts
                self._closed.append(features)
        self._watched = self._connected

    def _feed_faults(self, boundary: Boundary) -> frozenset[str]:
        faults = set()
        if not (self._watched and self._connected):
            faults.add(PARTIAL_WINDOW)
        if boundary.silent:
            faults.add(NO_MESSAGES)
        return frozenset(faults)

    def _slow_facts(self, ts: float) -> tuple[dict[str, MinuteFacts], dict[str, QuarterFacts]]:
        histories = {symbol: state.history for symbol, state in self._states.items()}
        minute, quarter = ts - ts % MINUTE_S, ts - ts % QUARTER_S
        if self._minute is None or self._minute[0] != minute:
            self._minute = (minute, minute_facts(histories, self._leader, until=minute))
        if self._quarter is None or self._quarter[0] != quarter:
            self._quarter = (quarter, quarter_facts(histories, self._leader, until=quarter))
        return self._minute[1], self._quarter[1]

    def _fresh_fear_greed(self, ts: float) -> float | None:
        if self._fear_greed is None or ts - self._fear_greed[0] > _FEAR_GREED_STALE_S:
            return None
        return self._fear_greed[1]

    def _is_finished(self, bar: Bar, now: float, resolution_s: int) -> bool:
        if not 0 < bar.close < math.inf:
            self.dropped["candle_value"] += 1
            return False
        if bar.ts > now:
            self.dropped["candle_from_future"] += 1
            return False
        return bar.ts + resolution_s <= now
