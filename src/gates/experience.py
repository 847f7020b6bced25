"""What trading really cost of late, from the bot's own entries."""

from collections import deque
from decimal import Decimal
from typing import NamedTuple, TypeVar

from src.records.gate_facts import MeasuredCost
from src.records.ledger import FillBooked, FillSettled, LedgerEntry

V = TypeVar("V")
NEWEST = 20
"""Entries of a symbol that count."""
ENOUGH = 5
"""Entries below which those of all symbols are taken."""
REMEMBERED = 1_000
"""Decisions to trade whose price is kept, and fills whose fee is an estimate."""
ENTRY = "signal"
"""The reason of an entry's order."""


class _Entry(NamedTuple):
    fee_bps: float
    slippage_bps: float


class Experience:
    """Fees and slippage of the newest entries: from the mid at the decision to the fill."""

    def __init__(self) -> None:
        self._prices: dict[str, float] = {}
        self._unsettled: dict[str, tuple[FillBooked, float]] = {}
        self._entries: dict[str, deque[_Entry]] = {}
        self._all: deque[_Entry] = deque(maxlen=NEWEST)

    def decided(self, signal_id: str, price: float) -> None:
        """Take the price at which a trade was decided, in USD."""
        self._prices[signal_id] = price
        _forget_oldest(self._prices)

    def take(self, entry: LedgerEntry) -> None:
        """Take a line of the ledger."""
        if isinstance(entry, FillBooked) and entry.reason == ENTRY and entry.signal_id is not None:
            price = self._prices.get(entry.signal_id)
            if price is not None and entry.fee_estimated:
                self._unsettled[entry.fill_id] = (entry, price)
                _forget_oldest(self._unsettled)
            elif price is not None:
                self._learn(entry, price, entry.fee_usd)
        elif isinstance(entry, FillSettled) and entry.fill_id in self._unsettled:
            self._learn(*self._unsettled.pop(entry.fill_id), entry.fee_usd)

    def costs(self, symbols: tuple[str, ...]) -> dict[str, MeasuredCost]:
        """Return what each symbol's entries cost, all symbols' where it has few, nothing where all have."""
        overall = _mean(self._all)
        found = {}
        for symbol in symbols:
            own = _mean(self._entries.get(symbol, self._all)) or overall
            if own is not None:
                found[symbol] = own
        return found

    def _learn(self, fill: FillBooked, price: float, fee_usd: Decimal) -> None:
        entry = _Entry(
            fee_bps=float(fee_usd / (fill.size * fill.price)) * 1e4,
            slippage_bps=fill.side.sign * (float(fill.price) / price - 1.0) * 1e4,
        )
        self._entries.setdefault(fill.symbol, deque(maxlen=NEWEST)).append(entry)
        self._all.append(entry)


def _mean(entries: deque[_Entry]) -> MeasuredCost | None:
    count = len(entries)
    if count < ENOUGH:
        return None
    return MeasuredCost(
        taker_fee_bps=sum([entry.fee_bps for entry in entries]) / count,
        slippage_bps=sum([entry.slippage_bps for entry in entries]) / count,
        fills=count,
    )


def _forget_oldest(kept: dict[str, V]) -> None:
    if len(kept) > REMEMBERED:
        del kept[next(iter(kept))]
