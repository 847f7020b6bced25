"""What may happen to the paper exchange's participant: the effects that its journal is made of."""

from decimal import Decimal

import msgspec

from src.records.base import Record
from src.records.enums import Side


class OrderTerms(Record, frozen=True, kw_only=True):
    """An order as it was accepted."""

    order_id: str
    cli_ord_id: str | None
    symbol: str
    side: Side
    order_type: str
    """The wire's word: ``lmt``, ``post``, ``ioc``, ``fok``, ``mkt``, ``stp`` or ``take_profit``."""
    size: Decimal
    """In contracts, after any reduce-only clipping."""
    limit_price: Decimal | None
    """In USD; for ``mkt`` the 1 % protection; None only on triggers."""
    stop_price: Decimal | None
    """In USD; only on triggers."""
    trigger_signal: str | None
    """``last``, ``mark`` or ``index``; only on triggers."""
    reduce_only: bool


class Opened(Record, frozen=True, kw_only=True, tag_field="effect", tag="opened"):
    """The account began with this much collateral."""

    balance_usd: Decimal
    currencies: dict[str, Decimal] = msgspec.field(default_factory=dict)
    """Other collateral, by the wire's name of its currency, in units of it."""


class Placed(Record, frozen=True, kw_only=True, tag_field="effect", tag="placed"):
    """An order or a trigger was accepted."""

    order: OrderTerms
    reason: str = "new_placed_order_by_user"
    """The websocket's word: a user's wish, a fired stop or a liquidation."""


class Executed(Record, frozen=True, kw_only=True, tag_field="effect", tag="executed"):
    """A part of an order traded."""

    fill_id: str
    order_id: str
    price: Decimal
    size: Decimal
    """In contracts, positive."""
    fill_type: str
    """``maker``, ``taker``, ``partialLiquidation``, ``liquidation`` or ``assignor``."""
    fee_usd: Decimal
    """Positive is paid; everything that the venue charged for it."""
    funding_usd: Decimal
    """Funding that the change of position realised; positive is received."""
    funding_rate: Decimal | None
    """The absolute rate behind it, in USD a contract and hour."""
    mark_price: Decimal | None
    liquidation_fee_usd: Decimal = Decimal(0)
    """What of the fee was charged for being liquidated."""


class Resized(Record, frozen=True, kw_only=True, tag_field="effect", tag="resized"):
    """An open order was edited, or clipped to the position that it may reduce."""

    order_id: str
    open_size: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    reason: str


class Ended(Record, frozen=True, kw_only=True, tag_field="effect", tag="ended"):
    """An order left the book."""

    order_id: str
    reason: str
    """The websocket's word, e.g. ``full_fill`` or ``cancelled_by_user``."""


class Settled(Record, frozen=True, kw_only=True, tag_field="effect", tag="settled"):
    """An hour's funding of one position was realised."""

    symbol: str
    amount_usd: Decimal
    """Positive is received."""
    funding_rate: Decimal
    """Absolute, in USD a contract and hour."""


class Preferred(Record, frozen=True, kw_only=True, tag_field="effect", tag="preferred"):
    """The highest leverage of a contract was set, or taken back with None."""

    symbol: str
    max_leverage: Decimal | None


class Rejected(Record, frozen=True, kw_only=True, tag_field="effect", tag="rejected"):
    """An order met the book and was refused by it."""

    order: OrderTerms
    error: str
    """The reason inside its REJECT event."""


class Armed(Record, frozen=True, kw_only=True, tag_field="effect", tag="armed"):
    """The dead man's switch was set, or taken back with None."""

    until: float | None
    """Seconds since the epoch at which every order is cancelled."""


class Transferred(Record, frozen=True, kw_only=True, tag_field="effect", tag="transferred"):
    """Money moved between the collateral, the cash account and the world."""

    collateral_usd: Decimal
    """What the collateral receives; negative is taken from it."""
    cash_usd: Decimal
    """What the cash account receives; negative is taken from it."""


class Moved(Record, frozen=True, kw_only=True, tag_field="effect", tag="moved"):
    """Units of another currency than USD moved between the collateral, the cash account and the world."""

    currency: str
    collateral: Decimal
    """What the collateral receives; negative is taken from it."""
    cash: Decimal
    """What the cash account receives; negative is taken from it."""


class Converted(Record, frozen=True, kw_only=True, tag_field="effect", tag="converted"):
    """Other collateral was sold for USD, to pay a debt."""

    currency: str
    amount: Decimal
    """Units given up."""
    price: Decimal
    """Index price of a unit, in USD."""
    spread: Decimal
    """What the conversion cost, as a fraction of the value."""
    usd: Decimal
    """What the collateral received for it."""


class Charged(Record, frozen=True, kw_only=True, tag_field="effect", tag="charged"):
    """An hour's interest on a debt in USD was paid."""

    amount_usd: Decimal


class Covered(Record, frozen=True, kw_only=True, tag_field="effect", tag="covered"):
    """The venue took over what a bankrupt account owed."""

    amount_usd: Decimal


Payment = Opened | Settled | Transferred | Moved | Converted | Charged | Covered
"""A change of the account's money that is no trade."""
Effect = Placed | Executed | Resized | Ended | Preferred | Rejected | Armed | Payment
"""One change of a participant's state."""
