"""What a person must know, read from the monitor's health, the positions and the order journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from src.records.alerts import AlertKind
from src.records.ledger import PositionView
from src.records.operations import Health, WorkerState
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState, OrderUpdate

_OPEN = frozenset({OrderState.INTENT, OrderState.UNKNOWN})
_KINDS = {
    "disk": AlertKind.DISK,
    "halted": AlertKind.HALT,
    "reduce_only": AlertKind.HALT,
    "key_refused": AlertKind.KEY_REFUSED,
    "crash_loop": AlertKind.PROCESS,
    "unprotected": AlertKind.NAKED_POSITION,
    "stop_remainder": AlertKind.NAKED_POSITION,
}
"""What a freeze reason tells of, by its first word; every other is a freeze and nothing else."""


class Subject(NamedTuple):
    """What a condition is about: two with the same subject are the same."""

    kind: AlertKind
    name: str

    def __str__(self) -> str:
        """Return the words of a status line."""
        return f"{self.kind.value} {self.name}"


Conditions = Mapping[Subject, str]
"""What is wrong now, and the words for it."""


def from_reasons(reasons: Iterable[str]) -> dict[Subject, str]:
    """Return what reasons against entries tell of; those that carry a changing number count as one."""
    found: dict[Subject, str] = {}
    for reason in reasons:
        kind = _KINDS.get(reason.partition(":")[0], AlertKind.FREEZE)
        name = "space" if kind is AlertKind.DISK else reason
        found[Subject(kind, name)] = f"no new entries: {reason}"
    return found


def from_health(health: Health) -> dict[Subject, str]:
    """Return what the monitor tells: why entries are frozen, and processes that hang or were given up."""
    found = from_reasons(health.freeze_reasons)
    for worker in health.workers:
        if worker.state in {WorkerState.FAILED, WorkerState.HUNG}:
            words = f"{worker.name} {worker.state.value.lower()}"
            found[Subject(AlertKind.PROCESS, worker.name)] = f"process {words}"
    return found


def from_positions(positions: Iterable[PositionView]) -> dict[Subject, str]:
    """Return the positions that no stop on the exchange is known to protect."""
    found: dict[Subject, str] = {}
    for view in positions:
        if view.stop is None or not view.stop.confirmed:
            why = "no stop on the exchange" if view.stop is None else "its stop does not show on the exchange"
            words = f"{view.direction.value} {view.size:f} {view.symbol}: {why}"
            found[Subject(AlertKind.NAKED_POSITION, view.symbol)] = words
    return found


def from_warnings(warnings: Iterable[str]) -> dict[Subject, str]:
    """Return what the view of the ledger says a person should look at, by its first word."""
    return {Subject(AlertKind.COST, words.partition(":")[0]): words for words in warnings}


@dataclass(slots=True)
class _Order:
    words: str
    since: float


class UnknownOrders:
    """The orders whose fate is not known, folded from the journal."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, str] = {}
        self._unknown: dict[str, _Order] = {}

    def take(self, events: Iterable[OrderEvent]) -> None:
        """Take the journal's next events."""
        for event in events:
            match event:
                case OrderIntent():
                    words = f"{event.purpose.value} {event.side.value} {event.size:f} {event.symbol}"
                    self._known[event.cli_ord_id] = words
                    self._unknown[event.cli_ord_id] = _Order(words, event.ts)
                case OrderUpdate():
                    self._update(event)
                case CancelIntent():
                    pass

    def overdue(self, now: float, *, after_s: float) -> dict[Subject, str]:
        """Return those that have been unknown for ``after_s`` market seconds at market time ``now``."""
        return {
            Subject(AlertKind.UNKNOWN_ORDER, name): f"{order.words}: nobody knows whether it was placed"
            for name, order in self._unknown.items()
            if now - order.since >= after_s
        }

    def _update(self, event: OrderUpdate) -> None:
        if event.state in _OPEN:
            words = self._known.get(event.cli_ord_id, "an order")
            self._unknown.setdefault(event.cli_ord_id, _Order(words, event.ts))
        else:
            self._known.pop(event.cli_ord_id, None)
            self._unknown.pop(event.cli_ord_id, None)
