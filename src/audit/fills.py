"""Every execution in the ledger is booked once, belongs to an order, and keeps to it."""

from collections.abc import Mapping

from src.audit.claims import BOOKED_ONCE, HAS_ORDER
from src.audit.findings import Findings, Spot
from src.audit.orders import TrackedOrder
from src.exchange.order_names import mark_of
from src.records.enums import OrderPurpose, OrderType
from src.records.ledger import FillBooked

LIQUIDATION, EXTERNAL = "liquidation", "external"


class FillAudit:
    """Holds one fill after the other against the orders."""

    def __init__(
        self, *, file: str, orders: Mapping[str, TrackedOrder], orders_since: float | None, findings: Findings
    ) -> None:
        """Take the orders by our name; ``orders_since`` is the time from which on they are kept."""
        self._file = file
        self._orders = orders
        self._orders_since = orders_since
        self._findings = findings
        self._seen: set[int] = set()
        """Hashes of the fills' names: a name of 36 characters would take three times as much."""

    def take(self, seq: int, fill: FillBooked) -> bool:
        """Hold a fill against its order; return False for one that was booked before."""
        name, spot = hash(fill.fill_id), self.spot(seq, fill)
        if name in self._seen:
            self._findings.refute(BOOKED_ONCE, spot, expected="a fill that is new", found="booked before")
            return False
        self._seen.add(name)
        self._findings.prove(BOOKED_ONCE)
        order = None if fill.cli_ord_id is None else self._orders.get(fill.cli_ord_id)
        if order is not None:
            order.booked += fill.size
            self._compare(fill, order, spot)
        elif fill.reason == LIQUIDATION:
            self._findings.prove(HAS_ORDER)
        elif fill.reason == EXTERNAL and mark_of(fill.cli_ord_id) is None:
            self._findings.leave_open(HAS_ORDER, "executions of somebody else on this account")
        elif self._orders_since is not None and fill.ts <= self._orders_since:
            self._findings.leave_open(HAS_ORDER, "the orders of that time are no longer kept")
        else:
            self._findings.refute(HAS_ORDER, spot, expected="an order of ours", found=fill.cli_ord_id)
        return True

    def spot(self, seq: int, fill: FillBooked) -> Spot:
        """Return where a fill stands, and its names."""
        names = (fill.fill_id, fill.cli_ord_id, fill.position_id)
        return Spot(self._file, seq, tuple([name for name in names if name is not None]))

    def _compare(self, fill: FillBooked, order: TrackedOrder, spot: Spot) -> None:
        faults = list(_faults(fill, order))
        for expected, found in faults:
            self._findings.refute(HAS_ORDER, spot, expected=expected, found=found)
        if not faults:
            self._findings.prove(HAS_ORDER)


def _faults(fill: FillBooked, order: TrackedOrder) -> list[tuple[str, str]]:
    intent, faults = order.intent, []
    expected = (intent.symbol, intent.side.value, intent.position_id)
    found = (fill.symbol, fill.side.value, fill.position_id or "no position")
    if expected != found:
        faults.append((", ".join(expected), ", ".join(found)))
    fires = intent.purpose is OrderPurpose.STOP  # under an order of its own
    if order.order_id is not None and order.order_id != fill.order_id and not fires:
        faults.append((f"the exchange's order {order.order_id}", fill.order_id))
    if order.booked > intent.size:
        faults.append((f"at most {intent.size} contracts of the order", f"{order.booked} booked"))
    limit = intent.limit_price
    if (
        limit is not None
        and intent.order_type is OrderType.IOC
        and intent.side.sign * (fill.price - limit) > 0
    ):
        faults.append((f"a price no worse than the limit of {limit}", f"{fill.price}"))
    reason = "stop" if fires else intent.reason
    if fill.reason not in {reason, LIQUIDATION}:
        faults.append((f"reason {reason}", fill.reason))
    return faults
