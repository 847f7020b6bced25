"""The daemon: ``python -m src.run`` starts the exchange, the workers, the monitor and the bot cycle."""

import logging
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess

from src.alerts.targets import Targets
from src.exchange.venue import Venue, open_venue, venue_url
from src.store.disk_files import DiskFiles, cycle_files
from src.supervision.courtesy import yield_to_trading
from src.supervision.house import House
from src.supervision.shell import (
    ALERTS,
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
from src.supervision.supervisor import EXIT_CONFIG, ProcessSpec, Supervisor
from src.supervision.worker import EXIT_FAULT

log = logging.getLogger(__name__)

LEARNING_WITHIN_S = 600.0
"""A learning cycle that takes longer counts as hung."""

PRELOADED = ["numpy", "orjson", "msgspec", "src.supervision.shell", "src.store.jsonl", "src.store.document"]
"""What at least two processes need; the rest is imported only by the process that uses it."""


def main() -> int:
    """Read the command line and run the bot until it is told to stop; return its exit code."""
    from src.cli.start import run_command_line

    return run_command_line(sys.argv[1:], bot_worker)


def bot_worker(launch: Launch, venue: Venue | None, targets: Targets) -> int:
    """Run the whole bot: exchange, workers, monitor thread, bot cycle; return its exit code.

    Without a venue the paper exchange is started and becomes it. Without targets nobody is told anything.
    """
    with House(launch, context=_thread_free_forkserver(), rng=random.Random()) as house:  # noqa: S311 - jitter
        if venue is None:
            _start_worker_process(EXCHANGE, _paper_exchange, house.supervisor, launch)
            if not house.wait_for_exchange():
                return 0
            venue = open_venue(launch.mode, house.home)
        if targets:
            house.supervisor.start(ProcessSpec(name=ALERTS, target=_worker_alerts, args=(launch, targets)))
        _worker_processes = _start_all_worker_processes(house.supervisor, launch)
        log.info("workers_started", extra={"facts": {n: p.pid for n, p in _worker_processes.items()}})
        house.schedule_learning(
            ProcessSpec(name=LEARNING, target=_learning_cycle, args=(launch,), restart_on_crash=False)
        )
        monitor = threading.Thread(
            target=_monitor_worker_processes, args=(house.monitor,), name="monitor", daemon=True
        )
        monitor.start()
        _run_bot_cycle(house, venue, monitor)
    return 0


def _run_bot_cycle(house: House, venue: Venue, monitor: threading.Thread) -> None:
    from src.bot_cycle import build_bot_cycle
    from src.command_desk import CommandDesk
    from src.exchange.first_answer import answered
    from src.exchange.kraken import KrakenExchange
    from src.exchange.renewed_keys import keys_reloader, remember_account
    from src.futures_portfolio_tracker import open_desk
    from src.situation import stakes_of
    from src.store.commands import CommandBox

    speed = house.clock.speed
    exchange = KrakenExchange(
        url=venue.url, api_key=venue.api_key, api_secret=venue.api_secret, clock=house.clock
    )
    if not answered(exchange.account, house.clock, sleep=time.sleep, stopped=lambda: house.wake.stopped):
        return
    remember_account(exchange, house.home)
    files = DiskFiles(house.home, house.settings, house.clock)
    desk = open_desk(
        house.home,
        exchange,
        files=files,
        settings=house.settings,
        instance=house.launch.instance,
        speed=speed,
        now=house.clock.now(),
    )
    with closing(desk):
        cycle = build_bot_cycle(
            house.home,
            house.settings,
            desk,
            files=files,
            speed=speed,
            unhealthy_workers=house.holds,
            stakes=stakes_of(house.settings, live=house.launch.mode == "live"),
        )
        house.freezes_with(desk.freeze_reasons)
        house.freezes_with(_end_of_market(house))
        if house.launch.duration_s is not None:
            house.end_after(house.launch.duration_s)
        commands = CommandDesk(
            box=CommandBox(house.home),
            desk=desk,
            freeze=files.freeze(),
            reload_keys=keys_reloader(exchange, mode=house.launch.mode, home=house.home),
            real_second=speed,
        )
        with closing(cycle):
            house.run_main([cycle, commands], monitor)


def _end_of_market(house: House) -> Callable[[], tuple[str, ...]]:
    """Return what tells that a recording is over: nothing can be entered any more."""
    from src.exchange.simulator.markets.spec import market_end

    end = market_end(house.launch.market) if house.launch.mode == "paper" else None
    return lambda: ("market_ended",) if end is not None and house.clock.now() >= end else ()


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

        url = venue_url(launch.mode, shell.home)
        builder = build_feature_builder(
            shell.home,
            shell.settings,
            url,
            shell.clock,
            files=shell.files,
            rng=random.Random(),  # noqa: S311 - jitter
        )
        shell.run([builder])

    run_process(FEATURE_BUILDER, launch, body)


def _worker_predictive_engine(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.predictive_flow_engine import build_predictive_engine

        shell.run([build_predictive_engine(shell.home, shell.files)])

    run_process(PREDICTIVE_ENGINE, launch, body)


def _worker_ensemble_predictor(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.ensemble_predictor import build_ensemble_predictor

        shell.run([build_ensemble_predictor(shell.home, shell.clock, shell.files)])

    run_process(ENSEMBLE_PREDICTOR, launch, body)


def _worker_signal_resolver(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.data_enrichment_layer import build_data_enrichment
        from src.signal_outcome_tracker import build_signal_resolver

        tracker = build_signal_resolver(shell.home, shell.settings, shell.clock, shell.files)
        shell.run([tracker, build_data_enrichment(shell.home, shell.files)])

    run_process(SIGNAL_RESOLVER, launch, body)


def _worker_alerts(launch: Launch, targets: Targets) -> None:
    def body(shell: Shell) -> None:
        from src.alerts.channel import BadAddress
        from src.alerts.watch import build_alert_watch
        from src.supervision.health import disk_reasons

        try:
            watch = build_alert_watch(
                shell.home,
                shell.settings,
                shell.clock,
                files=shell.files,
                targets=targets,
                disk=lambda: disk_reasons(shell.home.root),
                rng=random.Random(),  # noqa: S311 - jitter
            )
        except BadAddress as error:
            log.error("bad_address", extra={"facts": {"error": error}})  # noqa: TRY400 - a human's typo needs no stack
            sys.exit(EXIT_CONFIG)
        shell.run([watch])

    run_process(ALERTS, launch, body)


def _paper_exchange(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        from src.exchange.simulator.errors import (
            PortInUse,
            UnknownMarket,
            UpstreamChanged,
            UpstreamUnreachable,
        )
        from src.exchange.simulator.markets.errors import MarketSpecError
        from src.exchange.simulator.server import ExchangeRun, Pulse, run_paper_exchange
        from src.store.errors import ConfigError

        def beat(pulse: Pulse) -> None:
            shell.faults.act()
            shell.heartbeat.beat(
                within_s=shell.settings.supervision.hang_after_s,
                handled=pulse.events,
                outputs=1,
                last_event_ts=pulse.last_event_ts,
            )

        run = ExchangeRun(
            home=shell.home,
            clock=shell.clock,
            settings=shell.settings,
            market=launch.market,
            seed=launch.seed,
        )
        try:
            run_paper_exchange(run, stopped=lambda: shell.wake.stopped, on_pulse=beat)
        except (ConfigError, MarketSpecError, PortInUse, UnknownMarket) as error:
            log.error("refused", extra={"facts": {"error": error}})  # noqa: TRY400 - wrong usage needs no stack
            sys.exit(EXIT_CONFIG)
        except (UpstreamChanged, UpstreamUnreachable) as error:
            log.error("upstream", extra={"facts": {"error": error}})  # noqa: TRY400 - the venue's doing, not ours
            sys.exit(EXIT_FAULT)

    run_process(EXCHANGE, launch, body)


def _learning_cycle(launch: Launch) -> None:
    def body(shell: Shell) -> None:
        yield_to_trading()
        from src.continuous_learning_controller import run_learning_cycle

        shell.heartbeat.beat(within_s=LEARNING_WITHIN_S)
        now = shell.clock.now()
        files = cycle_files(shell.home, shell.settings, now, launch.seed)
        state = run_learning_cycle(shell.home, shell.settings, now, launch.seed, files=files)
        shell.heartbeat.beat(within_s=LEARNING_WITHIN_S, handled=state.executed + state.blocked, outputs=1)
        log.info("learning_cycle", extra={"facts": {"cycle": state.cycle_id, "summary": state.summary}})

    run_process(LEARNING, launch, body)


def _thread_free_forkserver() -> ForkServerContext:
    """Start the process that all others are forked from, before any thread exists here.

    A SIGTERM to the whole group must not end it before its children have stopped in order: without it nobody
    could tell how they ended.
    """
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    heard = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    forkserver.ensure_running()
    signal.signal(signal.SIGTERM, heard)
    return context


if __name__ == "__main__":
    sys.exit(main())
