"""What became of the trades of signals, as the order journal and the ledger tell."""

import enum
from collections.abc import Container, Iterable

import msgspec

from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EntryProgress, Execution

_LEDGER_LAG_S = 300.0
"""How long after the last news of an entry the ledger may still book a fill of it, in market seconds."""
_NEVER = float("inf")


class Stage(enum.Enum):
    """Where the trade of a signal stands."""

    NOT_FILLED = "NOT_FILLED"
    GOING_ON = "GOING_ON"
    """It is open, or nobody knows yet whether it is."""
    CLOSED = "CLOSED"


class Executions:
    """The entry of every signal that was traded, until its row is written."""

    def __init__(self, entries: Iterable[EntryProgress] = ()) -> None:
        self._entries = {entry.signal_id: entry for entry in entries}
        self._by_order = {entry.cli_ord_id: entry.signal_id for entry in entries if entry.cli_ord_id}
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
        if isinstance(entry, FillBooked) and entry.signal_id is not None:
            self._note(entry.signal_id, entry.ts, filled=True)
        if isinstance(entry, PositionClosed) and entry.signal_id is not None:
            self._note(entry.signal_id, entry.ts, filled=True, closed=entry)

    def stage(self, signal_id: str, now: float) -> tuple[Stage, PositionClosed | None]:
        """Return where the trade of a signal that the gate sent on stands, and its end."""
        entry = self._entries.get(signal_id)
        if entry is None:
            return Stage.NOT_FILLED, None
        if entry.closed is not None:
            return Stage.CLOSED, entry.closed
        waiting = entry.filled or entry.unresolved or now < entry.seen_ts + _LEDGER_LAG_S
        return (Stage.GOING_ON if waiting else Stage.NOT_FILLED), None

    def forget(self, signal_id: str) -> None:
        """Drop a signal whose row is written."""
        entry = self._entries.pop(signal_id, None)
        if entry is not None and entry.cli_ord_id is not None:
            self._by_order.pop(entry.cli_ord_id, None)

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
