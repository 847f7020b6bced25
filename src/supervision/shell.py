"""What a process of the bot does before and after its work: names itself, logs, listens, beats."""

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from setproctitle import setproctitle

from src.clock import AnchoredClock
from src.records.operations import ClockAnchor
from src.records.settings import BotSettings
from src.store.disk_files import DiskFiles
from src.store.errors import ConfigError
from src.store.paths import Home
from src.store.wake import Wake
from src.supervision.faults import FaultSwitch
from src.supervision.heartbeat import Heartbeat, HeartbeatPage
from src.supervision.logs import configure_logging
from src.supervision.worker import EXIT_FAULT, Worker, die_with_parent, run_worker, stop_on_signals

log = logging.getLogger(__name__)

MAIN = "main"
EXCHANGE = "paper_exchange"
PREDICTIVE_ENGINE = "predictive_engine"
FEATURE_BUILDER = "feature_builder"
ENSEMBLE_PREDICTOR = "ensemble_predictor"
SIGNAL_RESOLVER = "signal_resolver"
LEARNING = "learning_cycle"
ALERTS = "alerts"

WORKERS = (PREDICTIVE_ENGINE, FEATURE_BUILDER, ENSEMBLE_PREDICTOR, SIGNAL_RESOLVER)
PROCESSES = (MAIN, EXCHANGE, *WORKERS, LEARNING, ALERTS)
"""The slots of the shared page, in order."""


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything about this start of the bot that its processes need to know."""

    home_root: Path
    settings: BotSettings
    """As read from ``configs/bot.json``, with the command line's overrides."""
    anchor: ClockAnchor
    mode: str
    market: str
    seed: int
    instance: str
    """Three characters that mark this home's orders on the exchange."""
    duration_s: float | None = None
    """Stop by itself after this many real seconds; None runs until a signal."""


class Shell:
    """One process: its clock, its slot, its wake, its fault switch."""

    def __init__(self, name: str, launch: Launch) -> None:
        self.name = name
        self.launch = launch
        self.home = Home(launch.home_root)
        self.settings = launch.settings
        self.clock = AnchoredClock(launch.anchor)
        self.files = DiskFiles(self.home, self.settings, self.clock)
        self.wake = Wake()
        self.heartbeat = self._slot()
        self.faults = FaultSwitch(self.home.run / "faults" / name)

    def run(self, workers: Sequence[Worker]) -> None:
        """Run the one loop until this process is told to stop, then close the workers."""
        try:
            run_worker(
                workers,
                clock=self.clock,
                heartbeat=self.heartbeat,
                wake=self.wake,
                within_s=self.settings.supervision.hang_after_s,
                faults=self.faults,
            )
        finally:
            for worker in workers:
                worker.close()

    def _slot(self) -> Heartbeat:
        return HeartbeatPage(self.home.heartbeats, PROCESSES).slot(self.name)


def run_process(name: str, launch: Launch, body: Callable[[Shell], None]) -> None:
    """Be one process of the bot: set it up, do its work, and leave with a meaning.

    Exit 0 after an orderly stop, 2 for a config that cannot be used, 6 for any fault.
    """
    setproctitle(f"trading-bot: {name}")
    configure_logging(name)
    try:
        shell = Shell(name, launch)
        stop_on_signals(shell.wake.stop)
        die_with_parent()
        body(shell)
    except ConfigError as error:
        log.error("config_error", extra={"facts": {"error": error}})  # noqa: TRY400 - a human's typo needs no stack
        sys.exit(2)
    except Exception:
        log.exception("process_died")
        sys.exit(EXIT_FAULT)
