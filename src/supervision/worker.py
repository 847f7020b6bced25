"""The one loop that every process of the bot runs."""

import faulthandler
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait as wait_for_any
from pathlib import Path
from types import FrameType
from typing import Protocol

from src.clock import Clock
from src.store.wake import Wake
from src.supervision.faults import FaultSwitch
from src.supervision.heartbeat import Heartbeat

log = logging.getLogger(__name__)

POLL_S = 0.5
"""The slow poll: the safety net under the file events."""
SAVE_EVERY_S = 1.0
"""Places are saved when nothing waits, at most this often."""
SAVE_AT_LATEST_S = 3.0
"""However much there is to do."""
EXIT_FAULT = 6


class Worker(Protocol):
    """A stage as the loop sees it."""

    @property
    def handled(self) -> int:
        """Return how many records it has handled since it was built."""

    @property
    def outputs(self) -> int:
        """Return how many records it has written since it was built."""

    @property
    def last_event_ts(self) -> float | None:
        """Return the event time of the newest record it handled."""

    def step(self, now: float) -> int:
        """Handle what has arrived; return how many records that were."""

    def save(self) -> None:
        """Save the place in every input, after what was read is answered."""

    def close(self) -> None:
        """Let go of files and sockets."""

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change should wake it."""

    def fds(self) -> tuple[int, ...]:
        """Return the file descriptors whose readiness should wake it."""

    def backlog(self) -> bool:
        """Return whether input is waiting that it could handle now."""


def run_worker(
    workers: Sequence[Worker],
    *,
    clock: Clock,
    heartbeat: Heartbeat,
    wake: Wake,
    within_s: float,
    faults: FaultSwitch,
    poll_s: float = POLL_S,
) -> None:
    """Step the workers until the wake is told to stop: on file events, ready descriptors, or the slow poll.

    The loop beats after each round. It never restarts anything: an error ends the process, and the supervisor
    decides. Places are saved after what they stand for was answered, in a quiet moment if there is one.
    """
    for worker in workers:
        for path in worker.inputs():
            wake.add_file(path)
        for fd in worker.fds():
            wake.add_fd(fd)
    saved_s = clock.real()
    while not wake.stopped:
        faults.act()
        done = sum(worker.step(clock.now()) for worker in workers)
        backlog = any(worker.backlog() for worker in workers)
        beat_for(workers, heartbeat=heartbeat, within_s=within_s, backlog=backlog)
        unsaved_s = clock.real() - saved_s
        if unsaved_s >= SAVE_AT_LATEST_S or (unsaved_s >= SAVE_EVERY_S and not done):
            for worker in workers:
                worker.save()
            saved_s = clock.real()
        wake.wait(0.0 if done and backlog else poll_s)
    for worker in workers:
        worker.save()


def beat_for(workers: Sequence[Worker], *, heartbeat: Heartbeat, within_s: float, backlog: bool) -> None:
    """Show the sum of what the workers of one process have done."""
    events = [worker.last_event_ts for worker in workers if worker.last_event_ts is not None]
    heartbeat.beat(
        within_s=within_s,
        handled=sum(worker.handled for worker in workers),
        outputs=sum(worker.outputs for worker in workers),
        last_event_ts=max(events, default=None),
        backlog=backlog,
    )


def stop_on_signals(stop: Callable[[], None]) -> None:
    """Let SIGTERM ask the loop to stop, and leave Ctrl-C to the parent, which stops its children in order.

    SIGABRT writes the stacks of all threads to standard error before it ends the process.
    """

    def on_signal(_signum: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()


def die_with_parent(grace_s: float = 0.5) -> None:
    """End this process soon after its parent, whatever way the parent ended.

    A watcher thread waits on the parent's sentinel; PR_SET_PDEATHSIG would follow the thread that started us.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait_for_any([parent.sentinel])
        time.sleep(grace_s)
        os._exit(EXIT_FAULT)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
