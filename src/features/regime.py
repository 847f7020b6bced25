"""The weather of a symbol: wild or quiet, up or down, slow to change its mind."""

import math
from dataclasses import dataclass

from src.records.enums import Regime

MINIMUM_STAY_S = 4 * 3600.0
_VOLATILITY_BAND = 0.10
_TREND_BAND = 0.25
_TREND_HOURS = 5.0


@dataclass(frozen=True, slots=True)
class RegimeState:
    """A regime and when it began."""

    regime: Regime
    since: float
    """Seconds since the epoch."""


def next_regime(
    previous: RegimeState | None,
    *,
    ts: float,
    volatility_bps: float,
    median_bps: float,
    trend_bps: float,
) -> RegimeState:
    """Return the regime after one more look.

    Volatility must leave its median by a tenth, and the trend zero by a quarter of what five hours usually
    move, before the regime changes, and no regime lasts less than ``MINIMUM_STAY_S``.
    """
    if previous is None:
        return RegimeState(_regime(wild=volatility_bps > median_bps, up=trend_bps >= 0), ts)
    was_wild = previous.regime in {Regime.WILD_UP, Regime.WILD_DOWN}
    was_up = previous.regime in {Regime.WILD_UP, Regime.QUIET_UP}
    bar = median_bps * (1 - _VOLATILITY_BAND if was_wild else 1 + _VOLATILITY_BAND)
    edge = _TREND_BAND * median_bps * math.sqrt(_TREND_HOURS)
    seen = _regime(wild=volatility_bps > bar, up=trend_bps >= (-edge if was_up else edge))
    if seen is previous.regime or ts - previous.since < MINIMUM_STAY_S:
        return previous
    return RegimeState(seen, ts)


def _regime(*, wild: bool, up: bool) -> Regime:
    if wild:
        return Regime.WILD_UP if up else Regime.WILD_DOWN
    return Regime.QUIET_UP if up else Regime.QUIET_DOWN
