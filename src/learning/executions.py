"""What became of the trades of signals, as the order journal and the ledger tell."""

import enum
from collections.abc import Container, Iterable
from decimal import Decimal

import msgspec

from src.records.enums import OrderPurpose
from src.records.ledger import ClosingRevised, FillBooked, FillSettled, LedgerEntry, PositionClosed
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EntryProgress, Execution

_LEDGER_LAG_S = 300.0
"""How long after the last news of an entry the ledger may still book a fill of it, in market seconds."""
_SETTLES_WITHIN_S = 1800.0
"""How long after a closing its fees may stay estimates, in market seconds; then they are taken for the truth."""
_NEVER = float("inf")


class Stage(enum.Enum):
    """Where the trade of a signal stands."""

    NOT_FILLED = "NOT_FILLED"
    GOING_ON = "GOING_ON"
    """It is open, or nobody knows yet whether it is, or what it cost."""
    CLOSED = "CLOSED"


class Executions:
    """The entry of every signal that was traded, until its row is written."""

    def __init__(self, entries: Iterable[EntryProgress] = ()) -> None:
        self._entries = {entry.signal_id: entry for entry in entries}
        self._by_order = {entry.cli_ord_id: entry.signal_id for entry in entries if entry.cli_ord_id}
        self._by_fill = {fill: entry.signal_id for entry in entries for fill in entry.estimated}
        self._oldest_ts = min((entry.seen_ts for entry in self._entries.values()), default=_NEVER)

    def add_order(self, event: OrderEvent) -> None:
        """Take a line of the order journal; only entries matter."""
        match event:
            case OrderIntent():
                if event.purpose is OrderPurpose.ENTRY and event.signal_id is not None:
                    self._by_order[event.cli_ord_id] = event.signal_id
                    self._note(event.signal_id, event.ts, cli_ord_id=event.cli_ord_id, unresolved=True)
            case OrderUpdate():
                signal_id = self._by_order.get(event.cli_ord_id)
                if signal_id is not None:
                    unresolved = event.state in {OrderState.INTENT, OrderState.UNKNOWN}
                    self._note(signal_id, event.ts, unresolved=unresolved, filled=event.filled > 0)
            case CancelIntent():
                pass

    def add_ledger(self, entry: LedgerEntry) -> None:
        """Take a line of the ledger; only what names a signal matters."""
        if isinstance(entry, FillSettled):
            self._settle(entry)
        elif not isinstance(entry, FillBooked | PositionClosed | ClosingRevised) or entry.signal_id is None:
            return
        elif isinstance(entry, FillBooked):
            self._note(entry.signal_id, entry.ts, filled=True)
            if entry.fee_estimated:
                self._estimate(entry.signal_id, entry)
        elif isinstance(entry, PositionClosed):
            self._note(entry.signal_id, entry.ts, filled=True, closed=entry)
        else:
            self._revise(entry.signal_id, entry)

    def stage(self, signal_id: str, now: float) -> tuple[Stage, PositionClosed | None]:
        """Return where the trade of a signal that the gate sent on stands, and its end."""
        entry = self._entries.get(signal_id)
        if entry is None:
            return Stage.NOT_FILLED, None
        if entry.closed is not None:
            settled = not (entry.estimated or entry.awaits_revision)
            if settled or now >= entry.closed.ts + _SETTLES_WITHIN_S:
                return Stage.CLOSED, entry.closed
            return Stage.GOING_ON, None
        waiting = entry.filled or entry.unresolved or now < entry.seen_ts + _LEDGER_LAG_S
        return (Stage.GOING_ON if waiting else Stage.NOT_FILLED), None

    def forget(self, signal_id: str) -> None:
        """Drop a signal whose row is written."""
        entry = self._entries.pop(signal_id, None)
        if entry is None:
            return
        if entry.cli_ord_id is not None:
            self._by_order.pop(entry.cli_ord_id, None)
        for fill_id in entry.estimated:
            self._by_fill.pop(fill_id, None)

    def forget_before(self, limit: float, *, keep: Container[str]) -> None:
        """Drop what has had no news since a moment and is not waited for."""
        if self._oldest_ts >= limit:
            return
        old = [name for name, entry in self._entries.items() if entry.seen_ts < limit and name not in keep]
        for signal_id in old:
            self.forget(signal_id)
        self._oldest_ts = min((entry.seen_ts for entry in self._entries.values()), default=_NEVER)

    def entries(self) -> tuple[EntryProgress, ...]:
        """Return everything that is remembered."""
        return tuple(self._entries.values())

    def _estimate(self, signal_id: str, fill: FillBooked) -> None:
        """Remember a fee that is an estimate so far."""
        known = self._entries[signal_id]
        self._by_fill[fill.fill_id] = signal_id
        self._entries[signal_id] = msgspec.structs.replace(
            known, estimated={**known.estimated, fill.fill_id: fill.fee_usd}
        )

    def _settle(self, line: FillSettled) -> None:
        """Take a fee that is known now; where the closing was told with another one, its correction follows."""
        signal_id = self._by_fill.pop(line.fill_id, None)
        if signal_id is None:
            return
        known = self._entries[signal_id]
        left: dict[str, Decimal] = {**known.estimated}
        differs = left.pop(line.fill_id) != line.fee_usd
        awaits = known.awaits_revision or (differs and known.closed is not None)
        self._entries[signal_id] = msgspec.structs.replace(known, estimated=left, awaits_revision=awaits)

    def _revise(self, signal_id: str, line: ClosingRevised) -> None:
        """Put a closing right whose row is not written yet."""
        known = self._entries.get(signal_id)
        if known is not None and known.closed is not None:
            closed = line.applied_to(known.closed)
            self._entries[signal_id] = msgspec.structs.replace(known, closed=closed, awaits_revision=False)

    def _note(
        self,
        signal_id: str,
        ts: float,
        *,
        cli_ord_id: str | None = None,
        unresolved: bool | None = None,
        filled: bool = False,
        closed: PositionClosed | None = None,
    ) -> None:
        known = self._entries.get(signal_id) or EntryProgress(signal_id=signal_id, seen_ts=ts)
        self._oldest_ts = min(self._oldest_ts, ts)
        self._entries[signal_id] = msgspec.structs.replace(
            known,
            seen_ts=max(known.seen_ts, ts),
            cli_ord_id=cli_ord_id or known.cli_ord_id,
            unresolved=known.unresolved if unresolved is None else unresolved,
            filled=known.filled or filled,
            closed=closed or known.closed,
        )


def execution_of(closed: PositionClosed) -> Execution:
    """Return what a closed position brought, in USD and in bps of its notional at entry."""
    notional = closed.size * closed.entry_price
    return Execution(
        opened_ts=closed.opened_ts,
        closed_ts=closed.ts,
        entry_price=float(closed.entry_price),
        exit_price=float(closed.exit_price),
        size_usd=float(notional),
        net_pnl_usd=float(closed.net_pnl_usd),
        fees_usd=float(closed.fees_usd),
        funding_usd=float(closed.funding_usd),
        net_bps=float(closed.net_pnl_usd / notional * 10000),
        exit_reason=closed.exit_reason,
    )
