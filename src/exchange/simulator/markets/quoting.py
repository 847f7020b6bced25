"""What participants do to the displayed book of one symbol, one action at a time, around a fair price."""

import math
from bisect import bisect_left
from dataclasses import dataclass

from src.exchange.simulator.events import BookDelta, InstrumentSpec, MarketEvent
from src.exchange.simulator.markets.ladder import Ladder, Teller

STALE, CLEAR, FAR = -1.0, 0.25, 1.1
"""Distance of a best quote from the fair price, in gaps: below the first it is taken at once, and all up to the second
with it; above the third a better one is invited."""
ROOM = 0.6
"""Least distance of a better quote from the other side, in gaps."""
IMPROVE = 0.6
"""Chance that an action answers that invitation."""
FLOW_ACTIONS = 0.9
"""Share of the other actions that happen at the best levels; the rest tends the levels behind."""
ADD, CANCEL = 0.50, 0.65
"""An action at the best level adds below the first, cancels below the second, trades above it."""
GOLDEN = 0.6180339887498949
"""Step of the turns: any run of them holds both sides' shares (a Kronecker sequence), so that flow is steady."""
LARGE_TRADE, LARGE_FACTOR = 0.01, 8.0
"""Chance of a large trade, and how much larger it is."""
FEWEST, FEW, MANY = 8, 12, 16
"""Levels a side: filled up at once, filled up in passing, thinned out."""
FULL_QUEUE = 1.5
"""A best level of this many typical sizes is not added to."""
IMPROVED, NEXT, BEHIND = 0.25, 0.7, 0.25
"""Sizes of a better quote, of the level next to the best and, more, of each one behind it, in typical sizes."""
STEP, TRADED = 1.0, 0.3
"""Median size of what is added or cancelled, and of a trade."""
NEXT_LEVEL = 0.9
"""Share of the tending that goes to the level next to the best."""
LEAN = 2.4
"""One-sided flow hides: behind the best level the fed side thins out and the eaten side fills up, by this exponent."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a minute trades."""

    gap: float
    """Typical distance of levels, in ticks; at least 1."""
    depth: float
    """Typical size of the best level, in steps."""
    tilt: float
    """-1..1: how one-sided the actions at the best levels are."""


