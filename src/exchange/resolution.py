"""How an order without a clear answer becomes a known one; it is never sent again."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.base import Exchange, OpenOrder, OrderQuery, OrderStatus
from src.exchange.errors import NoAnswer
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.ledger.book import Ledger
from src.records.enums import OrderPurpose
from src.records.orders import OrderState

_FIRST_CHECK_S = 1.0
_EVERY_S = 2.0
_SLACK_S = 3.0
_ROUNDS = 5
_AT_LEAST_S = 15.0
_HISTORY_AGAIN_S = 10.0
_SENT_BEFORE_S = 60.0
"""How far before the intent's time the history is read: clocks differ."""
_RESTING = frozenset({"ENTERED_BOOK", "TRIGGER_PLACED"})
_ENDED = frozenset({"FULLY_EXECUTED", "CANCELLED", "TRIGGER_ACTIVATION_FAILURE"})


@dataclass(slots=True)
class _Search:
    due: float
    first_begun: float | None = None
    empty_rounds: int = 0


@dataclass(frozen=True, slots=True)
class _Evidence:
    begun: float
    statuses: dict[str, OrderStatus]
    resting: dict[str, OpenOrder]
    quantities: dict[str, Decimal]


class Resolver:
    """The search for orders whose answer was lost.

    A round asks for the order's status, the open orders, the fills and the positions; it counts only if every
    answer is complete. Found is adopted. NOT_PLACED is concluded from five empty rounds over 15 real seconds with
    an unchanged position, the last begun 3 s after the exchange would still have accepted the order, if then the
    history service, which forgets nothing but may lag, does not know the order either.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: OrderJournal,
        ledger: Ledger,
        sync: Callable[[float], int],
        real_second: float,
    ) -> None:
        """Take what it works with: ``sync`` books new fills, ``real_second`` is one in market seconds."""
        self._exchange = exchange
        self._journal = journal
        self._ledger = ledger
        self._sync = sync
        self._real_second = real_second
        self._searches: dict[str, _Search] = {}

    def begin(self, now: float) -> None:
        """Call every order without an outcome UNKNOWN: whoever sent it is gone."""
        for order in self._journal.unresolved():
            if order.state is OrderState.INTENT:
                self._journal.settle(order, state=OrderState.UNKNOWN, reason="restart", now=now)
            self._searches[order.intent.cli_ord_id] = _Search(due=now)

    def step(self, now: float) -> int:
        """Search for what is due; return how many orders were resolved."""
        unresolved = self._journal.unresolved()
        if not unresolved:
            self._searches.clear()
            return 0
        due = [order for order in unresolved if self._search(order).due <= now]
        if not due:
            return 0
        for order in due:
            self._search(order).due = now + _EVERY_S * self._real_second
        try:
            evidence = self._gather(due, now)
        except NoAnswer:
            return 0
        return sum(self._judge(order, evidence) for order in due)

    def _search(self, order: TrackedOrder) -> _Search:
        first = order.updated_ts + _FIRST_CHECK_S * self._real_second
        return self._searches.setdefault(order.intent.cli_ord_id, _Search(due=first))

    def _gather(self, due: list[TrackedOrder], now: float) -> _Evidence:
        statuses = {}
        for order in due:
            status = self._exchange.order_status(order.intent.cli_ord_id)
            if status is not None:
                statuses[order.intent.cli_ord_id] = status
        resting = {o.cli_ord_id: o for o in self._exchange.open_orders() if o.cli_ord_id is not None}
        self._sync(now)
        quantities = {position.symbol: position.quantity for position in self._exchange.positions()}
        return _Evidence(begun=now, statuses=statuses, resting=resting, quantities=quantities)

    def _judge(self, order: TrackedOrder, evidence: _Evidence) -> bool:
        cli, symbol = order.intent.cli_ord_id, order.intent.symbol
        resting = evidence.resting.get(cli)
        if resting is not None:
            return self._conclude(
                order,
                OrderState.ACKED,
                "found_open",
                evidence,
                filled=resting.filled,
                order_id=resting.order_id,
            )
        settled = evidence.quantities.get(symbol, Decimal(0)) == self._ledger.quantity(symbol)
        status = evidence.statuses.get(cli)
        if status is not None:
            return self._judge_status(order, status, evidence, settled=settled)
        booked = self._ledger.booked(cli)
        if booked > 0:
            return settled and self._conclude(order, OrderState.DONE, "found_filled", evidence, filled=booked)
        return settled and self._judge_absence(order, evidence)

    def _judge_status(
        self, order: TrackedOrder, status: OrderStatus, evidence: _Evidence, *, settled: bool
    ) -> bool:
        state = None
        if status.status in _RESTING and order.intent.purpose is OrderPurpose.STOP:
            state = OrderState.ACKED
        elif status.status == "REJECTED":
            state = OrderState.REJECTED
        elif (
            status.status in _ENDED
            and settled
            and self._ledger.booked(order.intent.cli_ord_id) >= status.filled
        ):
            state = OrderState.DONE
        if state is None:
            return False
        word = f"found_{status.status.lower()}"
        return self._conclude(order, state, word, evidence, filled=status.filled, order_id=status.order_id)

    def _judge_absence(self, order: TrackedOrder, evidence: _Evidence) -> bool:
        search = self._search(order)
        if search.first_begun is None:
            search.first_begun = evidence.begun
        search.empty_rounds += 1
        accepted_until = order.intent.process_before
        late = accepted_until is not None and (
            self._exchange.server_time(evidence.begun) > accepted_until + _SLACK_S * self._real_second
        )
        long = evidence.begun - search.first_begun >= _AT_LEAST_S * self._real_second
        if not (late and long and search.empty_rounds >= _ROUNDS):
            return False
        try:
            told = self._exchange.order_history(self._query(order))
        except NoAnswer:
            search.due = evidence.begun + _HISTORY_AGAIN_S * self._real_second
            return False
        if told is None:
            return self._conclude(order, OrderState.NOT_PLACED, "found_nowhere", evidence)
        return self._judge_history(order, told, evidence)

    def _query(self, order: TrackedOrder) -> OrderQuery:
        sent = self._exchange.server_time(order.intent.ts)
        return OrderQuery(
            cli_ord_id=order.intent.cli_ord_id,
            symbol=order.intent.symbol,
            is_stop=order.intent.purpose is OrderPurpose.STOP,
            since=sent - _SENT_BEFORE_S * self._real_second,
        )

    def _judge_history(self, order: TrackedOrder, told: OrderStatus, evidence: _Evidence) -> bool:
        """Conclude from the history of an order that rests no longer, once all it executed is booked."""
        if told.status == "REJECTED":
            state = OrderState.REJECTED
        elif self._ledger.booked(order.intent.cli_ord_id) >= told.filled:
            state = OrderState.DONE
        else:
            return False
        word = f"history_{told.status.lower()}"
        return self._conclude(order, state, word, evidence, filled=told.filled, order_id=told.order_id)

    def _conclude(
        self,
        order: TrackedOrder,
        state: OrderState,
        reason: str,
        evidence: _Evidence,
        *,
        filled: Decimal | None = None,
        order_id: str | None = None,
    ) -> bool:
        self._journal.settle(
            order, state=state, reason=reason, now=evidence.begun, filled=filled, order_id=order_id
        )
        self._searches.pop(order.intent.cli_ord_id, None)
        return True
