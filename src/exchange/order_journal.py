"""The bot's memory of its orders: every event is on disk before it counts here."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from src.exchange.order_names import OrderMark, Whose, client_order_id, mark_of
from src.records.enums import OrderPurpose
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState, OrderUpdate

_INTENT, _UNKNOWN, _ACKED = OrderState.INTENT, OrderState.UNKNOWN, OrderState.ACKED
_FINAL = frozenset({OrderState.REJECTED, OrderState.NOT_PLACED, OrderState.DONE})
_KEPT_FINAL = 20_000


class OrderWriter(Protocol):
    """What puts an order event on disk before it returns."""

    def append(self, record: OrderEvent) -> int:
        """Write one event; return its number."""


@dataclass(frozen=True, slots=True)
class TrackedOrder:
    """One of our orders and what is known of it."""

    intent: OrderIntent
    state: OrderState
    order_id: str | None
    filled: Decimal
    """The most that any answer has said was executed."""
    updated_ts: float
    """When its state was last written."""
    acked_ts: float | None = None
    """When the exchange first acknowledged it, on its own clock where it told; None before."""
    reason: str = ""
    """The word for its state, the exchange's or ours."""

    @property
    def unresolved(self) -> bool:
        """Return whether it may or may not be live."""
        return self.state is _INTENT or self.state is _UNKNOWN

    @property
    def final(self) -> bool:
        """Return whether nothing more can come of it but late fills."""
        return self.state in _FINAL


