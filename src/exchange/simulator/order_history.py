"""What became of the orders, event by event: the fold behind the history service."""

from collections import deque
from collections.abc import Iterable

from src.records.exchange_journal import ExchangeOrder, OrderEvent

KEEP_EVENTS = 1000


class OrderHistory:
    """The newest events of all orders and triggers, oldest first.

    What an order trades at once belongs to its placing: a market order is one event, with what it executed.
    """

    def __init__(self) -> None:
        self.events: deque[OrderEvent] = deque(maxlen=KEEP_EVENTS)
        self.written = 0

    def placed(self, order: ExchangeOrder, *, reason: str, ts: float) -> None:
        """Note that an order or a trigger was accepted."""
        self._note("placed", order, reason=reason, ts=ts)

    def executed(self, before: ExchangeOrder, after: ExchangeOrder, *, maker: bool, ts: float) -> None:
        """Note that a part of an order traded."""
        newest = self.events[-1] if self.events else None
        if newest is not None and not maker and newest.kind == "placed" and newest.order is before:
            self.events.pop()
            self.written -= 1
            self._note("placed", after, reason=newest.reason, ts=ts)
            return
        reason = "partial_fill" if after.open_size else "full_fill"
        self._note("updated", after, reason=reason, ts=ts, before=before)

    def resized(self, before: ExchangeOrder, after: ExchangeOrder, *, reason: str, ts: float) -> None:
        """Note that an order was edited or cut."""
        self._note("updated", after, reason=reason, ts=ts, before=before)

    def ended(self, order: ExchangeOrder, *, reason: str, ts: float) -> None:
        """Note that an order left the book; its last execution has told it already where it is filled."""
        if order.open_size:
            self._note("ended", order, reason=reason, ts=ts)

    def rejected(self, order: ExchangeOrder, *, error: str, ts: float) -> None:
        """Note that the book refused an order."""
        self._note("rejected", order, reason=error, ts=ts)

    def restore(self, events: Iterable[OrderEvent], *, written: int) -> None:
        """Take over what a snapshot holds."""
        self.events = deque(events, maxlen=KEEP_EVENTS)
        self.written = written

    def _note(
        self, kind: str, order: ExchangeOrder, *, reason: str, ts: float, before: ExchangeOrder | None = None
    ) -> None:
        self.written += 1
        self.events.append(
            OrderEvent(number=self.written, ts=ts, kind=kind, reason=reason, before=before, order=order)
        )
