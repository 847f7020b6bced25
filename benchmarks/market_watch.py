"""What anybody sees of a market, second by second, from its events alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Market,
    MarketEvent,
    MarketTrade,
    Reference,
)

Floats = npt.NDArray[np.float64]
STEP_S = 600.0
NEAR = 10e-4
"""How far from the mid a level counts as near, as a fraction of price."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """One symbol, a row a second: how it stood at the second's end, and what happened in it."""

    mid: Floats
    spread_bps: Floats
    best_usd: Floats
    """Mean value of the two best levels."""
    near_usd: Floats
    """Value of all levels within ten basis points of the mid, both sides."""
    flow: Floats
    """Net order flow at the best levels, in contracts: Cont, Kukanov and Stoikov (2014)."""
    bought: Floats
    """Contracts that takers bought less those that they sold."""
    liquidations: Floats
    """Forced trades; negative: longs were sold out."""
    mark: Floats
    index: Floats
    funding_rate: Floats
    open_interest: Floats

    def returns(self, span_s: int) -> Floats:
        """Return the log returns of the mid over spans that follow each other."""
        log = np.log(self.mid[: len(self.mid) // span_s * span_s : span_s])
        return log[1:] - log[:-1]

    def summed(self, column: Floats, span_s: int) -> Floats:
        """Return sums over the spans of ``returns``."""
        count = len(column) // span_s
        whole: Floats = column[1 : (count - 1) * span_s + 1].reshape(count - 1, span_s).sum(axis=1)
        return whole


_KEPT = tuple(Seconds.__dataclass_fields__)
_STATES = frozenset(_KEPT) - {"flow", "bought", "liquidations"}


def watch(market: Market, *, start: float, seconds: int) -> dict[str, Seconds]:
    """Return what a market shows from ``start`` on, by symbol."""
    eyes = {spec.symbol: _Eye(start, seconds) for spec in market.instruments()}
    _show(eyes, market.begin(start))
    until = start
    while until < start + seconds:
        until = min(until + STEP_S, start + seconds)
        _show(eyes, market.step(until))
    return {symbol: eye.seen() for symbol, eye in eyes.items()}


def _show(eyes: dict[str, "_Eye"], events: Iterable[MarketEvent]) -> None:
    for event in events:
        if isinstance(event, BookSnapshot | BookDelta | MarketTrade | Reference):
            eyes[event.symbol].look(event)


@dataclass(slots=True)
class _Top:
    bid: float
    bid_size: float
    ask: float
    ask_size: float

    def flow_since(self, before: "_Top") -> float:
        change = self.bid_size if self.bid >= before.bid else 0.0
        change -= before.bid_size if self.bid <= before.bid else 0.0
        change -= self.ask_size if self.ask <= before.ask else 0.0
        change += before.ask_size if self.ask >= before.ask else 0.0
        return change


@dataclass(slots=True)
class _Book:
    bids: dict[float, float] = field(default_factory=dict)
    asks: dict[float, float] = field(default_factory=dict)

    def apply(self, event: BookSnapshot | BookDelta) -> None:
        if isinstance(event, BookSnapshot):
            self.bids, self.asks = dict(event.bids), dict(event.asks)
            return
        side = self.bids if event.side == "buy" else self.asks
        if event.size:
            side[event.price] = event.size
        else:
            side.pop(event.price, None)

    def top(self) -> _Top | None:
        if not self.bids or not self.asks:
            return None
        bid, ask = max(self.bids), min(self.asks)
        return _Top(bid, self.bids[bid], ask, self.asks[ask])

    def near_usd(self, mid: float) -> float:
        low, high = mid * (1 - NEAR), mid * (1 + NEAR)
        bids = sum(price * size for price, size in self.bids.items() if price >= low)
        return bids + sum(price * size for price, size in self.asks.items() if price <= high)


class _Eye:
    """Looks at one symbol."""

    def __init__(self, start: float, seconds: int) -> None:
        self._start = start
        self._columns = {name: np.zeros(seconds) for name in _KEPT}
        for name in _STATES:
            self._columns[name][:] = np.nan
        self._second = 0
        self._book = _Book()
        self._top: _Top | None = None
        self._reference: Reference | None = None

    def look(self, event: BookSnapshot | BookDelta | MarketTrade | Reference) -> None:
        second = int(event.ts - self._start)
        if second > self._second:
            self._close(second)
        if isinstance(event, Reference):
            self._reference = event
        elif isinstance(event, MarketTrade):
            self._count("bought", event.size if event.side == "buy" else -event.size)
            if event.kind == "liquidation":
                self._count("liquidations", 1.0 if event.side == "buy" else -1.0)
        else:
            self._book.apply(event)
            before, self._top = self._top, self._book.top()
            if before is not None and self._top is not None and isinstance(event, BookDelta):
                self._count("flow", self._top.flow_since(before))

    def seen(self) -> Seconds:
        self._close(len(self._columns["mid"]))
        return Seconds(**self._columns)

    def _count(self, name: str, value: float) -> None:
        if self._second < len(self._columns[name]):
            self._columns[name][self._second] += value

    def _close(self, second: int) -> None:
        """Write down how it stood in all seconds before this one."""
        top, told, columns = self._top, self._reference, self._columns
        span = slice(self._second, second)
        self._second = second
        if top is not None:
            mid = (top.bid + top.ask) / 2
            columns["mid"][span] = mid
            columns["spread_bps"][span] = 1e4 * (top.ask - top.bid) / mid
            columns["best_usd"][span] = mid * (top.bid_size + top.ask_size) / 2
            columns["near_usd"][span] = self._book.near_usd(mid)
        if told is not None:
            columns["mark"][span], columns["index"][span] = told.mark, told.index
            if told.funding_rate is not None and told.open_interest is not None:
                columns["funding_rate"][span] = told.funding_rate
                columns["open_interest"][span] = told.open_interest
