"""The processes of one bot under one roof: started in order, watched, stopped in order."""

import faulthandler
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerContext
from types import FrameType, TracebackType
from typing import Self

from src.clock import AnchoredClock
from src.records.operations import Health, SupervisorEvent
from src.store.document import DocumentFile
from src.store.freeze import Freeze
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from src.store.wake import Wake
from src.supervision.config_watch import ConfigWatch
from src.supervision.errors import ExchangeNotReached, ExchangeRefused
from src.supervision.faults import FaultSwitch
from src.supervision.health import HealthReporter, disk_reasons
from src.supervision.heartbeat import HeartbeatPage
from src.supervision.monitor_watch import MonitorWatch
from src.supervision.notify import Notifier
from src.supervision.schedule import LearningSchedule
from src.supervision.shell import (
    ALERTS,
    ENSEMBLE_PREDICTOR,
    EXCHANGE,
    FEATURE_BUILDER,
    LEARNING,
    MAIN,
    PREDICTIVE_ENGINE,
    PROCESSES,
    SIGNAL_RESOLVER,
    Launch,
)
from src.supervision.supervisor import ProcessSpec, Supervisor
from src.supervision.worker import EXIT_FAULT, Worker, run_worker

log = logging.getLogger(__name__)

EXCHANGE_START_S = 30.0
CHECK_EVERY_S = 0.25
REPORT_EVERY_S = 2.0
HEARD_BY_ALL_S = 0.2
"""A signal to the whole group may end a worker before this process has heard it."""
MAIN_WITHIN_S = 60.0
"""An answer of the exchange may take 10 s, and a round may ask for several."""
STOP_MONITOR_S = 1.0
STOP_PRODUCERS_S = 1.5
STOP_RESOLVER_S = 1.5
STOP_EXCHANGE_S = 1.5
HARD_STOP_S = 5.0
"""When the bot cycle has not ended this long after the signal, an order's answer is still out: its intent is on
disk and is resolved at the next start."""


