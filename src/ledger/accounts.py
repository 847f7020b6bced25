"""Double entry: whatever moves collateral moves an account that says why, by the same amount."""

from collections import defaultdict
from decimal import Decimal

from src.records.enums import CashKind, Word

USD = "USD"
UNIT = Decimal("0.00000001")
"""What amounts of money are rounded to where a division is needed; the rest stays in what was divided."""
_ZERO = Decimal(0)


class Account(Word):
    """Why collateral changed."""

    CAPITAL = "CAPITAL"
    """Put in or taken out: no gain and no loss."""
    REALISED = "REALISED"
    """Gains of closed quantity, before fees."""
    FEES = "FEES"
    """Negative: what was paid."""
    FUNDING = "FUNDING"
    INTEREST = "INTEREST"
    CONVERSION = "CONVERSION"
    """One currency for another; what one loses the other gains."""
    SETTLEMENT = "SETTLEMENT"
    """Gains that the venue booked without an execution."""
    CHARGES = "CHARGES"
    """Fees that belong to no execution, and taxes."""
    ROUNDING = "ROUNDING"
    """What the venue booked for executions beyond gain and fee, e.g. because it rounds."""
    UNKNOWN = "UNKNOWN"
    """Rows of the account log in words that nobody here knows."""


OF_KIND = {
    CashKind.TRANSFER: Account.CAPITAL,
    CashKind.INTEREST: Account.INTEREST,
    CashKind.CONVERSION: Account.CONVERSION,
    CashKind.SETTLEMENT: Account.SETTLEMENT,
    CashKind.CHARGE: Account.CHARGES,
    CashKind.UNKNOWN: Account.UNKNOWN,
}
"""Where a row of the account log without an execution is booked."""


class Accounts:
    """Collateral by currency, and beside it the reasons; the two sides always balance."""

    __slots__ = ("_others", "_usd", "collateral", "prices")

    def __init__(self) -> None:
        self.collateral: dict[str, Decimal] = {USD: _ZERO}
        self.prices: dict[str, Decimal] = {}
        """What a unit of collateral other than USD was worth when an entry told last, in USD."""
        self._usd = dict.fromkeys(Account, _ZERO)
        self._others: defaultdict[tuple[str, Account], Decimal] = defaultdict(Decimal)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Accounts):
            return NotImplemented
        mine = (self.collateral, self._usd, self._others, self.prices)
        return mine == (other.collateral, other._usd, other._others, other.prices)

    __hash__ = None  # type: ignore[assignment] # it changes with every posting

    def post(
        self, account: Account, amount: Decimal, asset: str = USD, value_usd: Decimal | None = None
    ) -> None:
        """Move collateral by a signed amount, and the account by the same; ``value_usd`` is what it was worth."""
        if asset == USD:
            self.collateral[USD] += amount
            self._usd[account] += amount
            return
        self.collateral[asset] = self.collateral.get(asset, _ZERO) + amount
        self._others[asset, account] += amount
        if value_usd is not None and amount:
            self.prices[asset] = value_usd / amount

    def total(self, account: Account, asset: str = USD) -> Decimal:
        """Return what an account has moved in all; positive has raised the collateral."""
        return self._usd[account] if asset == USD else self._others[asset, account]

    def holdings(self) -> dict[str, Decimal]:
        """Return the collateral other than USD, where there is any."""
        return {asset: held for asset, held in self.collateral.items() if asset != USD and held}

    def imbalance(self) -> dict[str, Decimal]:
        """Return by how much collateral and reasons differ, by currency; empty when the books balance."""
        reasons = {USD: sum(self._usd.values(), _ZERO)}
        for (asset, _), amount in self._others.items():
            reasons[asset] = reasons.get(asset, _ZERO) + amount
        off = {asset: held - reasons.get(asset, _ZERO) for asset, held in self.collateral.items()}
        return {asset: difference for asset, difference in off.items() if difference}
