"""How long positions stood without a stop: from the first fill to the first stop that the exchange acknowledged."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate


@dataclass(frozen=True, slots=True)
class BareNumbers:
    """Seconds without a stop over many positions, on the exchange's clock; market seconds."""

    positions: int
    median_s: float | None
    """None without a position."""
    p99_s: float | None
    longest_s: float | None
    never: int
    """Positions that were closed before any stop was acknowledged; they count until they were closed."""


class BareTime:
    """Follows orders and fills; what began before them, or is still without a stop, does not count."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        self._stops: dict[str, str] = {}
        self._opened: dict[str, float] = {}
        self._acked: dict[str, float] = {}
        self._closed: dict[str, float] = {}

    def add_order(self, event: OrderEvent) -> None:
        """Take a line of the order journal."""
        if isinstance(event, OrderIntent):
            named = {OrderPurpose.ENTRY: self._entries, OrderPurpose.STOP: self._stops}.get(event.purpose)
            if named is not None:
                named[event.cli_ord_id] = event.position_id
        elif isinstance(event, OrderUpdate) and event.state is OrderState.ACKED:
            position_id = self._stops.get(event.cli_ord_id)
            if position_id is not None:
                self._acked.setdefault(
                    position_id, event.ts if event.exchange_ts is None else event.exchange_ts
                )

    def add_entry(self, entry: LedgerEntry) -> None:
        """Take a line of the ledger."""
        if isinstance(entry, FillBooked) and entry.position_id is not None:
            first = self._opened.get(entry.position_id, entry.ts)
            self._opened[entry.position_id] = min(first, entry.ts)
        elif isinstance(entry, PositionClosed):
            self._closed[entry.position_id] = entry.ts

    def seconds(self) -> dict[str, float]:
        """Return the seconds by position."""
        found = {}
        for position_id in self._entries.values():
            opened = self._opened.get(position_id)
            ends = [known[position_id] for known in (self._acked, self._closed) if position_id in known]
            if opened is not None and ends:
                found[position_id] = max(0.0, min(ends) - opened)
        return found

    def numbers(self) -> BareNumbers:
        """Return what all of them come to."""
        found = self.seconds()
        ordered = sorted(found.values())
        return BareNumbers(
            positions=len(ordered),
            median_s=_rank(ordered, 0.5),
            p99_s=_rank(ordered, 0.99),
            longest_s=_rank(ordered, 1.0),
            never=sum(position_id not in self._acked for position_id in found),
        )


def bare_numbers(orders: Iterable[OrderEvent], entries: Iterable[LedgerEntry]) -> BareNumbers:
    """Return the numbers of some orders and some of the ledger, e.g. the newest of both."""
    bare = BareTime()
    for event in orders:
        bare.add_order(event)
    for entry in entries:
        bare.add_entry(entry)
    return bare.numbers()


def bare_in_words(bare: BareNumbers) -> str:
    """Return what a person reads of it."""
    if bare.median_s is None:
        return "no position yet"
    never = f"; {bare.never} closed before theirs was acknowledged" if bare.never else ""
    return (
        f"{bare.median_s:.2f} s of market time at the median, {bare.p99_s:.2f} s at p99, {bare.longest_s:.2f} s at "
        f"the longest of {bare.positions:,} positions, from fill to acknowledged stop{never}"
    )


def _rank(ordered: list[float], share: float) -> float | None:
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None
