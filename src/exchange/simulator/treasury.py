"""Transfers between the collateral, the cash account and the world outside."""

from collections.abc import Mapping
from decimal import Decimal

from src.exchange.simulator.account import CENT_FRACTION, ZERO
from src.exchange.simulator.collateral import TERMS, unpriced, wire_name
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.order_form import decimal, required
from src.records.exchange_effects import Moved, Transferred

_ACCOUNTS = frozenset({"cash", "flex"})
_USD = "USD"


class Treasury:
    """Moves USD and other collateral."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def transfer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Move ``amount`` of ``unit`` from one of the own accounts to the other."""
        source, target = required(params, "fromAccount").lower(), required(params, "toAccount").lower()
        if {source, target} - _ACCOUNTS or source == target:
            raise BadCall("invalidAccount")
        amount = _amount(params)
        currency = self._taken(source, required(params, "unit"), amount)
        if target == "flex" and unpriced({currency} - {_USD}, self._core.contracts):
            raise BadCall("invalidUnit")
        into_collateral = amount if target == "flex" else -amount
        self._apply(currency, collateral=into_collateral, cash=-into_collateral)
        return {}

    def withdraw(self, params: Mapping[str, str]) -> dict[str, object]:
        """Send ``amount`` of ``currency`` from the cash account out of the exchange."""
        source = params.get("sourceWallet", "cash").lower()
        if source not in {"", "cash", "cashaccount"}:
            raise BadCall("invalidAccount")
        amount = _amount(params)
        currency = self._taken("cash", required(params, "currency"), amount)
        self._apply(currency, collateral=ZERO, cash=-amount)
        return {"uid": name_of("paper", "withdrawal", self._core.state.number)}

    def _apply(self, currency: str, *, collateral: Decimal, cash: Decimal) -> None:
        if currency == _USD:
            self._core.apply(Transferred(collateral_usd=collateral, cash_usd=cash))
            return
        self._core.apply(Moved(currency=currency, collateral=collateral, cash=cash))

    def _taken(self, source: str, unit: str, amount: Decimal) -> str:
        """Return the currency that is moved; BadCall where there is not that much of it to take."""
        currency = wire_name(unit)
        if currency != _USD and currency not in TERMS:
            raise BadCall("invalidUnit")
        if amount > self._free(source, currency):
            raise BadCall("insufficientFunds")
        return currency

    def _free(self, source: str, currency: str) -> Decimal:
        account = self._core.state.account
        if source == "cash":
            return account.cash_usd if currency == _USD else account.wallet.get(currency, ZERO)
        available = self._core.margins().available
        if currency == _USD:
            return max(ZERO, min(account.balance_usd, available))
        held = (holding for holding in self._core.holdings() if holding.terms.name == currency)
        return next((holding.free(available) for holding in held), ZERO)


def _amount(params: Mapping[str, str]) -> Decimal:
    try:
        amount = decimal(required(params, "amount"), "amount")
    except BadCall as bad:
        raise BadCall("invalidAmount" if params.get("amount") else str(bad)) from None
    if amount <= 0 or amount != amount.quantize(CENT_FRACTION):
        raise BadCall("invalidAmount")
    return amount
