"""A made-up market: seeded, alive for ever, the same however it is stepped.

``docs/synthetic_market.md`` is its model.
"""

import math
from operator import attrgetter
from typing import Literal, Self

import numpy as np

from src.exchange.simulator.events import Candle, FundingPoint, InstrumentSpec, MarketEvent, WireSide
from src.exchange.simulator.instruments import UnknownInstrumentError, instrument
from src.exchange.simulator.markets.bars import MinuteBars, aggregate
from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.core import ModelCore
from src.exchange.simulator.markets.minute import MINUTE_S, common_path, plan_minute
from src.exchange.simulator.markets.past import core_candles, core_trade_rows
from src.exchange.simulator.markets.stream import SymbolStream
from src.exchange.simulator.markets.timeline import Timeline, origin_behind
from src.records.market_state import CoreState, SyntheticState

LEAP_AFTER_S = 600.0
"""A step over more than this is not lived message by message."""
MESSAGES_AN_ACTION = 1.8
"""Mean messages that one planned action makes."""
KEEP_MINUTES = 32 * 1440


class SyntheticMarket:
    """A seeded market of correlated perpetuals with 30 days behind its start."""

    def __init__(
        self,
        symbols: tuple[str, ...],
        *,
        seed: int,
        start: float,
        messages_per_s: float = 2.0,
        edge: bool = True,
        origin: CoreState | None = None,
    ) -> None:
        """Begin at ``start`` (seconds since the epoch, UTC); raises ``UnknownInstrumentError``.

        ``origin`` is for ``resume``: where the kept history begins.
        """
        self._symbols, self._seed, self._edge = symbols, seed, edge
        self._messages_per_s = messages_per_s
        self._specs = tuple(instrument(symbol) for symbol in symbols)
        self._columns = {symbol: column for column, symbol in enumerate(symbols)}
        self._chance = Chance(seed)
        self._offsets = [float(self._chance.generator(f"second/{symbol}", 0).random()) for symbol in symbols]
        """When in each second a symbol's reference is looked at."""
        self._loads = [character(symbol).correlation for symbol in symbols]
        self._minute = int(start // MINUTE_S)
        core = ModelCore(symbols, seed=seed, edge=edge)
        if origin is None:
            prices = tuple(math.log(character(symbol).start_price) for symbol in symbols)
            origin = origin_behind(core, start_minute=self._minute, start_log_prices=prices)
        self._timeline = Timeline(core, self._specs, origin=origin)
        self._timeline.reach(self._minute)
        self._streams = tuple(SymbolStream(spec, actions_per_s=self._actions_per_s) for spec in self._specs)
        self._bars = tuple(
            self._filled(MinuteBars(keep=KEEP_MINUTES), column) for column in range(len(symbols))
        )
        self._begin_minute()
        for stream in self._streams:
            stream.restock()
            stream.run(start)
        self._now = start

    @classmethod
    def resume(cls, state: SyntheticState) -> Self:
        """Return the market that goes on from a state exactly as the one that told it."""
        market = cls(
            state.symbols,
            seed=state.seed,
            start=state.now,
            messages_per_s=state.messages_per_s,
            edge=state.edge,
            origin=state.origin,
        )
        for stream, known in zip(market._streams, state.streams, strict=True):
            stream.load(known)
        return market

    def state(self) -> SyntheticState:
        """Return where the market stands after the last step, a few kilobytes."""
        return SyntheticState(
            symbols=self._symbols,
            seed=self._seed,
            messages_per_s=self._messages_per_s,
            edge=self._edge,
            now=self._now,
            origin=self._timeline.origin,
            streams=tuple(stream.state() for stream in self._streams),
        )

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        """Return the instruments that trade here."""
        return self._specs

    def begin(self, now: float) -> list[MarketEvent]:
        """Return the state of the market at ``now``: a snapshot and a reference for each symbol."""
        self.step(now)
        events: list[MarketEvent] = []
        for stream in self._streams:
            events += [stream.snapshot(self._now), stream.reference(self._now)]
        return events

    def step(self, now: float) -> list[MarketEvent]:
        """Return all events after the last call up to and including ``now``, in order of time.

        Over a gap of more than ten minutes the market leaps: a fresh snapshot for each symbol at the beginning of
        the running minute stands for all that was not lived.
        """
        if now <= self._now:
            return []
        events: list[MarketEvent] = []
        if now - self._now > LEAP_AFTER_S:
            events += self._leap(int(now // MINUTE_S))
        while now >= (self._minute + 1) * MINUTE_S:
            events += self._run(math.inf)
            self._finish_minute()
        events += self._run(now)
        self._now = now
        return events

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end], oldest first; the newest may still be forming.

        Bars of trades reach 32 days back, mark and index 30. Raises ValueError unless a resolution is whole minutes.
        """
        if resolution_s <= 0 or resolution_s % MINUTE_S:
            raise ValueError(f"a resolution is whole minutes, not {resolution_s} s")
        column = self._column(symbol)
        first = math.ceil(start / resolution_s) * resolution_s
        last = math.floor(end / resolution_s) * resolution_s + resolution_s - MINUTE_S
        if kind != "trade":
            known, minutes = self._timeline.minutes(column, until_minute=self._minute)
            return core_candles(
                known, minutes, spot=kind == "spot", resolution_s=resolution_s, start=first, end=last
            )
        minute, rows = self._bars[column].between(first, last)
        forming = self._streams[column].bar
        if forming is not None and first <= self._minute * MINUTE_S <= last:
            minute = self._minute - len(rows)
            rows = np.vstack([rows, forming])
        return aggregate(minute, rows, resolution_s=resolution_s)

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the settled hours up to ``until``, oldest first."""
        return self._timeline.funding_points(self._column(symbol), until=min(until, self._now))

    def taken(self, symbol: str, side: WireSide, *, price: float, size: float) -> None:
        """Hear that a participant of ours took ``size`` of the displayed book at ``price`` (side: the taker's)."""
        self._streams[self._column(symbol)].taken(side, price=price, size=size, ts=self._now)

    @property
    def _actions_per_s(self) -> float:
        return self._messages_per_s / MESSAGES_AN_ACTION

    def _column(self, symbol: str) -> int:
        try:
            return self._columns[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None

    def _run(self, until: float) -> list[MarketEvent]:
        events = [event for stream in self._streams for event in stream.run(until)]
        events.sort(key=attrgetter("ts"))
        return events

    def _begin_minute(self) -> None:
        common = common_path(self._chance.generator("minute", self._minute))
        for column, stream in enumerate(self._streams):
            plan = plan_minute(
                self._timeline.facts(self._minute, column),
                chance=self._chance.generator(f"messages/{stream.spec.symbol}", self._minute),
                actions_per_s=self._actions_per_s,
                reference_offset_s=self._offsets[column],
                common=common,
                load=self._loads[column],
            )
            stream.begin_minute(plan, self._timeline.funding(self._minute, column))

    def _finish_minute(self) -> None:
        for stream, bars in zip(self._streams, self._bars, strict=True):
            row = (math.nan,) * 5 if stream.bar is None else stream.bar
            bars.extend(self._minute, np.array([row]))
        self._minute += 1
        self._timeline.reach(self._minute)
        self._begin_minute()

    def _leap(self, minute: int) -> list[MarketEvent]:
        self._minute = minute
        self._timeline.reach(minute)
        self._bars = tuple(self._filled(bars, column) for column, bars in enumerate(self._bars))
        self._begin_minute()
        events: list[MarketEvent] = []
        for stream in self._streams:
            stream.restock()
            events.append(stream.snapshot(float(minute * MINUTE_S)))
        return events

    def _filled(self, bars: MinuteBars, column: int) -> MinuteBars:
        """Return the bars up to the running minute, the missing ones made of the model core alone."""
        first, minutes = self._timeline.minutes(column, until_minute=self._minute)
        if bars.next_minute is None or bars.next_minute < first:
            bars = MinuteBars(keep=KEEP_MINUTES)
        begin = bars.next_minute or first
        missing = {name: values[begin - first :] for name, values in minutes.items()}
        rows = core_trade_rows(missing, self._specs[column], messages_per_s=self._messages_per_s)
        bars.extend(begin, rows)
        return bars
