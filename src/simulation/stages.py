"""The stages of the bot in one process, stepped in their order until none has anything left to do."""

from src.bot_cycle import BotCycle, build_bot_cycle
from src.data_enrichment_layer import build_data_enrichment
from src.ensemble_predictor import build_ensemble_predictor
from src.exchange.base import Exchange
from src.exchange.desk import TradingDesk
from src.futures_portfolio_tracker import open_desk
from src.predictive_flow_engine import build_predictive_engine
from src.signal_outcome_tracker import build_signal_resolver
from src.simulation.clock import VirtualClock
from src.simulation.plan import EPOCH, INSTANCE, Plan
from src.situation import stakes_of
from src.store.files import Files

MOST_ROUNDS = 10_000
"""Far more than a window can need; beyond it stages feed each other without end."""


class StagesNeverRest(RuntimeError):
    """Stages kept finding work at one instant of the market."""


class Stages:
    """Everything behind the feature builder: signals, predictions, gate, orders, outcomes."""

    def __init__(self, plan: Plan, *, clock: VirtualClock, files: Files, exchange: Exchange) -> None:
        """Build them as the daemon does; whatever is read of the past comes from the home's files."""
        home, settings = plan.home, plan.settings
        self._clock = clock
        self._decision_s = settings.stepped_latency.decision_s
        self.desk: TradingDesk = open_desk(
            home,
            exchange,
            settings=settings,
            instance=INSTANCE,
            epoch=EPOCH,
            speed=clock.speed,
            now=clock.now(),
            files=files,
        )
        self._workers = (
            build_predictive_engine(home, files),
            build_ensemble_predictor(home, clock, files),
            build_signal_resolver(home, settings, clock, files),
        )
        self._enrichment = build_data_enrichment(home, files)
        self.cycle: BotCycle = build_bot_cycle(
            home,
            settings,
            self.desk,
            speed=clock.speed,
            unhealthy_workers=tuple,
            files=files,
            stakes=stakes_of(settings, live=False),
        )

    def settle(self) -> None:
        """Step all of them at this instant until nothing new comes of it.

        The gate is asked ``decision_s`` later, and orders take their time: the clock moves on by what they need.
        """
        self._follow()
        self._clock.advance_by(self._decision_s)
        for _ in range(MOST_ROUNDS):
            done = self.cycle.step(self._clock.now())
            done += self._follow()
            if not done and not self.cycle.backlog():
                return
        raise StagesNeverRest(f"{MOST_ROUNDS} rounds at {self._clock.now()}")

    def save(self) -> None:
        """Save every place in what was read."""
        for worker in (*self._workers, self._enrichment, self.cycle):
            worker.save()

    def close(self) -> None:
        """Save and let go of everything, the desk last."""
        self.save()
        for worker in (*self._workers, self._enrichment, self.cycle):
            worker.close()
        self.desk.close()

    def _follow(self) -> int:
        """Let all but the trading cycle handle what there is; return how many records that was."""
        total = 0
        while True:
            now = self._clock.now()
            done = sum([worker.step(now) for worker in self._workers]) + self._enrichment.step(now)
            if not done:
                return total
            total += done
