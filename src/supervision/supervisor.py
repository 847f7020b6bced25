"""Starts processes, tells crash, hang, stall and clean exit apart, and answers each."""

import logging
import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from multiprocessing.connection import wait as wait_for_any
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Protocol

from src.clock import Clock
from src.records.operations import SupervisorEvent, WorkerHealth, WorkerState
from src.records.settings import Supervision
from src.supervision.grip import Grip
from src.supervision.heartbeat import Beat, HeartbeatPage
from src.supervision.memory import proportional_mib
from src.supervision.restart import RestartPolicy

log = logging.getLogger(__name__)

START_DEADLINE_S = 60.0
"""Until its first beat a process may take this long: imports, and the exchange's answers."""
ABORT_GRACE_S = 2.0
"""Between the signal that makes a hung process write its stacks and the one that ends it."""
START_AGAIN_S = 1.0
"""After a start that failed, because the forkserver was just dying or nothing more could be opened."""
EXIT_CONFIG = 2
CONFIG_PROBE_S = 10.0
"""How often a worker that could not use a config is tried again: a human is just mending it."""


class EventWriter(Protocol):
    """Where the supervisor's events go."""

    def append(self, record: SupervisorEvent) -> int:
        """Write one event."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How to start one process."""

    name: str
    target: Callable[..., None]
    args: tuple[object, ...]
    restart_on_crash: bool = True


@dataclass(slots=True)
class _Supervised:
    spec: ProcessSpec
    policy: RestartPolicy
    process: ForkServerProcess | None = None
    grip: Grip | None = None
    state: WorkerState = WorkerState.STOPPED
    started_s: float = 0.0
    restart_at_s: float | None = None
    abort_at_s: float | None = None
    restarts: int = -1
    handled: int = 0
    progress_s: float = 0.0
    stop_wanted: bool = False
    last_beat: Beat | None = field(default=None)


