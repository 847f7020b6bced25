"""The fold of ``logs/risk.jsonl``: what is latched, and from where on is measured since the last clearing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from src.records.risk import (
    ForeignAccepted,
    Limit,
    RiskCleared,
    RiskEvent,
    RiskLatched,
    RiskPeak,
    RiskState,
)

_SEVERITY = (RiskState.ACTIVE, RiskState.REDUCE_ONLY, RiskState.HALTED)


@dataclass(slots=True)
class RiskBook:
    """The same lines always make the same state; nothing but a clearing takes a state away."""

    latched: dict[Limit, RiskLatched] = field(default_factory=dict)
    cleared: RiskCleared | None = None
    """The newest clearing."""
    peak: float | None = None
    """The highest index since then, as far as it is written; None before any clearing."""
    accepted: dict[str, Decimal] = field(default_factory=dict)
    """What a person lets stand of positions that are not ours, by symbol."""
    answered: set[str] = field(default_factory=set)
    """Commands that were carried out."""

    @property
    def state(self) -> RiskState:
        """Return the severest state that stands."""
        return max(
            (latch.state for latch in self.latched.values()), key=_SEVERITY.index, default=RiskState.ACTIVE
        )

    def take(self, event: RiskEvent) -> None:
        """Count one line."""
        if isinstance(event, RiskLatched):
            self.latched.setdefault(event.limit, event)
        elif isinstance(event, RiskPeak):
            self.peak = event.index if self.peak is None else max(self.peak, event.index)
        elif isinstance(event, ForeignAccepted):
            self.accepted[event.symbol] = Decimal(event.quantity)
            self.answered.add(event.command_id)
        else:
            self.latched.clear()
            self.cleared = event
            self.peak = event.index
            self.answered.add(event.command_id)


def folded(events: Iterable[RiskEvent]) -> RiskBook:
    """Return what lines come to, oldest first."""
    book = RiskBook()
    for event in events:
        book.take(event)
    return book
