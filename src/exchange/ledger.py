"""The arithmetic of money: positions and P&L as a pure fold of fills and funding."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from src.records.enums import Direction, Strategy
from src.records.ledger import FillBooked, FundingBooked, LedgerEntry, LedgerOpened, PositionClosed

_ZERO = Decimal(0)
_KEPT_CLOSED = 200
_KEPT_ORDERS = 20_000


@dataclass(slots=True)
class OpenPosition:
    """The net position of one symbol; quantities are signed, positive is long."""

    position_id: str
    signal_id: str | None
    symbol: str
    strategy: Strategy | None
    direction: Direction
    opened_ts: float
    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO
    """Signed: what the quantity that is still open was bought (or sold) for, in USD."""
    opened_size: Decimal = _ZERO
    opened_value: Decimal = _ZERO
    closed_size: Decimal = _ZERO
    closed_value: Decimal = _ZERO
    gross: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO

    @property
    def size(self) -> Decimal:
        """Return the open contracts, positive."""
        return abs(self.quantity)

    @property
    def entry_price(self) -> Decimal:
        """Return the average price of what is still open, in USD."""
        return self.cost / self.quantity

    def unrealised(self, mark: Decimal) -> Decimal:
        """Return the P&L of what is still open at a price, in USD."""
        return self.quantity * mark - self.cost


@dataclass(slots=True)
class Ledger:
    """Positions, cash and P&L; the same entries always make the same ledger.

    Gross P&L is signed quantity times price move; nothing here asks for a direction.
    """

    opened: LedgerOpened | None = None
    realised: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    positions: dict[str, OpenPosition] = field(default_factory=dict)
    """By symbol; a flat symbol is absent."""
    closed: deque[PositionClosed] = field(default_factory=lambda: deque(maxlen=_KEPT_CLOSED))
    unwritten: list[PositionClosed] = field(default_factory=list)
    """Closings that follow from the fills but are not among the entries yet."""
    last_fill_ts: float | None = None
    last_funding_ts: float | None = None
    changes: int = field(default=0, compare=False)
    """Entries counted so far: what was worked out before one of them is to be worked out again."""
    _fill_ids: set[str] = field(default_factory=set)
    _funding_ids: set[str] = field(default_factory=set)
    _by_order: dict[str, Decimal] = field(default_factory=dict)

    @property
    def cash(self) -> Decimal:
        """Return opening balance plus realised gains less fees plus funding, in USD."""
        opening = self.opened.balance_usd if self.opened is not None else _ZERO
        return opening + self.realised - self.fees + self.funding

    def unrealised(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return the P&L of all open positions whose price is known, in USD."""
        known = (p.unrealised(marks[p.symbol]) for p in self.positions.values() if p.symbol in marks)
        return sum(known, _ZERO)

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while a position's price is not known."""
        if self.opened is None or any(symbol not in marks for symbol in self.positions):
            return None
        return self.cash + self.unrealised(marks)

    def quantity(self, symbol: str) -> Decimal:
        """Return the signed contracts of a symbol; 0 where it is flat."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else _ZERO

    def booked(self, cli_ord_id: str) -> Decimal:
        """Return the contracts that were booked for one of our orders."""
        return self._by_order.get(cli_ord_id, _ZERO)

    def has_fill(self, fill_id: str) -> bool:
        """Return whether an execution is booked already."""
        return fill_id in self._fill_ids

    def has_funding(self, entry_id: str) -> bool:
        """Return whether a row of the account log is booked already."""
        return entry_id in self._funding_ids

    def book(self, entry: LedgerEntry) -> None:
        """Count one entry; what was booked before is skipped."""
        self.changes += 1
        if isinstance(entry, FillBooked):
            self._book_fill(entry)
        elif isinstance(entry, FundingBooked):
            self._book_funding(entry)
        elif isinstance(entry, PositionClosed):
            self._book_closing(entry)
        elif self.opened is None:
            self.opened = entry

    def _book_fill(self, fill: FillBooked) -> None:
        if fill.fill_id in self._fill_ids:
            return
        self._fill_ids.add(fill.fill_id)
        self.last_fill_ts = max(fill.ts, self.last_fill_ts or fill.ts)
        self.fees += fill.fee_usd
        self._count_order(fill)
        position = self.positions.get(fill.symbol)
        if position is None or position.direction.sign == fill.side.sign:
            self._increase(fill, size=fill.size, fee=fill.fee_usd, flipped=False)
            return
        closing = min(fill.size, position.size)
        fee = fill.fee_usd if closing == fill.size else fill.fee_usd * closing / fill.size
        self._decrease(position, fill, size=closing, fee=fee)
        if closing < fill.size:
            self._increase(fill, size=fill.size - closing, fee=fill.fee_usd - fee, flipped=True)

    def _count_order(self, fill: FillBooked) -> None:
        if fill.cli_ord_id is None:
            return
        self._by_order[fill.cli_ord_id] = self._by_order.pop(fill.cli_ord_id, _ZERO) + fill.size
        if len(self._by_order) > _KEPT_ORDERS:
            del self._by_order[next(iter(self._by_order))]

    def _increase(self, fill: FillBooked, *, size: Decimal, fee: Decimal, flipped: bool) -> None:
        position = self.positions.setdefault(fill.symbol, _opened_by(fill, flipped=flipped))
        value = size * fill.price
        position.quantity += fill.side.sign * size
        position.cost += fill.side.sign * value
        position.opened_size += size
        position.opened_value += value
        position.fees += fee

    def _decrease(self, position: OpenPosition, fill: FillBooked, *, size: Decimal, fee: Decimal) -> None:
        whole = size == position.size
        cost = position.cost if whole else position.cost * size / position.size
        gross = position.direction.sign * size * fill.price - cost
        position.quantity += fill.side.sign * size
        position.cost -= cost
        position.closed_size += size
        position.closed_value += size * fill.price
        position.gross += gross
        position.fees += fee
        self.realised += gross
        if whole:
            del self.positions[fill.symbol]
            self.unwritten.append(_closing(position, fill))

    def _book_funding(self, entry: FundingBooked) -> None:
        if entry.entry_id in self._funding_ids:
            return
        self._funding_ids.add(entry.entry_id)
        self.last_funding_ts = max(entry.ts, self.last_funding_ts or entry.ts)
        self.funding += entry.amount_usd
        position = self.positions.get(entry.symbol)
        if position is not None:
            position.funding += entry.amount_usd

    def _book_closing(self, entry: PositionClosed) -> None:
        self.closed.append(entry)
        for index, due in enumerate(self.unwritten):
            if due.position_id == entry.position_id:
                del self.unwritten[index]
                return


def rebuilt(entries: Iterable[LedgerEntry]) -> Ledger:
    """Return the ledger that a file of entries makes."""
    ledger = Ledger()
    for entry in entries:
        ledger.book(entry)
    return ledger


def _opened_by(fill: FillBooked, *, flipped: bool) -> OpenPosition:
    ours = fill.position_id is not None and not flipped
    return OpenPosition(
        position_id=fill.position_id if ours and fill.position_id else f"external-{fill.fill_id}",
        signal_id=fill.signal_id if ours else None,
        symbol=fill.symbol,
        strategy=fill.strategy if ours else None,
        direction=Direction.LONG if fill.side.sign > 0 else Direction.SHORT,
        opened_ts=fill.ts,
    )


def _closing(position: OpenPosition, fill: FillBooked) -> PositionClosed:
    return PositionClosed(
        ts=fill.ts,
        position_id=position.position_id,
        signal_id=position.signal_id,
        symbol=position.symbol,
        strategy=position.strategy,
        direction=position.direction,
        opened_ts=position.opened_ts,
        size=position.opened_size,
        entry_price=position.opened_value / position.opened_size,
        exit_price=position.closed_value / position.closed_size,
        gross_pnl_usd=position.gross,
        fees_usd=position.fees,
        funding_usd=position.funding,
        net_pnl_usd=position.gross - position.fees + position.funding,
        exit_reason=fill.reason,
    )
