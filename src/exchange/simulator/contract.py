"""Everything the exchange knows of one contract's market, apart from who holds what."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from src.exchange.simulator.book import Book
from src.exchange.simulator.day import Day
from src.exchange.simulator.events import InstrumentSpec, WireSide
from src.exchange.simulator.feed import Print
from src.exchange.simulator.grid import Grid
from src.exchange.simulator.resting import Queue
from src.records.enums import Side

KEEP_PRINTS = 1000


class Contract:
    """Book, prints, reference values and the queue of our participants' orders."""

    def __init__(self, spec: InstrumentSpec, *, footprint: bool) -> None:
        self.spec = spec
        self.grid = Grid(spec)
        self.book = Book()
        self.queue = Queue()
        self.footprint = footprint
        """Whether our participants' orders and trades show in the public data; a recording stays as it was."""
        self.day = Day()
        self.prints: deque[Print] = deque(maxlen=KEEP_PRINTS)
        self.book_seq = 0
        self.trade_seq = 0
        self.book_ts: float | None = None
        self.last: float | None = None
        self.mark: float | None = None
        self.index: float | None = None
        self.funding_rate: float | None = None
        self.funding_rate_prediction: float | None = None
        self.open_interest: float | None = None
        self.suspended = False
        self.post_only = False
        """Whether nothing is executed and only post-only orders are taken."""

    @property
    def halted(self) -> bool:
        """Return whether nothing may be executed here right now."""
        return self.suspended or self.post_only

    def next_book_seq(self) -> int:
        """Return the number of the next book message."""
        self.book_seq += 1
        return self.book_seq

    def published(self, side: Side) -> Iterator[tuple[int, int]]:
        """Yield (ticks, steps) of one side as the public sees it, best first."""
        half = self.book.half(side)
        if not self.footprint:
            yield from half.levels()
            return
        levels = dict(half.walk())
        for resting in self.queue:
            if resting.side is side:
                levels[resting.ticks] = levels.get(resting.ticks, 0) + resting.steps
        yield from sorted(levels.items(), reverse=side is Side.BUY)

    def published_at(self, side: Side, ticks: int) -> float:
        """Return the size of one level as the public sees it."""
        half = self.book.half(side)
        if not self.footprint:
            return self.grid.size_float(half.shown(ticks))
        return self.grid.size_float(half.available(ticks) + self.queue.at(side, ticks))

    def touch(self, side: Side) -> tuple[float, float] | None:
        """Return the (price, size) of the best level as the public sees it, None where there is none."""
        ticks = self._best(side)
        return None if ticks is None else (self.grid.price_float(ticks), self.published_at(side, ticks))

    def _best(self, side: Side) -> int | None:
        half = self.book.half(side)
        if not self.footprint:
            return half.best_shown()
        ours = self.queue.side(side)
        if not ours:
            return half.best_available()
        best, own = half.best_available(), ours[0].ticks
        return own if best is None or side.sign * (own - best) > 0 else best

    def valuation(self) -> Decimal | None:
        """Return the price that positions are valued at: mark, else last, else None."""
        price = self.mark if self.mark is not None else self.last
        return None if price is None else Decimal(str(price))

    def signal(self, name: str) -> float | None:
        """Return what a trigger watches: ``last``, ``mark`` or ``index``."""
        if name == "mark":
            return self.mark
        return self.last if name == "last" else self.index


def side_of(word: WireSide) -> Side:
    """Return the side that a word of the wire names."""
    return Side.BUY if word == "buy" else Side.SELL
