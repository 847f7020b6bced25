"""The exchange's side of the money: from the paper exchange's own journal, or from a venue that is asked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from src.exchange.base import AccountState, ExchangePosition, Fill, OpenOrder
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side
from src.records.exchange_effects import Executed
from src.records.exchange_journal import ExchangeFill, ExchangeSnapshot, JournalEntry

USD = "USD"
_MEMORY_S = 3600.0
_ASKED_AT_MOST = 5


class Answers(Protocol):
    """As much of an exchange as an audit asks: reading calls alone; each raises NoAnswer where it gets none."""

    def account(self) -> AccountState:
        """Return the collateral account."""

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all resting orders of the account."""

    def positions(self) -> tuple[ExchangePosition, ...]:
        """Return the open positions of the account."""

    def fills(self, since: float) -> tuple[Fill, ...]:
        """Return every fill from ``since`` on."""


class BrokenBooks(Exception):
    """An entry of the exchange's journal does not follow from those before it."""

    def __init__(self, seq: int, fault: Exception) -> None:
        super().__init__(f"{type(fault).__name__} {fault}")
        self.seq = seq


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill, as the exchange tells it."""

    fill_id: str
    ts: float
    symbol: str
    side: Side
    size: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Resting:
    """An order that rests on the exchange."""

    order_id: str
    cli_ord_id: str | None
    symbol: str
    placed_ts: float | None = None
    """None where it is not told."""


@dataclass(slots=True, kw_only=True)
class ExchangeBooks:
    """What the exchange says of the account."""

    name: str
    """Where it says so."""
    executions: dict[int, Execution] = field(default_factory=dict)
    """By the hash of their names."""
    complete_since: float | None = None
    """The time after which every execution is here; None where all are."""
    positions: dict[str, Decimal] = field(default_factory=dict)
    """Signed contracts by symbol."""
    resting: tuple[Resting, ...] = ()
    ended: dict[str, float] = field(default_factory=dict)
    """When an order ended, by the exchange's name for it; the newest, as far as it is told."""
    cash: Decimal | None = None
    """In USD; None where it is not told."""

    def add(self, execution: Execution) -> None:
        """Take an execution."""
        self.executions[hash(execution.fill_id)] = execution


def books_of_journal(
    entries: Iterable[tuple[int, JournalEntry]], snapshot: ExchangeSnapshot | None, *, name: str
) -> ExchangeBooks | None:
    """Return what the paper exchange's files say; None where they hold nothing.

    A journal that is whole speaks for itself; of one whose beginning was removed the snapshot is the beginning.
    Raises BrokenBooks where it contradicts itself.
    """
    books, state = ExchangeBooks(name=name), ExchangeState(memory_s=_MEMORY_S)
    begun = False
    for seq, entry in entries:
        if not begun:
            begun = True
            if entry.number > 1 and snapshot is not None:
                _begin_with(snapshot, state, books)
        if entry.number <= state.number:
            continue
        try:
            state.replay([entry])
        except (LookupError, ValueError, ArithmeticError) as fault:
            raise BrokenBooks(seq, fault) from fault
        count = sum(isinstance(effect, Executed) for effect in entry.effects)
        for fill in state.fills[len(state.fills) - count :]:
            books.add(_execution(fill))
    if not begun:
        if snapshot is None:
            return None
        _begin_with(snapshot, state, books)
    books.positions = {symbol: held.size for symbol, held in state.account.positions.items()}
    books.resting = tuple(
        Resting(order_id, order.terms.cli_ord_id, order.terms.symbol)
        for order_id, order in state.open.items()
    )
    books.cash = state.account.balance_usd
    return books


def books_of_venue(exchange: Answers, *, since: float, name: str) -> ExchangeBooks:
    """Return what a venue answers, by reading calls alone, with its fills from ``since`` on; raises NoAnswer.

    While the account moves it is asked again, so that fills and positions are of one moment.
    """
    books = ExchangeBooks(name=name, complete_since=since)
    fills = exchange.fills(since)
    for _ in range(_ASKED_AT_MOST):
        before = fills
        positions, resting, account = exchange.positions(), exchange.open_orders(), exchange.account()
        fills = exchange.fills(since)
        if len(fills) == len(before):
            break
    books.positions = {position.symbol: position.quantity for position in positions}
    books.resting = tuple(Resting(order.order_id, order.cli_ord_id, order.symbol) for order in resting)
    usd = [holding.quantity for holding in account.holdings if holding.asset == USD]
    books.cash = usd[0] if usd else account.balance
    for fill in fills:
        books.add(Execution(fill.fill_id, fill.ts, fill.symbol, fill.side, fill.size, fill.price))
    return books


def _begin_with(snapshot: ExchangeSnapshot, state: ExchangeState, books: ExchangeBooks) -> None:
    state.restore(snapshot)
    for fill in snapshot.fills:
        books.add(_execution(fill))
    books.complete_since = snapshot.fills[0].ts if snapshot.fills else snapshot.ts


def _execution(fill: ExchangeFill) -> Execution:
    return Execution(fill.fill_id, fill.ts, fill.symbol, fill.side, fill.size, fill.price)
