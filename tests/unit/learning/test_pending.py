"""The queue is the fold of its journal, wherever a snapshot was taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.learning import pending
from src.learning.pending import PendingQueue
from src.learning.recent_ids import RecentIds
from src.records.outcomes import PendingDecided, PendingDeleted, PendingEvent, PendingPut
from tests.learning_fakes import (
    T0,
    make_prediction,
    make_signal,
)

_LIFE = ("put", "upd", "del")


def _event(kind: str, number: int) -> PendingEvent:
    signal = make_signal(ts=T0 + number)
    match kind:
        case "put":
            return PendingPut(
                ts=T0, signal_id=signal.signal_id, signal=signal, prediction=make_prediction(signal)
            )
        case "upd":
            return PendingDecided(ts=T0, signal_id=signal.signal_id, should_trade=number % 2 == 0)
        case _:
            return PendingDeleted(ts=T0, signal_id=signal.signal_id, reason="resolved")


@st.composite
def journals(draw: st.DrawFn) -> list[PendingEvent]:
    lives = draw(st.lists(st.integers(0, 3), min_size=1, max_size=6))
    left = {number: list(_LIFE[:length]) for number, length in enumerate(lives)}
    events: list[PendingEvent] = []
    while any(left.values()):
        number = draw(st.sampled_from([number for number, life in left.items() if life]))
        events.append(_event(left[number].pop(0), number))
    return events


def _replay(queue: PendingQueue, events: list[PendingEvent]) -> PendingQueue:
    for event in events:
        queue.apply(event)
    return queue


@given(journals(), st.data())
def test_snapshot_and_the_retained_journal_give_the_whole_journals_queue(
    events: list[PendingEvent], data: st.DataObject
) -> None:
    as_of = data.draw(st.integers(0, len(events)))
    retained_from = data.draw(st.integers(0, as_of))
    snapshot = _replay(PendingQueue(), events[:as_of]).pending
    restored = _replay(PendingQueue(snapshot), events[retained_from:])
    assert restored.pending == _replay(PendingQueue(), events).pending


@given(journals(), st.integers(1, 5), st.data())
def test_a_picture_is_the_queue_as_it_was_whenever_it_is_made(
    events: list[PendingEvent], folded_after: int, data: st.DataObject
) -> None:
    as_of = data.draw(st.integers(0, len(events)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending, "_FOLDED_AFTER", folded_after)
        queue = _replay(PendingQueue(), events[:as_of])
        then, make = list(queue.pending.items()), queue.picture()
        _replay(queue, events[as_of:])
    assert list(make().items()) == then, "the order counts too"


def test_a_late_decision_to_trade_takes_the_expiry_back() -> None:
    signal = make_signal()
    queue = _replay(PendingQueue(), [_event("put", 0)])
    expired = PendingDecided(ts=T0, signal_id=signal.signal_id, should_trade=False, expired=True)
    queue.apply(expired)
    assert queue.pending[signal.signal_id].expired
    assert not queue.pending[signal.signal_id].decided
    queue.apply(_event("upd", 0))
    assert queue.pending[signal.signal_id].decided
    assert queue.pending[signal.signal_id].should_trade


def test_what_is_older_than_all_remembered_ids_counts_as_seen() -> None:
    recent = RecentIds(capacity=3)
    for number in range(5):
        recent.add(f"s{number}", float(number))
    assert recent.seen("s4", 4.0)
    assert recent.seen("s0", 0.0)
    assert not recent.seen("s5", 5.0)
    recent.assume_seen_until(10.0)
    assert recent.seen("s5", 5.0)
