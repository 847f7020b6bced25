"""Bots with a mistake in them that money has been lost by; the enumeration of crashes must catch each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from src import conviction_gate
from src.exchange import executor, kraken_answers, resolution
from src.exchange.executor import Executor, Submission
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.exchange.protection import Protection
from src.futures_portfolio_tracker import FuturesPortfolioTracker
from src.records.orders import OrderEvent, OrderIntent, OrderState
from src.store.appender import Appender

T = TypeVar("T")
Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake, where it shows, and as what kinds of faults."""

    name: str
    make: Callable[[pytest.MonkeyPatch], None]
    scenario: str
    kinds: frozenset[str]


def _skip_the_intent(patch: pytest.MonkeyPatch) -> None:
    record = OrderJournal.record

    def remembered_only(self: OrderJournal, event: OrderEvent) -> None:
        if isinstance(event, OrderIntent):
            self._fold(event)
        else:
            record(self, event)

    patch.setattr(OrderJournal, "record", remembered_only)


def _leave_the_torn_tail(patch: pytest.MonkeyPatch) -> None:
    def nothing_cut(self: Appender, quarantine: Path, mark: str) -> int:
        del self, quarantine, mark
        return 0

    patch.setattr(Appender, "cut_torn_tail", nothing_cut)


def _send_again(patch: pytest.MonkeyPatch) -> None:
    submit = Executor._submit

    def persistent(self: Executor, intent: OrderIntent, now: float) -> Submission:
        submission = submit(self, intent, now)
        if submission.state is OrderState.UNKNOWN:
            self._exchange.send(executor._request(intent))
        return submission

    patch.setattr(Executor, "_submit", persistent)


def _take_nothing_for_none(patch: pytest.MonkeyPatch) -> None:
    rows = kraken_answers.rows

    def trusting(raw: object, key: str, parse: Callable[[Raw], T]) -> tuple[T, ...]:
        listed = raw.get(key) if isinstance(raw, Mapping) else None
        return rows(raw, key, parse) if isinstance(listed, list) else ()

    patch.setattr(kraken_answers, "rows", trusting)


def _forget_the_stop(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Protection, "_guard", lambda *_: 0)


def _book_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FuturesPortfolioTracker, "_is_new", lambda *_: True)


def _give_up_soon(patch: pytest.MonkeyPatch) -> None:
    for name, value in {"_ROUNDS": 1, "_AT_LEAST_S": 0.0, "_SLACK_S": -100.0}.items():
        patch.setattr(resolution, name, value)


def _cancel_first(patch: pytest.MonkeyPatch) -> None:
    useless = Protection._useless

    def eager(self: Protection, order: TrackedOrder) -> str | None:
        position = self._ledger.positions.get(order.intent.symbol)
        if position is not None and position.size != order.intent.size:
            return "replaced"
        return useless(self, order)

    patch.setattr(Protection, "_useless", eager)


def _decide_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conviction_gate, "SEED_DECISIONS", 0)


MUTANTS = (
    Mutant("skip the intent", _skip_the_intent, "an entry", frozenset({"orphan"})),
    Mutant("skip the tail repair", _leave_the_torn_tail, "an entry", frozenset({"broke"})),
    Mutant("resend on timeout", _send_again, "an entry whose answer is lost", frozenset({"doubled"})),
    Mutant("trust an empty list", _take_nothing_for_none, "answers without lists", frozenset({"naked"})),
    Mutant("forget the stop", _forget_the_stop, "an entry", frozenset({"naked"})),
    Mutant("book a fill twice", _book_again, "an entry", frozenset({"bookings"})),
    Mutant(
        "give up before the deadline", _give_up_soon, "an entry that arrives late", frozenset({"misjudged"})
    ),
    Mutant("cancel a stop before the next rests", _cancel_first, "a smaller position", frozenset({"gap"})),
    Mutant("decide again", _decide_again, "a signal that is traded", frozenset({"audit"})),
)
