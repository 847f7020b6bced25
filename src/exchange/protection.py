"""A stop on the exchange under every position, read back, and nothing left behind when it is gone."""

from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from src.exchange.base import Instrument, OpenOrder
from src.exchange.executor import Executor, on_tick
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.ledger.book import Ledger
from src.ledger.position import OpenPosition
from src.records.enums import Direction
from src.records.ledger import StopView
from src.records.orders import OrderState

_BPS = Decimal(10_000)
_ATTEMPTS = 3
_AGAIN_S = 0.5
_FAILED = frozenset({OrderState.REJECTED, OrderState.NOT_PLACED})


class Protection:
    """The keeper of stops.

    A position whose stop cannot be placed in three attempts, or whose stop has fired and left something open, is
    left at the market until it is flat.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        journal: OrderJournal,
        ledger: Ledger,
        instruments: Callable[[], Mapping[str, Instrument]],
        real_second: float,
    ) -> None:
        """Take what it works with; ``real_second`` is one in market seconds."""
        self._executor = executor
        self._journal = journal
        self._ledger = ledger
        self._instruments = instruments
        self._real_second = real_second
        self._confirmed: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._settled: tuple[int, int] | None = None
        self._postponed = False
        self.changes = 0
        """Stops that were read back, or whose reading no longer holds, so far."""

    def step(self, now: float) -> int:
        """Bring stops and positions together; return how many orders were sent or cancelled.

        Where there was nothing to do and nothing to wait for, there is nothing until ledger or journal change.
        """
        known = (self._ledger.changes, self._journal.changes)
        if known == self._settled:
            return 0
        self._postponed = False
        sent = sum(self._tidy(order, now) for order in self._journal.resting_stops())
        for position in tuple(self._ledger.positions.values()):
            if self._may_act(position, now):
                sent += self._guard(position, now)
        self._settled = None if sent or self._postponed else known
        return sent

    def read_back(self, open_orders: tuple[OpenOrder, ...], *, complete: bool, now: float) -> None:
        """Compare the stops with the exchange's open orders.

        With ``complete`` the list was read before the newest fills were booked: a stop not in it is gone.
        """
        seen = {order.cli_ord_id for order in open_orders}
        for order in self._journal.resting_stops():
            cli = order.intent.cli_ord_id
            if cli in seen:
                self._confirmed.add(cli)
                self.changes += 1
            elif complete:
                self._confirmed.discard(cli)
                self.changes += 1
                fired = self._ledger.booked(cli) > 0
                self._journal.settle(
                    order,
                    state=OrderState.DONE,
                    reason="fired" if fired else "vanished",
                    now=now,
                    filled=self._ledger.booked(cli),
                )

    def resting_on(self, symbol: str) -> bool:
        """Return whether a stop of this symbol is still on the exchange, as far as is known."""
        resting = self._journal.resting_stops()
        return bool(resting) and any(order.intent.symbol == symbol for order in resting)

    def unconfirmed(self) -> bool:
        """Return whether a stop has not been read back yet."""
        resting = self._journal.resting_stops()
        return bool(resting) and any(order.intent.cli_ord_id not in self._confirmed for order in resting)

    def view_of(self, position: OpenPosition) -> StopView | None:
        """Return the newest resting stop of a position; None where it is not protected."""
        for order in reversed(self._journal.stops_of(position.position_id)):
            if order.state is OrderState.ACKED and order.intent.stop_price is not None:
                return StopView(
                    order_id=order.order_id,
                    cli_ord_id=order.intent.cli_ord_id,
                    price=order.intent.stop_price,
                    size=order.intent.size,
                    confirmed=order.intent.cli_ord_id in self._confirmed,
                )
        return None

    def _tidy(self, order: TrackedOrder, now: float) -> int:
        """End a stop that has fired, that guards nothing, or that a better one has replaced."""
        cli = order.intent.cli_ord_id
        booked = self._ledger.booked(cli)
        if booked > 0:  # it fires a market order: what that did not fill is cancelled
            self._journal.settle(order, state=OrderState.DONE, reason="fired", now=now, filled=booked)
            return 0
        position = self._ledger.positions.get(order.intent.symbol)
        open_still = position is not None and position.position_id == order.intent.position_id
        if open_still and position is not None and not self._replaced(order, position):
            return 0
        if self._not_before.get(cli, now) > now:
            self._postponed = True
            return 0
        self._not_before[cli] = now + _AGAIN_S * self._real_second
        if self._executor.cancel(order, reason="replaced" if open_still else "position_closed", now=now):
            self._not_before.pop(cli)
            self._confirmed.discard(cli)
            self.changes += 1
        return 1

    def _replaced(self, order: TrackedOrder, position: OpenPosition) -> bool:
        newest = self._newest_fitting(position)
        return newest is not None and newest.intent.cli_ord_id != order.intent.cli_ord_id

    def _newest_fitting(self, position: OpenPosition) -> TrackedOrder | None:
        for order in reversed(self._journal.stops_of(position.position_id)):
            if order.state is OrderState.ACKED and order.intent.size == position.size:
                return order
        return None

    def _may_act(self, position: OpenPosition, now: float) -> bool:
        if position.strategy is None or self._journal.unresolved_on(position.symbol):
            return False
        if self._not_before.get(position.position_id, now) > now or self._executor.must_wait():
            self._postponed = True
            return False
        return True

    def _guard(self, position: OpenPosition, now: float) -> int:
        if self._newest_fitting(position) is not None:
            self._not_before.pop(position.position_id, None)
            return 0
        self._not_before[position.position_id] = now + _AGAIN_S * self._real_second
        reason = self._emergency(position)
        stop_price = self._stop_price(position)
        if reason is None and stop_price is not None:
            self._executor.place_stop(position, stop_price=stop_price, now=now)
        else:
            self._executor.exit(position, reason=reason or "unprotected", now=now)
        return 1

    def _emergency(self, position: OpenPosition) -> str | None:
        stops = self._journal.stops_of(position.position_id)
        if stops and stops[-1].state is OrderState.DONE and stops[-1].filled > 0:
            return "stop"
        newest = [order.state in _FAILED for order in stops[-_ATTEMPTS:]]
        return "unprotected" if len(newest) == _ATTEMPTS and all(newest) else None

    def _stop_price(self, position: OpenPosition) -> Decimal | None:
        entry = self._journal.entry_of(position.position_id)
        instrument = self._instruments().get(position.symbol)
        if entry is None or entry.intent.stop_bps is None or instrument is None:
            return None
        return stop_price(position, stop_bps=entry.intent.stop_bps, tick=instrument.tick_size)


def stop_price(position: OpenPosition, *, stop_bps: float, tick: Decimal) -> Decimal:
    """Return where a position's stop belongs: on the tick, and never further away than its distance."""
    share = Decimal(str(stop_bps)) / _BPS
    price = position.entry_price * (1 - position.direction.sign * share)
    long = position.direction is Direction.LONG
    return on_tick(price, tick, rounding=ROUND_CEILING if long else ROUND_FLOOR)
