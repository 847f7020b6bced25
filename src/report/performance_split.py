"""What trades brought, and what each part of it was, summed to the cent over everything one may ask by."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from src.records.enums import Direction, Regime
from src.report.performance import BlockTally, Estimate
from src.report.trades import RoundTrip

PARTS: tuple[str, ...] = ("signal", "slippage", "stop_gap", "fees", "funding", "unsplit")
"""The parts of a trade's P&L, in the order in which they are shown."""
DIMENSIONS: tuple[str, ...] = ("strategy", "direction", "regime", "symbol", "hour")
UNKNOWN = "unknown"
_ZERO = Decimal(0)


class ShownTrade(NamedTuple):
    """As much of a round trip as a picture shows."""

    symbol: str
    direction: Direction
    opened_ts: float
    closed_ts: float
    entry_price: float
    exit_price: float
    stop_price: float | None
    net_usd: float
    net_bps: float
    exit_reason: str


@dataclass(slots=True)
class Split:
    """The P&L of some trades and its parts, in USD."""

    trades: int = 0
    won: int = 0
    """Trades with a net gain."""
    net_usd: Decimal = _ZERO
    notional_usd: Decimal = _ZERO
    """Value at entry, summed."""
    parts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(PARTS, _ZERO))
    """They add up to ``net_usd``."""

    def add(self, trip: RoundTrip) -> None:
        """Count a round trip."""
        self.trades += 1
        self.won += trip.net_usd > 0
        self.net_usd += trip.net_usd
        self.notional_usd += trip.notional_usd
        for name, amount in trip.parts.items():
            self.parts[name] += amount

    def bps(self, amount: Decimal) -> float | None:
        """Return an amount in bps of the value that was traded; None where nothing was."""
        return float(amount / self.notional_usd * 10_000) if self.notional_usd else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeNumbers:
    """Everything that a report says about closed trades."""

    total: Split
    by: dict[str, dict[str, Split]]
    """By dimension and its value."""
    mean_bps: Estimate
    """Net, in bps of the notional at entry, each trade counted alike."""
    mean_usd: Estimate
    exits: dict[str, int]
    """Why they were left."""
    held_s: float | None
    """Mean time in a trade."""
    shown: dict[str, tuple[ShownTrade, ...]]
    """By symbol: the newest ones."""


class TradeTally:
    """Sums up round trips, one after the other; keeps only as many as are shown."""

    def __init__(self, *, block_s: float, shown: int) -> None:
        """Take the length of a block, and how many trades of a symbol are kept for its picture."""
        self._total = Split()
        self._by: dict[str, dict[str, Split]] = {name: {} for name in DIMENSIONS}
        self._bps = BlockTally(block_s)
        self._usd = BlockTally(block_s)
        self._exits: Counter[str] = Counter()
        self._held_s = 0.0
        self._shown: dict[str, deque[ShownTrade]] = {}
        self._keep = shown

    def add(self, trip: RoundTrip, regime: Regime | None) -> None:
        """Count a round trip and the regime that its signal was made in, None where that is not known."""
        self._total.add(trip)
        for dimension, value in _places(trip, regime).items():
            self._by[dimension].setdefault(value, Split()).add(trip)
        self._bps.add(trip.opened_ts, trip.net_bps)
        self._usd.add(trip.opened_ts, float(trip.net_usd))
        self._exits[trip.exit_reason] += 1
        self._held_s += trip.held_s
        kept = self._shown.get(trip.symbol)
        if kept is None:
            kept = self._shown[trip.symbol] = deque(maxlen=self._keep)
        kept.append(_shown(trip))

    def numbers(self) -> TradeNumbers:
        """Return the sums."""
        count = self._total.trades
        return TradeNumbers(
            total=self._total,
            by={name: dict(sorted(splits.items())) for name, splits in self._by.items()},
            mean_bps=self._bps.estimate(),
            mean_usd=self._usd.estimate(),
            exits=dict(self._exits.most_common()),
            held_s=self._held_s / count if count else None,
            shown={symbol: tuple(kept) for symbol, kept in sorted(self._shown.items())},
        )


def _places(trip: RoundTrip, regime: Regime | None) -> dict[str, str]:
    return {
        "strategy": UNKNOWN if trip.strategy is None else trip.strategy.value,
        "direction": trip.direction.value,
        "regime": UNKNOWN if regime is None else regime.value,
        "symbol": trip.symbol,
        "hour": f"{datetime.fromtimestamp(trip.opened_ts, UTC).hour:02d}",
    }


def _shown(trip: RoundTrip) -> ShownTrade:
    return ShownTrade(
        symbol=trip.symbol,
        direction=trip.direction,
        opened_ts=trip.opened_ts,
        closed_ts=trip.closed_ts,
        entry_price=float(trip.entry_price),
        exit_price=float(trip.exit_price),
        stop_price=None if trip.stop_price is None else float(trip.stop_price),
        net_usd=float(trip.net_usd),
        net_bps=trip.net_bps,
        exit_reason=trip.exit_reason,
    )
