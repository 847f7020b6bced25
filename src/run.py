"""The daemon: ``python -m src.run`` starts the exchange, the workers, the monitor and the bot cycle."""

import logging
import multiprocessing
import os
import random
import sys
import threading
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess

from src.supervision.shell import (
    ENSEMBLE_PREDICTOR,
    EXCHANGE,
    FEATURE_BUILDER,
    LEARNING,
    PREDICTIVE_ENGINE,
    SIGNAL_RESOLVER,
    Launch,
    Shell,
    run_process,
)
from src.supervision.supervisor import ProcessSpec, Supervisor

log = logging.getLogger(__name__)

PRELOADED = ["numpy", "orjson", "msgspec", "src.supervision.shell", "src.store.jsonl", "src.store.document"]
"""What at least two processes need; the rest is imported only by the process that uses it."""


def main() -> int:
    """Read the command line and run the bot until it is told to stop; return its exit code."""
    from src.cli.start import run_command_line

    return run_command_line(sys.argv[1:], bot_worker)


def bot_worker(launch: Launch) -> int:
    """Run the whole bot: exchange, workers, monitor thread, bot cycle; return its exit code."""
    from src.supervision.house import House

    with House(launch, context=_thread_free_forkserver(), rng=random.Random()) as house:  # noqa: S311 - jitter
        if launch.mode == "paper":
            _start_worker_process(EXCHANGE, _paper_exchange, house.supervisor, launch)
            house.wait_for_exchange()
        _worker_processes = _start_all_worker_processes(house.supervisor, launch)
        log.info("workers_started", extra={"facts": {n: p.pid for n, p in _worker_processes.items()}})
        house.schedule_learning(_learning_spec(launch))
        monitor = threading.Thread(
            target=_monitor_worker_processes, args=(house.monitor,), name="monitor", daemon=True
        )
        monitor.start()
        _run_bot_cycle(house, launch, monitor)
        return 0


def _start_all_worker_processes(supervisor: Supervisor, launch: Launch) -> dict[str, ForkServerProcess]:
    targets: dict[str, Callable[[Launch], None]] = {
        FEATURE_BUILDER: _worker_feature_builder,
        PREDICTIVE_ENGINE: _worker_predictive_engine,
        ENSEMBLE_PREDICTOR: _worker_ensemble_predictor,
        SIGNAL_RESOLVER: _worker_signal_resolver,
    }
    return {name: _start_worker_process(name, target, supervisor, launch) for name, target in targets.items()}


def _start_worker_process(
    name: str, target_func: Callable[[Launch], None], supervisor: Supervisor, launch: Launch
) -> ForkServerProcess:
    return supervisor.start(ProcessSpec(name=name, target=target_func, args=(launch,), restart_on_crash=True))


def _monitor_worker_processes(monitor: Callable[[], None]) -> None:
    monitor()


def _worker_feature_builder(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.market.feed_process import build_feature_builder

        url = venue_url(launch, shell.home)
        shell.run([build_feature_builder(shell.home, shell.settings, url, shell.clock, rng=random.Random())])  # noqa: S311 - jitter

    run_process(FEATURE_BUILDER, launch, body)


def _worker_predictive_engine(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.predictive_flow_engine import build_predictive_engine

        shell.run([build_predictive_engine(shell.home, shell.settings)])

    run_process(PREDICTIVE_ENGINE, launch, body)


def _worker_ensemble_predictor(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.ensemble_predictor import build_ensemble_predictor

        shell.run([build_ensemble_predictor(shell.home, shell.settings)])

    run_process(ENSEMBLE_PREDICTOR, launch, body)


def _worker_signal_resolver(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.data_enrichment_layer import build_data_enrichment
        from src.signal_outcome_tracker import build_signal_resolver

        tracker = build_signal_resolver(shell.home, shell.settings, shell.clock)
        shell.run([tracker, build_data_enrichment(shell.home, shell.settings)])

    run_process(SIGNAL_RESOLVER, launch, body)


def _paper_exchange(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.exchange.simulator.server import ExchangeRun, run_paper_exchange

        def beat(pulse: Pulse) -> None:
            shell.faults.act()
            shell.heartbeat.beat(
                within_s=shell.settings.supervision.hang_after_s,
                handled=pulse.events,
                outputs=1,
                last_event_ts=pulse.last_event_ts,
            )

        run = ExchangeRun(
            home=shell.home, clock=shell.clock, settings=shell.settings, market=launch.market, seed=launch.seed
        )
        run_paper_exchange(run, stopped=lambda: shell.wake.stopped, on_pulse=beat)

    run_process(EXCHANGE, launch, body)


def _learning_cycle(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.continuous_learning_controller import ContinuousLearningController

        ContinuousLearningController(shell)

    run_process(LEARNING, launch, body)


def _thread_free_forkserver() -> ForkServerContext:
    """Start the process that all others are forked from, before any thread exists here."""
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()
    return context


if __name__ == "__main__":
    sys.exit(main())
