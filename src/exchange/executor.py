"""How orders leave: the intent on disk first, one attempt, and an answer that is yes, no or unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from src.exchange.base import Answer, Exchange, Instrument, OrderRequest, Outcome
from src.exchange.closing import Closing, StopTerms, closing_side, on_tick
from src.exchange.errors import OrderRefused
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.ledger.book import Ledger
from src.ledger.position import OpenPosition
from src.records.decisions import Decision
from src.records.enums import Direction, OrderPurpose, OrderType, Side, TriggerSignal
from src.records.orders import CancelIntent, OrderIntent, OrderState

_BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of an order that was sent."""

    cli_ord_id: str
    state: OrderState
    """ACKED or DONE (yes), REJECTED (no) or UNKNOWN."""
    word: str
    """The exchange's word."""
    filled: Decimal
    """Contracts that the answer says were executed."""


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What an entry may cost and how it is sized, in the venue's units."""

    size: Decimal
    """In contracts, a multiple of the venue's step."""
    opposite: Decimal
    """The best price that the entry takes, in USD."""
    slippage_cap_bps: float
    """How far beyond it the entry may pay."""
    objection: str | None = None
    """What the hard limits hold against its value, e.g. ``exposure_limit``."""


class Executor:
    """The only sender of orders.

    Nothing is sent that was not journalled, nothing is sent twice, nothing is sent while another order of the
    symbol is unresolved, and no entry leaves while trading is frozen.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: OrderJournal,
        ledger: Ledger,
        frozen: Callable[[], tuple[str, ...]],
        process_within_s: float,
    ) -> None:
        """Take what it works with.

        ``frozen`` returns the reasons against new entries; ``process_within_s`` is how long after the send the
        exchange may still accept an order, in seconds of its clock.
        """
        self._exchange = exchange
        self._journal = journal
        self._ledger = ledger
        self._frozen = frozen
        self._process_within_s = process_within_s

    def enter(
        self, decision: Decision, *, terms: EntryTerms, instrument: Instrument, now: float
    ) -> Submission:
        """Send the entry of a decision that trades: an ioc limit within the cap.

        Raises:
            OrderRefused: ``frozen``, ``turned_away``, ``not_a_trade``, ``already_entered``, ``unresolved_order``,
                ``position_open``, ``bad_size``, ``no_stop_distance`` or what the hard limits object to;
                nothing was journalled.
        """
        stop_bps = stop_distance_bps(decision)
        self._require_entry(decision, terms=terms, instrument=instrument)
        side = Side.BUY if decision.direction is Direction.LONG else Side.SELL
        intent = OrderIntent(
            ts=now,
            cli_ord_id=self._journal.next_id(decision.signal_id, OrderPurpose.ENTRY),
            position_id=decision.signal_id,
            signal_id=decision.signal_id,
            purpose=OrderPurpose.ENTRY,
            symbol=decision.symbol,
            strategy=decision.strategy,
            direction=decision.direction,
            side=side,
            order_type=OrderType.IOC,
            size=terms.size,
            limit_price=capped_price(terms, side=side, tick=instrument.tick_size),
            stop_price=None,
            reduce_only=False,
            process_before=self._deadline(now),
            reason="signal",
            stop_bps=stop_bps,
        )
        return self._submit(intent, now)

    def exit(
        self,
        position: OpenPosition,
        *,
        reason: str,
        now: float,
        limit_price: Decimal | None = None,
        foreign: bool = False,
    ) -> Submission:
        """Leave a position, reduce-only: at the market, or at once within a limit; a freeze does not stop it.

        One that is not ours is left only where a person wants that: ``foreign``.

        Raises:
            OrderRefused: ``unresolved_order``, ``not_managed`` or ``turned_away``; nothing was journalled.
        """
        return self._close(position, Closing(reason=reason, limit_price=limit_price, foreign=foreign), now)

    def place_stop(self, position: OpenPosition, *, terms: StopTerms, now: float) -> Submission:
        """Put a reduce-only stop under the whole of a position.

        Raises:
            OrderRefused: ``unresolved_order``, ``not_managed`` or ``turned_away``; nothing was journalled.
        """
        return self._close(position, Closing(reason="protect", stop=terms), now)

    def closing_blocked(self, symbol: str, now: float) -> bool:
        """Return whether an order of a symbol without an outcome forbids to close what is open there.

        One that only reduces does not, once half the time is over in which the exchange may still accept it: by
        then it was searched for, a second one cannot close more than there is, and a position must not be bare
        until the search is at its end.
        """
        patience_s = self._process_within_s / 2
        return any(
            order.intent.symbol == symbol
            and (not order.intent.reduce_only or now - order.intent.ts < patience_s)
            for order in self._journal.unresolved()
        )

    def must_wait(self) -> bool:
        """Return whether not even an exit would be sent now, because the venue turns requests away."""
        return self._exchange.must_wait()

    def cancel(self, order: TrackedOrder, *, reason: str, now: float) -> bool:
        """Take a resting order off the exchange; return whether it is known to rest no longer."""
        if order.order_id is None or self._exchange.must_wait():
            return False
        self._journal.record(
            CancelIntent(ts=now, cli_ord_id=order.intent.cli_ord_id, order_id=order.order_id, reason=reason)
        )
        answer = self._exchange.cancel(order.order_id)
        if answer.outcome is not Outcome.YES:
            return False
        self._journal.settle(order, state=OrderState.DONE, reason=answer.word, now=now)
        return True

    def _require_entry(self, decision: Decision, *, terms: EntryTerms, instrument: Instrument) -> None:
        faults = {
            "not_a_trade": not decision.should_trade,
            "frozen": bool(self._frozen()),
            "turned_away": bool(self._exchange.objections()),
            "already_entered": self._journal.entered(decision.signal_id),
            "unresolved_order": self._journal.unresolved_on(decision.symbol),
            "position_open": decision.symbol in self._ledger.positions,
            "bad_size": terms.size < instrument.size_step or terms.size % instrument.size_step != 0,
        }
        for word, faulty in faults.items():
            if faulty:
                raise OrderRefused(word)
        if terms.objection is not None:
            raise OrderRefused(terms.objection)

    def _close(self, position: OpenPosition, closing: Closing, now: float) -> Submission:
        if self.closing_blocked(position.symbol, now):
            raise OrderRefused("unresolved_order")
        if not closing.foreign and (position.strategy is None or position.signal_id is None):
            raise OrderRefused("not_managed")
        if self._exchange.must_wait():
            raise OrderRefused("turned_away")
        return self._submit(self._closing_intent(position, closing, now), now)

    def _closing_intent(self, position: OpenPosition, closing: Closing, now: float) -> OrderIntent:
        stop = closing.stop
        return OrderIntent(
            ts=now,
            cli_ord_id=self._journal.next_id(position.position_id, closing.purpose),
            position_id=position.position_id,
            signal_id=position.signal_id,
            purpose=closing.purpose,
            symbol=position.symbol,
            strategy=position.strategy,
            direction=position.direction,
            side=closing_side(position),
            order_type=closing.order_type,
            size=position.size,
            limit_price=closing.limit_price if stop is None else stop.limit_price,
            stop_price=None if stop is None else stop.price,
            reduce_only=True,
            process_before=self._deadline(now),
            reason=closing.reason,
            trigger=None if stop is None else stop.trigger,
        )

    def _deadline(self, now: float) -> float:
        return self._exchange.server_time(now) + self._process_within_s

    def _submit(self, intent: OrderIntent, now: float) -> Submission:
        self._journal.record(intent)
        answer = self._exchange.send(_request(intent))
        order = self._journal.find(cli_ord_id=intent.cli_ord_id)
        if order is None:
            raise LookupError(intent.cli_ord_id)
        settled = self._journal.settle(
            order,
            state=_state(intent, answer),
            reason=answer.word,
            now=now,
            filled=answer.filled,
            order_id=answer.order_id,
            exchange_ts=answer.ts,
        )
        return Submission(intent.cli_ord_id, settled.state, answer.word, answer.filled)


def stop_distance_bps(decision: Decision) -> float:
    """Return the decision's stop distance in bps; OrderRefused("no_stop_distance") without one."""
    for factor in decision.size_factors:
        if factor.name == "stop_bps" and 0 < factor.value < 10_000:
            return factor.value
    raise OrderRefused("no_stop_distance")


def capped_price(terms: EntryTerms, *, side: Side, tick: Decimal) -> Decimal:
    """Return the worst price an entry may pay: on the tick, and never beyond the cap."""
    share = Decimal(str(terms.slippage_cap_bps)) / _BPS
    worst = terms.opposite * (1 + side.sign * share)
    return on_tick(worst, tick, rounding=ROUND_FLOOR if side is Side.BUY else ROUND_CEILING)


def _request(intent: OrderIntent) -> OrderRequest:
    return OrderRequest(
        cli_ord_id=intent.cli_ord_id,
        symbol=intent.symbol,
        side=intent.side,
        order_type=intent.order_type,
        size=intent.size,
        limit_price=intent.limit_price,
        stop_price=intent.stop_price,
        reduce_only=intent.reduce_only,
        process_before=intent.process_before,
        trigger=intent.trigger or TriggerSignal.MARK,
    )


def _state(intent: OrderIntent, answer: Answer) -> OrderState:
    if answer.outcome is Outcome.UNKNOWN:
        return OrderState.UNKNOWN
    if answer.outcome is Outcome.NO:
        return OrderState.REJECTED
    return OrderState.ACKED if intent.order_type is OrderType.STOP else OrderState.DONE