class House:
    """Everything around the bot cycle of one start of the bot; a context that leaves no process behind."""

    def __init__(self, launch: Launch, *, context: ForkServerContext, rng: random.Random) -> None:
        self.launch = launch
        self.settings = launch.settings
        self.home = Home(launch.home_root)
        self.clock = AnchoredClock(launch.anchor)
        self.wake = Wake()
        self.page = HeartbeatPage(self.home.heartbeats, PROCESSES)
        self.page.clear(MAIN)
        self._events: JsonlWriter[SupervisorEvent] = JsonlWriter(
            self.home.supervisor_log,
            writer="supervisor",
            durability=Durability.KNOWLEDGE,
            quarantine=self.home.quarantine,
        )
        self.supervisor = Supervisor(
            context=context,
            page=self.page,
            settings=launch.settings.supervision,
            events=self._events,
            clock=self.clock,
            rng=rng,
        )
        self._notifier = Notifier.from_environment()
        self._rounds = 0
        self._stopping = threading.Event()
        self._unwatched = threading.Event()
        self._unwatched.set()
        self._freeze = Freeze(self.home)
        self._freeze_sources: list[Callable[[], tuple[str, ...]]] = [
            self._freeze.reasons,
            self.holds,
        ]
        self._configs = ConfigWatch(self.home)
        self._learning: LearningSchedule | None = None

    def __enter__(self) -> Self:
        """Listen for the signals that end the bot."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        faulthandler.enable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what still runs, in order."""
        self.stop()

    def wait_for_exchange(self) -> bool:
        """Return True once the paper exchange serves, False where a signal ends the start before.

        Raises ExchangeRefused or ExchangeNotReached if it does not serve.
        """
        deadline_s = self.clock.real() + EXCHANGE_START_S
        while not self.supervisor.serves(EXCHANGE):
            self.supervisor.check()
            if EXCHANGE in self.supervisor.failed():
                raise ExchangeRefused("the paper exchange cannot be started so; its log line above says why")
            if self.clock.real() > deadline_s:
                raise ExchangeNotReached(f"the paper exchange did not serve within {EXCHANGE_START_S:.0f} s")
            if self._stopping.is_set():
                return False
            time.sleep(0.01)
        return True

    def schedule_learning(self, spec: ProcessSpec) -> None:
        """Start a learning cycle whenever one is due."""
        self._learning = LearningSchedule(
            home=self.home,
            spec=spec,
            every_s=self.launch.settings.learning_every_s,
            supervisor=self.supervisor,
            started_ts=self.clock.now(),
        )

    def freezes_with(self, source: Callable[[], tuple[str, ...]]) -> None:
        """Count a source's reasons among those that forbid new entries."""
        self._freeze_sources.append(source)

    def holds(self) -> tuple[str, ...]:
        """Return what about the house itself forbids new entries: crash loops, a full disk."""
        return (*self._crash_loops(), *disk_reasons(self.home.root))

    def freeze_reasons(self) -> tuple[str, ...]:
        """Return everything that forbids new entries now; empty when they are allowed."""
        return tuple(reason for source in self._freeze_sources for reason in source())

    def monitor(self) -> None:
        """Watch the processes until the bot stops: the monitor thread's body."""
        self._unwatched.clear()
        try:
            self._watch()
        finally:
            self._unwatched.set()

    def run_main(self, workers: Sequence[Worker], monitor: threading.Thread) -> None:
        """Run the bot cycle in this thread until a signal ends it; RuntimeError if the monitor thread dies or hangs."""
        watch = MonitorWatch(
            monitor, rounds=lambda: self._rounds, stopping=self._stopping.is_set, real=self.clock.real
        )
        run_worker(
            [*workers, watch],
            clock=self.clock,
            heartbeat=self.page.slot(MAIN),
            wake=self.wake,
            within_s=MAIN_WITHIN_S,
            faults=FaultSwitch(self.home.run / "faults" / MAIN),
        )

    def end_after(self, duration_s: float) -> None:
        """Stop by itself after so many real seconds."""
        timer = threading.Timer(duration_s, os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True
        timer.start()

    def stop(self) -> None:
        """Stop in order: producers, then the resolver, then the paper exchange and whoever tells a person."""
        self._stopping.set()
        self._notifier.stopping()
        self._unwatched.wait(STOP_MONITOR_S)
        producers = (PREDICTIVE_ENGINE, FEATURE_BUILDER, ENSEMBLE_PREDICTOR, LEARNING)
        self.supervisor.stop(producers, within_s=STOP_PRODUCERS_S)
        self.supervisor.stop([SIGNAL_RESOLVER], within_s=STOP_RESOLVER_S)
        self.supervisor.stop([EXCHANGE, ALERTS], within_s=STOP_EXCHANGE_S)
        self._events.close()

    def _watch(self) -> None:
        document: DocumentFile[Health] = DocumentFile(
            self.home.health, Health, writer="monitor", durable=False
        )
        reporter = HealthReporter(
            root=self.home.root,
            mode=self.launch.mode,
            market=self.launch.market,
            supervisor=self.supervisor,
            page=self.page,
            clock=self.clock,
            freeze_reasons=self.freeze_reasons,
            config_faults=self._configs.faults,
        )
        reported_s = float("-inf")
        announced = False
        while not self._stopping.is_set():
            self._rounds += 1
            self.supervisor.wait(CHECK_EVERY_S)
            if self._stopping.wait(HEARD_BY_ALL_S):
                return
            self.supervisor.check()
            if self._learning is not None:
                self._learning.start_if_due(self.clock.now())
            self._end_if_main_hangs(reporter)
            if self.clock.real() - reported_s >= REPORT_EVERY_S:
                health = reporter.report()
                document.write(health)
                reported_s = self.clock.real()
                announced = self._tell_systemd(health, announced=announced)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            hard_stop = threading.Timer(HARD_STOP_S, self._stop_without_the_cycle)
            hard_stop.daemon = True
            hard_stop.start()
        self.wake.stop()

    def _stop_without_the_cycle(self) -> None:
        log.warning("cycle_still_waits_for_an_answer")
        self.stop()
        os._exit(0)

    def _end_if_main_hangs(self, reporter: HealthReporter) -> None:
        if self.page.read(MAIN).beat_s and not reporter.main_beats():
            log.critical("bot_cycle_hangs")
            faulthandler.dump_traceback(all_threads=True)
            os._exit(EXIT_FAULT)

    def _tell_systemd(self, health: Health, *, announced: bool) -> bool:
        waiting = [worker.name for worker in health.workers if worker.outputs == 0]
        status = f"waiting for {', '.join(waiting)}" if waiting else "every process has produced"
        if not announced and self.page.read(MAIN).beat_s:
            self._notifier.ready(status)
            return True
        self._notifier.alive(status)
        return announced

    def _crash_loops(self) -> tuple[str, ...]:
        return tuple(f"crash_loop:{name}" for name in self.supervisor.failed() if name != LEARNING)
