"""Transfers between the collateral, the cash account and the world outside."""

from collections.abc import Mapping
from decimal import Decimal

from src.exchange.simulator.account import CENT_FRACTION, ZERO
from src.exchange.simulator.core import Core
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.order_form import decimal, required
from src.records.exchange_journal import Transferred

_ACCOUNTS = frozenset({"cash", "flex"})
_CURRENCIES = frozenset({"usd", "xbt", "btc", "eth", "eur", "gbp", "usdt", "usdc"})


class Treasury:
    """Moves USD; the account holds nothing else."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def transfer(self, params: Mapping[str, str]) -> dict[str, object]:
        """Move ``amount`` of ``unit`` from one of the own accounts to the other."""
        source, target = required(params, "fromAccount").lower(), required(params, "toAccount").lower()
        if {source, target} - _ACCOUNTS or source == target:
            raise BadCall("invalidAccount")
        amount = _amount(params)
        self._has(source, required(params, "unit"), amount)
        into_collateral = amount if target == "flex" else -amount
        self._core.apply(Transferred(collateral_usd=into_collateral, cash_usd=-into_collateral))
        return {}

    def withdraw(self, params: Mapping[str, str]) -> dict[str, object]:
        """Send ``amount`` of ``currency`` from the cash account out of the exchange."""
        source = params.get("sourceWallet", "cash").lower()
        if source not in {"", "cash", "cashaccount"}:
            raise BadCall("invalidAccount")
        amount = _amount(params)
        self._has("cash", required(params, "currency"), amount)
        self._core.apply(Transferred(collateral_usd=ZERO, cash_usd=-amount))
        return {"uid": name_of("paper", "withdrawal", self._core.state.number)}

    def _has(self, source: str, unit: str, amount: Decimal) -> None:
        if unit.lower() not in _CURRENCIES:
            raise BadCall("invalidUnit")
        if unit.lower() != "usd" or amount > self._free(source):
            raise BadCall("insufficientFunds")

    def _free(self, source: str) -> Decimal:
        account = self._core.state.account
        if source == "cash":
            return account.cash_usd
        return max(ZERO, min(account.balance_usd, self._core.margins().available))


def _amount(params: Mapping[str, str]) -> Decimal:
    try:
        amount = decimal(required(params, "amount"), "amount")
    except BadCall as bad:
        raise BadCall("invalidAmount" if params.get("amount") else str(bad)) from None
    if amount <= 0 or amount != amount.quantize(CENT_FRACTION):
        raise BadCall("invalidAmount")
    return amount
