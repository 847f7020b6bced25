"""Whose the resting orders are: ours are adopted, everybody else's are named."""

from collections.abc import Container

from src.exchange.base import Exchange, OpenOrder, Outcome
from src.exchange.order_journal import OrderJournal
from src.exchange.order_names import Whose
from src.ledger.book import Ledger
from src.ledger.position import OpenPosition
from src.records.enums import OrderPurpose, OrderType, Side
from src.records.orders import CancelIntent, OrderIntent, OrderState

COPY_OF_THIS_HOME = "copy_of_this_home"
_KINDS = {Whose.OTHER_HOME: "other_home_order", Whose.STRANGER: "foreign_order"}


class OpenOrders:
    """The comparison of the resting orders with the journal."""

    def __init__(self, *, journal: OrderJournal, ledger: Ledger) -> None:
        """Take where orders and positions are looked up."""
        self._journal = journal
        self._ledger = ledger
        self._copied = False
        self._foreign: dict[str, str] = {}
        self._accepted: set[str] = set()
        self.reasons: tuple[str, ...] = ()
        """What the resting orders hold against new entries."""

    def accept(self, symbol: str) -> None:
        """Let the foreign orders of a symbol that rest now stand."""
        self._accepted |= {order_id for order_id, of in self._foreign.items() if of == symbol}
        named = {f"{kind}:{symbol}" for kind in _KINDS.values()}
        self.reasons = tuple(reason for reason in self.reasons if reason not in named)

    def foreign(self, open_orders: tuple[OpenOrder, ...], symbols: Container[str]) -> tuple[OpenOrder, ...]:
        """Return the orders of some symbols that this home did not send."""
        return tuple(
            order
            for order in open_orders
            if order.symbol in symbols and self._journal.whose(order.cli_ord_id) is not Whose.OURS
        )

    def cancel(self, order: OpenOrder, exchange: Exchange, now: float) -> bool:
        """Take an order that is not ours off the exchange; return whether it is known to rest no longer."""
        name = order.cli_ord_id or ""
        self._journal.record(
            CancelIntent(ts=now, cli_ord_id=name, order_id=order.order_id, reason="flatten", foreign=True)
        )
        return exchange.cancel(order.order_id).outcome is Outcome.YES

    def compare(self, open_orders: tuple[OpenOrder, ...], now: float) -> None:
        """Adopt what is ours and name what is not, from a complete list.

        A copy of this home that was seen once stays a reason until the next start.
        """
        self._foreign = {}
        reasons = [reason for order in open_orders if (reason := self._objection(order, now)) is not None]
        self._copied = self._copied or COPY_OF_THIS_HOME in reasons
        self._accepted &= self._foreign.keys()
        copied = (COPY_OF_THIS_HOME,) if self._copied else ()
        self.reasons = tuple(dict.fromkeys((*copied, *reasons)))

    def _objection(self, order: OpenOrder, now: float) -> str | None:
        """Adopt an open order of ours; return why it forbids new entries if it is not."""
        whose = self._journal.whose(order.cli_ord_id)
        if whose is Whose.COPY:
            return COPY_OF_THIS_HOME
        if whose is not Whose.OURS:
            self._foreign[order.order_id] = order.symbol
            return None if order.order_id in self._accepted else f"{_KINDS[whose]}:{order.symbol}"
        known = self._journal.find(cli_ord_id=order.cli_ord_id)
        if known is None and (intent := self._lost_intent(order, now)) is not None:
            self._journal.record(intent)
            known = self._journal.find(cli_ord_id=order.cli_ord_id)
        if known is None or known.intent.purpose is not OrderPurpose.STOP:
            return f"unjournalled_order:{order.symbol}"
        if known.final or known.order_id is None:
            self._journal.settle(
                known, state=OrderState.ACKED, reason="adopted", now=now, order_id=order.order_id
            )
        return None

    def _lost_intent(self, order: OpenOrder, now: float) -> OrderIntent | None:
        """Return what a stop of ours must have been meant as; None where it guards no position that we manage."""
        position = self._ledger.positions.get(order.symbol)
        if position is None or position.strategy is None or position.signal_id is None:
            return None
        closes = Side.SELL if position.quantity > 0 else Side.BUY
        if not order.reduce_only or order.side is not closes or order.stop_price is None:
            return None
        return _stop_intent(order, position, now)


def _stop_intent(order: OpenOrder, position: OpenPosition, now: float) -> OrderIntent | None:
    if order.cli_ord_id is None or position.strategy is None or position.signal_id is None:
        return None
    return OrderIntent(
        ts=now,
        cli_ord_id=order.cli_ord_id,
        position_id=position.position_id,
        signal_id=position.signal_id,
        purpose=OrderPurpose.STOP,
        symbol=order.symbol,
        strategy=position.strategy,
        direction=position.direction,
        side=order.side,
        order_type=OrderType.STOP,
        size=order.unfilled + order.filled,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        reduce_only=True,
        process_before=None,
        reason="adopted",
    )
