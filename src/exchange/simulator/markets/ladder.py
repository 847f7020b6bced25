"""One side of a displayed book in whole ticks and steps, and the words in which its changes are told."""

from bisect import bisect_left
from decimal import Decimal
from typing import Literal

from src.exchange.simulator.events import BookDelta, InstrumentSpec, MarketTrade, WireSide
from src.exchange.simulator.markets.recursions import Floats


class Scale:
    """From whole ticks and steps to the nearest floats of price and size."""

    def __init__(self, spec: InstrumentSpec) -> None:
        self.tick_ratio = self._tick, self._ticks_in = spec.tick_size.as_integer_ratio()
        self.step_ratio = self._step, self._steps_in = (
            Decimal(1).scaleb(-spec.size_decimals).as_integer_ratio()
        )
        self.tick = float(spec.tick_size)
        self.step = self._step / self._steps_in

    def price(self, ticks: int) -> float:
        """Return a price in USD."""
        return ticks * self._tick / self._ticks_in

    def size(self, steps: int) -> float:
        """Return a size in contracts."""
        return steps * self._step / self._steps_in

    def prices(self, ticks: Floats) -> Floats:
        """Return many prices in USD."""
        return ticks * self._tick / self._ticks_in

    def sizes(self, steps: Floats) -> Floats:
        """Return many sizes in contracts."""
        return steps * self._step / self._steps_in


class Ladder:
    """The levels of one side, best first.

    A level's key is its price in ticks on the ask side and minus that on the bid side, so that a smaller key is
    always the better one and both sides share their code.
    """

    __slots__ = ("keys", "side", "sign", "sizes", "taker")

    def __init__(self, side: WireSide) -> None:
        self.side: WireSide = side
        self.taker: WireSide = "sell" if side == "buy" else "buy"
        """The side of a taker that hits this ladder."""
        self.sign = 1 if side == "sell" else -1
        self.keys: list[int] = []
        self.sizes: list[int] = []

    def levels(self) -> tuple[tuple[int, int], ...]:
        """Return (ticks, steps) of every level, best first."""
        return tuple((self.sign * key, size) for key, size in zip(self.keys, self.sizes, strict=True))

    def load(self, levels: tuple[tuple[int, int], ...]) -> None:
        """Take over levels as ``levels`` tells them."""
        self.keys = [self.sign * ticks for ticks, _ in levels]
        self.sizes = [size for _, size in levels]

    def size_at(self, key: int) -> int:
        """Return the steps at a key, 0 where there is no level."""
        place = bisect_left(self.keys, key)
        if place < len(self.keys) and self.keys[place] == key:
            return self.sizes[place]
        return 0

    def put(self, key: int, size: int) -> None:
        """Set the steps at a key; 0 removes the level."""
        place = bisect_left(self.keys, key)
        known = place < len(self.keys) and self.keys[place] == key
        if known and size:
            self.sizes[place] = size
        elif known:
            del self.keys[place], self.sizes[place]
        elif size:
            self.keys.insert(place, key)
            self.sizes.insert(place, size)


class Teller:
    """Makes the events of one symbol, with prices and sizes as its scale has them."""

    def __init__(self, spec: InstrumentSpec) -> None:
        self.scale = Scale(spec)
        self._symbol = spec.symbol
        self._tick, self._ticks_in = self.scale.tick_ratio
        self._step, self._steps_in = self.scale.step_ratio

    def level(self, ts: float, ladder: Ladder, key: int, size: int) -> BookDelta:
        """Return the news that a level has this size now."""
        return BookDelta(
            ts,
            self._symbol,
            ladder.side,
            ladder.sign * key * self._tick / self._ticks_in,
            size * self._step / self._steps_in,
        )

    def trade(
        self, ts: float, ladder: Ladder, key: int, size: int, *, liquidation: bool = False
    ) -> MarketTrade:
        """Return the news that a taker took ``size`` from a level of this ladder."""
        price = self.scale.price(ladder.sign * key)
        kind: Literal["fill", "liquidation"] = "liquidation" if liquidation else "fill"
        return MarketTrade(ts, self._symbol, ladder.taker, price, self.scale.size(size), kind)
