"""What the bot asks of an exchange, and the values it gets back.

Sizes and prices are Decimals in contracts and USD; times are seconds since the epoch on the exchange's clock.
"""

import enum
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from src.records.enums import Direction, OrderType, Side, TriggerSignal


@dataclass(frozen=True, slots=True)
class Instrument:
    """The facts of one contract, as the venue tells them."""

    symbol: str
    tick_size: Decimal
    size_step: Decimal
    """Also the smallest order."""
    max_position: Decimal
    tradeable: bool
    post_only: bool
    maintenance_share: Decimal | None = None
    """Margin below which the smallest positions are liquidated, as a fraction of notional."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The best prices of a symbol at one moment; None where the venue shows none."""

    symbol: str
    bid: Decimal | None
    ask: Decimal | None
    mark: Decimal | None
    last: Decimal | None

    def opposite(self, direction: Direction) -> Decimal | None:
        """Return the price that an entry of this direction takes: the ask for a LONG, the bid for a SHORT."""
        return self.ask if direction is Direction.LONG else self.bid


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order on its way out."""

    cli_ord_id: str
    symbol: str
    side: Side
    order_type: OrderType
    size: Decimal
    limit_price: Decimal | None
    """None for a market order and for a stop that fires one."""
    stop_price: Decimal | None
    """Where a stop fires."""
    reduce_only: bool
    process_before: float | None
    """The exchange refuses it later than this."""
    trigger: TriggerSignal = TriggerSignal.MARK
    """Which price fires a stop."""


class Outcome(enum.Enum):
    """What an answer to an order means."""

    YES = "YES"
    NO = "NO"
    UNKNOWN = "UNKNOWN"
    """Neither a known yes nor a known no: the order may be live."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for an order or a cancel."""

    outcome: Outcome
    order_id: str | None
    word: str
    """The exchange's own word, or the name of what went wrong."""
    filled: Decimal = Decimal(0)
    """Contracts that the answer says were executed; the ledger counts fills alone."""
    ts: float | None = None
    """When the exchange took the request, on its clock; None where it did not tell."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that rests on the exchange."""

    order_id: str
    cli_ord_id: str | None
    symbol: str
    side: Side
    kind: str
    """The venue's word, e.g. ``lmt`` or ``stop``."""
    unfilled: Decimal
    filled: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    reduce_only: bool
    trigger: str | None = None
    """The venue's word for the price that fires it."""


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What the exchange remembers of one order, open or ended seconds ago."""

    order_id: str
    cli_ord_id: str | None
    status: str
    """The venue's word, e.g. ``ENTERED_BOOK`` or ``FULLY_EXECUTED``."""
    filled: Decimal
    unfilled: Decimal


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """An order of ours that the history service is asked for."""

    cli_ord_id: str
    symbol: str
    is_stop: bool
    since: float
    """It was not sent before this time of the exchange."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of an order of the account."""

    fill_id: str
    order_id: str
    cli_ord_id: str | None
    symbol: str
    side: Side
    size: Decimal
    price: Decimal
    ts: float
    fill_type: str
    """The venue's word: ``maker``, ``taker``, ``liquidation`` and so on."""


@dataclass(frozen=True, slots=True)
class ExchangePosition:
    """The net position of one contract."""

    symbol: str
    quantity: Decimal
    """Signed: positive is long."""
    entry_price: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """What the collateral holds of one currency."""

    asset: str
    """Upper case, e.g. ``USD`` or ``BTC``."""
    quantity: Decimal
    value: Decimal
    """In USD, before any haircut."""


@dataclass(frozen=True, slots=True)
class AccountState:
    """The collateral account; all in USD."""

    balance: Decimal
    margin_equity: Decimal
    available_margin: Decimal
    unrealised: Decimal
    """Open P&L and accrued funding."""
    holdings: tuple[Holding, ...] = ()
    """What ``balance`` is made of; empty where the venue did not tell."""


@dataclass(frozen=True, slots=True)
class AccountLogEntry:
    """One row of the account log that moved collateral."""

    entry_id: str
    ts: float
    kind: str
    """The venue's words, e.g. ``futures trade`` or ``funding rate change``."""
    symbol: str | None
    fill_id: str | None
    """The execution behind it."""
    fee: Decimal
    """Positive is paid."""
    funding: Decimal
    """Positive is received."""
    asset: str
    """Upper case, e.g. ``USD``."""
    old_balance: Decimal
    """Of the asset, in its own units."""
    new_balance: Decimal

    @property
    def change(self) -> Decimal:
        """Return what the row moved, in units of its asset."""
        return self.new_balance - self.old_balance


class Exchange(Protocol):
    """A venue. Whatever is not a complete answer raises ``NoAnswer``; orders and cancels never raise."""

    def server_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``."""

    def instruments(self) -> dict[str, Instrument]:
        """Return the contracts by symbol."""

    def quote(self, symbol: str) -> Quote:
        """Return the best prices of a symbol."""

    def account(self) -> AccountState:
        """Return the collateral account."""

    def send(self, request: OrderRequest) -> Answer:
        """Send an order once."""

    def cancel(self, order_id: str) -> Answer:
        """Cancel an order; YES means that it rests no longer (``cancelled``, ``filled`` or ``notFound``)."""

    def order_status(self, cli_ord_id: str) -> OrderStatus | None:
        """Return what is remembered of one of our orders; None: it is not open and has not just ended."""

    def order_history(self, query: OrderQuery) -> OrderStatus | None:
        """Return what the history service tells of an order, however old; it may lag behind by seconds."""

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all resting orders of the account."""

    def positions(self) -> tuple[ExchangePosition, ...]:
        """Return the open positions of the account."""

    def fills(self, since: float) -> tuple[Fill, ...]:
        """Return every fill from ``since`` on, oldest first, over as many pages as it takes."""

    def account_log(self, since: float) -> tuple[AccountLogEntry, ...]:
        """Return the account log's rows from ``since`` on, oldest first."""

    def leverage_limits(self) -> dict[str, Decimal]:
        """Return the leverage preferences by symbol; a symbol without one is in cross margin."""

    def limit_leverage(self, symbol: str, leverage: Decimal | None) -> None:
        """Set a symbol's leverage preference, which isolates its margin; None takes it back: cross margin."""

    def must_wait(self) -> bool:
        """Return whether not even an exit would be sent now, because the venue turns requests away; asks nothing."""

    def objections(self) -> tuple[str, ...]:
        """Return what the newest answers hold against new entries, e.g. ``key_refused``; asks nothing."""

    def close(self) -> None:
        """Give back the connections."""
