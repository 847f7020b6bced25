"""Other collateral than USD: which currencies, what each is worth as margin, and what selling it costs.

A holding counts with its index price; as margin with ``(1 - haircut) * (1 - spread)`` of that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from src.exchange.simulator.account import ZERO
from src.records.enums import Collateral


@dataclass(frozen=True, slots=True)
class Terms:
    """How the venue takes one currency."""

    name: str
    """The wire's."""
    haircut: Decimal
    """What of its value does not count as margin, as a fraction."""
    spread: Decimal
    """What a conversion into USD costs, as a fraction of the value."""
    contract: str | None
    """The perpetual whose index is its price."""
    fixed_usd: Decimal | None
    """Its price where nothing here trades in it."""

    @property
    def share(self) -> Decimal:
        """Return which part of its value counts as margin."""
        return (1 - self.haircut) * (1 - self.spread)


TERMS: Mapping[str, Terms] = {
    terms.name: terms
    for terms in (
        Terms("EUR", ZERO, Decimal("0.0005"), None, Decimal("1.15")),
        Terms("GBP", ZERO, Decimal("0.0005"), None, Decimal("1.3")),
        Terms("USDC", Decimal("0.01"), Decimal("0.0005"), None, Decimal(1)),
        Terms("USDT", Decimal("0.01"), Decimal("0.0005"), None, Decimal(1)),
        Terms("XBT", Decimal("0.02"), Decimal("0.005"), "PF_XBTUSD", None),
        Terms("ETH", Decimal("0.02"), Decimal("0.005"), "PF_ETHUSD", None),
    )
}
"""Every currency that is taken, by the wire's name, in the order in which they are sold: the smallest haircut first."""
_NAMES = {"BTC": "XBT"}


class Indices(Protocol):
    """Who knows the index of a contract."""

    def __call__(self, symbol: str) -> float | None:
        """Return it in USD, None where it is not known or the contract does not trade here."""


@dataclass(frozen=True, slots=True)
class Holding:
    """Some of one currency, at the index of one moment."""

    terms: Terms
    quantity: Decimal
    price: Decimal | None
    """In USD; None while the index is not known, and then it is worth nothing."""

    @property
    def value(self) -> Decimal:
        """Return what it is worth, in USD."""
        return ZERO if self.price is None else self.quantity * self.price

    @property
    def margin(self) -> Decimal:
        """Return what it counts as margin, in USD."""
        return self.value * self.terms.share

    def free(self, available: Decimal) -> Decimal:
        """Return how many units may be taken out while so much margin is available."""
        if not self.margin:
            return ZERO
        return max(ZERO, min(self.quantity, self.quantity * available / self.margin))


def wire_name(currency: str) -> str:
    """Return the wire's name of a currency in any common writing."""
    upper = currency.upper()
    return _NAMES.get(upper, upper)


def by_wire_name(currencies: Mapping[Collateral, float]) -> dict[str, Decimal]:
    """Return amounts as a human sets them, by the wire's names."""
    return {wire_name(currency.value): Decimal(str(amount)) for currency, amount in currencies.items()}


def holdings(currencies: Mapping[str, Decimal], index: Indices) -> list[Holding]:
    """Return what is held of each currency, in the order in which they are sold."""
    return [
        Holding(terms, currencies[name], price_of(terms, index))
        for name, terms in TERMS.items()
        if name in currencies
    ]


def price_of(terms: Terms, index: Indices) -> Decimal | None:
    """Return what a unit is worth in USD, None while that is not known."""
    if terms.contract is None:
        return terms.fixed_usd
    price = index(terms.contract)
    return None if price is None else Decimal(str(price))


def unpriced(currencies: Iterable[str], contracts: Iterable[str]) -> list[str]:
    """Return the contracts that have to trade here so that these currencies have a price."""
    listed = set(contracts)
    wanted = {TERMS[name].contract for name in currencies}
    return sorted(contract for contract in wanted if contract is not None and contract not in listed)