class Supervisor:
    """The processes of one bot."""

    def __init__(
        self,
        *,
        context: ForkServerContext,
        page: HeartbeatPage,
        settings: Supervision,
        events: EventWriter,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._context = context
        self._page = page
        self._settings = settings
        self._events = events
        self._clock = clock
        self._rng = rng
        self._table: dict[str, _Supervised] = {}

    def start(self, spec: ProcessSpec) -> ForkServerProcess:
        """Start a process and supervise it from now on."""
        entry = _Supervised(spec=spec, policy=RestartPolicy(self._settings, self._rng))
        self._table[spec.name] = entry
        return self._launch(entry)

    def check(self) -> None:
        """Look at every process once and do what is due."""
        for entry in self._table.values():
            if entry.process is None:
                if entry.restart_at_s is not None and self._clock.real() >= entry.restart_at_s:
                    self._launch_again(entry)
            elif not entry.process.is_alive():
                self._bury(entry, entry.process)
            else:
                self._watch(entry, entry.process)

    def wait(self, timeout_s: float) -> None:
        """Return when a process ends, or after ``timeout_s`` real seconds."""
        sentinels = [entry.process.sentinel for entry in self._table.values() if entry.process is not None]
        if sentinels:
            wait_for_any(sentinels, timeout_s)
        else:
            time.sleep(timeout_s)

    def failed(self) -> tuple[str, ...]:
        """Return the names of the processes that are in a crash loop."""
        return tuple(name for name, entry in self._table.items() if entry.state is WorkerState.FAILED)

    def healths(self, now: float) -> tuple[WorkerHealth, ...]:
        """Return what each process looks like; ``now`` is market time."""
        return tuple(self._health(entry, now) for entry in self._table.values())

    def runs(self, name: str) -> bool:
        """Return whether a process of this name lives."""
        entry = self._table.get(name)
        return entry is not None and entry.process is not None and entry.process.is_alive()

    def serves(self, name: str) -> bool:
        """Return whether this start's process has shown output; one that outlived its parent may still beat."""
        entry, beat = self._table[name], self._page.read(name)
        return entry.process is not None and beat.pid == entry.process.pid and beat.outputs > 0

    def stop(self, names: Iterable[str], *, within_s: float) -> None:
        """Ask processes to end, all at once, and end those that have not after ``within_s`` real seconds."""
        entries = [self._table[name] for name in names if name in self._table]
        for entry in entries:
            entry.stop_wanted = True
            entry.restart_at_s = None
            if entry.grip is not None:
                entry.grip.terminate()
        deadline_s = time.monotonic() + within_s
        for entry in entries:
            if entry.process is None or entry.grip is None:
                continue
            entry.grip.gone(within_s=max(0.0, deadline_s - time.monotonic()))
            self._bury(entry, entry.process)

    def _launch(self, entry: _Supervised) -> ForkServerProcess:
        self._page.clear(entry.spec.name)
        process = self._context.Process(
            target=entry.spec.target, args=entry.spec.args, name=entry.spec.name, daemon=False
        )
        process.start()
        entry.process = process
        entry.grip = Grip(process.pid) if process.pid is not None else None
        entry.state = WorkerState.STARTING if entry.state is not WorkerState.FAILED else entry.state
        entry.started_s = entry.progress_s = self._clock.real()
        entry.restart_at_s = entry.abort_at_s = None
        entry.handled = 0
        entry.restarts += 1
        self._tell("started" if entry.restarts == 0 else "restarted", entry)
        return process

    def _launch_again(self, entry: _Supervised) -> None:
        try:
            self._launch(entry)
        except (OSError, EOFError) as error:
            entry.restart_at_s = self._clock.real() + START_AGAIN_S
            self._tell("crashed", entry, detail=f"could not be started: {error}")

    def _bury(self, entry: _Supervised, process: ForkServerProcess) -> None:
        """Close the books on a process that has ended, or that counts as ended though it lives.

        The latter is so where the forkserver was killed: nobody hears any more how its children end.
        """
        if entry.grip is not None:
            entry.grip.end()
            entry.grip = None
        process.join()
        code = process.exitcode
        beat = self._page.read(entry.spec.name)
        lived_s = self._clock.real() - entry.started_s
        hung = entry.state is WorkerState.HUNG
        entry.process = None
        if entry.stop_wanted:
            entry.state = WorkerState.STOPPED
            self._tell("stopped", entry, pid=process.pid, code=code)
        else:
            once = code == 0 and not entry.spec.restart_on_crash
            event = "finished" if once else "exited" if code == 0 else "crashed"
            self._tell(event, entry, pid=process.pid, code=code)
            self._schedule(entry, lived_s=lived_s, worked=beat.handled > 0 and not hung, code=code)
        process.close()

    def _schedule(self, entry: _Supervised, *, lived_s: float, worked: bool, code: int | None) -> None:
        if not entry.spec.restart_on_crash:
            entry.state = WorkerState.STOPPED
            return
        now_s = self._clock.real()
        restart = entry.policy.died(now_s=now_s, lived_s=lived_s, worked=worked)
        failed = restart.failed or code == EXIT_CONFIG
        probe_s = CONFIG_PROBE_S if code == EXIT_CONFIG else self._settings.probe_every_s
        entry.restart_at_s = now_s + probe_s if failed else restart.at_s
        newly_failed = failed and entry.state is not WorkerState.FAILED
        entry.state = WorkerState.FAILED if failed else WorkerState.BACKOFF
        if newly_failed:
            self._tell("failed", entry, detail=f"next try in {probe_s:.0f} s")
        elif entry.restart_at_s <= now_s:
            self._launch_again(entry)

    def _watch(self, entry: _Supervised, process: ForkServerProcess) -> None:
        now_s = self._clock.real()
        if entry.state is WorkerState.HUNG:
            if entry.abort_at_s is not None and now_s >= entry.abort_at_s + ABORT_GRACE_S:
                process.kill()
            return
        beat = self._page.read(entry.spec.name)
        if beat.pid != process.pid:
            if now_s - entry.started_s > START_DEADLINE_S:
                self._abort(entry, process, f"no beat within {START_DEADLINE_S:.0f} s of its start")
            return
        if beat.handled != entry.handled or not beat.backlog:
            entry.handled = beat.handled
            entry.progress_s = now_s
        if time.monotonic() > beat.deadline_s:
            self._abort(entry, process, f"no beat for {time.monotonic() - beat.beat_s:.1f} s")
        elif now_s - entry.progress_s > self._settings.stall_after_s:
            self._abort(
                entry, process, f"input waits and nothing handled for {now_s - entry.progress_s:.0f} s"
            )
        else:
            self._promote(entry, beat, lived_s=now_s - entry.started_s)

    def _promote(self, entry: _Supervised, beat: Beat, *, lived_s: float) -> None:
        entry.last_beat = beat
        if beat.outputs > 0:
            entry.policy.worked(lived_s=lived_s)
            if entry.state is not WorkerState.READY:
                entry.state = WorkerState.READY
                self._tell("ready", entry)
        elif entry.state is WorkerState.STARTING:
            entry.state = WorkerState.ALIVE

    def _abort(self, entry: _Supervised, process: ForkServerProcess, why: str) -> None:
        entry.state = WorkerState.HUNG
        entry.abort_at_s = self._clock.real()
        self._tell("hung", entry, detail=why)
        if process.pid is not None:
            os.kill(process.pid, signal.SIGABRT)

    def _health(self, entry: _Supervised, now: float) -> WorkerHealth:
        pid = entry.process.pid if entry.process is not None else None
        beat = self._page.read(entry.spec.name)
        known = beat.pid == pid and pid is not None
        event_ts = beat.last_event_ts if known else None
        return WorkerHealth(
            name=entry.spec.name,
            state=entry.state,
            pid=pid,
            handled=beat.handled if known else 0,
            outputs=beat.outputs if known else 0,
            last_event_ts=event_ts,
            lag_s=None if event_ts is None else max(0.0, now - event_ts),
            beat_age_s=time.monotonic() - beat.beat_s if known else None,
            restarts=max(0, entry.restarts),
            memory_mib=None if pid is None else proportional_mib(pid),
        )

    def _tell(
        self,
        event: str,
        entry: _Supervised,
        *,
        pid: int | None = None,
        code: int | None = None,
        detail: str = "",
    ) -> None:
        if pid is None and entry.process is not None:
            pid = entry.process.pid
        level = logging.WARNING if event in {"crashed", "hung", "failed", "exited"} else logging.INFO
        facts = {"process": entry.spec.name, "pid": pid, "exit_code": code, "detail": detail}
        log.log(
            level,
            "process_%s",
            event,
            extra={"facts": {k: v for k, v in facts.items() if v not in (None, "")}},
        )
        self._events.append(
            SupervisorEvent(
                ts=self._clock.now(),
                real_ts=self._clock.wall(),
                event=event,
                process=entry.spec.name,
                pid=pid,
                exit_code=code,
                restarts=max(0, entry.restarts),
                detail=detail,
            )
        )
