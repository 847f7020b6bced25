"""How far one symbol's minute returns run ahead of others'."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RETURNS = 60
MAXIMUM_LAG = 15


class LeadLag(NamedTuple):
    """The lag at which the leader's returns correlate best with the follower's."""

    lag: int
    """In bars; the leader moves first."""
    correlation: float


def strongest_lags(
    leader: npt.NDArray[np.float64], followers: npt.NDArray[np.float64], *, maximum_lag: int = MAXIMUM_LAG
) -> list[LeadLag | None]:
    """Return for each row of followers the lag of 0..``maximum_lag`` bars with the largest absolute correlation.

    The first of equals. The leader's returns begin ``maximum_lag`` bars before the followers' and end with
    them. None where either did not move. Raises ValueError for lengths that do not fit.
    """
    span = followers.shape[1]
    if leader.size != span + maximum_lag:
        raise ValueError(f"the leader needs {span + maximum_lag} returns, not {leader.size}")
    lagged = leader[np.arange(maximum_lag, -1, -1)[:, np.newaxis] + np.arange(span)]
    lagged -= _means(lagged)
    powers = np.square(lagged).sum(axis=1)
    lags = np.flatnonzero(powers)
    if lags.size == 0:
        return [None] * len(followers)
    if lags.size < powers.size:
        lagged, powers = lagged[lags], powers[lags]
    centred = followers - _means(followers)
    scales = np.sqrt(powers * np.vecdot(centred, centred)[:, np.newaxis])
    products = np.matmul(lagged, centred[:, :, np.newaxis])[:, :, 0]
    moved = scales > 0
    correlations = np.divide(products, scales, out=np.zeros_like(products), where=moved)
    best = np.abs(correlations).argmax(axis=1)
    strongest = np.minimum(1.0, np.maximum(-1.0, correlations[np.arange(len(best)), best]))
    return [
        LeadLag(lag, value) if can else None
        for lag, value, can in zip(
            lags[best].tolist(), strongest.tolist(), moved.any(axis=1).tolist(), strict=True
        )
    ]


def _means(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the mean of each row as a column; numpy's own takes thrice as long for a few values."""
    return np.asarray(np.add.reduce(rows, axis=-1, keepdims=True) / rows.shape[-1])
