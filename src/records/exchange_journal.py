"""The paper exchange's own books: what its journal and its snapshot hold of the participants' state."""

from decimal import Decimal

import msgspec

from src.records.base import Document, Line, Record
from src.records.enums import Side
from src.records.exchange_effects import Effect, OrderTerms
from src.records.market_state import SyntheticState


class JournalEntry(Line, frozen=True, kw_only=True):
    """What one request or one market event did; all of it or nothing of it survives a crash."""

    number: int
    """One more than the entry before."""
    cause: str
    """The request's name, or the kind of market event."""
    effects: tuple[Effect, ...]


class ExchangeOrder(Record, frozen=True, kw_only=True):
    """An order as it stands, or as it ended."""

    terms: OrderTerms
    open_size: Decimal
    filled: Decimal
    placed_ts: float
    updated_ts: float
    ended_ts: float | None
    reason: str | None
    """Why it ended."""


class OrderEvent(Record, frozen=True, kw_only=True):
    """One event in the life of an order or a trigger, as the history service tells it."""

    number: int
    """One more than the event before."""
    ts: float
    kind: str
    """``placed``, ``updated``, ``ended`` or ``rejected``."""
    reason: str
    """The websocket's word, e.g. ``full_fill`` or ``edited_by_user``; of a ``rejected`` one the error."""
    before: ExchangeOrder | None
    """The order as it was; only of ``updated``."""
    order: ExchangeOrder


class ExchangeFill(Record, frozen=True, kw_only=True):
    """One execution, as the ``fills`` endpoint tells it."""

    fill_id: str
    ts: float
    order_id: str
    cli_ord_id: str | None
    symbol: str
    side: Side
    size: Decimal
    price: Decimal
    fill_type: str
    order_type: str
    remaining: Decimal
    """What the order still had open afterwards."""
    fee_usd: Decimal
    realised_pnl_usd: Decimal


class ExchangePosition(Record, frozen=True, kw_only=True):
    """One net position; flat ones are absent."""

    symbol: str
    size: Decimal
    """In contracts; negative is short."""
    cost_usd: Decimal
    """Signed price of what is open: size times average entry, kept exact."""
    fill_ts: float
    """When it last changed."""
    funded_ts: float
    """Up to when funding is realised."""


class AccountRow(Record, frozen=True, kw_only=True):
    """One row of the account log."""

    row_id: int
    ts: float
    asset: str
    """A currency, or the contract in lower case for a row about a position."""
    info: str
    old_balance: Decimal
    new_balance: Decimal
    contract: str | None = None
    trade_price: Decimal | None = None
    """In USD; of a conversion the index price of the currency."""
    mark_price: Decimal | None = None
    realised_pnl_usd: Decimal | None = None
    fee_usd: Decimal = Decimal(0)
    execution: str | None = None
    """The fill's id."""
    funding_rate: Decimal | None = None
    realised_funding_usd: Decimal | None = None
    old_average_entry_price: Decimal | None = None
    new_average_entry_price: Decimal | None = None
    conversion_spread: Decimal | None = None
    """Of a conversion: its cost as a fraction of the value."""
    liquidation_fee_usd: Decimal | None = None
    """Of a liquidation: what of the fee was charged for it."""


class ExchangeSnapshot(Document, frozen=True, kw_only=True):
    """The participants' state after one entry of the journal, so that a restart replays only what follows."""

    number: int
    """Of the last entry that is in it."""
    issued: int
    """Ids given out so far."""
    rows_written: int
    balance_usd: Decimal
    positions: tuple[ExchangePosition, ...]
    open_orders: tuple[ExchangeOrder, ...]
    """In the order of their priority."""
    ended_orders: tuple[ExchangeOrder, ...]
    fills: tuple[ExchangeFill, ...]
    """The newest, oldest first."""
    rows: tuple[AccountRow, ...]
    """The newest, oldest first."""
    preferences: dict[str, Decimal]
    cash_usd: Decimal = Decimal(0)
    """In the cash account, which carries no positions."""
    switch_at: float | None = None
    """When the dead man's switch fires; None while it is not set."""
    order_events: tuple[OrderEvent, ...] = ()
    """The newest, oldest first."""
    order_events_written: int = 0
    currencies: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Other collateral than USD, in units of it."""
    wallet: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Other currencies than USD in the cash account."""
    volumes_usd: tuple[tuple[int, Decimal], ...] = ()
    """(days since the epoch, value traded) of the days that may still count for the fees."""


class MarketCheckpoint(Document, frozen=True, kw_only=True):
    """Where the synthetic market stood, so that a restart goes on without a jump."""

    seed: int
    synthetic: SyntheticState
