"""What a window says of a symbol in the light of its past: the score of its flow, who took, what it owes."""

from collections.abc import Iterator
from math import isnan
from typing import NamedTuple

from src.features import flow, ofi, open_interest, regime
from src.features.returns import return_bps
from src.market.closed_window import ClosedWindow
from src.market.history import FLOWS, HOUR_S, Series
from src.market.slow_features import MinuteFacts, QuarterFacts
from src.market.symbol_history import SymbolHistory
from src.records.enums import Regime
from src.records.features import WindowSums

_FIVE_MINUTES_S = 300.0


class Past(NamedTuple):
    """What a symbol was at set times before a close, and what was taken since; NaN where it is not known."""

    mid_window_ago: float
    mid_1m_ago: float
    mid_5m_ago: float
    mid_15m_ago: float
    mid_1h_ago: float
    open_interest_1h_ago: float
    flows_5m: list[float]
    """As ``Flows``, summed."""
    flows_1h: list[float]


class Score(NamedTuple):
    """The window's order flow against that of the windows before it."""

    z: float | None
    value: float | None
    previous: float | None
    windows: int


class Takers(NamedTuple):
    """Who took, lately."""

    buy_share: float | None
    large_net_usd: float | None
    large_total_usd: float | None
    long_liquidations_usd: float | None
    short_liquidations_usd: float | None


class Carry(NamedTuple):
    """What funding and open interest are against what they were."""

    funding_z: float | None
    open_interest_change_1h: float | None


def pasts(series: Series, ts: float) -> Iterator[Past]:
    """Return the past of every symbol at a close, in the order of the columns."""
    five = series.flows_over(_FIVE_MINUTES_S, until=ts)
    hour = series.flows_over(HOUR_S, until=ts)
    starts = range(0, len(five), FLOWS)
    return map(
        Past,
        series.mids.row(ts - series.window_s),
        series.prices_at(ts - 60),
        series.prices_at(ts - 300),
        series.prices_at(ts - 900),
        series.prices_at(ts - 3600),
        series.interests.row(ts - HOUR_S),
        [five[start : start + FLOWS] for start in starts],
        [hour[start : start + FLOWS] for start in starts],
    )


def known(value: float) -> float | None:
    """Return a value; None for NaN."""
    return None if isnan(value) else value


def move_bps(mid: float | None, earlier: float) -> float | None:
    """Return the move since an earlier price in bps of it; None where either is not known."""
    return None if isnan(earlier) else return_bps(mid, earlier)


def score_window(
    history: SymbolHistory, sums: WindowSums, *, ts: float, window_s: float, scored: bool
) -> Score:
    """Return the score of a window, then let it count for the scale of the next ones."""
    last = history.last_score
    previous = last[1] if last is not None and abs(last[0] + window_s - ts) < window_s / 2 else None
    scale = history.flow
    windows = scale.count
    own = ofi.self_normalised(sums.ofi_net, sums.ofi_sum_squares) if scored else None
    z = value = None
    if own is not None:
        usual = scale.scale()
        if usual is not None:
            z = own / usual
            value = ofi.score(z)
        scale.append(own)
    history.last_score = (ts, value)
    return Score(z, value, previous, windows)


def takers_of(past: Past) -> Takers:
    """Return who took in the last five minutes and the last hour."""
    buys, sells = past.flows_5m[0], past.flows_5m[1]
    _, _, large_buys, large_sells, long_liquidations, short_liquidations = past.flows_1h
    return Takers(
        None if isnan(buys) or isnan(sells) else flow.taker_buy_share(buys, sells),
        known(large_buys - large_sells),
        known(large_buys + large_sells),
        known(long_liquidations),
        known(short_liquidations),
    )


def carry_of(history: SymbolHistory, closed: ClosedWindow, past: Past, *, ts: float) -> Carry:
    """Return funding and open interest against their pasts."""
    rate = closed.funding_rate
    return Carry(
        None if rate is None else history.funding.z_score(rate, now=ts),
        open_interest.change(closed.open_interest, known(past.open_interest_1h_ago)),
    )


def regime_of(
    history: SymbolHistory, minute: MinuteFacts, quarter: QuarterFacts, *, ts: float
) -> Regime | None:
    """Return the symbol's regime and remember it; None where what it rests on is not known."""
    volatility, median, trend = (
        minute.volatility_1h_bps,
        quarter.hour.volatility_median_bps,
        quarter.trend_bps,
    )
    if volatility is None or median is None or trend is None:
        return None
    history.regime = regime.next_regime(
        history.regime, ts=ts, volatility_bps=volatility, median_bps=median, trend_bps=trend
    )
    return history.regime.regime
