"""Every fill has a price that the market showed: nobody buys below the lowest or sells above the highest."""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from src.audit.claims import IN_MARKET
from src.audit.fills import LIQUIDATION
from src.audit.findings import Findings, Spot
from src.market.faults import knows_trades
from src.records.features import Features
from src.records.ledger import FillBooked

BETTER_BPS = 5.0
"""How much better than the market's range a fill may be: two clocks and a book between its messages."""
WORSE_BPS = 150.0
"""How much worse: the venue's collar for a market order is 1 %, and the range is that of small trades."""
EDGE_S = 5.0
"""A fill this near to the edge of a window may belong to the next one as well."""


class Waiting(NamedTuple):
    """A fill that waits for its window."""

    ts: float
    price: float
    sign: int
    spot: Spot


class Range(NamedTuple):
    """Between which prices a symbol was in a window."""

    since: float
    until: float
    low: float
    high: float


class MarketAudit:
    """Holds the fills against ``feature_store/tape/windows.jsonl``, which is read after them."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._waiting: dict[str, list[Waiting]] = {}
        self._seen: dict[str, deque[Range]] = {}
        self._closes: dict[str, tuple[float, ...]] = {}

    def add(self, spot: Spot, fill: FillBooked) -> None:
        """Take a fill; liquidations have prices of their own."""
        if fill.reason != LIQUIDATION:
            waiting = Waiting(fill.ts, float(fill.price), fill.side.sign, spot)
            self._waiting.setdefault(fill.symbol, []).append(waiting)

    def read(self, windows: Iterable[tuple[int, Features]]) -> None:
        """Judge every fill by the windows around it."""
        for fills in self._waiting.values():
            fills.sort(key=lambda fill: fill.ts, reverse=True)
        for _, window in windows:
            if window.symbol in self._waiting:
                self._take(window)
        for symbol, fills in self._waiting.items():
            while fills:
                self._judge(fills.pop(), self._seen.get(symbol, ()))

    def _take(self, window: Features) -> None:
        symbol, fills = window.symbol, self._waiting[window.symbol]
        seen = self._seen.setdefault(symbol, deque(maxlen=3))
        seen.append(self._range(window))
        judged_until = window.ts - window.window_s - EDGE_S
        while fills and fills[-1].ts <= judged_until:
            self._judge(fills.pop(), seen)

    def _range(self, window: Features) -> Range:
        """Return a window's range: its trades, and the best prices at its beginning and its end."""
        sums = window.sums
        closes = tuple([price for price in (window.bid, window.ask, window.mid) if price is not None])
        inside = tuple([price for price in (sums.low, sums.high) if price is not None])
        prices = (*self._closes.get(window.symbol, ()), *closes, *inside)
        self._closes[window.symbol] = closes
        since = window.ts - window.window_s
        if not prices or not knows_trades(frozenset(window.incomplete)):
            return Range(since, window.ts, 0.0, float("inf"))
        return Range(since, window.ts, min(prices), max(prices))

    def _judge(self, fill: Waiting, ranges: Iterable[Range]) -> None:
        near = [each for each in ranges if each.since - EDGE_S <= fill.ts <= each.until + EDGE_S]
        if not any(each.since < fill.ts <= each.until for each in near) or any(not each.low for each in near):
            self._findings.leave_open(IN_MARKET, "no whole window of that time is kept")
            return
        low, high = min(each.low for each in near), max(each.high for each in near)
        below, above = (BETTER_BPS, WORSE_BPS) if fill.sign > 0 else (WORSE_BPS, BETTER_BPS)
        if low * (1 - below / 1e4) <= fill.price <= high * (1 + above / 1e4):
            self._findings.prove(IN_MARKET)
            return
        side = "bought" if fill.sign > 0 else "sold"
        expected = f"{side} near {low:.10g} to {high:.10g}, where the market was"
        self._findings.refute(IN_MARKET, fill.spot, expected=expected, found=f"{fill.price:.10g}")
