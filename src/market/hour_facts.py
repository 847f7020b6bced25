"""Features of hours: computed once an hour, for all symbols together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from src.features import correlation, gaps, volatility
from src.features.returns import log_returns
from src.market.history import HOUR_S, Series

_MEDIAN_BARS = 30 * 96
_RELATION_BARS = correlation.RETURNS * 4


class HourFacts(NamedTuple):
    """What the hours of a month and of a week say of a symbol."""

    volatility_median_bps: float | None
    correlation: float | None
    beta: float | None
    correlations: dict[str, float]
    """With each other symbol."""


class _Relation(NamedTuple):
    leader_correlation: float | None
    leader_slope: float | None
    correlations: dict[str, float]


_ALONE = _Relation(None, None, {})
_DIGITS = 4
"""More than a week of hours can tell of a correlation."""


def hour_facts(series: Series, symbols: Sequence[str], leader: int, *, until: float) -> list[HourFacts]:
    """Return the facts of every symbol at the end of an hour; ``leader`` is a column of ``symbols``."""
    ends = until - until % HOUR_S
    closes = np.ascontiguousarray(series.quarters.last(_MEDIAN_BARS + 1, until=ends).T)
    relation = _relation(closes[:, -_RELATION_BARS - 1 :: 4], symbols, leader)
    return [
        HourFacts(volatility.hourly_median_bps(row, bars_an_hour=4), *relation.get(column, _ALONE))
        for column, row in enumerate(log_returns(closes))
    ]


def _relation(closes: npt.NDArray[np.float64], symbols: Sequence[str], leader: int) -> dict[int, _Relation]:
    """Relate hourly returns to each other, over the symbols and the hours that are known to all of them."""
    hours = {column: _hourly_returns(row) for column, row in enumerate(closes)}
    found = {column: returns for column, returns in hours.items() if returns is not None}
    common = min((returns.size for returns in found.values()), default=0)
    known = {column: returns[-common:] for column, returns in found.items() if returns[-common:].std() > 0}
    if leader not in known:
        return {}
    columns = tuple(known)
    matrix = correlation.shrunk_correlations(np.array(list(known.values())))
    if matrix is None:
        return {}
    with_leader = matrix[columns.index(leader)]
    return {
        column: _Relation(
            float(with_leader[place]),
            correlation.slope_on(known[leader], known[column]),
            {
                symbols[other]: round(float(value), _DIGITS)
                for other, value in zip(columns, matrix[place], strict=True)
                if other != column
            },
        )
        for place, column in enumerate(columns)
    }


def _hourly_returns(closes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the newest hourly returns up to a week, fewer where the history is younger; None below two days."""
    known = np.flatnonzero(~np.isnan(closes))
    if known.size == 0 or closes.size - int(known[0]) <= correlation.MINIMUM_RETURNS:
        return None
    bridged = gaps.bridged(closes[int(known[0]) :])
    return None if bridged is None else log_returns(bridged)
