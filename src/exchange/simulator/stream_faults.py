"""What goes wrong with the messages of the websocket."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from src.exchange.simulator.fault_plan import FaultPlan, StreamFault
from src.exchange.simulator.turns import Schedule

_GARBAGE = b'{"feed":'


class StreamFaults:
    """Stands between the hub and its listeners; without a fault it hands on what it gets."""

    def __init__(self, real: Callable[[], float]) -> None:
        """``real`` tells real seconds."""
        self._real = real
        self._closed = False
        self._silent_until: float | None = None
        self._held: dict[tuple[str, str], bytes] = {}
        self.schedule: Schedule[StreamFault] = Schedule((), seed="")

    def take(self, plan: FaultPlan) -> None:
        """Follow another plan; what was held back is lost."""
        self._closed = plan.maintenance
        self._silent_until = None
        self._held.clear()
        self.schedule = Schedule(plan.stream, seed=f"{plan.seed} stream")

    @property
    def silent(self) -> bool:
        """Return whether nothing at all is said at the moment."""
        return self._silent_until is not None and self._real() < self._silent_until

    def pass_on(self, feed: str, symbol: str, message: bytes) -> tuple[bytes, ...] | None:
        """Return what the listeners get in a message's place; None where they are hung up on."""
        if self._closed:
            return None
        if self.silent:
            return ()
        if not self.schedule:
            return (message,)
        fault = self.schedule.strikes(
            lambda asked: fnmatchcase(feed, asked.feed) and fnmatchcase(symbol, asked.symbol)
        )
        before = self._held.pop((feed, symbol), None)
        told = self._struck(fault, feed, symbol, message)
        return told if before is None or told is None else (*told, before)

    def _struck(
        self, fault: StreamFault | None, feed: str, symbol: str, message: bytes
    ) -> tuple[bytes, ...] | None:
        match None if fault is None else fault.act:
            case None:
                return (message,)
            case "duplicate":
                return (message, message)
            case "garbage":
                return (_GARBAGE,)
            case "close":
                return None
            case "reorder":
                self._held[feed, symbol] = message
            case "stall":
                self._stall(fault)
        return ()

    def _stall(self, fault: StreamFault | None) -> None:
        lasts = float("inf") if fault is None or fault.for_s is None else fault.for_s
        self._silent_until = self._real() + lasts