class Quoting:
    """Both sides of a book and those who change them; every event leaves bid below ask, and neither side empty."""

    def __init__(self, spec: InstrumentSpec) -> None:
        self.bids = Ladder("buy")
        self.asks = Ladder("sell")
        self.turn = 0.0
        """Whose turn it is at the best levels, 0..1: buyers and sellers take turns by their shares."""
        self._teller = Teller(spec)
        self._pace = Pace(gap=1.0, depth=1.0, tilt=0.0)

    def set_pace(self, pace: Pace) -> None:
        """Take over how the coming minute trades."""
        self._pace = pace

    def restock(self, fair: float, chance: list[float]) -> None:
        """Build a fresh book around a fair price in ticks; two numbers of chance place the best quotes."""
        for ladder, place in ((self.bids, chance[0]), (self.asks, chance[1])):
            key = self._best_place(ladder, fair, place)
            ladder.keys, ladder.sizes = [key], [max(1, round(self._pace.depth))]
            while len(ladder.keys) < FEW:
                self._extend(ladder)

    def act(self, ts: float, fair: float, chance: list[float], normal: float) -> list[MarketEvent]:
        """Return what one action does: stale quotes go, then one participant moves."""
        events: list[MarketEvent] = []
        for ladder in (self.asks, self.bids):
            if ladder.keys[0] < ladder.sign * fair + STALE * self._pace.gap:
                self._clear_stale(
                    ts, ladder, fair, events, traded=chance[2] < (1.0 + ladder.sign * self._pace.tilt) / 2
                )
        first = (self.asks, self.bids) if chance[1] < 0.5 else (self.bids, self.asks)
        if chance[0] < IMPROVE:
            for ladder in first:
                if ladder.keys[0] > ladder.sign * fair + FAR * self._pace.gap:
                    self._improve(ts, ladder, fair, chance[3], normal, events)
                    return events
        if chance[3] < FLOW_ACTIONS:
            self._flow(ts, chance, normal, events)
        else:
            self._tend(ts, first[0], chance[2], normal, events)
        return events

    def liquidate(self, ts: float, *, longs: bool, normal: float) -> list[MarketEvent]:
        """Return what one forced trade does: longs are sold into the bids, shorts bought from the asks."""
        events: list[MarketEvent] = []
        size = max(1, int(0.8 * self._pace.depth * math.exp(0.8 * normal)))
        self._hit(ts, self.bids if longs else self.asks, size, events, liquidation=True)
        return events

    def level(self, ts: float, ladder: Ladder, key: int) -> BookDelta:
        """Return the news of how much stands at a key."""
        return self._teller.level(ts, ladder, key, ladder.size_at(key))

    def middle(self) -> float:
        """Return the mid price in ticks."""
        return (self.asks.keys[0] - self.bids.keys[0]) / 2

    def displayed(self, ladder: Ladder) -> tuple[tuple[float, float], ...]:
        """Return (price, size) of a ladder's levels, best first."""
        scale = self._teller.scale
        return tuple((scale.price(ticks), scale.size(size)) for ticks, size in ladder.levels())

    def take(self, ladder: Ladder, key: int, size: int) -> list[int]:
        """Take up to ``size`` away from a level without telling; return the keys of the levels that changed."""
        there = ladder.size_at(key)
        if not there:
            return []
        changed = [key]
        if there <= size and len(ladder.keys) == 1:
            self._extend(ladder)
            changed.append(ladder.keys[-1])
        ladder.put(key, max(0, there - size))
        return changed

    def _best_place(self, ladder: Ladder, fair: float, place: float) -> int:
        return math.ceil(ladder.sign * fair + (CLEAR + place * (1.0 - CLEAR)) * self._pace.gap)

    def _clear_stale(
        self, ts: float, ladder: Ladder, fair: float, events: list[MarketEvent], *, traded: bool
    ) -> None:
        limit = math.ceil(ladder.sign * fair + CLEAR * self._pace.gap)
        if ladder.keys[-1] < limit:
            self._publish_extension(ts, ladder, events, beyond=limit)
        while len(ladder.keys) < FEWEST:
            self._publish_extension(ts, ladder, events)
        stale = bisect_left(ladder.keys, limit)
        for place in range(stale - 1, -1, -1):
            key, size = ladder.keys.pop(place), ladder.sizes.pop(place)
            if traded and place == 0:
                events.append(self._teller.trade(ts, ladder, key, size))
            events.append(self._teller.level(ts, ladder, key, 0))

    def _improve(
        self, ts: float, ladder: Ladder, fair: float, place: float, normal: float, events: list[MarketEvent]
    ) -> None:
        other = self.bids if ladder is self.asks else self.asks
        key = max(self._best_place(ladder, fair, place), math.ceil(ROOM * self._pace.gap) - other.keys[0])
        if key < ladder.keys[0]:
            size = self._size(IMPROVED, 0.5 * normal)
            ladder.put(key, size)
            events.append(self._teller.level(ts, ladder, key, size))
            self._renew(ts, ladder, 1, normal, events)

    def _flow(self, ts: float, chance: list[float], normal: float, events: list[MarketEvent]) -> None:
        self.turn = (self.turn + GOLDEN) % 1.0
        buying = self.turn < (1.0 + self._pace.tilt) / 2
        fed, eaten = (self.bids, self.asks) if buying else (self.asks, self.bids)
        if chance[2] < ADD and fed.sizes[0] < FULL_QUEUE * self._pace.depth:
            fed.sizes[0] += self._size(STEP, 0.5 * normal)
            events.append(self._teller.level(ts, fed, fed.keys[0], fed.sizes[0]))
        elif chance[2] < CANCEL:
            left = eaten.sizes[0] - self._size(STEP, 0.5 * normal)
            if left <= 0:
                self._drop_best(ts, eaten, events)
                return
            eaten.sizes[0] = left
            events.append(self._teller.level(ts, eaten, eaten.keys[0], left))
        else:
            large = LARGE_FACTOR if chance[3] < LARGE_TRADE else 1.0
            self._hit(ts, eaten, self._size(TRADED * large, 0.8 * normal), events)

    def _tend(
        self, ts: float, ladder: Ladder, place: float, normal: float, events: list[MarketEvent]
    ) -> None:
        if len(ladder.keys) < FEW:
            self._publish_extension(ts, ladder, events)
            return
        if len(ladder.keys) > MANY:
            key = ladder.keys.pop()
            ladder.sizes.pop()
            events.append(self._teller.level(ts, ladder, key, 0))
            return
        spread_out = (place - NEXT_LEVEL) / (1.0 - NEXT_LEVEL)
        behind = 1 if spread_out < 0.0 else 1 + int(spread_out * (len(ladder.keys) - 1))
        self._renew(ts, ladder, behind, normal, events)

    def _renew(
        self, ts: float, ladder: Ladder, behind: int, normal: float, events: list[MarketEvent]
    ) -> None:
        """Let a level behind the best one take the size that goes with its place and with the flow."""
        lean = LEAN * self._pace.tilt * ladder.sign / behind
        size = self._size(NEXT + BEHIND * (behind - 1), 0.4 * normal + lean)
        if size != ladder.sizes[behind]:
            ladder.sizes[behind] = size
            events.append(self._teller.level(ts, ladder, ladder.keys[behind], size))

    def _hit(
        self, ts: float, ladder: Ladder, size: int, events: list[MarketEvent], *, liquidation: bool = False
    ) -> None:
        while size > 0:
            key, there = ladder.keys[0], ladder.sizes[0]
            events.append(self._teller.trade(ts, ladder, key, min(size, there), liquidation=liquidation))
            if size < there:
                ladder.sizes[0] = there - size
                events.append(self._teller.level(ts, ladder, key, there - size))
                return
            self._drop_best(ts, ladder, events)
            size -= there

    def _drop_best(self, ts: float, ladder: Ladder, events: list[MarketEvent]) -> None:
        if len(ladder.keys) < FEWEST:
            self._publish_extension(ts, ladder, events)
        events.append(self._pop(ts, ladder))

    def _pop(self, ts: float, ladder: Ladder) -> BookDelta:
        key = ladder.keys.pop(0)
        del ladder.sizes[0]
        return self._teller.level(ts, ladder, key, 0)

    def _publish_extension(
        self, ts: float, ladder: Ladder, events: list[MarketEvent], *, beyond: int | None = None
    ) -> None:
        self._extend(ladder, beyond=beyond)
        events.append(self._teller.level(ts, ladder, ladder.keys[-1], ladder.sizes[-1]))

    def _extend(self, ladder: Ladder, *, beyond: int | None = None) -> None:
        """Add a level behind the last one, the farther apart and the larger the more there are."""
        place = len(ladder.keys)
        key = ladder.keys[-1] + max(1, round(self._pace.gap * (0.6 + 0.15 * place)))
        ladder.keys.append(key if beyond is None else max(key, beyond))
        ladder.sizes.append(self._size(1.0 + 0.25 * place, 0.0))

    def _size(self, share: float, exponent: float) -> int:
        return max(1, int(share * self._pace.depth * math.exp(exponent)))
