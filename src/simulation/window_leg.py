"""A leg on a market of windows: each close goes to the builder, and to the exchange what it depends on."""

from collections.abc import Sequence

from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.markets.window_market import WindowMarket
from src.market.feed_process import open_builder
from src.market.history import HOUR_S
from src.simulation.bench import Bench
from src.simulation.clock import VirtualClock
from src.simulation.exchange_side import ExchangeSide
from src.simulation.memory import RunMemory
from src.simulation.plan import Pace, Plan
from src.simulation.venue import direct_exchange, stepped_ways
from src.simulation.warm_up import funding_hours, warm_up
from src.simulation.window_face import WindowFace, WindowService


class _Nobody:
    """Who listens to the exchange's feed: in windows the builder hears of the market itself."""

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Hear nothing."""


class WindowLeg:
    """The bot on a market of windows."""

    def __init__(
        self, plan: Plan, clock: VirtualClock, since: float, *, market: WindowMarket, memory: RunMemory
    ) -> None:
        """Build everything as it stands in the home's files; ``since`` is the close of the last window."""
        settings = plan.settings
        self._clock = clock
        self._ts = since
        self._window_s = settings.window_s
        self._tracked = plan.tracked
        self._bench = Bench(plan, clock, memory)
        files = self._bench.files
        self._market = market
        market.begin(self._ts)
        face = WindowFace(self._market)
        self._side = ExchangeSide(plan, face, files=files, now=self._ts)
        self._service = WindowService(self._side.engine, face, clock, _Nobody())
        self._service.begin()
        self._builder, self._written = open_builder(plan.home, settings, clock, files=files)
        warm_up(self._builder, self._market, symbols=self._tracked, now=self._ts)
        self._bench.open(direct_exchange(self._service, clock, away=stepped_ways(settings, seed=plan.seed)))
        self._windows = 0

    def step(self) -> float:
        """Live one window; return its close."""
        self._ts += self._window_s
        self._clock.advance_to(self._ts)
        closed = self._market.close(self._ts)
        self._service.live()
        if self._ts % HOUR_S < self._window_s:
            for symbol in self._tracked:
                newest = funding_hours(self._market, symbol, until=self._ts, since=self._ts - HOUR_S)
                self._builder.on_funding_history(self._ts, symbol, newest)
        self._windows += self._builder.on_windows(self._ts, closed)
        self._bench.answer()
        return self._ts

    def ended(self) -> bool:
        """Return whether the market has nothing more to show."""
        end = self._market.end
        return end is not None and self._ts + self._window_s > end

    def pace(self) -> Pace:
        """Return how far the run has come."""
        return self._bench.pace(self._ts, windows=self._windows, messages=0)

    def close(self) -> None:
        """Bring everything to the disk and let go of it."""
        self._bench.close_stages()
        self._side.close(self._ts)
        self._written.close()
        self._bench.close()
