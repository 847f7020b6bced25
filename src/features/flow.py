"""Who takes: the share of buyers, and what counts as a large trade."""

import math

LARGE_SHARE = 0.05
"""Share of trades that count as large."""
SEED_TRADES = 50
_STEP = 0.05
_UP = math.exp(_STEP * (1 - LARGE_SHARE))
_DOWN = math.exp(-_STEP * LARGE_SHARE)


def taker_buy_share(buy_volume: float, sell_volume: float) -> float | None:
    """Return the share of taker volume that bought, 0..1; None without trades."""
    total = buy_volume + sell_volume
    return buy_volume / total if total > 0 else None


def first_threshold(values_usd: list[float]) -> float | None:
    """Return the value that ``LARGE_SHARE`` of the given trades exceed; None with too few of them."""
    if len(values_usd) < SEED_TRADES:
        return None
    ordered = sorted(values_usd)
    return ordered[math.ceil(len(ordered) * (1 - LARGE_SHARE)) - 1]


def next_threshold(threshold_usd: float, value_usd: float) -> float:
    """Return the threshold after one more trade: a step up for a larger one, else a small step down.

    Stochastic approximation of a quantile (Robbins, Monro 1951) on the logarithm: it remembers one number.
    """
    return threshold_usd * (_UP if value_usd > threshold_usd else _DOWN)
