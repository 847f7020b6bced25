"""What can be traded with at one moment of a window: a book around a price, and the reference values."""

import math
from dataclasses import dataclass

from src.exchange.simulator.events import BookSnapshot, Reference
from src.exchange.simulator.markets.minute import MINUTE_S
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.stream import Funding
from src.exchange.simulator.markets.window_model_draws import Uniform
from src.exchange.simulator.markets.window_model_pace import Contracts
from src.exchange.simulator.markets.windows_blocks import KeptBlock

SHOWN_LEVELS = 12
"""Levels a side."""
GROWTH = 1.12
"""By how much a level behind the fifth is larger than the one before it."""
USUAL_SPREAD = 1.3
"""Distance of ask and bid at an extreme, in gaps."""
EDGE_SHARE = 0.02
"""An extreme lies at least this share of a minute away from its ends."""
LATE = 2.0
"""How much later, for each standard deviation of the minute's move, the extreme comes that the move leads to."""

Moment = tuple[Reference, BookSnapshot]


@dataclass(frozen=True, slots=True)
class MinuteView:
    """One minute of one symbol, as a participant sees it."""

    symbol: str
    column: int
    row: int
    kept: KeptBlock
    contracts: Contracts

    def at_close(self, ts: float, funding: Funding) -> Moment:
        """Return what is shown at the minute's end, told at ``ts``: the very numbers of the window."""
        minutes = self.kept.minutes
        mark, index = self._value(minutes.mark), self._value(minutes.index)
        return self._reference(ts, funding, mark=mark, index=index), self._close_book(ts)

    def at_begin_of_next(self, ts: float, funding: Funding) -> Moment:
        """Return the book at the minute's end and the price as it is then: what the next minute begins with."""
        fair = math.exp(float(self.kept.block.core.log_price[self.row + 1, self.column]))
        return self._fair_reference(ts, funding, fair=fair, share=1.0), self._close_book(ts)

    def at_extreme(self, funding: Funding, *, high: bool) -> Moment:
        """Return what is shown at the minute's highest or lowest price, when it came."""
        core, minutes = self.kept.block.core, self.kept.minutes
        share = self._share(high=high)
        minute = core.number * len(core.sigma) + self.row
        ts = (minute + share) * MINUTE_S
        fair = math.exp(self._value(core.high if high else core.low))
        book = self._book_around(ts, self._value(minutes.high if high else minutes.low))
        return self._fair_reference(ts, funding, fair=fair, share=share), book

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest mark price of the minute, its close's included."""
        core = self.kept.block.core
        low, high = math.exp(self._value(core.low)), math.exp(self._value(core.high))
        close = self._value(self.kept.minutes.mark)
        return min(low, close), max(high, close)

    def at_price(self, ts: float, funding: Funding, mark: float) -> Moment:
        """Return what is shown when the mark passes a price within the minute, on its way between known moments."""
        share = min(1.0, max(0.0, ts / MINUTE_S - (self.kept.block.core.number * self._rows + self.row)))
        return self._fair_reference(ts, funding, fair=mark, share=share), self._book_around(ts, mark)

    @property
    def _rows(self) -> int:
        return len(self.kept.block.core.sigma)

    def _share(self, *, high: bool) -> float:
        """Return which part of the minute was over at its extreme; the one that the move leads to comes late."""
        core = self.kept.block.core
        chance = float(
            self.kept.block.draws.uniform[Uniform.HIGH_AT if high else Uniform.LOW_AT, self.row, self.column]
        )
        moved = float(core.log_price[self.row + 1, self.column] - core.log_price[self.row, self.column])
        led = (1.0 if high else -1.0) * moved / self._value(core.sigma)
        power = 1.0 / (1.0 + LATE * abs(led))
        share: float = chance**power if led > 0 else 1.0 - (1.0 - chance) ** power
        return EDGE_SHARE + (1.0 - 2.0 * EDGE_SHARE) * share

    def _fair_reference(self, ts: float, funding: Funding, *, fair: float, share: float) -> Reference:
        start, end = self.kept.block.core.premium[self.row : self.row + 2, self.column].tolist()
        index = fair * math.exp(-(start + share * (end - start)))
        return self._reference(ts, funding, mark=fair, index=index)

    def _reference(self, ts: float, funding: Funding, *, mark: float, index: float) -> Reference:
        return Reference(
            ts,
            self.symbol,
            mark,
            index,
            funding.rate_usd,
            funding.predicted_relative * index,
            self._value(self.kept.minutes.open_interest),
        )

    def _close_book(self, ts: float) -> BookSnapshot:
        book = self.kept.minutes.book
        return self._book(ts, bid=int(self._value(book.bid)), ask=int(self._value(book.ask)))

    def _book_around(self, ts: float, middle_usd: float) -> BookSnapshot:
        """Return a book of usual spread with its middle at a price on half a tick."""
        halves = round(2.0 * middle_usd / self.contracts.scales[self.column].tick)
        spread = max(1, round(USUAL_SPREAD * self._value(self.kept.block.pace.gap)))
        spread += (halves - spread) % 2
        bid = max(1, (halves - spread) // 2)
        return self._book(ts, bid=bid, ask=bid + spread)

    def _book(self, ts: float, *, bid: int, ask: int) -> BookSnapshot:
        book = self.kept.minutes.book
        bids = [self._value(book.bid_size), *book.bids_behind[:, self.row, self.column].tolist()]
        asks = [self._value(book.ask_size), *book.asks_behind[:, self.row, self.column].tolist()]
        return BookSnapshot(
            ts, self.symbol, self._levels(bid, bids, away=-1), self._levels(ask, asks, away=1)
        )

    def _levels(self, best: int, sizes: list[float], *, away: int) -> tuple[tuple[float, float], ...]:
        scale = self.contracts.scales[self.column]
        step = away * int(self._value(self.kept.minutes.book.spacing))
        while len(sizes) < SHOWN_LEVELS:
            sizes.append(scale.size(max(1, round(sizes[-1] * GROWTH / scale.step))))
        ticks = [best + step * place for place in range(SHOWN_LEVELS)]
        return tuple((scale.price(tick), size) for tick, size in zip(ticks, sizes, strict=True) if tick > 0)

    def _value(self, values: Floats) -> float:
        return float(values[self.row, self.column])
