"""The ledger: fills are the only source of money; positions are a view of it."""

from decimal import Decimal

import msgspec

from src.records.base import Document, Line, Record
from src.records.enums import CashKind, Direction, Side, Strategy


class LedgerOpened(Line, frozen=True, kw_only=True, tag_field="type", tag="opened"):
    """The first line: what the account held when the bot began."""

    balance_usd: Decimal
    """The value of all collateral, in USD."""
    log_id: str | None = None
    """The newest row of the account log that is in the balance; None where the log did not tell."""
    log_ts: float | None = None
    """That row's time: executions from then on are booked; None: from ``ts`` on."""
    log_fills: tuple[str, ...] = ()
    """Executions of that very moment that are in the balance already."""
    holdings: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Collateral other than USD, in its own units; its value is part of ``balance_usd``."""
    holdings_usd: Decimal = Decimal(0)
    """The value of ``holdings`` at that moment."""
    holding_values: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """The same of each by itself, in USD; empty in files of before it was written."""

    @property
    def since_ts(self) -> float:
        """Return the time from which on executions are booked."""
        return self.ts if self.log_ts is None else self.log_ts


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
    fee_estimated: bool = False
    """The account log has not shown the fee yet; a ``settled`` line tells it."""
    rounding_usd: Decimal = Decimal(0)
    """What the venue's row moved beyond gain, fee and funding; positive is received."""


class FillSettled(Line, frozen=True, kw_only=True, tag_field="type", tag="settled"):
    """The account log has shown a fill whose fee was an estimate; ``ts`` is the row's time."""

    fill_id: str
    symbol: str
    fee_usd: Decimal
    """The whole fee, in place of the estimate; positive is paid."""
    rounding_usd: Decimal
    """As in the fill's own line."""


class FundingBooked(Line, frozen=True, kw_only=True, tag_field="type", tag="funding"):
    """One funding payment as the exchange's account log shows it."""

    entry_id: str
    symbol: str
    amount_usd: Decimal
    """Positive is received."""


class CashBooked(Line, frozen=True, kw_only=True, tag_field="type", tag="cash"):
    """A row of the account log that moved collateral, neither an execution's nor funding."""

    entry_id: str
    kind: CashKind
    info: str
    """The venue's own words."""
    amount: Decimal
    """Signed, in units of ``asset``; positive is received."""
    asset: str = "USD"
    value_usd: Decimal | None = None
    """What the amount was worth; None where no price was known. Counted where capital came or went."""
    fill_id: str | None = None
    """The execution behind it, where the venue never told its fill; told later, it is not booked again."""


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


class ClosingRevised(Line, frozen=True, kw_only=True, tag_field="type", tag="revised"):
    """A closed position's fees or funding became known, or known better, after its ``closed`` line."""

    position_id: str
    signal_id: str | None
    symbol: str
    fees_usd: Decimal
    """These three stand in place of the ``closed`` line's."""
    funding_usd: Decimal
    net_pnl_usd: Decimal

    def applied_to(self, closed: PositionClosed) -> PositionClosed:
        """Return a closing with these figures in place of its own."""
        return msgspec.structs.replace(
            closed,
            fees_usd=self.fees_usd,
            funding_usd=self.funding_usd,
            net_pnl_usd=self.net_pnl_usd,
        )


LedgerEntry = (
    LedgerOpened | FillBooked | FillSettled | FundingBooked | CashBooked | PositionClosed | ClosingRevised
)
"""A line of ``logs/fills.jsonl``."""


class StopView(Record, frozen=True, kw_only=True):
    """The protective order of a position, as read back from the exchange."""

    order_id: str | None
    cli_ord_id: str
    price: Decimal
    size: Decimal
    confirmed: bool
    """The exchange showed it among its open orders."""
    unprotected_s: float | None = None
    """From the position's first fill until its first stop was acknowledged, in market seconds."""


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


class PathView(Record, frozen=True, kw_only=True):
    """How the account did, deposits and withdrawals left aside; a restart goes on from it."""

    result_usd: Decimal
    """Equity less capital."""
    peak_usd: Decimal
    """The highest result so far."""
    day: int | None
    """The newest day, in days since the epoch, UTC."""
    day_start_usd: Decimal
    """The result with which that day began."""
    index: float
    """Time-weighted: 1 at the beginning."""
    peak_index: float
    day_index: float


class BookedView(Record, frozen=True, kw_only=True):
    """What moved the collateral beside gains, fees and funding, in USD; and other collateral."""

    capital_usd: Decimal
    """All that was put in, less what was taken out."""
    interest_usd: Decimal
    conversion_usd: Decimal
    other_usd: Decimal
    """Settlements, charges, roundings of the venue, and rows in unknown words."""
    holdings: dict[str, Decimal]
    """Collateral other than USD, in its own units."""
    prices_usd: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """What a unit of each currency was worth when the venue told last; a restart goes on from it."""


class RiskView(Record, frozen=True, kw_only=True):
    """What the open positions risk, and how the account did; None while a price is not known."""

    exposure_usd: Decimal | None
    """Sum of the positions' values, whatever their side."""
    net_exposure_usd: Decimal | None
    """Long less short."""
    leverage: float | None
    """Exposure over equity; None too where there is no equity."""
    drawdown_usd: Decimal
    """Below the highest result; deposits and withdrawals move none of these."""
    drawdown_share: float
    daily_usd: Decimal
    """Result since 0 h UTC; negative is a loss."""
    daily_share: float
    path: PathView


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
    booked: BookedView | None = None
    """None in files of before it was written."""
    risk: RiskView | None = None
    warnings: tuple[str, ...] = ()
    """What a person should look at though it freezes nothing, e.g. ``fees_above_configured: ...``."""
