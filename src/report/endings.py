"""How a signal's story stands: what became of it, what it waits for, which pieces are missing."""

from src.records.decisions import Decision
from src.records.enums import Disposition, OrderPurpose
from src.records.orders import OrderState
from src.report.found import Found
from src.report.outcome_story import OUTCOMES
from src.report.story import (
    CounterfactualStory,
    Fate,
    Gap,
    GapReason,
    HorizonState,
    OrderStory,
    Wait,
)

ORDER_WITHIN_S = 300.0
"""Market seconds after the decision within which an order must have been journalled."""
_OPEN_STATES = frozenset({OrderState.INTENT, OrderState.UNKNOWN})
_BY_DISPOSITION = {
    Disposition.BLOCKED: Fate.BLOCKED,
    Disposition.EXPIRED: Fate.EXPIRED,
    Disposition.NOT_FILLED: Fate.NOT_FILLED,
    Disposition.EXECUTED: Fate.CLOSED,
}


def fate_of(found: Found, orders: tuple[OrderStory, ...]) -> Fate:
    """Return what became of a signal, as far as the records reach."""
    if found.closed is not None:
        return Fate.CLOSED
    if found.fills or found.position is not None:
        return Fate.OPEN
    entry = next((order for order in orders if order.intent.purpose is OrderPurpose.ENTRY), None)
    if entry is not None:
        return Fate.ORDERED if _unsettled(entry, orders) else Fate.NOT_FILLED
    return _undecided(found) if found.decision is None else _decided(found, found.decision)


def waits_of(found: Found, fate: Fate, outcomes: CounterfactualStory) -> tuple[Wait, ...]:
    """Return what is still to come, the next first."""
    waits: list[Wait] = []
    if fate is Fate.WAITING:
        waits = [Wait(what="decision", due_ts=None)]
        if found.queued is None:
            what = "prediction" if found.prediction is None else "queue"
            waits = [Wait(what=what, due_ts=None), *waits]
    elif fate is Fate.ORDERED:
        waits = [Wait(what="order", due_ts=None)]
    elif fate is Fate.OPEN:
        waits = [Wait(what="exit", due_ts=None)]
    open_until = [h.due_ts for h in outcomes.horizons if h.state is HorizonState.WAITING]
    if open_until:  # they are written together, once the last one is known
        waits.append(Wait(what="outcome", due_ts=max(open_until)))
    return tuple(waits)


def gaps_of(found: Found, fate: Fate) -> tuple[Gap, ...]:
    """Return the pieces that this story should have and that were not found."""
    decided = fate not in {Fate.WAITING, Fate.EXPIRED}
    ordered = fate in {Fate.CLOSED, Fate.OPEN, Fate.NOT_FILLED}
    filled = fate in {Fate.CLOSED, Fate.OPEN}
    no_prediction = found.queued is not None and found.queued.prediction is None
    wanted = (
        ("market", "windows.jsonl", found.window is None),
        ("signal", "predictive_signals.jsonl", found.signal is None),
        (
            "prediction",
            "ensemble_predictions.jsonl",
            found.prediction is None and not no_prediction and decided,
        ),
        ("decision", "conviction_gate.jsonl", found.decision is None and decided),
        ("orders", "orders.jsonl", not found.orders and ordered),
        ("fills", "fills.jsonl", not found.fills and filled),
    )
    gaps = [
        Gap(what=what, file=file, reason=_reason(found, file)) for what, file, missing in wanted if missing
    ]
    if found.outcome is None and found.row is not None:
        gaps.append(Gap(what="outcome", file=OUTCOMES, reason=_reason(found, OUTCOMES)))
    gaps += (Gap(what="document", file=text, reason=GapReason.UNREADABLE) for text in found.unreadable)
    return tuple(gaps)


def _unsettled(entry: OrderStory, orders: tuple[OrderStory, ...]) -> bool:
    """Return whether the entry's fate is open: no answer yet, or a stop that shows that it was filled."""
    return entry.state in _OPEN_STATES or any(o.intent.purpose is OrderPurpose.STOP for o in orders)


def _decided(found: Found, decision: Decision) -> Fate:
    if not decision.should_trade:
        return Fate.BLOCKED
    late = found.as_of is not None and found.as_of - decision.ts > ORDER_WITHIN_S
    return Fate.NOT_SENT if late else Fate.ORDERED


def _undecided(found: Found) -> Fate:
    if found.answered is not None and found.answered.expired:
        return Fate.EXPIRED
    told = found.outcome or found.row
    if told is not None:
        return _BY_DISPOSITION[told.disposition]
    gone = found.signal is None or found.removed("conviction_gate.jsonl", found.name.ts)
    return Fate.UNKNOWN if gone else Fate.WAITING


def _reason(found: Found, file: str) -> GapReason:
    return GapReason.ROTATED_AWAY if found.removed(file, found.name.ts) else GapReason.NOT_WRITTEN
