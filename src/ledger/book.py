"""The book: positions, cash and P&L as a pure fold of the ledger's entries."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from src.ledger.accounts import OF_KIND, UNIT, USD, Account, Accounts
from src.ledger.closings import Closings, Consequence
from src.ledger.equity_path import EquityPath
from src.ledger.known_ids import KnownIds
from src.ledger.position import OpenPosition, opened_by
from src.records.enums import CashKind, Side
from src.records.ledger import (
    CashBooked,
    ClosingRevised,
    FillBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    PositionClosed,
)

_ZERO = Decimal(0)
_KEPT_ORDERS = 20_000
_KEPT_UNSETTLED = 10_000
_PUT_IN = frozenset({CashKind.TRANSFER, CashKind.CONVERSION})
"""What brings USD without being a gain in USD: a conversion takes another currency for it."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A fill whose fee is an estimate so far."""

    ts: float
    fee: Decimal
    gain: Decimal
    """What it realised, in USD, by the ledger's own arithmetic."""
    shares: tuple[tuple[str, Decimal], ...]
    """The positions it is a part of, with the fee counted for each."""


@dataclass(slots=True)
class Ledger:
    """Positions, cash and P&L; the same entries always make the same ledger.

    Gross P&L is signed quantity times price move; nothing here asks for a direction. Every movement of
    collateral is a double entry, and everything is exact: what a division leaves over stays in what was divided.
    """

    opened: LedgerOpened | None = None
    accounts: Accounts = field(default_factory=Accounts)
    path: EquityPath = field(default_factory=EquityPath)
    """How cash did, open positions apart."""
    positions: dict[str, OpenPosition] = field(default_factory=dict)
    """By symbol; a flat symbol is absent."""
    closings: Closings = field(default_factory=Closings)
    unsettled: dict[str, Unsettled] = field(default_factory=dict)
    """By fill, oldest first."""
    last_fill_ts: float | None = None
    last_row_ts: float | None = None
    """Of the newest row of the account log that was booked for itself."""
    capital_usd: Decimal = _ZERO
    """Value of all that was put in, less what was taken out, collateral other than USD included."""
    changes: int = field(default=0, compare=False)
    """Entries counted so far: what was worked out before one of them is to be worked out again."""
    _fill_ids: KnownIds = field(default_factory=KnownIds)
    _row_ids: KnownIds = field(default_factory=KnownIds)
    _by_order: OrderedDict[str, Decimal] = field(default_factory=OrderedDict)
    _usd_put_in: Decimal = _ZERO

    @property
    def closed(self) -> deque[PositionClosed]:
        """Return the newest closed positions, oldest first, as they are known now."""
        return self.closings.closed

    @property
    def unwritten(self) -> list[Consequence]:
        """Return the lines that follow from the entries but are not among them yet."""
        return self.closings.unwritten

    @property
    def fills(self) -> int:
        """Return how many executions are known: booked as fills, in the opening balance, or never told."""
        return len(self._fill_ids)

    @property
    def realised(self) -> Decimal:
        """Return the gains of all closed quantity, in USD, before fees."""
        return self.accounts.total(Account.REALISED)

    @property
    def fees(self) -> Decimal:
        """Return the fees of all fills, in USD; positive is paid."""
        return -self.accounts.total(Account.FEES)

    @property
    def funding(self) -> Decimal:
        """Return all funding, in USD; positive is received."""
        return self.accounts.total(Account.FUNDING)

    @property
    def cash(self) -> Decimal:
        """Return the collateral in USD: capital plus realised gains less fees plus everything else that was booked."""
        return self.accounts.collateral[USD]

    def unrealised(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Return the P&L of all open positions whose price is known, in USD."""
        known = (p.unrealised(marks[p.symbol]) for p in self.positions.values() if p.symbol in marks)
        return sum(known, _ZERO)

    def equity(
        self, marks: Mapping[str, Decimal], rates: Mapping[str, Decimal] | None = None
    ) -> Decimal | None:
        """Return all collateral plus unrealised P&L in USD; None while a position's or a currency's price is unknown.

        ``rates`` are the prices of collateral other than USD.
        """
        if self.opened is None or any(symbol not in marks for symbol in self.positions):
            return None
        equity = self.cash + self.unrealised(marks)
        for asset, held in self.accounts.holdings().items():
            rate = None if rates is None else rates.get(asset)
            if rate is None:
                return None
            equity += held * rate
        return equity

    def holdings(self) -> dict[str, Decimal]:
        """Return the collateral other than USD, where there is any, in its own units."""
        return self.accounts.holdings()

    def quantity(self, symbol: str) -> Decimal:
        """Return the signed contracts of a symbol; 0 where it is flat."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else _ZERO

    def gain_of(self, symbol: str, side: Side, size: Decimal, price: Decimal) -> Decimal:
        """Return what a fill would realise now, in USD, before its fee."""
        position = self.positions.get(symbol)
        if position is None or position.direction.sign == side.sign:
            return _ZERO
        return position.gain(min(size, position.size), price)

    def booked(self, cli_ord_id: str) -> Decimal:
        """Return the contracts that were booked for one of our orders."""
        return self._by_order.get(cli_ord_id, _ZERO)

    def has_fill(self, fill_id: str) -> bool:
        """Return whether an execution is booked already."""
        return fill_id in self._fill_ids

    def has_row(self, entry_id: str) -> bool:
        """Return whether a row of the account log is booked already, for itself and not as an execution's."""
        return entry_id in self._row_ids

    def book(self, entry: LedgerEntry) -> None:
        """Count one entry; what was booked before is skipped."""
        self.changes += 1
        if isinstance(entry, FillBooked):
            self._book_fill(entry)
        elif isinstance(entry, (PositionClosed, ClosingRevised)):
            self.closings.take(entry)
            return
        elif isinstance(entry, FundingBooked):
            self._book_funding(entry)
        elif isinstance(entry, CashBooked):
            self._book_cash(entry)
        elif isinstance(entry, FillSettled):
            self._settle(entry)
        elif self.opened is None:
            self._open(entry)
        self.path.note(entry.ts, self.accounts.collateral[USD], self._usd_put_in)

    def _open(self, opened: LedgerOpened) -> None:
        self.opened = opened
        self.capital_usd = opened.balance_usd
        for fill_id in opened.log_fills:
            self._fill_ids.add(fill_id)
        self._usd_put_in = opened.balance_usd - opened.holdings_usd
        self.accounts.post(Account.CAPITAL, self._usd_put_in)
        for asset, held in opened.holdings.items():
            self.accounts.post(Account.CAPITAL, held, asset, opened.holding_values.get(asset))

    def _book_fill(self, fill: FillBooked) -> None:
        if not self._fill_ids.add(fill.fill_id):
            return
        if self.last_fill_ts is None or fill.ts > self.last_fill_ts:
            self.last_fill_ts = fill.ts
        self._count_order(fill)
        gain, shares = self._move(fill)
        if gain:
            self.accounts.post(Account.REALISED, gain)
        self.accounts.post(Account.FEES, -fill.fee_usd)
        if fill.rounding_usd:
            self.accounts.post(Account.ROUNDING, fill.rounding_usd)
        if fill.fee_estimated:
            self.unsettled[fill.fill_id] = Unsettled(fill.ts, fill.fee_usd, gain, shares)
            if len(self.unsettled) > _KEPT_UNSETTLED:
                del self.unsettled[next(iter(self.unsettled))]

    def _count_order(self, fill: FillBooked) -> None:
        if fill.cli_ord_id is None:
            return
        orders, cli = self._by_order, fill.cli_ord_id
        before = orders.get(cli)
        if before is not None:
            orders.move_to_end(cli)
        orders[cli] = fill.size if before is None else before + fill.size
        if len(orders) > _KEPT_ORDERS:
            orders.popitem(last=False)

    def _move(self, fill: FillBooked) -> tuple[Decimal, tuple[tuple[str, Decimal], ...]]:
        """Move a position by a fill; return the gain, and the fee's shares of the positions."""
        sign, size, fee = fill.side.sign, fill.size, fill.fee_usd
        position = self.positions.get(fill.symbol)
        if position is None or position.direction.sign == sign:
            return _ZERO, (self._increase(fill, sign * size, fee, flipped=False),)
        closing = min(size, position.size)
        share = fee if closing == size else (fee * closing / size).quantize(UNIT)
        gain = position.decrease(closing, fill.price, share)
        shares = ((position.position_id, share),)
        if not position.quantity:
            del self.positions[fill.symbol]
            self.closings.due(position.closing(fill.ts, fill.reason))
        if closing < size:
            rest = self._increase(fill, sign * (size - closing), fee - share, flipped=True)
            return gain, (*shares, rest)
        return gain, shares

    def _increase(
        self, fill: FillBooked, signed: Decimal, fee: Decimal, *, flipped: bool
    ) -> tuple[str, Decimal]:
        position = self.positions.get(fill.symbol)
        if position is None:
            position = self.positions[fill.symbol] = opened_by(fill, flipped=flipped)
        position.increase(signed, fill.price, fee)
        return position.position_id, fee

    def _settle(self, entry: FillSettled) -> None:
        known = self.unsettled.pop(entry.fill_id, None)
        if known is None:
            return
        self.accounts.post(Account.FEES, known.fee - entry.fee_usd)
        self.accounts.post(Account.ROUNDING, entry.rounding_usd)
        left = more = entry.fee_usd - known.fee
        for number, (position_id, share) in enumerate(known.shares, start=1):
            last = number == len(known.shares) or not known.fee
            part = left if last else (more * share / known.fee).quantize(UNIT)
            left -= part
            if part:
                self._revise_fees(position_id, part, entry)

    def _revise_fees(self, position_id: str, part: Decimal, entry: FillSettled) -> None:
        position = self.positions.get(entry.symbol)
        if position is not None and position.position_id == position_id:
            position.fees += part
            return
        closed = self.closings.find(position_id)
        if closed is not None:
            self.closings.revise(closed, entry.ts, fees=part)

    def _book_funding(self, entry: FundingBooked) -> None:
        if not self._row_ids.add(entry.entry_id):
            return
        self._note_row(entry.ts)
        self.accounts.post(Account.FUNDING, entry.amount_usd)
        position = self.positions.get(entry.symbol)
        if position is not None and position.opened_ts < entry.ts:
            position.funding += entry.amount_usd
            return
        closed = self.closings.open_at(entry.symbol, entry.ts)
        if closed is not None:
            self.closings.revise(closed, entry.ts, funding=entry.amount_usd)

    def _book_cash(self, entry: CashBooked) -> None:
        if not self._row_ids.add(entry.entry_id):
            return
        self._note_row(entry.ts)
        if entry.fill_id is not None:
            self._fill_ids.add(entry.fill_id)
        self.accounts.post(OF_KIND[entry.kind], entry.amount, entry.asset, entry.value_usd)
        if entry.asset == USD and entry.kind in _PUT_IN:
            self._usd_put_in += entry.amount
        if entry.kind is CashKind.TRANSFER:
            value = entry.amount if entry.asset == USD else entry.value_usd
            self.capital_usd += value or _ZERO

    def _note_row(self, ts: float) -> None:
        self.last_row_ts = max(ts, self.last_row_ts or ts)


def rebuilt(entries: Iterable[LedgerEntry]) -> Ledger:
    """Return the ledger that a file of entries makes."""
    ledger = Ledger()
    for entry in entries:
        ledger.book(entry)
    return ledger
