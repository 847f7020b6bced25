"""One symbol's features at the close of one window, put together from what is known then."""

from math import isnan
from typing import NamedTuple

from src.features import ofi
from src.market.closed_window import ClosedWindow
from src.market.faults import is_scored
from src.market.slow_features import MinuteFacts, QuarterFacts
from src.market.symbol_history import SymbolHistory
from src.market.window_facts import (
    Carry,
    Past,
    Score,
    Takers,
    carry_of,
    move_bps,
    regime_of,
    score_window,
    takers_of,
)
from src.records.enums import Regime
from src.records.features import Features


class Close(NamedTuple):
    """The close of one window, as all symbols share it."""

    ts: float
    window_s: float
    leader: str
    faults: frozenset[str]
    """What was wrong with the feed itself."""
    fear_greed: float | None
    recorded_at: float


class Facts(NamedTuple):
    """What was known of a symbol before its window closed."""

    past: Past
    minute: MinuteFacts
    quarter: QuarterFacts


class _Found(NamedTuple):
    """What the window adds to it."""

    score: Score
    takers: Takers
    carry: Carry
    regime: Regime | None
    incomplete: tuple[str, ...]


def features_of(history: SymbolHistory, closed: ClosedWindow, close: Close, facts: Facts) -> Features:
    """Return the features of a window, and move the symbol's history past it."""
    faults = close.faults | closed.faults if close.faults else closed.faults
    scored = is_scored(closed.sums, faults)
    score = score_window(history, closed.sums, ts=close.ts, window_s=close.window_s, scored=scored)
    takers = takers_of(facts.past)
    carry = carry_of(history, closed, facts.past, ts=close.ts)
    regime = regime_of(history, facts.minute, facts.quarter, ts=close.ts)
    missing = _missing_here(closed, close, carry)
    if scored and score.windows < ofi.WARM_WINDOWS:
        missing.append("ofi_warming")
    missing += _missing_past(closed, close, facts, takers)
    missing += facts.minute.missing + facts.quarter.missing
    incomplete = tuple(sorted(faults.union(missing)))
    return _record(closed, close, facts, _Found(score, takers, carry, regime, incomplete))


def _record(closed: ClosedWindow, close: Close, facts: Facts, found: _Found) -> Features:
    shape, minute, quarter, past = closed.shape, facts.minute, facts.quarter, facts.past
    score, takers, carry = found.score, found.takers, found.carry
    mid, lead = shape.mid, minute.lead
    return Features(
        ts=close.ts,
        symbol=closed.symbol,
        window_s=close.window_s,
        recorded_at=close.recorded_at,
        sums=closed.sums,
        mid=mid,
        bid=shape.bid,
        ask=shape.ask,
        mark=closed.mark,
        index=closed.index,
        spread_bps=shape.spread_bps,
        bid_depth_usd=shape.bid_depth_usd,
        ask_depth_usd=shape.ask_depth_usd,
        imbalance=shape.imbalance,
        micro_price=shape.micro_price,
        ofi=score.value,
        ofi_z=score.z,
        ofi_previous=score.previous,
        ofi_windows=score.windows,
        return_window_bps=move_bps(mid, past.mid_window_ago),
        return_1m_bps=move_bps(mid, past.mid_1m_ago),
        return_5m_bps=move_bps(mid, past.mid_5m_ago),
        return_15m_bps=move_bps(mid, past.mid_15m_ago),
        return_1h_bps=move_bps(mid, past.mid_1h_ago),
        volatility_1h_bps=minute.volatility_1h_bps,
        volatility_median_bps=quarter.hour.volatility_median_bps,
        trend_bps=quarter.trend_bps,
        regime=found.regime,
        hurst=quarter.hurst,
        skew=quarter.skew,
        skew_quantile=quarter.skew_quantile,
        lead_lag_minutes=None if lead is None else lead.lag,
        lead_lag_correlation=None if lead is None else lead.correlation,
        leader_return_bps=minute.leader_return_bps,
        correlation_with_leader=quarter.hour.correlation,
        beta_with_leader=quarter.hour.beta,
        funding_rate=closed.funding_rate,
        funding_z=carry.funding_z,
        open_interest=closed.open_interest,
        open_interest_change_1h=carry.open_interest_change_1h,
        taker_buy_share=takers.buy_share,
        large_net_usd_1h=takers.large_net_usd,
        large_total_usd_1h=takers.large_total_usd,
        long_liquidations_usd_1h=takers.long_liquidations_usd,
        short_liquidations_usd_1h=takers.short_liquidations_usd,
        fear_greed=close.fear_greed,
        book_age_s=closed.book_age_s,
        ticker_age_s=closed.ticker_age_s,
        incomplete=found.incomplete,
        correlations=quarter.hour.correlations,
    )


def _missing_here(closed: ClosedWindow, close: Close, carry: Carry) -> list[str]:
    """Return the names of what the window itself lacks."""
    names = []
    if closed.mark is None:
        names.append("ticker")
    if closed.funding_rate is None:
        names.append("funding")
    elif carry.funding_z is None:
        names.append("funding_history")
    if closed.open_interest is None:
        names.append("open_interest")
    if carry.open_interest_change_1h is None:
        names.append("open_interest_1h")
    if close.fear_greed is None:
        names.append("fear_greed")
    return names


def _missing_past(closed: ClosedWindow, close: Close, facts: Facts, takers: Takers) -> list[str]:
    """Return the names of what its past lacks."""
    names = []
    if takers.buy_share is None:
        names.append("trades_5m")
    if takers.large_total_usd is None:
        names.append("large_trades_1h")
    if takers.long_liquidations_usd is None:
        names.append("liquidations_1h")
    if facts.quarter.hour.volatility_median_bps is None:
        names.append("volatility_30d")
    if facts.quarter.hour.correlation is None:
        names.append("hourly_returns")
    if facts.minute.leader_return_bps is None:
        names.append("leader")
    if facts.minute.lead is None and closed.symbol != close.leader:
        names.append("lead_lag")
    past = facts.past
    if closed.shape.mid is not None and isnan(
        past.mid_1m_ago + past.mid_5m_ago + past.mid_15m_ago + past.mid_1h_ago
    ):
        names.append("price_history")
    return names
