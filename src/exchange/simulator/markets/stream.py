"""The live events of one symbol: plans carried out moment by moment."""

import math
from dataclasses import dataclass

from src.exchange.simulator.events import (
    BookSnapshot,
    InstrumentSpec,
    MarketEvent,
    MarketTrade,
    Reference,
    WireSide,
)
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.minute import MINUTE_S, MinuteFacts, MinutePlan, Moment
from src.exchange.simulator.markets.quoting import Pace, Quoting
from src.records.market_state import StreamState

Bar = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""

GAP_SECONDS = 1.2
"""A gap between levels is what the price moves in this many actions' time, by standard deviation and root of time."""
FLOW_TILT = 0.9
MARK_MEMORY_S = 30.0
MARK_MOVE, MARK_EVERY_S = 0.3e-4, 5.0
"""A reference is told when the mark has moved by this fraction, or after this time."""
IMPACT_GAPS, IMPACT_LIMIT_GAPS, IMPACT_MEMORY_S = 0.25, 3.0, 45.0
"""Taking one best level's typical size, as ours or as a forced trade, shifts the price by this many gaps, for about
this long."""


@dataclass(frozen=True, slots=True)
class Funding:
    """The running hour's funding, relative to the index."""

    rate_usd: float
    """USD a contract and hour."""
    predicted_relative: float


