"""The engine with its market and its clock: what the servers ask, and what moves time on."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, Protocol

from src.clock import Clock
from src.exchange.simulator.disturbances import Disturbances
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.events import Candle, FundingPoint, LiveMarket, Market
from src.exchange.simulator.fault_plan import MarketFault
from src.exchange.simulator.feed import FeedMessage


class Publisher(Protocol):
    """Who tells the world."""

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Tell what the engine said, in its order."""


class Service:
    """Keeps the engine up with the market; every answer is of now, and the feed is told before it.

    What an event brings is told before the next event, so that it shows nothing that came later.
    """

    def __init__(self, engine: Engine, market: Market, clock: Clock, publisher: Publisher) -> None:
        self.engine = engine
        self.clock = clock
        self.market = market
        self._publisher = publisher
        self._disturbances = Disturbances(engine)
        self.events = 0
        """Market events handled since the start."""
        self.failure: Exception | None = None
        """What broke the engine: its state may not be what the journal holds, so the process must end."""

    def begin(self) -> None:
        """Take the market's state at this moment, and the last day behind it."""
        now = self.clock.now()
        state_of_market = self.market.begin(now)
        for symbol, contract in self.engine.core.contracts.items():
            contract.day.fill_in(
                self.market.candles(symbol, kind="trade", resolution_s=900, start=now - 86_400, end=now)
            )
            if symbol in self.engine.core.state.account.positions:
                self.engine.settle_missed(symbol, self.market.funding_history(symbol, until=now))
        for event in state_of_market:
            self.engine.on_event(event)
        self._publisher.publish(self.engine.drain())

    def step(self) -> int:
        """Move market and engine to this moment; return how many events the market told.

        Once the engine broke it raises that failure again: what the journal does not hold is told to nobody.
        """
        if self.failure is not None:
            raise self.failure
        try:
            return self._step()
        except Exception as error:
            self.failure = error
            raise

    def request(self, method: str, params: Mapping[str, str]) -> dict[str, object]:
        """Answer a request as of this moment."""
        self.step()
        try:
            answer = self.engine.request(self.clock.now(), method, params)
        except BadCall:
            raise
        except Exception as error:
            self.failure = error
            raise
        self._publisher.publish(self.engine.drain())
        return answer

    def disturb(self, faults: Mapping[str, MarketFault]) -> None:
        """Let these faults alone disturb the markets from now on, by symbol."""
        if not faults and not self._disturbances.active:
            return

        def change(engine: Engine, now: float) -> None:
            for event in self._disturbances.change(faults, self.market.begin(now)):
                engine.on_event(event)

        self.let_happen(change)

    def let_happen(self, happen: Callable[[Engine, float], None]) -> None:
        """Do something to the engine that nobody asked for, and tell the feed."""
        self.step()
        try:
            happen(self.engine, self.engine.core.now)
        except Exception as error:
            self.failure = error
            raise
        self._publisher.publish(self.engine.drain())

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
        self.step()
        return self.market.candles(symbol, kind=kind, resolution_s=resolution_s, start=start, end=end)

    def funding_history(self, symbol: str) -> list[FundingPoint]:
        """Return the settled hours of a contract, oldest first."""
        return self.market.funding_history(symbol, until=self.clock.now())

    async def past_candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return bars of the market; while a live one is asked for them, everything else goes on."""
        self.step()
        ask = partial(self.market.candles, symbol, kind=kind, resolution_s=resolution_s, start=start, end=end)
        return await asyncio.to_thread(ask) if isinstance(self.market, LiveMarket) else ask()

    async def past_funding(self, symbol: str) -> list[FundingPoint]:
        """Return the settled hours of a contract; while a live market is asked, everything else goes on."""
        ask = partial(self.market.funding_history, symbol, until=self.clock.now())
        return await asyncio.to_thread(ask) if isinstance(self.market, LiveMarket) else ask()

    def _step(self) -> int:
        now, engine, publish = self.clock.now(), self.engine, self._publisher.publish
        events = self.market.step(now)
        if self._disturbances.active:
            events = self._disturbances.seen(events)
        for event in events:
            engine.on_event(event)
            if engine.core.feed:
                publish(engine.drain())
        engine.advance(now)
        self.events += len(events)
        if engine.core.feed:
            publish(engine.drain())
        return len(events)
