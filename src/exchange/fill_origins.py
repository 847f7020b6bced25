"""Whose a fill is: the order behind it, the position it belongs to, and why it was sent."""

from decimal import Decimal

from src.exchange.base import Fill
from src.exchange.open_orders import COPY_OF_THIS_HOME
from src.exchange.order_journal import OrderJournal, TrackedOrder
from src.exchange.order_names import Whose
from src.ledger.book import Ledger
from src.records.enums import OrderPurpose
from src.records.ledger import FillBooked
from src.records.settings import Costs

_BPS = Decimal(10_000)
_LIQUIDATION = frozenset(
    {"liquidation", "partialLiquidation", "assignor", "assignee", "unwindBankrupt", "unwindCounterparty"}
)
NOT_OURS = frozenset({"liquidation", "external"})
"""Reasons of fills that the bot did not ask for."""


class FillOrigins:
    """Makes ledger lines of the venue's fills."""

    def __init__(self, *, journal: OrderJournal, ledger: Ledger, costs: Costs) -> None:
        """Take where orders and positions are looked up, and the fees that are expected."""
        self._journal = journal
        self._ledger = ledger
        self._costs = costs

    def entry(self, fill: Fill, *, fee: Decimal | None, rounding: Decimal) -> FillBooked:
        """Return a fill's line; a ``fee`` of None is estimated, and the line says so."""
        order = self._journal.find(cli_ord_id=fill.cli_ord_id, order_id=fill.order_id)
        owner = order.intent if order is not None else self._ledger.positions.get(fill.symbol)
        return FillBooked(
            ts=fill.ts,
            fill_id=fill.fill_id,
            order_id=fill.order_id,
            cli_ord_id=order.intent.cli_ord_id if order is not None else fill.cli_ord_id,
            position_id=owner.position_id if owner is not None else None,
            signal_id=owner.signal_id if owner is not None else None,
            symbol=fill.symbol,
            strategy=owner.strategy if owner is not None else None,
            side=fill.side,
            size=fill.size,
            price=fill.price,
            fee_usd=expected_fee(self._costs, fill) if fee is None else fee,
            fill_type=fill.fill_type,
            reason=_reason(fill, order),
            fee_estimated=fee is None,
            rounding_usd=rounding,
        )

    def alarm(self, entry: FillBooked) -> str | None:
        """Return what an execution that nobody here asked for is called; None for one of ours."""
        if entry.reason not in NOT_OURS:
            return None
        whose = self._journal.whose(entry.cli_ord_id) if entry.reason == "external" else Whose.STRANGER
        if whose is Whose.COPY:
            return COPY_OF_THIS_HOME
        kind = "other_home_fill" if whose is Whose.OTHER_HOME else entry.reason
        return f"{kind}:{entry.symbol}"


def expected_fee(costs: Costs, fill: Fill | FillBooked) -> Decimal:
    """Return a fill's fee by the configured rates, in USD."""
    bps = costs.maker_fee_bps if fill.fill_type == "maker" else costs.taker_fee_bps
    return fill.size * fill.price * Decimal(str(bps)) / _BPS


def _reason(fill: Fill, order: TrackedOrder | None) -> str:
    if fill.fill_type in _LIQUIDATION:
        return "liquidation"
    if order is None:
        return "external"
    return "stop" if order.intent.purpose is OrderPurpose.STOP else order.intent.reason
