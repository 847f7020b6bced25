"""A negative balance in USD: what it costs while other collateral stands behind it, and how it is paid.

Gains and losses settle in USD. A debt bears interest on each full hour; once it is larger than what is
tolerated, or no position is left, other collateral is sold for it. What a flat account still owes with nothing
left to sell is taken over by the venue: nobody ends with less than nothing.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from src.exchange.simulator.account import CENT_FRACTION, ZERO, Account
from src.exchange.simulator.collateral import Holding
from src.records.exchange_effects import Charged, Converted, Covered

INTEREST_PER_HOUR = Decimal("0.00005")
"""Of the debt."""
TOLERATED_SHARE = Decimal("0.1")
"""How much of the other collateral's value may be owed before it is sold."""
TOLERATED_USD = Decimal(30_000)
"""What is tolerated at most."""


def interest(account: Account) -> Charged | None:
    """Return an hour's interest; None without a debt, or without collateral behind it."""
    if account.balance_usd >= 0 or not account.currencies:
        return None
    amount = (-account.balance_usd * INTEREST_PER_HOUR).quantize(CENT_FRACTION, ROUND_UP)
    return Charged(amount_usd=amount)


def payment(account: Account, held: list[Holding]) -> Converted | Covered | None:
    """Return the next step towards a balance that may stand, None where it may.

    ``held`` is the other collateral, in the order in which it is sold.
    """
    debt = -account.balance_usd
    if debt <= 0:
        return None
    priced = [holding for holding in held if holding.price is not None]
    if account.positions:
        worth = sum((holding.value for holding in held), ZERO)
        if not priced or len(priced) < len(held) or debt <= min(TOLERATED_USD, worth * TOLERATED_SHARE):
            return None
    if priced:
        return conversion(priced[0], debt)
    return None if account.positions or held else Covered(amount_usd=debt)


def conversion(holding: Holding, debt: Decimal) -> Converted:
    """Return the sale that pays a debt in USD, or as much of it as there is of the currency."""
    price = ZERO if holding.price is None else holding.price
    net = price * (1 - holding.terms.spread)
    needed = (debt / net).quantize(CENT_FRACTION, ROUND_UP)
    amount = min(needed, holding.quantity)
    usd = debt if amount == needed else (amount * net).quantize(CENT_FRACTION, ROUND_DOWN)
    return Converted(
        currency=holding.terms.name, amount=amount, price=price, spread=holding.terms.spread, usd=usd
    )
