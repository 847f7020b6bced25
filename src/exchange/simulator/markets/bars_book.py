"""A declared book around a price of a bar: one level a side, nothing behind it."""

import math
from typing import NamedTuple

from src.exchange.simulator.events import BookSnapshot, InstrumentSpec
from src.exchange.simulator.grid import Grid
from src.exchange.simulator.markets.bars_spec import DeclaredBook
from src.exchange.simulator.markets.errors import BarsError

_DUST = 1e-6
"""In ticks and steps: a price that close to a tick lies on it."""


class Quote(NamedTuple):
    """The declared best levels."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float


class BookMaker:
    """Puts the declared book of one contract around prices."""

    def __init__(self, spec: InstrumentSpec, declared: DeclaredBook, *, highest: float) -> None:
        """Take the contract; raises BarsError where the depth is not worth its smallest size at ``highest`` USD."""
        self._symbol = spec.symbol
        self._grid = Grid(spec)
        self._half = declared.spread_bps / 2e4
        self._depth_usd = declared.depth_usd
        self._tick, self._step = float(self._grid.tick), float(self._grid.step)
        if self._size(highest * (1.0 + self._half) + self._tick) == 0:
            raise BarsError(
                f"depth_usd={declared.depth_usd:g} is less than the smallest size of {spec.symbol}: "
                f"{self._step:g} contracts at up to {highest:g} USD"
            )

    def quote(self, price: float) -> Quote:
        """Return bid and ask at half the spread from a price, moved away from it to whole ticks."""
        bid = max(1, math.floor(price * (1.0 - self._half) / self._tick + _DUST))
        ask = max(bid + 1, math.ceil(price * (1.0 + self._half) / self._tick - _DUST))
        lower, upper = self._grid.price_float(bid), self._grid.price_float(ask)
        return Quote(lower, self._size(lower), upper, self._size(upper))

    def book(self, ts: float, price: float) -> BookSnapshot:
        """Return the book around a price."""
        quote = self.quote(price)
        return BookSnapshot(ts, self._symbol, ((quote.bid, quote.bid_size),), ((quote.ask, quote.ask_size),))

    def no_book(self, ts: float) -> BookSnapshot:
        """Return the book of a time without bars: nothing stands there."""
        return BookSnapshot(ts, self._symbol, (), ())

    def _size(self, price: float) -> float:
        return self._grid.size_float(math.floor(self._depth_usd / price / self._step + _DUST))
