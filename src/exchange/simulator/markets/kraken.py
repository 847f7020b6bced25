"""A live market: what the venue shows is passed on as it is heard, and nothing is shown that was not heard.

Market time is the machine's; an event bears the time at which it arrived. Whatever keeps the market from being heard
whole suspends what it concerns, at once and until it is whole again: nothing trades at prices of the past.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from src.exchange.simulator.errors import UpstreamChanged
from src.exchange.simulator.events import Candle, FundingPoint, InstrumentSpec, MarketEvent, WireSide
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.kraken_line import KrakenLine
from src.exchange.simulator.markets.kraken_messages import (
    UpstreamDecoder,
    UpstreamEvent,
    UpstreamMessage,
    UpstreamTicker,
    UpstreamTrade,
    UpstreamTrades,
    book_again,
)
from src.exchange.simulator.markets.kraken_rest import KrakenRest, Listing
from src.market.wire import WireDelta, WireHeartbeat, WireSnapshot
from src.net.inbox import Inbox
from src.net.websocket import Closed, Opened, SocketItem

INBOX_CAPACITY = 100_000
"""Messages that may wait; a venue that is read too slowly is hung up on and heard anew."""
SILENT_S = 5.0
"""Heartbeats and tickers come about once a second: after this long without a word nothing is known to be true."""
LISTING_AGAIN_S = 15.0
"""How soon the instruments are asked for again while one of ours does not trade."""
SKEW_S = 2.0
"""Clocks that differ by more are worth a warning."""

log = logging.getLogger(__name__)
UpstreamItem = SocketItem | Listing


class Upstream(Protocol):
    """The connections to a venue."""

    def send(self, text: str) -> bool:
        """Send a request over the websocket; False where there is none."""

    def ask_listing(self) -> None:
        """Ask for the instruments soon."""

    def is_alive(self) -> bool:
        """Return whether all that listens is alive."""

    def close(self) -> None:
        """End all connections."""


class KrakenMarket:
    """Some contracts of a venue that speaks Kraken Futures' protocol."""

    def __init__(
        self,
        specs: Sequence[InstrumentSpec],
        *,
        rest: KrakenRest,
        inbox: Inbox[UpstreamItem],
        upstream: Upstream,
    ) -> None:
        self._specs = tuple(specs)
        self._rest = rest
        self._inbox = inbox
        self._upstream = upstream
        self._lines: Mapping[str, KrakenLine] = {spec.symbol: KrakenLine(spec.symbol) for spec in specs}
        self._decoder = UpstreamDecoder()
        self._outage: str | None = "no_connection"
        self._heard_at = 0.0
        self._connections = 0
        self._ahead_s = 0.0
        self._listing_due = math.inf
        self._reported: dict[str, list[str]] | None = None

    @property
    def is_open(self) -> bool:
        """Return whether every contract may trade."""
        return all(line.open for line in self._lines.values())

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""
        return self._specs

    def begin(self, now: float) -> list[MarketEvent]:
        """Return the market as it was told last: standing, snapshot and reference of each symbol, where known."""
        return [event for line in self._lines.values() for event in line.state(now)]

    def step(self, now: float) -> list[MarketEvent]:
        """Return all that was heard since the last call, and what has fallen silent by ``now``.

        Raises UpstreamChanged where a contract is not any more what it was, RuntimeError where a thread has died.
        """
        if not self._upstream.is_alive():
            raise RuntimeError("a thread of the live market has died")
        events: list[MarketEvent] = []
        for at, item in self._inbox.drain(INBOX_CAPACITY):
            self._take(min(at, now), item, events)
        if self._outage is None and now - self._heard_at > SILENT_S:
            self._lose_all("silent")
        if now >= self._listing_due:
            self._listing_due = math.inf
            self._upstream.ask_listing()
        for line in self._lines.values():
            line.watch(now)
            events += line.look(now, outage=self._outage)
            if self._outage != "no_connection" and line.asks(now):
                for text in book_again(line.symbol):
                    self._upstream.send(text)
        self._report()
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
        """Return the venue's own bars; raises as ``KrakenRest.candles`` does, for whose answer it waits."""
        return self._rest.candles(
            self._line(symbol).symbol, kind=kind, resolution_s=resolution_s, start=start, end=end
        )

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the hours that the venue has settled; waits for its answer, or raises UpstreamUnreachable."""
        return self._rest.funding_history(self._line(symbol).symbol, until=until)

    def taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Change nothing: the venue does not hear of us."""
        del side, price, size
        self._line(symbol)

    def close(self) -> None:
        """End the connections to the venue."""
        self._upstream.close()
        self._inbox.close()

    def _line(self, symbol: str) -> KrakenLine:
        try:
            return self._lines[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None

    def _take(self, at: float, item: UpstreamItem, events: list[MarketEvent]) -> None:
        match item:
            case bytes():
                self._hear(at, item, events)
            case Listing():
                self._compare(at, item)
            case Opened():
                self._outage, self._heard_at = "nothing_heard", at
                self._connections += 1
                for line in self._lines.values():
                    line.connected(at)
                if self._connections > 1:
                    self._upstream.ask_listing()
            case Closed():
                self._lose_all("no_connection")
                for line in self._lines.values():
                    events += line.look(at, outage=self._outage)

    def _hear(self, at: float, raw: bytes, events: list[MarketEvent]) -> None:
        if self._outage is None and at - self._heard_at > SILENT_S:
            self._lose_all("silent")
        self._outage, self._heard_at = None, at
        message = self._decoder.decode(raw)
        match message:
            case None:
                log.warning(
                    "upstream_garbage", extra={"facts": {"excerpt": raw[:100].decode(errors="replace")}}
                )
            case UpstreamEvent(event, text):
                if event in {"alert", "error"}:
                    log.warning("upstream_says", extra={"facts": {"event": event, "message": text}})
            case WireHeartbeat() | UpstreamTrades():
                pass
            case _:
                line = self._lines.get(message.product_id)
                if line is not None:
                    self._tell(at, line, message, events)

    def _tell(self, at: float, line: KrakenLine, message: UpstreamMessage, events: list[MarketEvent]) -> None:
        event: MarketEvent | None = None
        match message:
            case WireDelta():
                event = line.on_delta(at, message)
                if event is not None:
                    events.append(event)
                    return
            case UpstreamTrade():
                event = line.on_trade(at, message)
            case UpstreamTicker():
                event = line.on_ticker(at, message)
            case WireSnapshot():
                line.on_snapshot(message)
        if event is not None:
            events.append(event)
        events += line.look(at, outage=self._outage)

    def _lose_all(self, outage: str) -> None:
        self._outage = outage
        for line in self._lines.values():
            line.forget()

    def _compare(self, at: float, listing: Listing) -> None:
        changed = [spec for spec in self._specs if listing.specs.get(spec.symbol, spec) != spec]
        if changed:
            told = "; ".join(_difference(spec, listing.specs[spec.symbol]) for spec in changed)
            raise UpstreamChanged(f"the venue has changed its contracts, start again: {told}")
        for line in self._lines.values():
            line.listed = line.symbol in listing.specs and line.symbol not in listing.closed
        all_listed = all(line.listed for line in self._lines.values())
        self._listing_due = math.inf if all_listed else at + LISTING_AGAIN_S
        ahead_s = listing.ahead_s
        if ahead_s is not None and abs(ahead_s) > SKEW_S and abs(ahead_s - self._ahead_s) > SKEW_S:
            log.warning("upstream_clock_differs", extra={"facts": {"ahead_s": round(ahead_s, 1)}})
        self._ahead_s = 0.0 if ahead_s is None else ahead_s

    def _report(self) -> None:
        faults: dict[str, list[str]] = {}
        for line in self._lines.values():
            if line.fault is not None:
                faults.setdefault(line.fault, []).append(line.symbol)
        if faults != self._reported:
            self._reported = faults
            event, level = ("market_suspended", logging.WARNING) if faults else ("market_open", logging.INFO)
            log.log(
                level, event, extra={"facts": {why: ",".join(symbols) for why, symbols in faults.items()}}
            )


def _difference(before: InstrumentSpec, after: InstrumentSpec) -> str:
    names = [name for name in InstrumentSpec.__slots__ if getattr(before, name) != getattr(after, name)]
    changes = (f"{name} {getattr(before, name)} -> {getattr(after, name)}" for name in names)
    return f"{before.symbol}: {', '.join(changes)}"
