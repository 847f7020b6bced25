"""The queue of the gate as its journal tells it."""

from collections.abc import Callable

from src.records.outcomes import PendingDecided, PendingDeleted, PendingEvent, PendingPut, PendingSignal

_FOLDED_AFTER = 2048
"""Lines of the journal that are kept for pictures."""


class PendingQueue:
    """Signals that wait for their decision or their outcome, by id.

    It is the fold of its journal: applying a stretch of the journal again, on top of a picture that
    already holds a part of it, gives the same queue, as long as the stretch reaches the journal's end.
    """

    def __init__(self, pending: dict[str, PendingSignal] | None = None) -> None:
        self.pending: dict[str, PendingSignal] = dict(pending or {})
        self._earlier = dict(self.pending)
        self._since: list[PendingEvent] = []

    def apply(self, event: PendingEvent) -> None:
        """Take one line of the journal; news of a signal that is not there is old news."""
        self._fold(event)
        self._since.append(event)
        if len(self._since) >= _FOLDED_AFTER:
            self._earlier, self._since = dict(self.pending), []

    def picture(self) -> Callable[[], dict[str, PendingSignal]]:
        """Return what makes, whenever it is asked, a copy of the queue as it is now: few pictures are looked at."""
        earlier, since, count = self._earlier, self._since, len(self._since)

        def made() -> dict[str, PendingSignal]:
            queue = PendingQueue(earlier)
            for event in since[:count]:
                queue._fold(event)
            return queue.pending

        return made

    def _fold(self, event: PendingEvent) -> None:
        match event:
            case PendingPut():
                self.pending[event.signal_id] = PendingSignal(
                    signal=event.signal,
                    prediction=event.prediction,
                    queued_ts=event.ts,
                    decided=False,
                    should_trade=None,
                )
            case PendingDecided():
                self._decide(event)
            case PendingDeleted():
                self.pending.pop(event.signal_id, None)

    def _decide(self, event: PendingDecided) -> None:
        known = self.pending.get(event.signal_id)
        if known is None:
            return
        self.pending[event.signal_id] = PendingSignal(
            signal=known.signal,
            prediction=known.prediction,
            queued_ts=known.queued_ts,
            decided=not event.expired,
            should_trade=None if event.expired else event.should_trade,
            blocked_by=event.blocked_by,
            expired=event.expired,
        )
