"""The exchange is the truth: what it shows is compared with the journal and the ledger, and never ignored."""

from collections.abc import Callable
from decimal import Decimal

from src.exchange.base import Exchange, OpenOrder
from src.exchange.errors import NoAnswer
from src.exchange.ledger import Ledger
from src.exchange.order_journal import OrderJournal, is_of_a_bot
from src.exchange.protection import Protection
from src.records.enums import OrderPurpose
from src.records.orders import OrderState

_AGAIN_S = 2.0


class Reconciler:
    """The comparison with the exchange, at the start and on a cadence.

    Its reasons stand while what caused them stands; what is not ours freezes new entries.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: OrderJournal,
        ledger: Ledger,
        protection: Protection,
        sync: Callable[[float], int],
        orders_every_s: float,
        positions_every_s: float,
        real_second: float,
    ) -> None:
        """Take what it works with; cadences are in market seconds, ``real_second`` is one of the machine's."""
        self._exchange = exchange
        self._journal = journal
        self._ledger = ledger
        self._protection = protection
        self._sync = sync
        self._orders_every_s = orders_every_s
        self._positions_every_s = positions_every_s
        self._again_s = _AGAIN_S * real_second
        self._orders_due: float | None = None
        self._positions_due: float | None = None
        self._order_reasons: tuple[str, ...] = ()
        self._position_reasons: tuple[str, ...] = ()
        self._unanswered: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Return whether orders and positions have been compared since the start."""
        return self._orders_due is not None and self._positions_due is not None

    def reasons(self) -> tuple[str, ...]:
        """Return what the exchange's state holds against new entries now."""
        return self._order_reasons + self._position_reasons + self._unanswered

    def step(self, now: float) -> int:
        """Compare what is due; return how many comparisons were completed."""
        compared = 0
        try:
            if self._orders_due is None or self._orders_due <= now:
                self._compare_orders(now)
                compared += 1
            if self._positions_due is None or self._positions_due <= now:
                self._compare_positions(now)
                compared += 1
        except NoAnswer:
            self._postpone(now)
            return compared
        if compared:
            self._unanswered = ()
        return compared

    def hurry(self) -> None:
        """Compare at the next step, e.g. after a reconnect."""
        if self.done:
            self._orders_due = self._positions_due = 0.0

    def _postpone(self, now: float) -> None:
        self._unanswered = ("exchange_no_answer",)
        if self._orders_due is not None and self._orders_due <= now:
            self._orders_due = now + self._again_s
        if self._positions_due is not None and self._positions_due <= now:
            self._positions_due = now + self._again_s

    def _compare_orders(self, now: float) -> None:
        open_orders = self._exchange.open_orders()
        self._sync(now)
        reasons = [reason for order in open_orders if (reason := self._objection(order, now)) is not None]
        self._protection.read_back(open_orders, complete=True, now=now)
        self._order_reasons = tuple(dict.fromkeys(reasons))
        self._orders_due = now + self._orders_every_s

    def _objection(self, order: OpenOrder, now: float) -> str | None:
        """Adopt an open order of ours; return why it forbids new entries if it is not."""
        if not self._journal.is_ours(order.cli_ord_id):
            kind = "other_home_order" if is_of_a_bot(order.cli_ord_id) else "foreign_order"
            return f"{kind}:{order.symbol}"
        known = self._journal.find(cli_ord_id=order.cli_ord_id)
        if known is None or known.intent.purpose is not OrderPurpose.STOP:
            return f"unjournalled_order:{order.symbol}"
        if known.final:
            self._journal.settle(
                known, state=OrderState.ACKED, reason="adopted", now=now, order_id=order.order_id
            )
        return None

    def _compare_positions(self, now: float) -> None:
        self._sync(now)
        differing = self._differing()
        if differing:
            self._sync(now)
            differing &= self._differing()
        self._position_reasons = tuple(sorted(self._name(symbol) for symbol in differing))
        self._positions_due = now + (self._again_s if differing else self._positions_every_s)

    def _differing(self) -> set[str]:
        """Return the symbols whose position is not the ledger's, but for those with an order in doubt."""
        theirs = {position.symbol: position.quantity for position in self._exchange.positions()}
        symbols = theirs.keys() | self._ledger.positions.keys()
        return {
            symbol
            for symbol in symbols
            if theirs.get(symbol, Decimal(0)) != self._ledger.quantity(symbol)
            and not self._journal.unresolved_on(symbol)
        }

    def _name(self, symbol: str) -> str:
        kind = "position_mismatch" if symbol in self._ledger.positions else "foreign_position"
        return f"{kind}:{symbol}"
