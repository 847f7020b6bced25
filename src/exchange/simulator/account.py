"""The money of one participant: collateral, net positions, and a log row for every movement.

Amounts are Decimal USD. A position keeps its exact cost, so that gains are never lost to rounding: what a
closing fill realises is quantised, and the rest of the cost stays with what is still open.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from src.records.exchange_journal import AccountRow, ExchangePosition

CENT_FRACTION = Decimal("0.00000001")
"""What amounts of money are quantised to."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Trade:
    """What one execution means to the account."""

    execution: str
    symbol: str
    signed_size: Decimal
    price: Decimal
    fee_usd: Decimal
    funding_usd: Decimal
    funding_rate: Decimal | None
    mark_price: Decimal | None
    info: str


class Account:
    """Cash, positions and the newest rows of the log; every movement of cash has its row."""

    def __init__(self, *, keep_rows: int) -> None:
        self.balance_usd = ZERO
        self.cash_usd = ZERO
        """In the cash account, which carries no positions."""
        self.positions: dict[str, ExchangePosition] = {}
        self.rows: list[AccountRow] = []
        self.rows_written = 0
        self._keep_rows = keep_rows

    def open(self, balance_usd: Decimal, *, ts: float) -> None:
        """Receive the first collateral."""
        self._cash_row(ts, info="cross-exchange transfer", change=balance_usd)

    def transfer(self, collateral_usd: Decimal, cash_usd: Decimal, *, ts: float) -> None:
        """Move money between collateral, cash account and the world."""
        self.cash_usd += cash_usd
        if collateral_usd:
            self._cash_row(ts, info="transfer", change=collateral_usd)

    def settle(self, symbol: str, amount_usd: Decimal, rate: Decimal, *, ts: float) -> None:
        """Realise an hour's funding; a position that is gone has none."""
        position = self.positions.get(symbol)
        if position is None:
            raise KeyError(symbol)
        self.positions[symbol] = msgspec.structs.replace(position, funded_ts=ts)
        if amount_usd:
            self._funding_row(ts, symbol=symbol, amount=amount_usd, rate=rate)

    def trade(self, trade: Trade, *, ts: float) -> Decimal:
        """Book an execution and return the gain it realises, before fees and funding."""
        before = self.positions.get(trade.symbol)
        if trade.funding_usd:
            self._funding_row(ts, symbol=trade.symbol, amount=trade.funding_usd, rate=trade.funding_rate)
        size, cost, realised = moved(before, trade.signed_size, trade.price)
        after = ExchangePosition(symbol=trade.symbol, size=size, cost_usd=cost, fill_ts=ts, funded_ts=ts)
        if size:
            self.positions[trade.symbol] = after
        else:
            self.positions.pop(trade.symbol, None)
        self._cash_row(ts, info=trade.info, change=realised - trade.fee_usd, trade=trade, realised=realised)
        self._position_row(ts, trade=trade, before=before, after=after)
        return realised

    def size_of(self, symbol: str) -> Decimal:
        """Return the signed size of a position, 0 where there is none."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.size

    def _funding_row(self, ts: float, *, symbol: str, amount: Decimal, rate: Decimal | None) -> None:
        row = self._row(ts, asset="usd", info="funding rate change", old=self.balance_usd, change=amount)
        self._write(
            msgspec.structs.replace(
                row, contract=symbol.lower(), funding_rate=rate, realised_funding_usd=amount
            )
        )
        self.balance_usd += amount

    def _cash_row(
        self,
        ts: float,
        *,
        info: str,
        change: Decimal,
        trade: Trade | None = None,
        realised: Decimal | None = None,
    ) -> None:
        row = self._row(ts, asset="usd", info=info, old=self.balance_usd, change=change)
        if trade is not None:
            row = msgspec.structs.replace(
                row,
                contract=trade.symbol.lower(),
                trade_price=trade.price,
                mark_price=trade.mark_price,
                realised_pnl_usd=realised,
                fee_usd=trade.fee_usd,
                execution=trade.execution,
            )
        self._write(row)
        self.balance_usd += change

    def _position_row(
        self, ts: float, *, trade: Trade, before: ExchangePosition | None, after: ExchangePosition
    ) -> None:
        old = ZERO if before is None else before.size
        row = self._row(ts, asset=trade.symbol.lower(), info=trade.info, old=old, change=trade.signed_size)
        self._write(
            msgspec.structs.replace(
                row,
                contract=trade.symbol.lower(),
                trade_price=trade.price,
                mark_price=trade.mark_price,
                execution=trade.execution,
                old_average_entry_price=None if before is None else average_entry(before),
                new_average_entry_price=average_entry(after) if after.size else None,
            )
        )

    def _row(self, ts: float, *, asset: str, info: str, old: Decimal, change: Decimal) -> AccountRow:
        self.rows_written += 1
        return AccountRow(
            row_id=self.rows_written,
            ts=ts,
            asset=asset,
            info=info,
            old_balance=old,
            new_balance=old + change,
            contract=None,
            trade_price=None,
            mark_price=None,
            realised_pnl_usd=None,
            fee_usd=ZERO,
            execution=None,
            funding_rate=None,
            realised_funding_usd=None,
            old_average_entry_price=None,
            new_average_entry_price=None,
        )

    def _write(self, row: AccountRow) -> None:
        self.rows.append(row)
        if len(self.rows) > 2 * self._keep_rows:
            del self.rows[: -self._keep_rows]


def average_entry(position: ExchangePosition) -> Decimal:
    """Return the average entry price of an open position, in USD."""
    return (position.cost_usd / position.size).quantize(CENT_FRACTION, ROUND_HALF_EVEN)


def moved(
    before: ExchangePosition | None, signed_size: Decimal, price: Decimal
) -> tuple[Decimal, Decimal, Decimal]:
    """Return (size, cost, realised gain) after a trade.

    The average entry is weighted on increase, unchanged on decrease, and the trade's price after a flip.
    """
    if before is None:
        return signed_size, signed_size * price, ZERO
    size, cost = before.size, before.cost_usd
    if (size > 0) == (signed_size > 0):
        return size + signed_size, cost + signed_size * price, ZERO
    if abs(signed_size) < abs(size):
        closed = (cost * -signed_size / size).quantize(CENT_FRACTION, ROUND_HALF_EVEN)
        return size + signed_size, cost - closed, -signed_size * price - closed
    rest = size + signed_size
    return rest, rest * price, size * price - cost
