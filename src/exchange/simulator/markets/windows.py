"""The synthetic market in windows: the prices of the message market, its messages only in sums.

``docs/synthetic_market.md`` is its model.
"""

import math
from collections.abc import Sequence
from typing import Literal

from src.exchange.simulator.events import (
    BookSnapshot,
    Candle,
    FundingPoint,
    InstrumentSpec,
    MarketEvent,
    Reference,
)
from src.exchange.simulator.instruments import UnknownInstrumentError, instrument
from src.exchange.simulator.markets.bars import aggregate
from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.core import BLOCK_MINUTES, ModelCore
from src.exchange.simulator.markets.crossings import with_crossings
from src.exchange.simulator.markets.minute import MINUTE_S
from src.exchange.simulator.markets.past import core_candles, core_trade_rows
from src.exchange.simulator.markets.synthetic import MESSAGES_AN_ACTION
from src.exchange.simulator.markets.timeline import HOUR_MINUTES, Timeline, origin_behind
from src.exchange.simulator.markets.window_model_pace import Contracts
from src.exchange.simulator.markets.windows_blocks import BlockPair, WindowBlocks
from src.exchange.simulator.markets.windows_display import MinuteView, Moment
from src.exchange.simulator.markets.windows_drift import PlantedDrift
from src.exchange.simulator.markets.windows_table import WindowTable
from src.market.closed_window import ClosedWindow

OPENS_AFTER_S = 1e-3
"""The first moment of a window's path comes this long after its begin, which is the close of the one before."""


