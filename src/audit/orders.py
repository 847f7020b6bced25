"""Every order has its decision or its entry, keeps to it, and its fate is known."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from src.audit.breaches import Breaches
from src.audit.claims import ALL_BOOKED, FATE, HAS_DECISION, HAS_ENTRY, HAS_INTENT, WITHIN_LIMITS
from src.audit.decisions import Trade
from src.audit.findings import Findings, Spot
from src.exchange.order_names import OrderMark, client_order_id, mark_of
from src.records.enums import OrderPurpose, Side
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState, OrderUpdate

_ZERO = Decimal(0)
_ROUNDING = 1e-6
"""How far a size in contracts may lie above the decision's value for the way floats round."""
_OPEN = frozenset({OrderState.INTENT, OrderState.UNKNOWN})
_REFUSED = frozenset({OrderState.REJECTED, OrderState.NOT_PLACED})


@dataclass(slots=True)
class TrackedOrder:
    """One order as the journal tells it, and what the ledger booked of it."""

    intent: OrderIntent
    seq: int
    state: OrderState = OrderState.INTENT
    order_id: str | None = None
    answered: Decimal = _ZERO
    """The most that any answer said was executed, in contracts."""
    booked: Decimal = _ZERO
    updated_ts: float = 0.0

    @property
    def spot_ids(self) -> tuple[str, ...]:
        """Return what a person looks for: our name of the order, and its position."""
        return (self.intent.cli_ord_id, self.intent.position_id)