class SymbolStream:
    """One symbol's book, trades and reference values."""

    def __init__(self, spec: InstrumentSpec, *, actions_per_s: float) -> None:
        self.spec = spec
        self.quoting = Quoting(spec)
        self.bar: Bar | None = None
        self._actions_per_s = actions_per_s
        self._character = character(spec.symbol)
        self._tick = float(spec.tick_size)
        self._digits = max(0, -math.floor(math.log10(self._tick))) + 2
        self._plan: MinutePlan | None = None
        self._funding: Funding | None = None
        self._done = 0
        self._unpublished: set[tuple[WireSide, int]] = set()
        self._shift, self._shift_ts = 0.0, 0.0
        self._premium: float | None = None
        self._mark: float | None = None
        self._reference_ts = 0.0

    def begin_minute(self, plan: MinutePlan, funding: Funding) -> None:
        """Take over the plan of the coming minute; nothing of it has happened yet."""
        facts = plan.facts
        self._plan, self._funding, self._done, self.bar = plan, funding, 0, None
        self.quoting.set_pace(self._pace(facts))

    def restock(self) -> None:
        """Forget the book and build a fresh one at the minute's start."""
        plan = self._running()
        self._unpublished.clear()
        self._shift = self.quoting.turn = 0.0
        self._premium = self._mark = None
        self.quoting.restock(math.exp(plan.facts.log_start) / self._tick, plan.uniforms[0])

    def run(self, until: float) -> list[MarketEvent]:
        """Return what happens up to and including ``until``, within the running minute."""
        plan = self._running()
        events: list[MarketEvent] = []
        ts, last = plan.ts, len(plan.ts)
        done = self._done
        while done < last and ts[done] <= until:
            self._moment(plan, done, events)
            done += 1
        self._done = done
        return events

    def snapshot(self, ts: float) -> BookSnapshot:
        """Return the displayed book."""
        bids, asks = self.quoting.bids, self.quoting.asks
        return BookSnapshot(ts, self.spec.symbol, self.quoting.displayed(bids), self.quoting.displayed(asks))

    def reference(self, ts: float) -> Reference:
        """Return mark, index, funding and open interest at a time of the running minute."""
        plan = self._running()
        fair = plan.fair[max(0, self._done - 1)]
        index, premium = self._index(ts, fair, plan.facts)
        return self._refer(ts, index, round(index * (1.0 + premium), self._digits), plan.facts)

    def taken(self, side: WireSide, *, price: float, size: float, ts: float) -> None:
        """Feel that one of our participants took from the displayed book."""
        ladder = self.quoting.asks if side == "buy" else self.quoting.bids
        key = ladder.sign * round(price / self._tick)
        steps = round(size * 10.0**self.spec.size_decimals)
        for changed in self.quoting.take(ladder, key, steps):
            self._unpublished.add((ladder.side, ladder.sign * changed))
        self._push(ladder.sign * steps, ts)

    def state(self) -> StreamState:
        """Return where the stream stands."""
        return StreamState(
            symbol=self.spec.symbol,
            done=self._done,
            bids=self.quoting.bids.levels(),
            asks=self.quoting.asks.levels(),
            turn=self.quoting.turn,
            unpublished=tuple(sorted(self._unpublished)),
            shift=self._shift,
            shift_ts=self._shift_ts,
            premium=self._premium,
            mark=self._mark,
            reference_ts=self._reference_ts,
            bar=self.bar,
        )

    def load(self, state: StreamState) -> None:
        """Go on from where a stream stood; its minute's plan has been begun."""
        self._done = state.done
        self.quoting.bids.load(state.bids)
        self.quoting.asks.load(state.asks)
        self.quoting.turn = state.turn
        self._unpublished = {("buy" if side == "buy" else "sell", ticks) for side, ticks in state.unpublished}
        self._shift, self._shift_ts = state.shift, state.shift_ts
        self._premium, self._mark, self._reference_ts = state.premium, state.mark, state.reference_ts
        self.bar = state.bar

    def _running(self) -> MinutePlan:
        if self._plan is None:
            raise RuntimeError(f"{self.spec.symbol} has no minute yet")
        return self._plan

    def _pace(self, facts: MinuteFacts) -> Pace:
        ticks = math.exp(facts.log_start) / self._tick
        second = facts.sigma / math.sqrt(MINUTE_S * facts.activity)
        contract_usd = math.exp(facts.log_start) * 10.0**-self.spec.size_decimals
        return Pace(
            gap=max(1.0, ticks * second * GAP_SECONDS * math.sqrt(1.0 / self._actions_per_s)),
            depth=max(8.0, self._character.depth_usd / contract_usd),
            tilt=FLOW_TILT * facts.flow,
        )

    def _moment(self, plan: MinutePlan, place: int, events: list[MarketEvent]) -> None:
        ts, moment = plan.ts[place], plan.moment[place]
        if self._unpublished:
            self._publish(ts, events)
        if moment == Moment.ACTION:
            fair = plan.fair[place] / self._tick
            if self._shift:
                fair += self._shift_at(ts)
            told = self.quoting.act(ts, fair, plan.uniforms[place], plan.normals[place])
        elif moment == Moment.REFERENCE:
            self._refer_if_due(ts, plan.fair[place], plan.facts, events)
            return
        else:
            told = self._liquidate(ts, longs=plan.facts.liquidations < 0, normal=plan.normals[place])
        for event in told:
            if type(event) is MarketTrade:
                self._count(event)
        events += told

    def _liquidate(self, ts: float, *, longs: bool, normal: float) -> list[MarketEvent]:
        """Return a forced trade: it pushes the price on, for a while, as ours do."""
        told = self.quoting.liquidate(ts, longs=longs, normal=normal)
        taken = sum(event.size for event in told if isinstance(event, MarketTrade))
        steps = round(taken * 10.0**self.spec.size_decimals)
        self._push(-steps if longs else steps, ts)
        return told

    def _push(self, steps: int, ts: float) -> None:
        """Shift the price by what was taken; more than 0 was bought."""
        pace = self._pace(self._running().facts)
        pushed = self._shift_at(ts) + IMPACT_GAPS * pace.gap * steps / pace.depth
        bound = IMPACT_LIMIT_GAPS * pace.gap
        self._shift, self._shift_ts = max(-bound, min(bound, pushed)), ts

    def _publish(self, ts: float, events: list[MarketEvent]) -> None:
        for side, ticks in sorted(self._unpublished):
            ladder = self.quoting.bids if side == "buy" else self.quoting.asks
            events.append(self.quoting.level(ts, ladder, ladder.sign * ticks))
        self._unpublished.clear()

    def _shift_at(self, ts: float) -> float:
        return self._shift * math.exp(-(ts - self._shift_ts) / IMPACT_MEMORY_S)

    def _count(self, trade: MarketTrade) -> None:
        price, size = trade.price, trade.size
        if self.bar is None:
            self.bar = (price, price, price, price, size)
            return
        opened, high, low, _, volume = self.bar
        self.bar = (opened, max(high, price), min(low, price), price, volume + size)

    def _refer_if_due(self, ts: float, fair: float, facts: MinuteFacts, events: list[MarketEvent]) -> None:
        told, told_ts = self._mark, self._reference_ts
        index, premium = self._index(ts, fair, facts)
        self._premium = premium
        mark = round(index * (1.0 + premium), self._digits)
        if told is None or abs(mark / told - 1.0) >= MARK_MOVE or ts - told_ts >= MARK_EVERY_S:
            self._mark, self._reference_ts = mark, ts
            events.append(self._refer(ts, index, mark, facts))

    def _index(self, ts: float, fair: float, facts: MinuteFacts) -> tuple[float, float]:
        """Return the index and the smoothed premium of the mark over it."""
        share = (ts - facts.start) / MINUTE_S
        basis = facts.premium_start + (facts.premium_end - facts.premium_start) * share
        index = fair * math.exp(-basis)
        premium = self.quoting.middle() * self._tick / index - 1.0
        if self._premium is not None:
            premium = self._premium + (premium - self._premium) / MARK_MEMORY_S
        return index, premium

    def _refer(self, ts: float, index: float, mark: float, facts: MinuteFacts) -> Reference:
        funding = self._funding
        typical = self._character.open_interest_usd / self._character.start_price
        return Reference(
            ts,
            self.spec.symbol,
            mark,
            round(index, self._digits),
            None if funding is None else funding.rate_usd,
            None if funding is None else funding.predicted_relative * index,
            round(typical * math.exp(facts.open_interest), max(0, self.spec.size_decimals)),
        )
