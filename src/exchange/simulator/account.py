"""The money of one participant: collateral, net positions, and a log row for every movement.

Amounts are Decimal, in USD where nothing else is said. A position keeps its exact cost, so that gains are never
lost to rounding: what a closing fill realises is quantised, and the rest of the cost stays with what is still open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from src.records.exchange_effects import (
    Charged,
    Converted,
    Covered,
    Moved,
    Opened,
    Payment,
    Settled,
    Transferred,
)
from src.records.exchange_journal import AccountRow, ExchangePosition

CENT_FRACTION = Decimal("0.00000001")
"""What amounts of money are quantised to."""
ZERO = Decimal(0)
USD = "usd"
"""The asset of the rows about cash."""
_NOTHING: Mapping[str, Decimal] = {}


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
    liquidation_fee_usd: Decimal = ZERO
    """What of the fee was charged for being liquidated."""


class Account:
    """Cash, positions and the newest rows of the log; every movement has its row, and no balance moves without."""

    def __init__(self, *, keep_rows: int) -> None:
        self.balance_usd = ZERO
        """USD in the collateral; negative is a debt."""
        self.currencies: dict[str, Decimal] = {}
        """Other collateral, in units of it; never negative, absent where there is none."""
        self.cash_usd = ZERO
        """In the cash account, which carries no positions."""
        self.wallet: dict[str, Decimal] = {}
        """Other currencies in the cash account."""
        self.positions: dict[str, ExchangePosition] = {}
        self.rows: list[AccountRow] = []
        self.rows_written = 0
        self._keep_rows = keep_rows

    def apply(self, payment: Payment, ts: float) -> None:
        """Book a movement of money that is no trade."""
        match payment:
            case Settled():
                self._settle(payment, ts)
            case Opened():
                self.open(payment.balance_usd, payment.currencies, ts=ts)
            case Transferred():
                self.cash_usd += payment.cash_usd
                if payment.collateral_usd:
                    self._pay(payment.collateral_usd, info="transfer", ts=ts)
            case Moved():
                _add(self.wallet, payment.currency, payment.cash)
                if payment.collateral:
                    self._hold(payment.currency, payment.collateral, info="transfer", ts=ts)
            case Converted():
                self._convert(payment, ts)
            case Charged():
                self._pay(-payment.amount_usd, info="interest payment", ts=ts)
            case Covered():
                self._pay(payment.amount_usd, info="covered liquidation", ts=ts)

    def open(self, balance_usd: Decimal, currencies: Mapping[str, Decimal] = _NOTHING, *, ts: float) -> None:
        """Receive the first collateral."""
        if balance_usd or not currencies:
            self._pay(balance_usd, info="cross-exchange transfer", ts=ts)
        for currency, amount in currencies.items():
            self._hold(currency, amount, info="cross-exchange transfer", ts=ts)

    def trade(self, trade: Trade, *, ts: float) -> Decimal:
        """Book an execution and return the gain it realises, before fees and funding."""
        before = self.positions.get(trade.symbol)
        if trade.funding_usd:
            self._fund(ts, symbol=trade.symbol, amount=trade.funding_usd, rate=trade.funding_rate)
        size, cost, realised = moved(before, trade.signed_size, trade.price)
        after = ExchangePosition(symbol=trade.symbol, size=size, cost_usd=cost, fill_ts=ts, funded_ts=ts)
        if size:
            self.positions[trade.symbol] = after
        else:
            self.positions.pop(trade.symbol, None)
        self._gain(ts, trade=trade, realised=realised)
        self._position_row(ts, trade=trade, before=before, after=after)
        return realised

    def size_of(self, symbol: str) -> Decimal:
        """Return the signed size of a position, 0 where there is none."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.size

    def _settle(self, settled: Settled, ts: float) -> None:
        """Realise an hour's funding; KeyError for a position that is gone."""
        position = self.positions[settled.symbol]
        self.positions[settled.symbol] = msgspec.structs.replace(position, funded_ts=ts)
        if settled.amount_usd:
            self._fund(ts, symbol=settled.symbol, amount=settled.amount_usd, rate=settled.funding_rate)

    def _convert(self, converted: Converted, ts: float) -> None:
        """Give up a part of another currency for USD."""
        self._hold(converted.currency, -converted.amount, info="conversion", ts=ts, converted=converted)
        self._pay(converted.usd, info="conversion", ts=ts, converted=converted)

    def _pay(self, change_usd: Decimal, *, info: str, ts: float, converted: Converted | None = None) -> None:
        """Receive USD for what ``info`` says; negative is paid."""
        self._cash(
            AccountRow(
                row_id=self._next_id(),
                ts=ts,
                asset=USD,
                info=info,
                old_balance=self.balance_usd,
                new_balance=self.balance_usd + change_usd,
                trade_price=None if converted is None else converted.price,
                conversion_spread=None if converted is None else converted.spread,
            )
        )

    def _fund(self, ts: float, *, symbol: str, amount: Decimal, rate: Decimal | None) -> None:
        self._cash(
            AccountRow(
                row_id=self._next_id(),
                ts=ts,
                asset=USD,
                info="funding rate change",
                old_balance=self.balance_usd,
                new_balance=self.balance_usd + amount,
                contract=symbol.lower(),
                funding_rate=rate,
                realised_funding_usd=amount,
            )
        )

    def _gain(self, ts: float, *, trade: Trade, realised: Decimal) -> None:
        self._cash(
            AccountRow(
                row_id=self._next_id(),
                ts=ts,
                asset=USD,
                info=trade.info,
                old_balance=self.balance_usd,
                new_balance=self.balance_usd + realised - trade.fee_usd,
                contract=trade.symbol.lower(),
                trade_price=trade.price,
                mark_price=trade.mark_price,
                realised_pnl_usd=realised,
                fee_usd=trade.fee_usd,
                execution=trade.execution,
                liquidation_fee_usd=trade.liquidation_fee_usd or None,
            )
        )

    def _position_row(
        self, ts: float, *, trade: Trade, before: ExchangePosition | None, after: ExchangePosition
    ) -> None:
        self._write(
            AccountRow(
                row_id=self._next_id(),
                ts=ts,
                asset=trade.symbol.lower(),
                info=trade.info,
                old_balance=ZERO if before is None else before.size,
                new_balance=after.size,
                contract=trade.symbol.lower(),
                trade_price=trade.price,
                mark_price=trade.mark_price,
                execution=trade.execution,
                old_average_entry_price=None if before is None else average_entry(before),
                new_average_entry_price=average_entry(after) if after.size else None,
            )
        )

    def _hold(
        self, currency: str, change: Decimal, *, info: str, ts: float, converted: Converted | None = None
    ) -> None:
        old = self.currencies.get(currency, ZERO)
        self._write(
            AccountRow(
                row_id=self._next_id(),
                ts=ts,
                asset=currency.lower(),
                info=info,
                old_balance=old,
                new_balance=old + change,
                trade_price=None if converted is None else converted.price,
                conversion_spread=None if converted is None else converted.spread,
            )
        )
        _add(self.currencies, currency, change)

    def _cash(self, row: AccountRow) -> None:
        """Keep a row about USD; the balance is what its newest row says."""
        self._write(row)
        self.balance_usd = row.new_balance

    def _next_id(self) -> int:
        self.rows_written += 1
        return self.rows_written

    def _write(self, row: AccountRow) -> None:
        self.rows.append(row)
        if len(self.rows) > 2 * self._keep_rows:
            del self.rows[: -self._keep_rows]


def _add(balances: dict[str, Decimal], currency: str, change: Decimal) -> None:
    after = balances.get(currency, ZERO) + change
    if after:
        balances[currency] = after
    else:
        balances.pop(currency, None)


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
