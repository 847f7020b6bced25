"""The heartbeat to somebody off this machine: sent for work done, so that its absence means something."""

import logging
from collections.abc import Callable, Mapping

from src.net.client import HttpClient
from src.net.errors import NetError
from src.records.operations import Health, WorkerState

log = logging.getLogger(__name__)

_FRESH_S = 15.0
_WORKING = ("main", "feature_builder")
"""The two ends of the way from the market to an order."""
_DOWN = frozenset({WorkerState.FAILED, WorkerState.HUNG})


class WorkMeter:
    """Says when a heartbeat is due: both ends of the bot have handled something since the last one."""

    def __init__(self, every_s: float) -> None:
        """Allow one heartbeat in so many real seconds."""
        self._every_s = every_s
        self._sent_s: float | None = None
        self._handled: Mapping[str, int] | None = None

    def due(self, health: Health, *, now_s: float, wall: float) -> bool:
        """Return whether to send one now; ``wall`` is the machine's wall clock, against a monitor that stands still."""
        if self._sent_s is not None and now_s - self._sent_s < self._every_s:
            return False
        if wall - health.real_ts > _FRESH_S or any(worker.state in _DOWN for worker in health.workers):
            return False
        handled = {worker.name: worker.handled for worker in health.workers if worker.name in _WORKING}
        if len(handled) < len(_WORKING) or not self._moved(handled):
            return False
        self._sent_s, self._handled = now_s, handled
        return True

    def _moved(self, handled: Mapping[str, int]) -> bool:
        """Return whether every count is another one; a process that was replaced counts from 0 again."""
        before = self._handled or dict.fromkeys(handled, 0)
        return all(count > 0 and count != before[name] for name, count in handled.items())


def pinger(client: HttpClient, address: str) -> Callable[[None], bool]:
    """Return what sends a heartbeat; it says whether the other side took it."""

    def ping(_: None) -> bool:
        try:
            client.get(address)
        except NetError as error:
            log.warning("heartbeat_not_taken", extra={"facts": {"error": type(error).__name__}})
            return False
        return True

    return ping
