"""One open position: signed quantity and exact cost; averages are read from them, never kept."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from src.ledger.accounts import UNIT
from src.records.enums import Direction, Strategy
from src.records.ledger import FillBooked, PositionClosed

_ZERO = Decimal(0)


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

    def gain(self, size: Decimal, price: Decimal) -> Decimal:
        """Return what closing so many contracts at a price realises, in USD, before fees.

        It is what they bring less their share of the cost, that share rounded to ``UNIT``.
        """
        return self.direction.sign * size * price - self._cost_of(size)

    def increase(self, signed: Decimal, price: Decimal, fee: Decimal) -> None:
        """Add contracts of the position's own sign."""
        value = signed * price
        self.quantity += signed
        self.cost += value
        self.opened_size += abs(signed)
        self.opened_value += abs(value)
        self.fees += fee

    def decrease(self, size: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Close so many contracts, at most those that are open; return the gain in USD."""
        sign = self.direction.sign
        cost = self._cost_of(size)
        value = size * price
        gain = value - cost if sign > 0 else -value - cost
        self.quantity -= size if sign > 0 else -size
        self.cost -= cost
        self.closed_size += size
        self.closed_value += value
        self.gross += gain
        self.fees += fee
        return gain

    def closing(self, ts: float, reason: str) -> PositionClosed:
        """Return the line that tells of a position that has come back to zero."""
        return PositionClosed(
            ts=ts,
            position_id=self.position_id,
            signal_id=self.signal_id,
            symbol=self.symbol,
            strategy=self.strategy,
            direction=self.direction,
            opened_ts=self.opened_ts,
            size=self.opened_size,
            entry_price=self.opened_value / self.opened_size,
            exit_price=self.closed_value / self.closed_size,
            gross_pnl_usd=self.gross,
            fees_usd=self.fees,
            funding_usd=self.funding,
            net_pnl_usd=self.gross - self.fees + self.funding,
            exit_reason=reason,
        )

    def _cost_of(self, size: Decimal) -> Decimal:
        if size == abs(self.quantity):
            return self.cost
        share = self.cost * size / abs(self.quantity)
        return share.quantize(UNIT, ROUND_HALF_EVEN)


def opened_by(fill: FillBooked, *, flipped: bool) -> OpenPosition:
    """Return the position that a fill begins, still empty; what it turned round was not meant to be opened."""
    ours = fill.position_id is not None and not flipped
    return OpenPosition(
        position_id=fill.position_id if ours and fill.position_id else f"external-{fill.fill_id}",
        signal_id=fill.signal_id if ours else None,
        symbol=fill.symbol,
        strategy=fill.strategy if ours else None,
        direction=Direction.LONG if fill.side.sign > 0 else Direction.SHORT,
        opened_ts=fill.ts,
    )
