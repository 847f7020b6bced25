"""Readers of market events that share no code with the simulator, and a writer of small tapes."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from src.exchange.simulator.events import BookDelta, BookSnapshot, Market, MarketEvent, MarketTrade

Floats = npt.NDArray[np.float64]

START = 1_789_992_000.0
"""An hour's beginning."""
TEN = (
    "PF_XBTUSD",
    "PF_ETHUSD",
    "PF_SOLUSD",
    "PF_XRPUSD",
    "PF_DOGEUSD",
    "PF_ADAUSD",
    "PF_AVAXUSD",
    "PF_LINKUSD",
    "PF_LTCUSD",
    "PF_DOTUSD",
)


@dataclass
class PlainBook:
    """A book kept in the simplest way."""

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
            assert event.price in side, "only what stands can be removed"
            del side[event.price]

    def best(self) -> tuple[float, float, float, float]:
        bid, ask = max(self.bids), min(self.asks)
        return bid, self.bids[bid], ask, self.asks[ask]


class Meter:
    """Order-flow imbalance of one symbol by the formula of Cont, Kukanov and Stoikov (2014)."""

    def __init__(self) -> None:
        self.book = PlainBook()
        self.net = self.squares = 0.0
        self._best: tuple[float, float, float, float] | None = None

    def apply(self, event: BookSnapshot | BookDelta) -> None:
        self.book.apply(event)
        before, self._best = self._best, self.book.best()
        assert self._best[0] < self._best[2], "the book must never cross or lock"
        if before is None or before == self._best or isinstance(event, BookSnapshot):
            return
        (bid, bid_size, ask, ask_size), (bid0, bid_size0, ask0, ask_size0) = self._best, before
        change = 0.0
        change += bid_size if bid >= bid0 else 0.0
        change -= bid_size0 if bid <= bid0 else 0.0
        change -= ask_size if ask <= ask0 else 0.0
        change += ask_size0 if ask >= ask0 else 0.0
        self.net += change
        self.squares += change * change

    def close(self) -> tuple[float, float]:
        """Return the window's self-normalised imbalance and the mid at its end; begin the next window."""
        assert self._best is not None
        score = self.net / np.sqrt(self.squares) if self.squares else 0.0
        self.net = self.squares = 0.0
        return float(score), (self._best[0] + self._best[2]) / 2


@dataclass
class Windows:
    """What the bot would measure of each minute; shape (windows, symbols)."""

    score: Floats
    z: Floats
    mid: Floats
    messages: Floats

    def forward(self, minutes: int) -> Floats:
        """Return the log returns of the minutes after each window, NaN at the end."""
        later = np.full_like(self.mid, np.nan)
        later[:-minutes] = np.log(self.mid[minutes:] / self.mid[:-minutes])
        return later


def measure(market: Market, *, start: float, minutes: int) -> Windows:
    """Return the windows of a market as the bot measures them: 60 s, scale by a lagged EWMA of half-life 240."""
    symbols = [spec.symbol for spec in market.instruments()]
    meters = {symbol: Meter() for symbol in symbols}
    counts = dict.fromkeys(symbols, 0)
    _feed(meters, counts, market.begin(start))
    rows = []
    for minute in range(minutes):
        counts = dict.fromkeys(symbols, 0)
        _feed(meters, counts, market.step(start + 60.0 * (minute + 1)))
        rows.append([(*meters[symbol].close(), counts[symbol]) for symbol in symbols])
    table = np.array(rows)
    return Windows(score=table[..., 0], z=_scaled(table[..., 0]), mid=table[..., 1], messages=table[..., 2])


def _feed(meters: dict[str, Meter], counts: dict[str, int], events: list[MarketEvent]) -> None:
    for event in events:
        if isinstance(event, BookSnapshot | BookDelta):
            meters[event.symbol].apply(event)
        if isinstance(event, BookDelta | MarketTrade):
            counts[event.symbol] += 1


def _scaled(score: Floats) -> Floats:
    keep = 0.5 ** (1 / 240)
    total, weight = np.zeros(score.shape[1]), 0.0
    z = np.full_like(score, np.nan)
    for place, row in enumerate(score):
        if place >= 30:
            z[place] = row / np.sqrt(total / weight)
        total = keep * total + (1 - keep) * row**2
        weight = keep * weight + (1 - keep)
    return z


def book_line(ts: float, symbol: str, side: str, price: float, size: float) -> str:
    return _line(ts, {"feed": "book", "product_id": symbol, "side": side, "price": price, "qty": size})


def trade_line(ts: float, symbol: str, side: str, price: float, size: float, kind: str = "fill") -> str:
    message = {"feed": "trade", "product_id": symbol, "side": side, "price": price, "qty": size, "type": kind}
    return _line(ts, message)


def snapshot_line(
    ts: float, symbol: str, bids: list[tuple[float, float]], asks: list[tuple[float, float]]
) -> str:
    sides = {
        name: [{"price": price, "qty": size} for price, size in levels]
        for name, levels in (("bids", bids), ("asks", asks))
    }
    return _line(ts, {"feed": "book_snapshot", "product_id": symbol, **sides})


def write_tape(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def _line(ts: float, message: dict[str, object]) -> str:
    return json.dumps({"received_at": ts, "message": message})
