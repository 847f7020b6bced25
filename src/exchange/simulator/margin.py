"""What positions and orders demand of the collateral: tiers by notional, stricter under a leverage preference."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from src.exchange.simulator.account import ZERO
from src.exchange.simulator.collateral import Holding
from src.exchange.simulator.events import InstrumentSpec
from src.records.exchange_journal import ExchangeOrder, ExchangePosition


@dataclass(frozen=True, slots=True)
class Margins:
    """The multi-collateral account at one instant, in USD."""

    balance: Decimal
    """What all collateral is worth."""
    pnl: Decimal
    """Unrealised gain at the mark price."""
    funding: Decimal
    """Unrealised funding; positive will be received."""
    initial: Decimal
    with_orders: Decimal
    """Initial margin with the worst that open orders could become."""
    maintenance: Decimal
    reserve: Decimal = ZERO
    """What of the balance does not count as margin: haircuts and the cost of converting."""

    @property
    def collateral(self) -> Decimal:
        """Return what of the balance counts as margin."""
        return self.balance - self.reserve

    @property
    def unrealised(self) -> Decimal:
        """Return gain and funding that are not realised; they settle in USD and count whole."""
        return self.pnl + self.funding

    @property
    def portfolio(self) -> Decimal:
        """Return what everything is worth."""
        return self.balance + self.pnl + self.funding

    @property
    def equity(self) -> Decimal:
        """Return the collateral plus everything unrealised."""
        return self.balance - self.reserve + self.pnl + self.funding

    @property
    def available(self) -> Decimal:
        """Return what is free for new risk."""
        return self.equity - self.with_orders

    def backed_by(self, held: Iterable[Holding]) -> Self:
        """Return the account with other collateral besides its USD."""
        worth = counted = ZERO
        for holding in held:
            worth += holding.value
            counted += holding.margin
        return replace(self, balance=self.balance + worth, reserve=self.reserve + worth - counted)


@dataclass(frozen=True, slots=True)
class Exposure:
    """One contract's position and orders, with the price they are valued at."""

    spec: InstrumentSpec
    size: Decimal
    """Signed, in contracts."""
    cost: Decimal
    buys: Decimal
    """Open size of orders that may add, in contracts."""
    sells: Decimal
    mark: Decimal
    max_leverage: Decimal | None


def summarise(balance: Decimal, exposures: Iterable[Exposure], *, funding: Decimal) -> Margins:
    """Return the account's margins over its exposures."""
    pnl = initial = with_orders = kept = ZERO
    for e in exposures:
        pnl += e.size * e.mark - e.cost
        notional = abs(e.size) * e.mark
        worst = max(abs(e.size + e.buys), abs(e.size - e.sells)) * e.mark
        initial += notional * initial_rate(e.spec, notional, e.max_leverage)
        with_orders += worst * initial_rate(e.spec, worst, e.max_leverage)
        kept += maintenance(e.spec, notional)
    return Margins(
        balance=balance,
        pnl=pnl,
        funding=funding,
        initial=initial,
        with_orders=max(initial, with_orders),
        maintenance=kept,
    )


def exposures(
    specs: Mapping[str, InstrumentSpec],
    positions: Mapping[str, ExchangePosition],
    orders: Iterable[ExchangeOrder],
    *,
    mark: Callable[[str], Decimal | None],
    preferences: Mapping[str, Decimal],
) -> list[Exposure]:
    """Return one exposure a contract that has a position or an order that may add to it."""
    buys: dict[str, Decimal] = {}
    sells: dict[str, Decimal] = {}
    for order in orders:
        terms = order.terms
        if not adds(order):
            continue
        adding = buys if terms.side.sign > 0 else sells
        adding[terms.symbol] = adding.get(terms.symbol, ZERO) + order.open_size
    found = []
    for symbol in positions.keys() | buys.keys() | sells.keys():
        position = positions.get(symbol)
        price = mark(symbol)
        if price is None:
            price = ZERO if position is None else position.cost_usd / position.size
        found.append(
            Exposure(
                spec=specs[symbol],
                size=ZERO if position is None else position.size,
                cost=ZERO if position is None else position.cost_usd,
                buys=buys.get(symbol, ZERO),
                sells=sells.get(symbol, ZERO),
                mark=price,
                max_leverage=preferences.get(symbol),
            )
        )
    return found


def adds(order: ExchangeOrder) -> bool:
    """Return whether an order may add to a position as it stands; a stop only may once it has fired."""
    return not order.terms.reduce_only and order.terms.stop_price is None


def initial_rate(spec: InstrumentSpec, notional: Decimal, max_leverage: Decimal | None) -> Decimal:
    """Return the initial margin as a fraction of notional; the tier of the whole notional counts."""
    tier = _level(spec, notional)[0]
    return tier if max_leverage is None else max(tier, 1 / max_leverage)


def maintenance(spec: InstrumentSpec, notional: Decimal) -> Decimal:
    """Return the maintenance margin of a position of this notional, in USD."""
    return notional * _level(spec, notional)[1]


def _level(spec: InstrumentSpec, notional: Decimal) -> tuple[Decimal, Decimal]:
    initial, maintenance = spec.margin_levels[0][1:]
    for threshold, tier_initial, tier_maintenance in spec.margin_levels:
        if notional >= threshold:
            initial, maintenance = tier_initial, tier_maintenance
    return initial, maintenance
