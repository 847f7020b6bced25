"""What the monitor knows, as one document that a human or a script can read."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from src.clock import Clock
from src.records.operations import ConfigFault, Health, WorkerHealth, WorkerState
from src.supervision.heartbeat import HeartbeatPage
from src.supervision.memory import proportional_mib
from src.supervision.shell import MAIN
from src.supervision.supervisor import Supervisor

LOW_DISK_BYTES = 200 * 1024 * 1024


class HealthReporter:
    """Gathers the health of every process; reads, never repairs."""

    def __init__(
        self,
        *,
        root: Path,
        mode: str,
        market: str,
        supervisor: Supervisor,
        page: HeartbeatPage,
        clock: Clock,
        freeze_reasons: Callable[[], tuple[str, ...]],
        config_faults: Callable[[], tuple[ConfigFault, ...]],
    ) -> None:
        self._root = root
        self._mode = mode
        self._market = market
        self._supervisor = supervisor
        self._page = page
        self._clock = clock
        self._freeze_reasons = freeze_reasons
        self._config_faults = config_faults
        self._started_real_ts = clock.wall()

    def report(self) -> Health:
        """Return the health of the house as it is now."""
        now = self._clock.now()
        reasons = self._freeze_reasons()
        return Health(
            ts=now,
            real_ts=self._clock.wall(),
            mode=self._mode,
            market=self._market,
            main_pid=os.getpid(),
            started_real_ts=self._started_real_ts,
            entries_allowed=not reasons,
            freeze_reasons=reasons,
            workers=(self._main(now), *self._supervisor.healths(now)),
            config_faults=self._config_faults(),
            counters={},
        )

    def main_beats(self) -> bool:
        """Return whether the bot cycle has beaten within its promise."""
        return time.monotonic() <= self._page.read(MAIN).deadline_s

    def main_is_ready(self) -> bool:
        """Return whether the bot cycle has made its first reconciliation."""
        return self._page.read(MAIN).outputs > 0

    def _main(self, now: float) -> WorkerHealth:
        beat = self._page.read(MAIN)
        ready = beat.outputs > 0
        return WorkerHealth(
            name=MAIN,
            state=WorkerState.READY if ready else WorkerState.STARTING,
            pid=os.getpid(),
            handled=beat.handled,
            outputs=beat.outputs,
            last_event_ts=beat.last_event_ts,
            lag_s=None if beat.last_event_ts is None else max(0.0, now - beat.last_event_ts),
            beat_age_s=time.monotonic() - beat.beat_s if beat.beat_s else None,
            restarts=0,
            memory_mib=proportional_mib(os.getpid()),
        )


def disk_reasons(root: Path) -> tuple[str, ...]:
    """Return why the disk forbids new entries, if it does."""
    free = os.statvfs(root)
    available = free.f_bavail * free.f_frsize
    if available < LOW_DISK_BYTES:
        return (f"disk: {available // (1024 * 1024)} MiB left",)
    return ()
