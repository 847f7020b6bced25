"""What a builder hears of the venue's past at the beginning of a leg."""

from typing import Literal, Protocol

from src.exchange.simulator.events import Candle, FundingPoint
from src.market.feature_builder import FeatureBuilder
from src.market.history import DAY_S, HOUR_S, MINUTE_S, QUARTER_S
from src.market.quotes import Bar, FundingHour

MONTH_S = 30 * DAY_S + HOUR_S
MINUTES_S = 2000 * MINUTE_S
"""How far back a venue tells minutes."""


class Past(Protocol):
    """Who remembers the market before now."""

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end]."""

    def funding_history(self, symbol: str, *, until: float, since: float = 0.0) -> list[FundingPoint]:
        """Return the hours that were settled in [since, until]."""


def warm_up(builder: FeatureBuilder, past: Past, *, symbols: tuple[str, ...], now: float) -> None:
    """Tell a builder what the venue would tell it at ``now`` of a month of candles and funding."""
    for symbol in symbols:
        for resolution_s, span_s in ((QUARTER_S, MONTH_S), (MINUTE_S, MINUTES_S)):
            bars = past.candles(symbol, kind="trade", resolution_s=resolution_s, start=now - span_s, end=now)
            told = [Bar(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars]
            builder.on_candles(now, symbol, told, resolution_s=resolution_s)
        builder.on_funding_history(now, symbol, funding_hours(past, symbol, until=now))


def funding_hours(past: Past, symbol: str, *, until: float, since: float = 0.0) -> list[FundingHour]:
    """Return the settled hours of a contract as the builder takes them."""
    points = past.funding_history(symbol, until=until, since=since)
    return [FundingHour(ts=point.ts, relative_rate=point.relative_rate) for point in points]