class OrderJournal:
    """The fold of ``logs/orders.jsonl``, and the only way to add to it."""

    def __init__(
        self, *, writer: OrderWriter, events: Iterable[OrderEvent], instance: str, epoch: str
    ) -> None:
        """Fold ``events``; ``instance`` marks the home's orders, ``epoch`` those of this start of it."""
        self._writer = writer
        self._instance = instance
        self._epoch = epoch
        self._epochs = {epoch}
        self._orders: dict[str, TrackedOrder] = {}
        self._by_order_id: dict[str, str] = {}
        self._numbers: Counter[tuple[str, OrderPurpose]] = Counter()
        self._entered: dict[str, str] = {}
        self._live: dict[str, None] = {}
        self._final: dict[str, None] = {}
        self._stops: dict[str, list[str]] = {}
        self._unresolved: tuple[TrackedOrder, ...] | None = None
        self._resting: tuple[TrackedOrder, ...] | None = None
        self.changes = 0
        """Events counted so far: what was worked out before one of them is to be worked out again."""
        for event in events:
            self._fold(event)

    def record(self, event: OrderEvent) -> None:
        """Write one event, then count it."""
        self._writer.append(event)
        self._fold(event)

    def settle(
        self,
        order: TrackedOrder,
        *,
        state: OrderState,
        reason: str,
        now: float,
        filled: Decimal | None = None,
        order_id: str | None = None,
        exchange_ts: float | None = None,
    ) -> TrackedOrder:
        """Write what became known of an order; return it as it stands now."""
        self.record(
            OrderUpdate(
                ts=now,
                cli_ord_id=order.intent.cli_ord_id,
                state=state,
                order_id=order_id or order.order_id,
                reason=reason,
                filled=order.filled if filled is None else filled,
                exchange_ts=exchange_ts,
            )
        )
        return self._orders[order.intent.cli_ord_id]

    def next_id(self, position_id: str, purpose: OrderPurpose) -> str:
        """Return the client order id that the next order of this position and purpose has."""
        number = self._numbers[position_id, purpose]
        mark = OrderMark(self._instance, self._epoch)
        return client_order_id(mark, position_id=position_id, purpose=purpose, number=number)

    def whose(self, cli_ord_id: str | None) -> Whose:
        """Return who sent an order, by its name.

        Every start of the home marks its orders with an epoch of its own, and writes them down before it sends
        them: an order of this home with an epoch that the journal does not know was sent by a copy of the home.
        """
        mark = mark_of(cli_ord_id)
        if mark is None:
            return Whose.STRANGER
        if mark.instance != self._instance:
            return Whose.OTHER_HOME
        return Whose.OURS if mark.epoch in self._epochs else Whose.COPY

    def entered(self, position_id: str) -> bool:
        """Return whether an entry was ever intended for this position."""
        return position_id in self._entered

    def find(self, *, cli_ord_id: str | None, order_id: str | None = None) -> TrackedOrder | None:
        """Return one of our orders by our name for it, else by the exchange's."""
        if cli_ord_id is not None and cli_ord_id in self._orders:
            return self._orders[cli_ord_id]
        known = self._by_order_id.get(order_id) if order_id is not None else None
        return self._orders.get(known) if known is not None else None

    def unresolved(self) -> tuple[TrackedOrder, ...]:
        """Return the orders that may or may not be live."""
        if self._unresolved is None:
            live = (self._orders[cli] for cli in self._live)
            self._unresolved = tuple(order for order in live if order.unresolved)
        return self._unresolved

    def resting_stops(self) -> tuple[TrackedOrder, ...]:
        """Return the stops that rest on the exchange, as far as is known."""
        if self._resting is None:
            live = (self._orders[cli] for cli in self._live)
            self._resting = tuple(
                order for order in live if order.state is _ACKED and order.intent.purpose is OrderPurpose.STOP
            )
        return self._resting

    def unresolved_on(self, symbol: str) -> bool:
        """Return whether an order of this symbol may or may not be live."""
        unresolved = self.unresolved()
        return bool(unresolved) and any(order.intent.symbol == symbol for order in unresolved)

    def entry_of(self, position_id: str) -> TrackedOrder | None:
        """Return the entry order of a position, if it is still remembered."""
        cli = self._entered.get(position_id)
        return self._orders.get(cli) if cli is not None else None

    def stops_of(self, position_id: str) -> tuple[TrackedOrder, ...]:
        """Return the stops that were ever intended for a position, oldest first."""
        return tuple(self._orders[cli] for cli in self._stops.get(position_id, ()))

    def _fold(self, event: OrderEvent) -> None:
        self.changes += 1
        self._unresolved = self._resting = None
        if isinstance(event, OrderIntent):
            self._fold_intent(event)
        elif isinstance(event, OrderUpdate):
            self._fold_update(event)
        elif isinstance(event, CancelIntent):
            return

    def _fold_intent(self, intent: OrderIntent) -> None:
        if intent.cli_ord_id in self._orders:
            return
        mark = mark_of(intent.cli_ord_id)
        if mark is not None:
            self._epochs.add(mark.epoch)
        self._orders[intent.cli_ord_id] = TrackedOrder(intent, OrderState.INTENT, None, Decimal(0), intent.ts)
        self._live[intent.cli_ord_id] = None
        self._numbers[intent.position_id, intent.purpose] += 1
        if intent.purpose is OrderPurpose.STOP:
            self._stops.setdefault(intent.position_id, []).append(intent.cli_ord_id)
        if intent.purpose is OrderPurpose.ENTRY:
            self._entered.setdefault(intent.position_id, intent.cli_ord_id)

    def _fold_update(self, update: OrderUpdate) -> None:
        order = self._orders.get(update.cli_ord_id)
        if order is None:
            return
        self._orders[update.cli_ord_id] = replace(
            order,
            state=update.state,
            order_id=update.order_id or order.order_id,
            filled=max(order.filled, update.filled),
            updated_ts=update.ts,
            acked_ts=order.acked_ts if update.state is not _ACKED else order.acked_ts or _acked_ts(update),
            reason=update.reason,
        )
        if update.order_id is not None:
            self._by_order_id[update.order_id] = update.cli_ord_id
        self._remember_end(update.cli_ord_id)

    def _remember_end(self, cli_ord_id: str) -> None:
        self._final.pop(cli_ord_id, None)
        if not self._orders[cli_ord_id].final:
            self._live[cli_ord_id] = None
            return
        self._live.pop(cli_ord_id, None)
        self._final[cli_ord_id] = None
        if len(self._final) > _KEPT_FINAL:
            self._forget(next(iter(self._final)))

    def _forget(self, cli_ord_id: str) -> None:
        del self._final[cli_ord_id]
        order = self._orders.pop(cli_ord_id)
        if order.order_id is not None:
            self._by_order_id.pop(order.order_id, None)
        stops = self._stops.get(order.intent.position_id)
        if stops is not None and cli_ord_id in stops:
            stops.remove(cli_ord_id)


def _acked_ts(update: OrderUpdate) -> float:
    return update.ts if update.exchange_ts is None else update.exchange_ts
