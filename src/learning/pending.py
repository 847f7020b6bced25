"""The queue of the gate as its journal tells it."""

from src.records.outcomes import PendingDecided, PendingDeleted, PendingEvent, PendingPut, PendingSignal


class PendingQueue:
    """Signals that wait for their decision or their outcome, by id.

    It is the fold of its journal: applying a stretch of the journal again, on top of a picture that
    already holds a part of it, gives the same queue, as long as the stretch reaches the journal's end.
    """

    def __init__(self, pending: dict[str, PendingSignal] | None = None) -> None:
        self.pending: dict[str, PendingSignal] = dict(pending or {})

    def apply(self, event: PendingEvent) -> None:
        """Take one line of the journal; news of a signal that is not there is old news."""
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
