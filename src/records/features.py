"""What the market showed in one window of one symbol."""

import msgspec

from src.records.base import Line, Record
from src.records.enums import Regime


class WindowSums(Record, frozen=True, kw_only=True):
    """The raw sums of one window, kept so that history can be normalised again."""

    book_events: int
    """Changes of the best bid or ask that were counted."""
    ofi_net: float
    """Sum of signed best-level changes (Cont, Kukanov, Stoikov 2014), in contracts."""
    ofi_sum_squares: float
    """Sum of their squares, in contracts squared."""
    trades: int
    buy_volume: float
    """Volume where the taker bought, in contracts."""
    sell_volume: float
    """Volume where the taker sold, in contracts."""
    large_buy_usd: float
    """Value of taker buys above the symbol's large-trade quantile, in USD."""
    large_sell_usd: float
    """Value of taker sells above that quantile, in USD."""
    long_liquidations_usd: float
    """Value of longs that were liquidated, in USD."""
    short_liquidations_usd: float
    """Value of shorts that were liquidated, in USD."""
    open: float | None
    """First mid price of the window, in USD; None where the book was empty."""
    high: float | None
    low: float | None
    close: float | None
    large_trade_usd: float | None = None
    """Value above which a trade counted as large at the window's end, in USD; None until 50 trades were seen."""


class Features(Line, frozen=True, kw_only=True):
    """One symbol at the close of one window; every value that is not known is None, never a guess."""

    symbol: str
    window_s: float
    """Length of the window in seconds; ``ts`` is its close, the decision point."""
    recorded_at: float
    """When it was written, in seconds since the epoch on the market's clock."""
    sums: WindowSums

    mid: float | None
    """(bid + ask) / 2 at the close, in USD; None where the book was empty, crossed or stale."""
    bid: float | None
    ask: float | None
    mark: float | None
    """The venue's mark price in USD."""
    index: float | None
    """The venue's index price in USD."""
    spread_bps: float | None
    bid_depth_usd: float | None
    """Value of the first five bid levels in USD."""
    ask_depth_usd: float | None
    imbalance: float | None
    """(bid size - ask size) / (bid size + ask size) over five levels, -1..1."""
    micro_price: float | None
    """Mid weighted by the opposite size of the best level, in USD."""

    ofi: float | None
    """Self-normalised order-flow imbalance, -1..1; None until 30 windows were seen."""
    ofi_z: float | None
    """The same before the squashing, in standard deviations."""
    ofi_previous: float | None
    """The score of the window before."""
    ofi_windows: int
    """How many windows its scale rests on; exact from 2,000."""

    return_window_bps: float | None
    return_1m_bps: float | None
    return_5m_bps: float | None
    return_15m_bps: float | None
    return_1h_bps: float | None
    volatility_1h_bps: float | None
    """Realised volatility of one hour: root of the sum of squared one-minute returns, in bps."""
    volatility_median_bps: float | None
    """Median of hourly realised volatility over 30 days, in bps."""
    trend_bps: float | None
    """Return of the last 20 15-minute bars in bps."""
    regime: Regime | None

    hurst: float | None
    """Rescaled-range exponent of the last 100 15-minute closes, 0..1."""
    skew: float | None
    """Skewness of the last 96 15-minute log returns."""
    skew_quantile: float | None
    """Share of the last day's rolling 20-bar skews that lie below the newest one, 0..1."""
    lead_lag_minutes: int | None
    """Lag at which the leader's minute returns correlate best with this symbol's; None for the leader."""
    lead_lag_correlation: float | None
    leader_return_bps: float | None
    """The leader's return over the last five minutes, in bps."""
    correlation_with_leader: float | None
    """Correlation of one-hour returns with the leader's, shrunk to the average of all, -1..1."""
    beta_with_leader: float | None
    """Slope of hourly returns on the leader's."""

    funding_rate: float | None
    """The running hour's relative rate (positive: longs pay), as a fraction of notional an hour."""
    funding_z: float | None
    """The same against its last 30 days, in standard deviations."""
    open_interest: float | None
    """In contracts."""
    open_interest_change_1h: float | None
    """Fraction of the open interest one hour ago."""
    taker_buy_share: float | None
    """Share of taker volume that bought in the last five minutes, 0..1."""
    large_net_usd_1h: float | None
    """Large taker buys less large taker sells over one hour, in USD."""
    large_total_usd_1h: float | None
    long_liquidations_usd_1h: float | None
    short_liquidations_usd_1h: float | None
    fear_greed: float | None
    """The fear and greed index, 0..100."""

    book_age_s: float | None
    """Seconds of market time since the newest book message."""
    ticker_age_s: float | None
    incomplete: tuple[str, ...]
    """Names of what was missing or broken in this window, e.g. ``book_gap`` or ``candles_1m``."""
    correlations: dict[str, float] = msgspec.field(default_factory=dict)
    """By symbol, this one left out: correlation of one-hour returns, shrunk to the average of all, -1..1."""
