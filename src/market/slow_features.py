"""Features of bars: computed once a minute or a quarter of an hour, for all symbols together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from src.features import gaps, hurst, lead_lag, skew, volatility
from src.features.returns import log_returns, return_bps
from src.market.history import MINUTE_S, QUARTER_S, Series
from src.market.hour_facts import HourFacts
from src.market.rolling_skews import RollingSkews

TREND_BARS = 20
_LEADER_MOVE_S = 300
_NO_FACTS = (None, None, None)


class MinuteFacts(NamedTuple):
    """What one-minute closes say of a symbol."""

    volatility_1h_bps: float | None
    lead: lead_lag.LeadLag | None
    leader_return_bps: float | None
    missing: tuple[str, ...]


class QuarterFacts(NamedTuple):
    """What fifteen-minute closes say of a symbol."""

    trend_bps: float | None
    hurst: float | None
    skew: float | None
    skew_quantile: float | None
    hour: HourFacts
    missing: tuple[str, ...]


class _Closes(NamedTuple):
    """Closes with their few holes bridged, of the symbols of which enough is known."""

    columns: list[int]
    rows: npt.NDArray[np.float64]
    """One a column of ``columns``, oldest close first."""
    missing: list[tuple[str, ...]]
    """Of every symbol."""


def minute_facts(series: Series, leader: int, *, until: float) -> list[MinuteFacts]:
    """Return the facts of every symbol at the end of a minute; ``leader`` is a column."""
    ends = until - until % MINUTE_S
    raw = np.ascontiguousarray(series.minutes.last(lead_lag.RETURNS + lead_lag.MAXIMUM_LAG + 1, until=ends).T)
    closes = _bridged(raw[:, lead_lag.MAXIMUM_LAG :], "1m")
    returns = log_returns(closes.rows)
    volatilities = dict(zip(closes.columns, volatility.realised_bps(returns), strict=True))
    leads = _leads(raw, leader, closes.columns, returns)
    move = return_bps(
        _known(series.minutes.at(ends, leader)), _known(series.minutes.at(ends - _LEADER_MOVE_S, leader))
    )
    return [
        MinuteFacts(volatilities.get(column), leads.get(column), move, missing)
        for column, missing in enumerate(closes.missing)
    ]


def quarter_facts(
    series: Series, hours: Sequence[HourFacts], skews: RollingSkews, *, until: float
) -> list[QuarterFacts]:
    """Return the facts of every symbol at the end of a quarter of an hour; ``skews`` spares repeated work."""
    ends = until - until % QUARTER_S
    raw = np.ascontiguousarray(series.quarters.last(hurst.CLOSES, until=ends).T)
    closes = _bridged(raw, "15m")
    shapes = dict(zip(closes.columns, _shapes(log_returns(closes.rows), skews), strict=True))
    newest = _bridged(raw[:, -TREND_BARS - 1 :], "15m")
    trends = {
        column: return_bps(float(row[-1]), float(row[0]))
        for column, row in zip(newest.columns, newest.rows, strict=True)
    }
    facts = []
    for column, missing in enumerate(closes.missing):
        exponent, skewness, quantile = shapes.get(column, _NO_FACTS)
        still = column in shapes and exponent is None
        facts.append(
            QuarterFacts(
                trend_bps=trends.get(column),
                hurst=exponent,
                skew=skewness,
                skew_quantile=quantile,
                hour=hours[column],
                missing=(*missing, "unmoved_15m") if still else missing,
            )
        )
    return facts


def _leads(
    raw: npt.NDArray[np.float64], leader: int, columns: Sequence[int], returns: npt.NDArray[np.float64]
) -> dict[int, lead_lag.LeadLag | None]:
    lead_closes = gaps.bridged(raw[leader])
    if lead_closes is None or not columns:
        return {}
    found = dict(zip(columns, lead_lag.strongest_lags(log_returns(lead_closes), returns), strict=True))
    found.pop(leader, None)
    return found


def _shapes(
    returns: npt.NDArray[np.float64], skews: RollingSkews
) -> list[tuple[float | None, float | None, float | None]]:
    """Return exponent, skew and its quantile for each row."""
    newest = returns[:, -skew.RETURNS :]
    return list(
        zip(
            hurst.rescaled_range_exponents(returns),
            skew.skewness(newest),
            skew.newest_quantiles(skews.of(newest)),
            strict=True,
        )
    )


def _bridged(raw: npt.NDArray[np.float64], resolution: str) -> _Closes:
    if not gaps.has_holes(raw):
        return _Closes(list(range(len(raw))), raw, [()] * len(raw))
    rows = [gaps.bridged(row) for row in raw]
    known = {column: row for column, row in enumerate(rows) if row is not None}
    return _Closes(
        columns=list(known),
        rows=np.array(list(known.values())).reshape(len(known), raw.shape[1]),
        missing=[_missing(resolution, row, closes) for row, closes in zip(raw, rows, strict=True)],
    )


def _missing(
    resolution: str, raw: npt.NDArray[np.float64], closes: npt.NDArray[np.float64] | None
) -> tuple[str, ...]:
    if closes is None:
        return (f"candles_{resolution}",)
    return (f"gaps_{resolution}",) if gaps.has_holes(raw) else ()


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
