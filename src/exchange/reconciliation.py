"""The exchange is the truth: what it shows is compared with the journal and the ledger, and never ignored."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.account_watch import AccountWatch
from src.exchange.base import Exchange, OpenOrder
from src.exchange.errors import NoAnswer
from src.exchange.open_orders import OpenOrders
from src.exchange.position_check import PositionCheck
from src.exchange.protection import Protection

_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often the exchange is compared with; market seconds."""

    orders_every_s: float
    positions_every_s: float
    real_second: float
    """How many market seconds pass in a real one."""


class Reconciler:
    """The comparison with the exchange, at the start and on a cadence.

    Its reasons stand while what caused them stands; what is not ours freezes new entries.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        orders: OpenOrders,
        positions: PositionCheck,
        watch: AccountWatch,
        protection: Protection,
        sync: Callable[[float], int],
        cadence: Cadence,
    ) -> None:
        """Take what it works with; ``sync`` books new fills."""
        self._exchange = exchange
        self._orders = orders
        self._positions = positions
        self._watch = watch
        self._protection = protection
        self._sync = sync
        self._cadence = cadence
        self._again_s = _AGAIN_S * cadence.real_second
        self._orders_due: float | None = None
        self._positions_due: float | None = None
        self._not_before = 0.0
        self._unanswered: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Return whether orders and positions have been compared since the start."""
        return self._orders_due is not None and self._positions_due is not None

    @property
    def accepted(self) -> dict[str, Decimal]:
        """Return the quantities by symbol that a human has accepted as not ours."""
        return self._positions.accepted

    def reasons(self) -> tuple[str, ...]:
        """Return what the exchange's state holds against new entries now."""
        return (
            *self._orders.reasons,
            *self._positions.reasons,
            *self._watch.reasons(),
            *self._exchange.objections(),
            *self._unanswered,
        )

    def accept(self, symbol: str) -> tuple[str, ...]:
        """Let a symbol's foreign position and orders stand as they are; return the reasons that this took away.

        They stay unmanaged. Whatever changes about them later is named again.
        """
        before = self.reasons()
        self._orders.accept(symbol)
        self._positions.accept(symbol)
        return tuple(reason for reason in before if reason not in self.reasons())

    def cancel_foreign(self, symbols: Container[str], now: float) -> int:
        """Take foreign orders off the exchange; return how many still stand; NoAnswer where it does not tell."""
        open_orders = self._exchange.open_orders()
        foreign = self._orders.foreign(open_orders, symbols)
        return sum(not self._orders.cancel(order, self._exchange, now) for order in foreign)

    def restore(self, accepted: dict[str, Decimal]) -> None:
        """Take over what was accepted before the start."""
        self._positions.accepted.update(accepted)

    def step(self, now: float) -> int:
        """Compare what is due; return how many comparisons were completed."""
        compared = 0
        if self._not_before > now:
            return compared
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
        """Compare everything again soon: while the venue did not answer, anything may have happened."""
        self._unanswered = ("exchange_no_answer",)
        self._not_before = now + self._again_s
        self.hurry()

    def _compare_orders(self, now: float) -> None:
        open_orders: tuple[OpenOrder, ...] = self._exchange.open_orders()
        self._sync(now)
        self._orders.compare(open_orders, now)
        self._protection.read_back(open_orders, complete=True, now=now)
        self._orders_due = now + self._cadence.orders_every_s

    def _compare_positions(self, now: float) -> None:
        self._sync(now)
        agree = self._positions.compare(now)
        self._watch.look(self._positions.held)
        self._positions_due = now + (self._cadence.positions_every_s if agree else self._again_s)
