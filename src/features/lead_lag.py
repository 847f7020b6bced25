"""How far one symbol's minute returns run ahead of another's."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RETURNS = 60
MAXIMUM_LAG = 15


@dataclass(frozen=True, slots=True)
class LeadLag:
    """The lag at which the leader's returns correlate best with the follower's."""

    lag: int
    """In bars; the leader moves first."""
    correlation: float


def strongest_lag(
    leader: npt.NDArray[np.float64], follower: npt.NDArray[np.float64], *, maximum_lag: int = MAXIMUM_LAG
) -> LeadLag | None:
    """Return the lag of 0..``maximum_lag`` bars with the largest absolute correlation, first of equals.

    The leader's returns begin ``maximum_lag`` bars before the follower's and end with them. None where either
    did not move. Raises ValueError for lengths that do not fit.
    """
    if leader.size != follower.size + maximum_lag:
        raise ValueError(f"the leader needs {follower.size + maximum_lag} returns, not {leader.size}")
    rows = np.lib.stride_tricks.sliding_window_view(leader, follower.size)[::-1]
    rows = rows - rows.mean(axis=1, keepdims=True)
    centred = follower - follower.mean()
    scales = np.sqrt(np.square(rows).sum(axis=1) * float(centred @ centred))
    moved = scales > 0
    if not moved.any():
        return None
    correlations = np.zeros(rows.shape[0])
    correlations[moved] = (rows[moved] @ centred) / scales[moved]
    lag = int(np.argmax(np.abs(correlations)))
    return LeadLag(lag=lag, correlation=min(1.0, max(-1.0, float(correlations[lag]))))
