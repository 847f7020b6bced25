"""The parts of the account's money, a currency each, as REST and websocket tell them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.simulator.account import ZERO, Account
from src.exchange.simulator.core import Core
from src.exchange.simulator.margin import Margins
from src.exchange.simulator.wire.values import number


@dataclass(frozen=True, slots=True)
class Part:
    """One currency of the collateral; all but the quantities in USD."""

    name: str
    quantity: Decimal
    value: Decimal
    margin: Decimal
    available: Decimal
    """Units that may be taken out."""
    haircut: Decimal = ZERO
    spread: Decimal = ZERO


def parts(core: Core, margins: Margins) -> Iterator[Part]:
    """Yield what is held; USD is absent where there is none of it beside other collateral."""
    account = core.state.account
    usd, free = account.balance_usd, margins.available
    if usd or not account.currencies:
        yield Part("USD", usd, usd, usd, max(ZERO, min(usd, free)))
    for held in core.holdings():
        terms = held.terms
        yield Part(
            terms.name, held.quantity, held.value, held.margin, held.free(free), terms.haircut, terms.spread
        )


def cash_balances(account: Account) -> dict[str, float | None]:
    """Return what is in the cash account, by the name of the currency in lower case."""
    others = {name.lower(): number(amount) for name, amount in account.wallet.items()}
    return {"usd": number(account.cash_usd), **others}
