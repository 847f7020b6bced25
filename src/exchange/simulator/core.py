"""The one place where participants' state changes: effects are folded, remembered and committed together."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from src.exchange.simulator.account import ZERO
from src.exchange.simulator.collateral import Holding, holdings
from src.exchange.simulator.contract import Contract
from src.exchange.simulator.debts import payment
from src.exchange.simulator.events import InstrumentSpec, WireSide
from src.exchange.simulator.feed import BookChange, FeedMessage, FillNews, OrderNews
from src.exchange.simulator.funding import FundingMeter
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.margin import Exposure, Margins, exposures, summarise
from src.exchange.simulator.rules import Rules
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side
from src.records.exchange_effects import Effect, Ended, Executed, OrderTerms, Placed, Resized
from src.records.exchange_journal import ExchangeOrder, JournalEntry


class EntryWriter(Protocol):
    """Where committed entries go; returns only when they are safe."""

    def append(self, record: JournalEntry) -> int:
        """Write one entry."""


class Taken(Protocol):
    """Who hears what our participants took of the displayed book."""

    def __call__(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Hear of one level."""


class Core:
    """State, contracts and the feed of one exchange; ``now`` moves only by what is handed in."""

    def __init__(
        self,
        specs: Sequence[InstrumentSpec],
        *,
        state: ExchangeState,
        journal: EntryWriter,
        seed: str,
        taken: Taken,
        footprint: bool,
    ) -> None:
        self.specs: Mapping[str, InstrumentSpec] = {spec.symbol: spec for spec in specs}
        self.contracts = {spec.symbol: Contract(spec, footprint=footprint) for spec in specs}
        self.state = state
        self.funding = FundingMeter()
        self.rules = Rules()
        self.feed: list[FeedMessage] = []
        self.now = 0.0
        self.taken = taken
        self._journal = journal
        self._seed = seed
        self._effects: list[Effect] = []
        self._refusals = 0

    # names
    def next_id(self, kind: str) -> str:
        """Return the name of the next order or fill; the effect that carries it moves the counter."""
        return name_of(self._seed, kind, self.state.issued)

    def next_refused_id(self) -> str:
        """Return a name for an order that was never accepted."""
        self._refusals += 1
        return name_of(self._seed, f"refused {self.state.issued}", self._refusals)

    # effects
    @property
    def uncommitted(self) -> bool:
        """Return whether anything happened since the last commit."""
        return bool(self._effects)

    def apply(self, effect: Effect) -> None:
        """Fold an effect and keep it for the next commit."""
        self.state.apply(effect, self.now)
        self._effects.append(effect)

    def commit(self, cause: str) -> None:
        """Write what happened since the last commit as one entry; nothing is said before it is written."""
        if not self._effects:
            return
        if self.state.account.balance_usd < 0:
            self._pay_debt()
        entry = JournalEntry(
            ts=self.now, number=self.state.number + 1, cause=cause, effects=tuple(self._effects)
        )
        self._journal.append(entry)
        self.state.number = entry.number
        self._effects.clear()

    def place(self, terms: OrderTerms, *, reason: str) -> ExchangeOrder:
        """Accept an order."""
        self.apply(Placed(order=terms, reason=reason))
        order = self.state.open[terms.order_id]
        self.feed.append(OrderNews(order=order, reason=reason, ended=False, ts=self.now))
        return order

    def end(self, order_id: str, reason: str) -> ExchangeOrder:
        """Take an order out of the book."""
        symbol = self.state.open[order_id].terms.symbol
        self.apply(Ended(order_id=order_id, reason=reason))
        order = self.state.ended[order_id]
        self._leave_queue(symbol, order_id)
        self.feed.append(OrderNews(order=order, reason=reason, ended=True, ts=self.now))
        return order

    def resize(self, effect: Resized) -> ExchangeOrder:
        """Change an open order."""
        self.apply(effect)
        order = self.state.open[effect.order_id]
        self.feed.append(OrderNews(order=order, reason=effect.reason, ended=False, ts=self.now))
        return order

    def execute(
        self,
        order_id: str,
        *,
        price: Decimal,
        size: Decimal,
        fill_type: str,
        liquidation_fee: Decimal = ZERO,
    ) -> Executed:
        """Trade a part of an order, with its fee and the funding that the change realises."""
        terms = self.state.open[order_id].terms
        position = self.state.account.positions.get(terms.symbol)
        funding = ZERO if position is None else self.funding.accrued(position, self.now)
        valuation = self.contracts[terms.symbol].valuation()
        effect = Executed(
            fill_id=self.next_id("fill"),
            order_id=order_id,
            price=price,
            size=size,
            fill_type=fill_type,
            fee_usd=price * size * self.fee_rate(fill_type) + liquidation_fee,
            funding_usd=funding,
            funding_rate=self.funding.rate(terms.symbol) if funding else None,
            mark_price=valuation,
            liquidation_fee_usd=liquidation_fee,
        )
        self.apply(effect)
        self.funding.settled(terms.symbol)
        self.feed.append(FillNews(fill=self.state.fills[-1]))
        return effect

    # views that several parts need
    def fee_rate(self, fill_type: str) -> Decimal:
        """Return what a trade of this kind costs right now, as a fraction of its value."""
        if fill_type == "assignor":
            return ZERO
        tier = self.state.volume.tier(self.now)
        return (tier.maker if fill_type == "maker" else tier.taker) * self.rules.fee_factor

    def index(self, symbol: str) -> float | None:
        """Return the index price of a contract in USD, None where it is not known."""
        contract = self.contracts.get(symbol)
        return None if contract is None else contract.index

    def holdings(self) -> list[Holding]:
        """Return the other collateral, in the order in which it is sold."""
        return holdings(self.state.account.currencies, self.index)

    @property
    def is_priced(self) -> bool:
        """Return whether all collateral has a price, so that the margins tell the truth."""
        return all(holding.price is not None for holding in self.holdings())

    def margins(self, extra: Sequence[ExchangeOrder] = ()) -> Margins:
        """Return the account's margins, as if ``extra`` orders were open too."""
        balance = self.state.account.balance_usd
        margins = summarise(balance, self.exposures(extra), funding=self.unrealised_funding())
        return margins.backed_by(self.holdings()) if self.state.account.currencies else margins

    def exposures(self, extra: Sequence[ExchangeOrder] = ()) -> list[Exposure]:
        """Return what each contract with a position or an adding order stands for."""
        return exposures(
            self.specs,
            self.state.account.positions,
            (*self.state.open.values(), *extra),
            mark=lambda symbol: self.contracts[symbol].valuation(),
            preferences=self.state.preferences,
        )

    def unrealised_funding(self) -> Decimal:
        """Return the funding accrued on all positions since it was last realised, in USD."""
        positions = self.state.account.positions.values()
        return sum((self.funding.accrued(p, self.now) for p in positions), ZERO)

    def orders(self, symbol: str) -> Iterator[ExchangeOrder]:
        """Yield a contract's open orders, oldest first."""
        return (o for o in tuple(self.state.open.values()) if o.terms.symbol == symbol)

    def publish_level(self, symbol: str, side: Side, ticks: int) -> None:
        """Tell the public the size of one level that a participant changed."""
        contract = self.contracts[symbol]
        if not contract.footprint:
            return
        self.feed.append(
            BookChange(
                symbol=symbol,
                side=side.value,
                price=contract.grid.price_float(ticks),
                size=contract.published_at(side, ticks),
                seq=contract.next_book_seq(),
                ts=self.now,
            )
        )

    def _pay_debt(self) -> None:
        while (step := payment(self.state.account, self.holdings())) is not None:
            self.apply(step)

    def _leave_queue(self, symbol: str, order_id: str) -> None:
        queue = self.contracts[symbol].queue
        resting = queue.get(order_id)
        if resting is not None:
            queue.drop(order_id)
            self.publish_level(symbol, resting.side, resting.ticks)
