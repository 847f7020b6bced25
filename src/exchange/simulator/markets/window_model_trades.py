"""Who took in each minute, how much of it in large trades, and who was liquidated."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.window_model_book import Chances
from src.exchange.simulator.markets.window_model_counts import counted, few, summed, summed_evenly
from src.exchange.simulator.markets.window_model_draws import LayerDraws, Normal, Uniform
from src.exchange.simulator.markets.window_model_memory import faded, wandering
from src.exchange.simulator.markets.window_model_pace import Contracts, Pace
from src.exchange.simulator.markets.window_model_tables import (
    EVENTS_GAPS,
    LARGE_CHANCE_FLAT,
    LARGE_CHANCE_TILTED,
    LARGE_OF_FLAT,
    LARGE_OF_TILTED,
    LARGE_VOLUMES,
    TRADES_AN_ACTION,
)

CLUSTERED, CLUSTERED_SKEW = 1.47, 3.6
"""Variance of the number of trades over its mean, and its skewness times the deviation: some go through many levels."""
SIZE_FLAT, SIZE_TAKING, SIZE_RESTING = -0.90, -0.51, -0.70
"""Logarithm of a trade's mean size in typical sizes: without tilt, and with it on the side that takes and the other."""
SIZE_PUSH, PUSH_LIMIT = (0.175, 0.36), 3.0
"""How it grows where the price pushes its way: without tilt, and on the side that takes; and up to which push."""
SWING_MEAN, SWING_LIMIT = 1.3, 3.5
COUNT_SWING, SIZE_SWING = 0.07, 0.10
"""How much more trades there are, and how much larger, for each unit of the minute's swing above its mean."""
SIZE_VARIATION, SIZE_VARIATION_TAKING = 0.9, 1.68
"""Standard deviation of a trade's size over its mean, the number of trades given."""
BIG_AN_ACTION, BIG_MEAN, BIG_VARIATION = 0.0023, 3.3, 0.95
"""Trades of those who take many times as much: how many an action makes, and their size."""
FORCED_MEAN, FORCED_VARIATION = 1.10, 0.94
"""Size of a forced trade."""
LARGE_FROM = (0.395, 1.25)
"""Logarithm of the value above which a trade is large, over that of a typical size."""
LARGE_FROM_SD, LARGE_FROM_MEMORY, LARGE_FROM_LAG = (0.12, 0.19), 8.0, 12.0
"""How it wanders, with what half-life in minutes, and with what half-life it follows the tilt."""


@dataclass(frozen=True, slots=True)
class MinuteTrades:
    """Trades of each minute; shape (minutes, symbols), values in USD, volumes in contracts."""

    count: Floats
    usual_count: Floats
    """What their number would be on average."""
    buys: Floats
    sells: Floats
    large_buy_usd: Floats
    large_sell_usd: Floats
    long_liquidations_usd: Floats
    short_liquidations_usd: Floats
    large_trade_usd: Floats
    """Value above which a trade was large."""


def minute_trades(chances: Chances, liquidations: Floats, contracts: Contracts) -> MinuteTrades:
    """Return the trades of each minute; ``liquidations`` are counts, negative where longs were sold out."""
    pace, normal = chances.pace, chances.draws.normal
    price = pace.closing * contracts.tick
    value = pace.depth * price
    threshold = _threshold(chances)
    forced = summed(
        np.abs(liquidations),
        mean=FORCED_MEAN,
        variation=FORCED_VARIATION,
        normal=normal[Normal.LIQUIDATIONS],
    )
    bought, sold = np.where(liquidations > 0, forced, 0.0), np.where(liquidations < 0, forced, 0.0)
    buy_count, buys = _takers(pace, chances.draws, sign=1.0)
    sell_count, sells = _takers(pace, chances.draws, sign=-1.0)
    uniform = chances.draws.uniform
    buy_volume = contracts.sizes(np.rint((buys + bought) * pace.depth / contracts.step))
    sell_volume = contracts.sizes(np.rint((sells + sold) * pace.depth / contracts.step))
    large_buys = _large(
        pace,
        buy_volume / pace.depth,
        threshold,
        sign=1.0,
        any_u=uniform[Uniform.ANY_LARGE_BUY],
        share_u=uniform[Uniform.LARGE_BUY],
    )
    large_sells = _large(
        pace,
        sell_volume / pace.depth,
        threshold,
        sign=-1.0,
        any_u=uniform[Uniform.ANY_LARGE_SELL],
        share_u=uniform[Uniform.LARGE_SELL],
    )
    usual = np.interp(pace.gap, EVENTS_GAPS, TRADES_AN_ACTION) * pace.actions
    return MinuteTrades(
        count=buy_count + sell_count + np.ceil(forced),
        usual_count=usual,
        buys=buy_volume,
        sells=sell_volume,
        large_buy_usd=large_buys * value,
        large_sell_usd=large_sells * value,
        long_liquidations_usd=sold * value,
        short_liquidations_usd=bought * value,
        large_trade_usd=threshold * value,
    )


