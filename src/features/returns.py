"""Price changes, in bps and as logarithms."""

import numpy as np
import numpy.typing as npt


def return_bps(price: float | None, earlier: float | None) -> float | None:
    """Return the change from an earlier price in bps of it; None where either is missing."""
    if price is None or earlier is None:
        return None
    return 1e4 * (price / earlier - 1)


def log_returns(closes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the differences of the logarithms of consecutive closes, along the last axis."""
    logarithms = np.log(closes)
    return np.asarray(logarithms[..., 1:] - logarithms[..., :-1])
