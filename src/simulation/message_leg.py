"""A leg on a market of messages: every one goes through the exchange to the builder, at its own time."""

import math
from typing import Protocol

from src.exchange.base import Exchange
from src.exchange.simulator.checkpoint import Checkpoint
from src.exchange.simulator.latency import Ways
from src.exchange.simulator.service import Service
from src.market.feed_process import REQUESTS_PER_S, open_builder
from src.market.poll_answers import hand_over
from src.market.poller import Poller
from src.simulation.bench import Bench
from src.simulation.clock import VirtualClock
from src.simulation.exchange_side import ExchangeSide
from src.simulation.feed import DirectFeed
from src.simulation.memory import RunMemory
from src.simulation.plan import Pace, Plan
from src.simulation.venue import DirectVenue, direct_exchange, stepped_ways

LONGEST_STEP_S = 1.0
"""What is due by the clock alone waits no longer than this, as in the daemon."""


class ReachesExchange(Protocol):
    """How the bot comes to its exchange."""

    def __call__(self, service: Service, clock: VirtualClock, /, *, away: Ways) -> Exchange:
        """Return the exchange behind a service, ``away`` market seconds away."""


class MessageLeg:
    """The bot on a market of messages."""

    def __init__(
        self,
        plan: Plan,
        clock: VirtualClock,
        since: float,
        *,
        memory: RunMemory,
        reach_exchange: ReachesExchange = direct_exchange,
    ) -> None:
        """Build everything as it stands in the home's files; ``since`` is the close of the last window."""
        settings = plan.settings
        self._clock = clock
        self._ts = since
        self._step_s = min(LONGEST_STEP_S, settings.window_s)
        self._bench = Bench(plan, clock, memory)
        files = self._bench.files
        self._checkpoint = Checkpoint(plan.home, market=plan.market, seed=plan.seed)
        self._market = self._checkpoint.market(settings, now=clock.now())
        self._side = ExchangeSide(plan, self._market, files=files, now=clock.now())
        self._builder, self._written = open_builder(plan.home, settings, clock, files=files)
        tracked = plan.tracked
        away = stepped_ways(settings, seed=plan.seed)
        self._feed = DirectFeed(
            self._side.engine.core, symbols=tracked, hear=self._builder.on_wire, way=away.market_data
        )
        self._service = Service(self._side.engine, self._market, clock, self._feed)
        self._service.begin()
        self._builder.on_connected(clock.now())
        self._feed.subscribe(clock.now())
        self._poller = Poller(
            venue=DirectVenue(self._service),
            symbols=tracked,
            clock=clock,
            put=lambda item: hand_over(self._builder, clock.now(), item),
            requests_per_s=REQUESTS_PER_S,
        )
        self._windows = 0
        self._bench.open(reach_exchange(self._service, clock, away=away))

    def step(self) -> float:
        """Live on to the next second, or close of a shorter window; return that time."""
        self._ts = (math.floor(self._ts / self._step_s) + 1) * self._step_s
        self._clock.advance_to(self._ts)
        self._service.step()
        self._feed.deliver(self._ts)
        while self._poller.ask_next() <= 0:
            pass
        self._windows += self._builder.step(self._clock.now())
        for symbol in self._builder.take_lost_books():
            self._feed.resend(symbol, self._clock.now())
        self._bench.answer()
        return self._ts

    def ended(self) -> bool:
        """Return whether the market has nothing more to show."""
        return self._side.engine.ended

    def pace(self) -> Pace:
        """Return how far the run has come."""
        return self._bench.pace(self._ts, windows=self._windows, messages=self._service.events)

    def close(self) -> None:
        """Bring everything to the disk and let go of it."""
        self._bench.close_stages()
        self._checkpoint.save(self._market)
        self._side.close(self._ts)
        self._written.close()
        self._bench.close()
