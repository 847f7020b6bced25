"""A stop on the exchange under every position, read back, and nothing left behind when it is gone."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal

from src.exchange.base import Instrument, OpenOrder, Quote
from src.exchange.closing import StopTerms, stop_terms
from src.exchange.errors import NoAnswer
from src.exchange.executor import Executor, Submission
from src.exchange.ladder import STEPS_ON, Ladder
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.exchange.patience import is_for_later
from src.exchange.stop_reading import differs, has_fired, has_passed, stop_view
from src.ledger.book import Ledger
from src.ledger.position import OpenPosition
from src.records.ledger import StopView
from src.records.orders import OrderState
from src.records.stops import Stops

log = logging.getLogger(__name__)

FIRED = "stop"
UNPROTECTED = "unprotected"
NOTHING_TO_REDUCE = "wouldNotReducePosition"
_NAMES = {FIRED: "stop_remainder", UNPROTECTED: "unprotected"}
_ATTEMPTS = 3
_DOUBLINGS = 4
_FAILED = frozenset({OrderState.REJECTED, OrderState.NOT_PLACED})


class Protection:
    """The keeper of stops.

    A position whose stop is refused three times, budgets of requests apart, or whose stop has fired and left
    something open, is left by a ladder of orders until it is flat. A stop that does not fit any more is cancelled
    only after the one that takes its place rests.
    """

    def __init__(
        self,
        *,
        executor: Executor,
        journal: OrderJournal,
        ledger: Ledger,
        instruments: Callable[[], Mapping[str, Instrument]],
        quote: Callable[[str], Quote],
        stops: Stops,
        real_second: float,
    ) -> None:
        """Take what it works with; ``quote`` asks the exchange, ``real_second`` is one in market seconds."""
        self._executor = executor
        self._journal = journal
        self._ledger = ledger
        self._instruments = instruments
        self._quote = quote
        self._stops = stops
        self._ladder = Ladder(executor=executor, quote=quote, reach_bps=stops.ladder_bps)
        self._again_s = stops.rung_s * real_second
        self._confirmed: set[str] = set()
        self._wrong: set[str] = set()
        self._fired: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._failures: Counter[str] = Counter()
        self._disagreements: Counter[str] = Counter()
        self._leaving: dict[str, str] = {}
        self._settled: tuple[int, int] | None = None
        self._postponed = False
        self.changes = 0
        """Stops that were read back, or whose reading no longer holds, so far."""
        self.doubtful = False
        """The venue says that a position is not there: fills and positions are to be read. Who did so resets it."""

    def step(self, now: float) -> int:
        """Bring stops and positions together; return how many orders were sent or cancelled.

        Where there was nothing to do and nothing to wait for, there is nothing until ledger or journal change.
        """
        known = (self._ledger.changes, self._journal.changes)
        if known == self._settled:
            return 0
        self._postponed = False
        self._forget_the_closed()
        sent = sum(self._tidy(order, now) for order in self._journal.resting_stops())
        for position in tuple(self._ledger.positions.values()):
            if self._may_act(position, now):
                sent += self._guard(position, now)
        self._settled = None if sent or self._postponed else known
        return sent

    def reasons(self) -> tuple[str, ...]:
        """Return the positions that are being left for want of a stop: ``stop_remainder:``, ``unprotected:``."""
        return tuple(self._leaving.values())

    def read_back(self, open_orders: tuple[OpenOrder, ...], *, complete: bool, now: float) -> None:
        """Compare the stops with the exchange's open orders.

        With ``complete`` the list was read before the newest fills were booked: a stop not in it is gone.
        """
        shown = {order.cli_ord_id: order for order in open_orders}
        for order in self._journal.resting_stops():
            cli = order.intent.cli_ord_id
            if cli in shown:
                self._compare(order, shown[cli], now)
            elif complete:
                self._forget_order(cli)
                booked = self._ledger.booked(cli)
                reason = "fired" if booked > 0 else "vanished"
                self._journal.settle(order, state=OrderState.DONE, reason=reason, now=now, filled=booked)

    def resting_on(self, symbol: str) -> bool:
        """Return whether a stop of this symbol is still on the exchange, as far as is known."""
        resting = self._journal.resting_stops()
        return bool(resting) and any(order.intent.symbol == symbol for order in resting)

    def unconfirmed(self) -> bool:
        """Return whether a stop has not been read back yet."""
        resting = self._journal.resting_stops()
        return bool(resting) and any(order.intent.cli_ord_id not in self._confirmed for order in resting)

    def passed(self, symbol: str, price: Decimal) -> bool:
        """Return whether a stop that should rest on a symbol should have fired at this mark price."""
        resting = [order for order in self._journal.resting_stops() if order.intent.symbol == symbol]
        quote = Quote(symbol=symbol, bid=None, ask=None, mark=price, last=price) if resting else None
        return quote is not None and any(has_passed(order, quote) for order in resting)

    def view_of(self, position: OpenPosition) -> StopView | None:
        """Return the newest resting stop of a position; None where it is not protected."""
        return stop_view(
            self._journal.stops_of(position.position_id), self._confirmed, opened_ts=position.opened_ts
        )

    def _compare(self, order: TrackedOrder, shown: OpenOrder, now: float) -> None:
        cli, position = order.intent.cli_ord_id, self._ledger.positions.get(order.intent.symbol)
        self.changes += 1
        if has_fired(shown):
            if shown.order_id != order.order_id:
                self._rename(order, shown.order_id, now)
            self._spoil(order, "stop_fired_and_rests", self._fired)
        elif position is not None and differs(order, shown, open_size=position.size):
            self._disagreements[position.position_id] += 1
            if self._disagreements[position.position_id] <= _ATTEMPTS:
                self._spoil(order, "stop_differs", self._wrong)
            self._confirmed.add(cli)
        else:
            self._confirmed.add(cli)

    def _rename(self, order: TrackedOrder, order_id: str, now: float) -> None:
        """Write down by which name the venue knows what a stop has become."""
        self._journal.settle(
            order, state=OrderState.ACKED, reason="fired_and_rests", now=now, order_id=order_id
        )

    def _spoil(self, order: TrackedOrder, event: str, kept: set[str]) -> None:
        """Take note that what rests under a stop's name does not protect as it should."""
        cli = order.intent.cli_ord_id
        if cli not in kept:
            log.error(event, extra={"facts": {"symbol": order.intent.symbol, "order": cli}})
        kept.add(cli)
        self._settled = None

    def _forget_order(self, cli_ord_id: str) -> None:
        for kept in (self._confirmed, self._wrong, self._fired):
            kept.discard(cli_ord_id)
        self._not_before.pop(cli_ord_id, None)
        self.changes += 1

    def _tidy(self, order: TrackedOrder, now: float) -> int:
        """End a stop that has fired, that guards nothing, or that a better one has replaced."""
        cli = order.intent.cli_ord_id
        booked = self._ledger.booked(cli)
        if booked > 0 and (order.intent.limit_price is None or booked >= order.intent.size):
            # it fires a market order: what that did not fill is cancelled
            self._journal.settle(order, state=OrderState.DONE, reason="fired", now=now, filled=booked)
            return 0
        why = "fired" if booked > 0 else self._useless(order)
        if why is None:
            return 0
        if self._not_before.get(cli, now) > now:
            self._postponed = True
            return 0
        self._not_before[cli] = now + self._again_s
        if self._executor.cancel(order, reason=why, now=now):
            self._forget_order(cli)
        return 1

    def _useless(self, order: TrackedOrder) -> str | None:
        """Return why a resting stop is to be cancelled, or None."""
        position = self._ledger.positions.get(order.intent.symbol)
        if position is None or position.position_id != order.intent.position_id:
            # a ledger that lost its lines knows of no position either: it must have seen this one close
            seen = self._ledger.closings.find(order.intent.position_id) is not None
            return "position_closed" if seen or (position and position.strategy) else None
        newest = self._newest_fitting(position)
        if newest is not None and newest.intent.cli_ord_id != order.intent.cli_ord_id:
            return "replaced"
        return "fired" if order.intent.cli_ord_id in self._fired else None

    def _newest_fitting(self, position: OpenPosition) -> TrackedOrder | None:
        for order in reversed(self._journal.stops_of(position.position_id)):
            fits = order.state is OrderState.ACKED and order.intent.size == position.size
            if fits and order.intent.cli_ord_id not in self._wrong | self._fired:
                return order
        return None

    def _may_act(self, position: OpenPosition, now: float) -> bool:
        if position.strategy is None:
            return False
        waits = self._not_before.get(position.position_id, now) > now or self._executor.must_wait()
        if waits or self._executor.closing_blocked(position.symbol, now):
            self._postponed = True
            return False
        return True

    def _guard(self, position: OpenPosition, now: float) -> int:
        pid = position.position_id
        if self._newest_fitting(position) is not None:
            self._not_before.pop(pid, None)
            self._failures.pop(pid, None)
            self._leaving.pop(pid, None)
            return 0
        doublings = min(max(self._failures[pid] - _ATTEMPTS, 0), _DOUBLINGS)
        self._not_before[pid] = now + self._again_s * 2**doublings
        terms = self._terms(position)
        reason = self._must_leave(position, terms)
        if reason is None and terms is not None:
            self._note(pid, self._executor.place_stop(position, terms=terms, now=now))
        else:
            self._leave(position, reason or UNPROTECTED, now)
        return 1

    def _leave(self, position: OpenPosition, reason: str, now: float) -> None:
        """Send the next order of the ladder, and say so while the position is open."""
        pid, instrument = position.position_id, self._instruments().get(position.symbol)
        if pid not in self._leaving:
            self._leaving[pid] = f"{_NAMES[reason]}:{position.symbol}"
            log.error("position_left", extra={"facts": {"position": pid, "why": self._leaving[pid]}})
        tick = None if instrument is None else instrument.tick_size
        self._note(pid, self._ladder.climb(position, reason=reason, tick=tick, now=now))

    def _note(self, position_id: str, submission: Submission) -> None:
        if submission.word == NOTHING_TO_REDUCE:
            self.doubtful = True
        if submission.state in _FAILED and submission.word not in STEPS_ON:
            self._failures[position_id] += not is_for_later(submission.word)
        else:
            self._failures.pop(position_id, None)

    def _must_leave(self, position: OpenPosition, terms: StopTerms | None) -> str | None:
        """Return why a position without a fitting stop is left rather than given one, or None.

        Where neither a stop nor an exit is taken, the two are tried in turn.
        """
        stops = self._journal.stops_of(position.position_id)
        if any(order.state is OrderState.DONE and order.filled > 0 for order in stops):
            return FIRED
        if stops and stops[-1].state is OrderState.DONE and self._has_passed(stops[-1]):
            return FIRED
        if any(order.state is OrderState.ACKED and order.intent.size >= position.size for order in stops):
            return None
        newest = [order.state in _FAILED for order in stops if not is_for_later(order.reason)][-_ATTEMPTS:]
        if len(newest) < _ATTEMPTS or not all(newest):
            return None
        turn_of_a_stop = self._failures[position.position_id] % 2 == 0
        leaves = position.position_id in self._leaving
        return None if leaves and turn_of_a_stop and terms is not None else UNPROTECTED

    def _has_passed(self, order: TrackedOrder) -> bool:
        try:
            return has_passed(order, self._quote(order.intent.symbol))
        except NoAnswer:
            return False

    def _terms(self, position: OpenPosition) -> StopTerms | None:
        entry = self._journal.entry_of(position.position_id)
        instrument = self._instruments().get(position.symbol)
        if entry is None or instrument is None:
            return None
        return stop_terms(position, entry, tick=instrument.tick_size, stops=self._stops)

    def _forget_the_closed(self) -> None:
        """Forget what was known of positions and stops that are gone."""
        if not (self._leaving or self._failures or self._disagreements or self._ladder.in_use):
            return
        open_ids = {position.position_id for position in self._ledger.positions.values()}
        for kept in (self._leaving, self._failures, self._disagreements):
            for gone in kept.keys() - open_ids:
                del kept[gone]
        self._ladder.forget_all_but(open_ids)
