"""Equity and drawdown: the ledger's cash plus what is open at the recorded mid prices."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from src.ledger.book import Ledger
from src.records.ledger import LedgerEntry
from src.report.performance_thin import Point, ThinSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityCurve:
    """What the account was worth from window to window, in USD."""

    points: tuple[Point, ...]
    drawdown: tuple[Point, ...]
    """Below 0: how far under the highest equity so far, in percent of it."""
    samples: int
    """Moments at which the equity was known; ``points`` touches all extremes."""
    start_usd: float | None
    end_usd: float | None
    worst_drawdown_usd: float
    worst_drawdown_percent: float
    worst_ts: float | None
    """When the drawdown was deepest."""
    longest_under_s: float
    """Longest time from one high to the next, or to the end."""


class EquityFold:
    """Follows windows and ledger side by side, oldest first."""

    def __init__(
        self, ledger: Iterable[LedgerEntry], *, since_ts: float, until_ts: float, points: int
    ) -> None:
        """Take the ledger's lines; ``points`` is how many stretches of time the curve is thinned to."""
        self._entries = iter(ledger)
        self._next = next(self._entries, None)
        self._ledger = Ledger()
        self._mids: dict[str, float] = {}
        self._ts: float | None = None
        self._curve = ThinSeries(since_ts, until_ts, points)
        self._drawdown = ThinSeries(since_ts, until_ts, points)
        self._since_ts = since_ts
        self._until_ts = until_ts
        self._start: float | None = None
        self._end: float | None = None
        self._peak = 0.0
        self._peak_ts = 0.0
        self._worst_usd = 0.0
        self._worst_share = 0.0
        self._worst_ts: float | None = None
        self._longest_s = 0.0

    def price(self, ts: float, symbol: str, mid: float) -> None:
        """Take a window's closing mid; the equity of a moment is told once all its windows are there."""
        if self._ts is not None and ts > self._ts:
            self._sample(self._ts)
        self._ts = ts if self._ts is None else max(ts, self._ts)
        self._mids[symbol] = mid

    def finish(self) -> EquityCurve:
        """Return the curve up to the last moment that was told."""
        if self._ts is not None:
            self._sample(self._ts)
            self._settle()
        if self._end is not None and self._ts is not None:
            self._longest_s = max(self._longest_s, min(self._ts, self._until_ts) - self._peak_ts)
        return EquityCurve(
            points=tuple(self._curve.points()),
            drawdown=tuple(self._drawdown.points()),
            samples=self._curve.taken,
            start_usd=self._start,
            end_usd=self._end,
            worst_drawdown_usd=self._worst_usd,
            worst_drawdown_percent=100 * self._worst_share,
            worst_ts=self._worst_ts,
            longest_under_s=self._longest_s,
        )

    def _settle(self) -> None:
        """Count what was booked after the last window, at the prices of that window."""
        while self._next is not None and self._next.ts <= self._until_ts:
            self._ts = self._next.ts
            self._sample(self._ts)

    def _sample(self, ts: float) -> None:
        while self._next is not None and self._next.ts <= ts:
            self._ledger.book(self._next)
            self._next = next(self._entries, None)
        if not self._since_ts <= ts <= self._until_ts:
            return
        marks = {s: Decimal(str(self._mids[s])) for s in self._ledger.positions if s in self._mids}
        equity = self._ledger.equity(marks)
        if equity is not None:
            self._note(ts, float(equity))

    def _note(self, ts: float, equity: float) -> None:
        if self._start is None:
            self._start, self._peak, self._peak_ts = equity, equity, ts
        self._end = equity
        self._curve.add(ts, equity)
        if equity >= self._peak:
            self._longest_s = max(self._longest_s, ts - self._peak_ts)
            self._peak, self._peak_ts = equity, ts
        below = equity - self._peak
        share = below / self._peak if self._peak > 0 else 0.0
        self._drawdown.add(ts, 100 * share)
        if share < self._worst_share:
            self._worst_share, self._worst_usd, self._worst_ts = share, below, ts
