"""Features of bars: computed once a minute or a quarter of an hour, for all symbols together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from src.features import correlation, gaps, hurst, lead_lag, skew, volatility
from src.features.returns import log_returns, return_bps
from src.market.history import HOUR_S, MINUTE_S, QUARTER_S, History

TREND_BARS = 20
_MEDIAN_BARS = 30 * 96
_SKEW_CLOSES = skew.RETURNS + 1


@dataclass(frozen=True, slots=True)
class MinuteFacts:
    """What one-minute closes say of a symbol."""

    volatility_1h_bps: float | None
    lead: lead_lag.LeadLag | None
    leader_return_bps: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """What fifteen-minute closes say of a symbol."""

    volatility_median_bps: float | None
    trend_bps: float | None
    hurst: float | None
    skew: float | None
    skew_quantile: float | None
    correlation: float | None
    beta: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Relation:
    correlations: dict[str, float] = field(default_factory=dict)
    slopes: dict[str, float | None] = field(default_factory=dict)


def minute_facts(histories: Mapping[str, History], leader: str, *, until: float) -> dict[str, MinuteFacts]:
    """Return the facts of every symbol at the end of a minute."""
    ends = until - until % MINUTE_S
    lead_closes = _closes(histories[leader], lead_lag.RETURNS + lead_lag.MAXIMUM_LAG + 1, ends)
    lead_returns = None if lead_closes is None else log_returns(lead_closes)
    leader_move = return_bps(histories[leader].price_at(ends), histories[leader].price_at(ends - 300))
    return {
        symbol: _minute_facts(history, None if symbol == leader else lead_returns, leader_move, ends)
        for symbol, history in histories.items()
    }


def quarter_facts(histories: Mapping[str, History], leader: str, *, until: float) -> dict[str, QuarterFacts]:
    """Return the facts of every symbol at the end of a quarter of an hour."""
    ends = until - until % QUARTER_S
    relation = _relation(histories, leader, until - until % HOUR_S)
    return {symbol: _quarter_facts(symbol, history, relation, ends) for symbol, history in histories.items()}


def _minute_facts(
    history: History,
    lead_returns: npt.NDArray[np.float64] | None,
    leader_move: float | None,
    ends: float,
) -> MinuteFacts:
    raw = history.minutes.last(lead_lag.RETURNS + 1, until=ends)
    closes = gaps.bridged(raw)
    lead = None
    if closes is not None and lead_returns is not None:
        lead = lead_lag.strongest_lag(lead_returns, log_returns(closes))
    return MinuteFacts(
        volatility_1h_bps=None if closes is None else volatility.realised_bps(closes),
        lead=lead,
        leader_return_bps=leader_move,
        missing=_missing("1m", raw, closes),
    )


def _quarter_facts(symbol: str, history: History, relation: _Relation, ends: float) -> QuarterFacts:
    raw = history.quarters.last(hurst.CLOSES, until=ends)
    closes = gaps.bridged(raw)
    returns = None if closes is None else log_returns(closes[-_SKEW_CLOSES:])
    trend = gaps.bridged(raw[-TREND_BARS - 1 :])
    bars = history.quarters.last(_MEDIAN_BARS + 1, until=ends - ends % HOUR_S)
    exponent = None if closes is None else hurst.rescaled_range_exponent(closes)
    still = closes is not None and exponent is None
    return QuarterFacts(
        volatility_median_bps=volatility.hourly_median_bps(bars, bars_an_hour=4),
        trend_bps=None if trend is None else return_bps(float(trend[-1]), float(trend[0])),
        hurst=exponent,
        skew=None if returns is None else skew.skewness(returns),
        skew_quantile=None if returns is None else skew.newest_quantile(returns),
        correlation=relation.correlations.get(symbol),
        beta=relation.slopes.get(symbol),
        missing=_missing("15m", raw, closes) + (("unmoved_15m",) if still else ()),
    )


def _relation(histories: Mapping[str, History], leader: str, ends: float) -> _Relation:
    """Relate hourly returns to the leader's, over the symbols and the hours that are known to all of them."""
    hours = {symbol: _hourly_returns(history, ends) for symbol, history in histories.items()}
    found = {symbol: returns for symbol, returns in hours.items() if returns is not None}
    common = min((returns.size for returns in found.values()), default=0)
    known = {symbol: returns[-common:] for symbol, returns in found.items() if returns[-common:].std() > 0}
    if leader not in known:
        return _Relation()
    symbols: Sequence[str] = tuple(known)
    matrix = correlation.shrunk_correlations(np.array(list(known.values())))
    if matrix is None:
        return _Relation()
    row = matrix[symbols.index(leader)]
    return _Relation(
        correlations={symbol: float(value) for symbol, value in zip(symbols, row, strict=True)},
        slopes={symbol: correlation.slope_on(known[leader], returns) for symbol, returns in known.items()},
    )


def _hourly_returns(history: History, ends: float) -> npt.NDArray[np.float64] | None:
    """Return the newest hourly returns up to a week, fewer where the history is younger; None below two days."""
    closes = history.quarters.last(correlation.RETURNS * 4 + 1, until=ends)[::4]
    known = np.flatnonzero(~np.isnan(closes))
    if known.size == 0 or closes.size - int(known[0]) <= correlation.MINIMUM_RETURNS:
        return None
    bridged = gaps.bridged(closes[int(known[0]) :])
    return None if bridged is None else log_returns(bridged)


def _closes(history: History, count: int, ends: float) -> npt.NDArray[np.float64] | None:
    return gaps.bridged(history.minutes.last(count, until=ends))


def _missing(
    resolution: str, raw: npt.NDArray[np.float64], closes: npt.NDArray[np.float64] | None
) -> tuple[str, ...]:
    if closes is None:
        return (f"candles_{resolution}",)
    return (f"gaps_{resolution}",) if gaps.has_holes(raw) else ()
