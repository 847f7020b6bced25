"""The ledger's fills, positions, orders and cash against the exchange's."""

from collections.abc import Mapping
from decimal import Decimal

from src.audit.claims import EXCHANGE_FILLS, EXCHANGE_STATE
from src.audit.exchange_books import ExchangeBooks, Execution
from src.audit.findings import Findings, Spot
from src.audit.money import Money
from src.audit.orders import TrackedOrder
from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked, LedgerOpened
from src.records.orders import OrderState

CENT = Decimal("0.005")
ORDERS = "logs/orders.jsonl"
UNDER_WAY = "orders under way"
_ZERO = Decimal(0)


class ExchangeAudit:
    """Holds the ledger against one telling of the exchange."""

    def __init__(self, books: ExchangeBooks, *, file: str, findings: Findings, young_since: float) -> None:
        """Take the exchange's side; what happened after ``young_since`` may not be booked yet."""
        self._books = books
        self._file = file
        self._findings = findings
        self._young_since = young_since
        self._unbooked = dict(books.executions)

    def take(self, seq: int, fill: FillBooked) -> None:
        """Hold a fill against the exchange's."""
        spot = Spot(self._file, seq, (fill.fill_id,))
        theirs = self._unbooked.pop(hash(fill.fill_id), None)
        if theirs is None:
            since = self._books.complete_since
            if since is not None and fill.ts <= since:
                self._findings.leave_open(EXCHANGE_FILLS, f"{self._books.name} does not go back that far")
            else:
                self._findings.refute(
                    EXCHANGE_FILLS, spot, expected=f"a fill that {self._books.name} knows", found=None
                )
            return
        expected = (theirs.symbol, theirs.side.value, _plain(theirs.size), _plain(theirs.price))
        found = (fill.symbol, fill.side.value, _plain(fill.size), _plain(fill.price))
        self._findings.same(
            EXCHANGE_FILLS, spot, what=f"by {self._books.name}", expected=expected, found=found
        )

    def conclude(
        self, money: Money, orders: Mapping[str, TrackedOrder], *, opened: LedgerOpened | None, live: bool
    ) -> None:
        """Judge what the exchange has and the ledger has not; ``live`` is whether the bot goes on meanwhile."""
        young = self._judge_unbooked(opened)
        self._judge_positions(money, young)
        self._judge_orders(orders, live=live)
        self._judge_cash(money, moving=bool(young) or live)

    def _judge_unbooked(self, opened: LedgerOpened | None) -> list[Execution]:
        young = []
        for theirs in self._unbooked.values():
            if opened is not None and (theirs.ts < opened.since_ts or theirs.fill_id in opened.log_fills):
                continue
            if theirs.ts > self._young_since:
                young.append(theirs)
                self._findings.leave_open(EXCHANGE_FILLS, "executions of the last moments")
                continue
            expected = (
                f"{theirs.side.value} {theirs.size:f} {theirs.symbol} at {theirs.price:f}, of {theirs.ts}"
            )
            spot = Spot(self._file, None, (theirs.fill_id,))
            self._findings.refute(EXCHANGE_FILLS, spot, expected=expected, found=None)
        return young

    def _judge_positions(self, money: Money, young: list[Execution]) -> None:
        mine: dict[str, Decimal] = {symbol: held.quantity for symbol, held in money.positions.items()}
        for theirs in young:
            mine[theirs.symbol] = mine.get(theirs.symbol, _ZERO) + theirs.side.sign * theirs.size
        for symbol in sorted(mine.keys() | self._books.positions.keys()):
            expected = _plain(self._books.positions.get(symbol, _ZERO))
            found = _plain(mine.get(symbol, _ZERO))
            spot, what = Spot(self._file, None, (symbol,)), f"{symbol} by {self._books.name}"
            self._findings.same(EXCHANGE_STATE, spot, what=what, expected=expected, found=found)

    def _judge_orders(self, orders: Mapping[str, TrackedOrder], *, live: bool) -> None:
        known = {order.order_id: order for order in orders.values() if order.order_id is not None}
        resting = set()
        for theirs in self._books.resting:
            resting.add(theirs.order_id)
            order = orders.get(theirs.cli_ord_id or "") or known.get(theirs.order_id)
            if order is not None:
                self._findings.prove(EXCHANGE_STATE)
            elif live and (theirs.placed_ts is None or theirs.placed_ts > self._young_since):
                self._findings.leave_open(EXCHANGE_STATE, UNDER_WAY)
            else:
                names = (theirs.order_id, theirs.cli_ord_id or "without a name of ours", theirs.symbol)
                spot = Spot(ORDERS, None, names)
                self._findings.refute(EXCHANGE_STATE, spot, expected="this resting order", found=None)
        for order in orders.values():
            if order.state is OrderState.ACKED and order.intent.purpose is OrderPurpose.STOP:
                self._judge_stop(order, resting, live=live)

    def _judge_stop(self, order: TrackedOrder, resting: set[str], *, live: bool) -> None:
        spot = Spot(ORDERS, order.seq, order.spot_ids)
        if order.order_id in resting:
            self._findings.prove(EXCHANGE_STATE)
            return
        ended = self._books.ended.get(order.order_id or "")
        changed = (order.updated_ts, order.intent.ts, ended if ended is not None else order.updated_ts)
        if live and (not self._books.ended or max(changed) > self._young_since):
            self._findings.leave_open(EXCHANGE_STATE, UNDER_WAY)
        else:
            expected = f"to rest on the exchange, by {self._books.name}"
            self._findings.refute(EXCHANGE_STATE, spot, expected=expected, found="it rests no longer")

    def _judge_cash(self, money: Money, *, moving: bool) -> None:
        if self._books.cash is None:
            return
        off = abs(money.cash - self._books.cash)
        if off < CENT:
            self._findings.prove(EXCHANGE_STATE)
        elif moving:
            self._findings.leave_open(EXCHANGE_STATE, f"cash differs by {off:.6f} USD while the bot goes on")
        else:
            expected = f"cash {self._books.cash:f} USD by {self._books.name}"
            self._findings.refute(
                EXCHANGE_STATE, Spot(self._file, None), expected=expected, found=f"{money.cash:f}"
            )


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
