"""The ledger: fills are the only source of money; positions are a view of it."""

from decimal import Decimal

from src.records.base import Document, Line, Record
from src.records.enums import Direction, Side, Strategy


class LedgerOpened(Line, frozen=True, kw_only=True, tag_field="type", tag="opened"):
    """The first line: what the account held when the bot began."""

    balance_usd: Decimal


class FillBooked(Line, frozen=True, kw_only=True, tag_field="type", tag="fill"):
    """One execution; ``ts`` is when it happened on the exchange."""

    fill_id: str
    """The exchange's name for it; a fill is booked once."""
    order_id: str
    cli_ord_id: str | None
    """None for an order that is not ours."""
    position_id: str | None
    signal_id: str | None
    symbol: str
    strategy: Strategy | None
    side: Side
    size: Decimal
    """In contracts (units of base), positive."""
    price: Decimal
    """In USD."""
    fee_usd: Decimal
    """Positive is paid."""
    fill_type: str
    """The exchange's word: ``maker``, ``taker``, ``liquidation`` and so on."""
    reason: str = "external"
    """Why its order was sent: ``signal``, ``stop``, an exit rule's name, ``liquidation`` or ``external``."""


class FundingBooked(Line, frozen=True, kw_only=True, tag_field="type", tag="funding"):
    """One funding payment as the exchange's account log shows it."""

    entry_id: str
    symbol: str
    amount_usd: Decimal
    """Positive is received."""


class PositionClosed(Line, frozen=True, kw_only=True, tag_field="type", tag="closed"):
    """A position came back to zero; ``ts`` is the last fill's time."""

    position_id: str
    signal_id: str | None
    symbol: str
    strategy: Strategy | None
    direction: Direction
    opened_ts: float
    size: Decimal
    """Contracts that were opened in all."""
    entry_price: Decimal
    """Average over the opening fills, in USD."""
    exit_price: Decimal
    """Average over the closing fills, in USD."""
    gross_pnl_usd: Decimal
    """Sum of signed quantity times price move."""
    fees_usd: Decimal
    funding_usd: Decimal
    net_pnl_usd: Decimal
    """Gross less fees plus funding received."""
    exit_reason: str
    """``stop``, an exit rule's name, ``liquidation`` or ``external``."""


LedgerEntry = LedgerOpened | FillBooked | FundingBooked | PositionClosed
"""A line of ``logs/fills.jsonl``."""


class StopView(Record, frozen=True, kw_only=True):
    """The protective order of a position, as read back from the exchange."""

    order_id: str | None
    cli_ord_id: str
    price: Decimal
    size: Decimal
    confirmed: bool
    """The exchange showed it among its open orders."""


class PositionView(Record, frozen=True, kw_only=True):
    """An open position."""

    position_id: str
    signal_id: str | None
    symbol: str
    strategy: Strategy | None
    direction: Direction
    size: Decimal
    """In contracts, positive."""
    entry_price: Decimal
    opened_ts: float
    mark_price: Decimal | None
    """None where no price is known."""
    unrealised_pnl_usd: Decimal | None
    fees_usd: Decimal
    funding_usd: Decimal
    stop: StopView | None
    """None where the position is not protected: an alarm."""


class ClosedView(Record, frozen=True, kw_only=True):
    """A closed position, as the ledger booked it."""

    position_id: str
    symbol: str
    strategy: Strategy | None
    direction: Direction
    size: Decimal
    entry_price: Decimal
    exit_price: Decimal
    opened_ts: float
    closed_ts: float
    net_pnl_usd: Decimal
    exit_reason: str


class Positions(Document, frozen=True, kw_only=True):
    """``logs/positions_futures.json``: a view that is rebuilt from the ledger."""

    as_of_seq: int
    """The last ledger line that is in it."""
    opening_balance_usd: Decimal
    cash_usd: Decimal
    """Opening balance plus realised gains less fees plus funding."""
    unrealised_pnl_usd: Decimal
    equity_usd: Decimal
    """Cash plus unrealised."""
    realised_pnl_usd: Decimal
    """Gross, of closed quantity."""
    fees_usd: Decimal
    funding_usd: Decimal
    open_positions: tuple[PositionView, ...]
    closed_positions: tuple[ClosedView, ...]
    """The newest 200; the ledger keeps them all."""
