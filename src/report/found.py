"""What the files of a home still hold of one signal."""

from dataclasses import dataclass

from src.records.decisions import Decision
from src.records.enums import Direction
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.ledger import ClosingRevised, FillBooked, LedgerEntry, PositionClosed, PositionView
from src.records.orders import OrderEvent
from src.records.outcomes import EnrichedDecision, PendingDecided, PendingPut, SignalOutcome
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.report.names import SignalName
from src.report.prices import Mids

SAME = "the same"
DIFFERENT = "ANOTHER DECISION"
CANNOT = "cannot be"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The records of one signal, as far as they are kept; what was not found is None or empty."""

    signal_id: str
    name: SignalName
    signal: Signal | None
    """From its own log, or from the queue where that was rotated away."""
    window: Features | None
    """What the market showed at the decision point."""
    prediction: Prediction | None
    queued: PendingPut | None
    """As it stood in the gate's queue."""
    answered: PendingDecided | None
    """What the queue noted of the gate's answer."""
    decision: Decision | None
    orders: tuple[OrderEvent, ...]
    ledger: tuple[LedgerEntry, ...]
    """Its fills, its closing and what was corrected of that; the funding is in the closing."""
    outcome: SignalOutcome | None
    row: EnrichedDecision | None
    weights: SignalWeights | None
    """The weights that the gate decided with; None where they are not kept."""
    repeated: str
    """What became of the decision when it was made once more: one of ``SAME``, ``DIFFERENT``, ``CANNOT`` and why."""
    position: PositionView | None
    """The open position, as the newest view shows it."""
    mids: Mids
    as_of: float | None
    """Close of the newest window that was written: how far the records reach."""
    window_s: float | None
    kept_since: dict[str, float | None]
    """By file: the time from which on it is whole; None where nothing was ever removed."""
    unreadable: tuple[str, ...]
    """Documents that are there but cannot be read, and why."""

    @property
    def anything(self) -> bool:
        """Return whether any record names this signal."""
        parts = (self.signal, self.prediction, self.queued, self.answered, self.decision, self.outcome)
        return bool(self.orders or self.ledger or self.row) or any(part is not None for part in parts)

    def removed(self, file: str, ts: float) -> bool:
        """Return whether a line of this time is no longer kept in a file."""
        since = self.kept_since.get(file)
        return since is not None and ts < since

    @property
    def direction(self) -> Direction | None:
        """Return the direction that the first record tells."""
        told = (self.signal, self.decision, self.outcome, self.row, self.closed)
        return next((record.direction for record in told if record is not None), None)

    @property
    def closed(self) -> PositionClosed | None:
        """Return the end of its trade with what is known of it now, or None."""
        closed = next((entry for entry in self.ledger if isinstance(entry, PositionClosed)), None)
        for entry in self.ledger:
            if closed is not None and isinstance(entry, ClosingRevised):
                closed = entry.applied_to(closed)
        return closed

    @property
    def fills(self) -> tuple[FillBooked, ...]:
        """Return its executions, in the order they were booked."""
        return tuple(entry for entry in self.ledger if isinstance(entry, FillBooked))