class OrderAudit:
    """Reads ``logs/orders.jsonl`` once."""

    def __init__(
        self,
        *,
        file: str,
        trades: Mapping[str, Trade] | None,
        instance: str | None,
        decided_since: float | None,
        findings: Findings,
        breaches: Breaches | None = None,
    ) -> None:
        """Take the decisions to trade, None where no decisions are kept.

        ``instance`` is the home's mark, None where it is not known; ``decided_since`` the time from which on
        decisions are kept, where older ones were removed; ``breaches`` is None where limits were not watched.
        """
        self._breaches = breaches
        self._file = file
        self._trades = trades
        self._instance = instance
        self._decided_since = decided_since
        self._findings = findings
        self._numbers: Counter[tuple[str, OrderPurpose]] = Counter()
        self.orders: dict[str, TrackedOrder] = {}
        """By our name for them, oldest first."""
        self._entries: set[str] = set()
        self.newest_ts: float | None = None

    def read(self, events: Iterable[tuple[int, OrderEvent]]) -> None:
        """Hold every event against what it follows from."""
        for seq, event in events:
            self.newest_ts = max(event.ts, self.newest_ts or event.ts)
            if isinstance(event, OrderIntent):
                self._take_intent(seq, event)
                continue
            order = self.orders.get(event.cli_ord_id)
            if isinstance(event, CancelIntent) and event.foreign:
                self._findings.leave_open(HAS_INTENT, "orders of somebody else that a person wanted gone")
                continue
            if order is None:
                spot = Spot(self._file, seq, (event.cli_ord_id,))
                self._findings.refute(HAS_INTENT, spot, expected="an intent before it", found=None)
                continue
            self._findings.prove(HAS_INTENT)
            if isinstance(event, OrderUpdate):
                order.state, order.updated_ts = event.state, event.ts
                order.order_id = event.order_id or order.order_id
                order.answered = max(order.answered, event.filled)

    def conclude(self, *, young_since: float) -> None:
        """Judge what became of each order; those that changed after ``young_since`` may be under way still."""
        for order in self.orders.values():
            spot = Spot(self._file, order.seq, order.spot_ids)
            young = max(order.intent.ts, order.updated_ts) > young_since
            self._judge_fate(order, spot, young=young)
            self._judge_bookings(order, spot, young=young)

    def _take_intent(self, seq: int, intent: OrderIntent) -> None:
        spot = Spot(self._file, seq, (intent.cli_ord_id, intent.position_id))
        if intent.cli_ord_id in self.orders:
            self._findings.refute(HAS_INTENT, spot, expected="one intent an order", found="another one")
            return
        self.orders[intent.cli_ord_id] = TrackedOrder(intent, seq)
        self._check_name(intent, spot)
        if intent.purpose is OrderPurpose.ENTRY:
            self._check_entry(intent, spot)
            self._entries.add(intent.position_id)
        else:
            self._check_follower(intent, spot)

    def _check_name(self, intent: OrderIntent, spot: Spot) -> None:
        number = self._numbers[intent.position_id, intent.purpose]
        self._numbers[intent.position_id, intent.purpose] += 1
        if self._instance is None:
            return
        mark = mark_of(intent.cli_ord_id)
        mark = OrderMark(self._instance, "" if mark is None else mark.epoch)
        mark = mark_of(intent.cli_ord_id)
        wanted = client_order_id(
            OrderMark(self._instance, "" if mark is None else mark.epoch),
            position_id=intent.position_id,
            purpose=intent.purpose,
            number=number,
        )
        what = f"name of {intent.purpose.value} {number + 1} of {intent.position_id}"
        self._findings.same(HAS_INTENT, spot, what=what, expected=wanted, found=intent.cli_ord_id)

    def _check_entry(self, intent: OrderIntent, spot: Spot) -> None:
        if self._breaches is not None:
            expected, found = "no limit breached", self._breaches.at(intent.ts) or "no limit breached"
            self._findings.same(WITHIN_LIMITS, spot, what="entered:", expected=expected, found=found)
        findings, since = self._findings, self._decided_since
        trade = None if self._trades is None else self._trades.get(intent.signal_id or "")
        if trade is None:
            if self._trades is None or (since is not None and intent.ts <= since):
                findings.leave_open(HAS_DECISION, "the decisions of that time are no longer kept")
                return
            findings.refute(HAS_DECISION, spot, expected="a decision to trade this signal", found=None)
            return
        faults = _entry_faults(intent, trade)
        for expected, found in faults:
            findings.refute(HAS_DECISION, spot, expected=expected, found=found)
        if not faults:
            findings.prove(HAS_DECISION)

    def _check_follower(self, intent: OrderIntent, spot: Spot) -> None:
        side = Side.SELL if intent.direction.sign > 0 else Side.BUY
        if intent.strategy is not None and intent.position_id not in self._entries:
            self._findings.refute(HAS_ENTRY, spot, expected="an entry of this position before", found=None)
            return
        found = (intent.side, intent.reduce_only)
        self._findings.same(HAS_ENTRY, spot, what="side, reduce-only:", expected=(side, True), found=found)

    def _judge_fate(self, order: TrackedOrder, spot: Spot, *, young: bool) -> None:
        if order.state not in _OPEN:
            self._findings.prove(FATE)
        elif young:
            self._findings.leave_open(FATE, "orders under way")
        else:
            self._findings.refute(
                FATE, spot, expected="an answer, or how it was found out", found=order.state
            )

    def _judge_bookings(self, order: TrackedOrder, spot: Spot, *, young: bool) -> None:
        if order.booked < order.answered and young:
            self._findings.leave_open(ALL_BOOKED, "orders under way")
        elif order.booked < order.answered:
            expected, found = f"{order.answered} contracts booked", f"{order.booked}"
            self._findings.refute(ALL_BOOKED, spot, expected=expected, found=found)
        elif order.state in _REFUSED and order.booked:
            expected, found = f"nothing booked of an order {order.state.value}", f"{order.booked}"
            self._findings.refute(ALL_BOOKED, spot, expected=expected, found=found)
        else:
            self._findings.prove(ALL_BOOKED)


def _entry_faults(intent: OrderIntent, trade: Trade) -> list[tuple[str, str]]:
    side = Side.BUY if trade.direction.sign > 0 else Side.SELL
    expected = (trade.symbol, trade.strategy.value, trade.direction.value, side.value, "opening")
    kind = "reducing" if intent.reduce_only else "opening"
    strategy = "none" if intent.strategy is None else intent.strategy.value
    found = (intent.symbol, strategy, intent.direction.value, intent.side.value, kind)
    faults = [] if expected == found else [(", ".join(expected), ", ".join(found))]
    if intent.ts < trade.ts:
        faults.append((f"sent after the decision of {trade.ts}", f"{intent.ts}"))
    most = trade.size_usd / trade.price
    if float(intent.size) > most * (1 + _ROUNDING):
        faults.append((f"at most {most:.10g} contracts, as decided", f"{intent.size}"))
    if intent.stop_bps != trade.stop_bps:
        faults.append((f"stop at {trade.stop_bps} bps, as decided", f"{intent.stop_bps}"))
    return faults
