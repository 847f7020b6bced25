"""How many orders leave, and how many of them come to nothing."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate

ORDERS_WITHIN_S = 60.0
ERRORS_WITHIN_S = 600.0
_FAULTY = frozenset({OrderState.REJECTED, OrderState.UNKNOWN})
_MARKET_MOVED = frozenset({"iocWouldNotExecute"})
"""Refusals that a sound order may meet."""


class OrderEvents(Protocol):
    """Where order events are put on disk."""

    def append(self, record: OrderEvent) -> int:
        """Write one event; return its number."""


class Pace:
    """Counts the order journal's events of the last minutes, from before a restart too."""

    def __init__(self) -> None:
        self._orders: deque[float] = deque()
        self._errors: deque[float] = deque()

    def heard(self, events: Iterable[OrderEvent]) -> Iterator[OrderEvent]:
        """Pass the journal's old lines on, counted."""
        for event in events:
            self._count(event)
            yield event

    def counting(self, writer: OrderEvents) -> "CountedEvents":
        """Return a writer whose lines are counted."""
        return CountedEvents(writer, self._count)

    def orders(self, now: float) -> int:
        """Return the orders of the last minute, market time."""
        return _since(self._orders, now - ORDERS_WITHIN_S)

    def errors(self, now: float) -> int:
        """Return the orders that failed or got no answer within the last ten minutes."""
        return _since(self._errors, now - ERRORS_WITHIN_S)

    def forget(self) -> None:
        """Count from here on."""
        self._orders.clear()
        self._errors.clear()

    def _count(self, event: OrderEvent) -> None:
        if isinstance(event, OrderIntent):
            _note(self._orders, event.ts, ORDERS_WITHIN_S)
        elif isinstance(event, OrderUpdate) and event.state in _FAULTY and event.reason not in _MARKET_MOVED:
            _note(self._errors, event.ts, ERRORS_WITHIN_S)


class CountedEvents:
    """A writer of order events that somebody counts along with."""

    def __init__(self, writer: OrderEvents, count: "Counter") -> None:
        self._writer = writer
        self._count = count

    def append(self, record: OrderEvent) -> int:
        """Write one event, then count it; return its number."""
        number = self._writer.append(record)
        self._count(record)
        return number


class Counter(Protocol):
    """Who counts."""

    def __call__(self, event: OrderEvent) -> None:
        """Count an event."""


def _note(times: deque[float], ts: float, within_s: float) -> None:
    times.append(ts)
    _since(times, ts - within_s)


def _since(times: deque[float], start: float) -> int:
    while times and times[0] <= start:
        times.popleft()
    return len(times)