class SyntheticWindows:
    """A seeded market of correlated perpetuals, told window by window; its core is the message market's."""

    def __init__(
        self,
        symbols: tuple[str, ...],
        *,
        seed: int,
        start: float,
        window_s: float,
        messages_per_s: float = 2.0,
        edge: bool = True,
    ) -> None:
        """Prices are the contracts' typical ones at ``start`` (seconds since the epoch, UTC).

        Raises ``UnknownInstrumentError``, and ValueError unless a window is 1 to 60 whole minutes.
        """
        if window_s % MINUTE_S or not MINUTE_S <= window_s <= HOUR_MINUTES * MINUTE_S:
            raise ValueError(f"a window is 1 to 60 whole minutes, not {window_s:g} s")
        self._symbols, self._messages_per_s = symbols, messages_per_s
        self._minutes = int(window_s // MINUTE_S)
        self._specs = tuple(instrument(symbol) for symbol in symbols)
        self._columns = {symbol: column for column, symbol in enumerate(symbols)}
        self._contracts = Contracts.of(self._specs)
        core = ModelCore(symbols, seed=seed, edge=edge)
        prices = tuple(math.log(character(symbol).start_price) for symbol in symbols)
        origin = origin_behind(core, start_minute=int(start // MINUTE_S), start_log_prices=prices)
        self._timeline = Timeline(core, self._specs, origin=origin)
        self._drift = PlantedDrift(core, origin, edge=edge)
        self._blocks = WindowBlocks(
            self._timeline,
            Chance(seed),
            self._contracts,
            symbols=symbols,
            actions_per_s=messages_per_s / MESSAGES_AN_ACTION,
        )
        self._pair: BlockPair | None = None
        self._table: WindowTable | None = None
        self._end = 0
        """Minutes since the epoch at the last close."""

    @property
    def end(self) -> float | None:
        """Return None: it never ends."""
        return None

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""
        return self._specs

    def begin(self, now: float) -> None:
        """Stand at ``now``, the close of a window; the next window closes one length later.

        Raises ValueError where no window closes, and where this market has been further already.
        """
        self._stand_at(now)

    def close(self, ts: float) -> list[ClosedWindow]:
        """Return what each symbol showed in the window that ends at ``ts``; raises ValueError as ``begin`` does."""
        return self._stand_at(ts).closed(self._end)

    def shown(self, symbol: str) -> tuple[BookSnapshot, Reference] | None:
        """Return the book and the reference values at the last close, twelve levels a side."""
        reference, book = self._closing(symbol)
        return book, reference

    def span(self, symbol: str) -> tuple[float, float]:
        """Return the lowest and the highest mark price of the last window's path."""
        spans = [self._view(symbol, minute).span() for minute in range(self._end - self._minutes, self._end)]
        return min(low for low, _ in spans), max(high for _, high in spans)

    def path(self, symbol: str, *, through: Sequence[float] = ()) -> tuple[MarketEvent, ...]:
        """Return open, extremes in their order and close of the last window, and where the mark passes ``through``.

        The book comes before the reference, so that what the mark triggers trades at the prices of that moment.
        """
        known = {reference.ts: (reference, book) for reference, book in self._known_moments(symbol)}
        funding = self._timeline.funding(self._end - 1, self._column(symbol))
        events: list[MarketEvent] = []
        for ts, mark in with_crossings([(ts, known[ts][0].mark) for ts in sorted(known)], through):
            view = self._view(symbol, min(int(ts // MINUTE_S), self._end - 1))
            reference, book = known.get(ts) or view.at_price(ts, funding, mark)
            events += [book, reference]
        return tuple(events)

    def _known_moments(self, symbol: str) -> list[Moment]:
        """Return the open, the two extremes and the close of the last window."""
        first, column = self._end - self._minutes, self._column(symbol)
        views = [self._view(symbol, minute) for minute in range(first, self._end)]
        funding = self._timeline.funding(self._end - 1, column)
        highest = max(views, key=lambda view: float(view.kept.minutes.high[view.row, column]))
        lowest = min(views, key=lambda view: float(view.kept.minutes.low[view.row, column]))
        opening = self._view(symbol, first - 1).at_begin_of_next(first * MINUTE_S + OPENS_AFTER_S, funding)
        extremes = [highest.at_extreme(funding, high=True), lowest.at_extreme(funding, high=False)]
        return [opening, *extremes, self._closing(symbol)]

    def drift_bps(self, symbol: str, start: float, end: float) -> float:
        """Return the log return in bps that the model planted between two ends of minutes; 0 with the edge off.

        Raises ValueError for a start before the market's history.
        """
        return self._drift.between_bps(
            self._column(symbol), first_minute=int(start // MINUTE_S), end_minute=int(end // MINUTE_S)
        )

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end] and ended by the last close, oldest first: the core's path.

        They reach 30 days back. Raises ValueError unless a resolution is whole minutes.
        """
        if resolution_s <= 0 or resolution_s % MINUTE_S:
            raise ValueError(f"a resolution is whole minutes, not {resolution_s} s")
        column = self._column(symbol)
        first = math.ceil(start / resolution_s) * resolution_s
        over = self._end * MINUTE_S // resolution_s * resolution_s
        last = min(math.floor(end / resolution_s) * resolution_s + resolution_s, over) - MINUTE_S
        known, minutes = self._timeline.minutes(column, until_minute=self._end)
        if kind != "trade":
            spot = kind == "spot"
            return core_candles(known, minutes, spot=spot, resolution_s=resolution_s, start=first, end=last)
        low = max(0, first // MINUTE_S - known)
        high = max(low, last // MINUTE_S - known + 1)
        kept = {name: values[low:high] for name, values in minutes.items()}
        rows = core_trade_rows(kept, self._specs[column], messages_per_s=self._messages_per_s)
        return aggregate(known + low, rows, resolution_s=resolution_s)

    def funding_history(self, symbol: str, *, until: float, since: float = 0.0) -> list[FundingPoint]:
        """Return the hours that were settled in [since, until], oldest first."""
        return self._timeline.funding_points(
            self._column(symbol), until=min(until, float(self._end * MINUTE_S)), since=since
        )

    def _stand_at(self, ts: float) -> WindowTable:
        end, rest = divmod(ts, MINUTE_S)
        if rest or end % self._minutes:
            raise ValueError(f"no window of {self._minutes} minutes ends at {ts}")
        if end < self._end:
            raise ValueError(f"the window that ended at {ts} is over")
        self._end = int(end)
        number = (self._end - 1) // BLOCK_MINUTES
        if self._table is None or self._pair is None or number != self._pair.now.number:
            self._pair = self._blocks.reach(number)
            self._table = WindowTable(
                self._symbols,
                before=self._pair.before.rows,
                now=self._pair.now.rows,
                block=number,
                window_minutes=self._minutes,
            )
        return self._table

    def _closing(self, symbol: str) -> Moment:
        funding = self._timeline.funding(self._end - 1, self._column(symbol))
        return self._view(symbol, self._end - 1).at_close(float(self._end * MINUTE_S), funding)

    def _view(self, symbol: str, minute: int) -> MinuteView:
        if self._pair is None:
            raise RuntimeError("the market has not begun")
        kept, row = self._pair.of(minute)
        return MinuteView(symbol, self._column(symbol), row, kept, self._contracts)

    def _column(self, symbol: str) -> int:
        try:
            return self._columns[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None