def _takers(pace: Pace, draws: LayerDraws, *, sign: float) -> tuple[Floats, Floats]:
    """Return number and volume of one side's trades, in typical sizes."""
    buying, normal = sign > 0, draws.normal
    usual = np.interp(pace.gap, EVENTS_GAPS, TRADES_AN_ACTION) * pace.actions
    swing = np.minimum(pace.swing, SWING_LIMIT) - SWING_MEAN
    count = counted(
        usual * (1.0 + COUNT_SWING * swing) * (1.0 + sign * pace.tilt) / 2.0,
        normal[Normal.BUYS if buying else Normal.SELLS],
        excess=CLUSTERED,
        skew=CLUSTERED_SKEW,
    )
    taking = np.where(sign * pace.tilt > 0.0, pace.tilted, 0.0)
    resting = np.where(sign * pace.tilt < 0.0, pace.tilted, 0.0)
    level = SIZE_FLAT + (SIZE_TAKING - SIZE_FLAT) * taking + (SIZE_RESTING - SIZE_FLAT) * resting
    slope = SIZE_PUSH[0] + (SIZE_PUSH[1] - SIZE_PUSH[0]) * taking
    mean = np.exp(level + slope * sign * np.clip(pace.push, -PUSH_LIMIT, PUSH_LIMIT) + SIZE_SWING * swing)
    chance = normal[Normal.BUY_SIZE if buying else Normal.SELL_SIZE]
    volume = np.where(
        taking > 0.0,
        summed_evenly(count, mean=mean, variation=SIZE_VARIATION_TAKING, normal=chance),
        summed(count, mean=mean, variation=SIZE_VARIATION, normal=chance),
    )
    big = few(
        BIG_AN_ACTION * pace.actions * (1.0 + sign * pace.tilt) / 2.0,
        draws.uniform[Uniform.BIG_BUYS if buying else Uniform.BIG_SELLS],
    )
    size = normal[Normal.BIG_BUY_SIZE if buying else Normal.BIG_SELL_SIZE]
    return count, volume + summed(big, mean=BIG_MEAN, variation=BIG_VARIATION, normal=size)


def _threshold(chances: Chances) -> Floats:
    """Return the value above which a trade is large, over that of a typical size: it follows the trades it sees."""
    tilted = faded(chances.pace_before.tilted, chances.pace.tilted, half_life=LARGE_FROM_LAG)
    noise = wandering(
        chances.draws_before.normal[Normal.THRESHOLD],
        chances.draws.normal[Normal.THRESHOLD],
        half_life=LARGE_FROM_MEMORY,
    )
    level = LARGE_FROM[0] + (LARGE_FROM[1] - LARGE_FROM[0]) * tilted
    sd = LARGE_FROM_SD[0] + (LARGE_FROM_SD[1] - LARGE_FROM_SD[0]) * tilted
    threshold: Floats = np.exp(level + sd * noise)
    return threshold


def _large(
    pace: Pace, volume: Floats, threshold: Floats, *, sign: float, any_u: Floats, share_u: Floats
) -> Floats:
    """Return how much of a side's volume was in large trades."""
    times = volume / threshold
    tilted = np.where(sign * pace.tilt > 0.5, True, False)
    chance = np.where(
        tilted,
        np.interp(times, LARGE_VOLUMES, LARGE_CHANCE_TILTED),
        np.interp(times, LARGE_VOLUMES, LARGE_CHANCE_FLAT),
    )
    share = np.where(tilted, LARGE_OF_TILTED.at(times, share_u), LARGE_OF_FLAT.at(times, share_u))
    return np.where(any_u < chance, threshold + share * (volume - threshold), 0.0)
