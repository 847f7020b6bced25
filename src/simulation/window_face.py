"""A market of windows as the paper exchange sees it: quiet but for what something of ours depends on."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from src.clock import Clock
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import (
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    WireSide,
)
from src.exchange.simulator.markets.window_market import WindowMarket
from src.exchange.simulator.service import Publisher, Service


class WindowFace:
    """Tells the exchange the path of the contracts that it must watch, and the book of one when it is asked for.

    A contract in which nothing rests and nothing is held has no story that could matter to the account.
    """

    def __init__(self, market: WindowMarket) -> None:
        self._market = market
        self._waiting: deque[MarketEvent] = deque()
        self._told: set[str] = set()

    def live(self, watched: Mapping[str, Sequence[float]]) -> None:
        """Have the exchange live the last window of some contracts, each with the prices that something waits at.

        Where the market came to none of them its close alone tells all that matters.
        """
        events: list[MarketEvent] = []
        for symbol, waits in watched.items():
            events += self._lived(symbol, waits)
        self._told = set(watched)
        self._waiting.extend(sorted(events, key=_ts))

    def _lived(self, symbol: str, waits: Sequence[float]) -> Sequence[MarketEvent]:
        span = self._market.span(symbol)
        if span is not None and any(span[0] <= price <= span[1] for price in waits):
            return self._market.path(symbol, through=waits)
        return self._market.shown(symbol) or ()

    def show(self, symbol: str) -> None:
        """Have the exchange see the book of a contract as it stood at the last close."""
        if symbol in self._told:
            return
        self._told.add(symbol)
        self._waiting.extend(self._market.shown(symbol) or ())

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""
        return self._market.instruments()

    def begin(self, now: float) -> list[MarketEvent]:
        """Return the state of the market at ``now``."""
        del now
        shown = [self._market.shown(spec.symbol) or () for spec in self._market.instruments()]
        return [event for pair in shown for event in pair]

    def step(self, now: float) -> list[MarketEvent]:
        """Return what is waiting to be told up to ``now``."""
        events: list[MarketEvent] = []
        while self._waiting and self._waiting[0].ts <= now:
            events.append(self._waiting.popleft())
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
        """Return bars of the market."""
        return self._market.candles(symbol, kind=kind, resolution_s=resolution_s, start=start, end=end)

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the settled hours up to ``until``."""
        return self._market.funding_history(symbol, until=until)

    def taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Change nothing: windows do not feel what we take."""


class WindowService(Service):
    """The exchange's service over a market of windows: whoever asks about a contract sees its book first."""

    def __init__(self, engine: Engine, face: WindowFace, clock: Clock, publisher: Publisher) -> None:
        super().__init__(engine, face, clock, publisher)
        self._face = face

    def request(self, method: str, params: Mapping[str, str]) -> dict[str, object]:
        """Answer a request as of this moment."""
        symbol = params.get("symbol")
        if symbol is not None and symbol in self.engine.core.contracts:
            self._face.show(symbol)
        return super().request(method, params)

    def live(self) -> None:
        """Live the last window, as far as anything of ours depends on it."""
        state = self.engine.core.state
        waits: dict[str, list[float]] = {symbol: [] for symbol in state.account.positions}
        for order in state.open.values():
            terms = order.terms
            prices = [float(price) for price in (terms.stop_price, terms.limit_price) if price is not None]
            waits.setdefault(terms.symbol, []).extend(prices)
        self._face.live(dict(sorted(waits.items())))
        self.step()


def _ts(event: MarketEvent) -> float:
    return event.ts
