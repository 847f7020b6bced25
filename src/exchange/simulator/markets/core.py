"""The model core: what every minute of every symbol is like, before any message is made of it.

A block of minutes follows from the state at its beginning, the seed and its number alone; ``docs/synthetic_market.md``
has the formulas. The message stream, the history behind the start and a leap over a gap all read the same blocks.
"""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.recursions import Fading, Floats, held
from src.records.market_state import CoreState

BLOCK_MINUTES = 240
BLOCK_S = 60 * BLOCK_MINUTES
RECENT_MINUTES = 4

REGIME_MEAN_STAY = 360.0
"""Minutes between draws of the regime; a fourth of the draws change nothing."""
REGIME_VOLATILITY = np.array([0.687, 0.687, 1.237, 1.237])
"""Calm and falling, calm and rising, stormy and falling, stormy and rising; mean square 1."""
REGIME_TREND = np.array([-1.0, 1.0, -1.0, 1.0])
COMMON_VOLATILITY_SD, OWN_VOLATILITY_SD = 0.30, 0.20
MEAN_VOLATILITY_RATIO = 0.90
"""Mean of a minute's volatility over its typical value, by the numbers above."""
SHOCK_LIMIT = 12.0

FLOW_MEAN_STAY = 43.0
"""Minutes between draws of a symbol's flow: a half-life of 30 minutes."""
FLOW_SHARE = 0.14
"""Chance that a draw starts an episode of one-sided flow."""
TREND_FLOW = 0.08
DRIFT_A_MINUTE = 1.2e-4
"""Edge: the log return of a minute of full flow, for a contract of ``DRIFT_VOLATILITY``."""
DRIFT_VOLATILITY = 0.040

PREMIUM_MEAN, SLOW_PREMIUM_SD, FAST_PREMIUM_SD = 0.8e-4, 2.5e-4, 0.8e-4
PREMIUM_TREND, PREMIUM_FLOW = 1.0e-4, 1.0e-4
OPEN_INTEREST_SD, OPEN_INTEREST_FLOW, OPEN_INTEREST_LIQUIDATION = 8e-4, 6e-4, 1.2e-3
LIQUIDATION_FROM, LIQUIDATION_SLOPE, LIQUIDATION_LIMIT = 2.2, 1.5, 12.0


@dataclass(frozen=True, slots=True)
class Block:
    """All minutes of a block; columns are symbols. What has one row more begins with the block's start."""

    number: int
    log_price: Floats
    premium: Floats
    """Of the perpetual over its index, as a fraction; one row more."""
    open_interest: Floats
    """Logarithm of its ratio to the typical value; one row more."""
    sigma: Floats
    """Standard deviation of the minute's diffusive log return."""
    activity: Floats
    """Messages and trades relative to the mean."""
    flow: Floats
    """-1 all selling, +1 all buying."""
    liquidations: Floats
    """Liquidation trades of the minute; negative: longs were sold out."""
    high: Floats
    """Highest log price within the minute."""
    low: Floats
    volume: Floats
    """Relative to the mean."""
    regime: Floats


@dataclass(slots=True)
class _Draws:
    """The chance of one block; unit variance, columns are symbols."""

    shock: Floats
    volatility: Floats
    flow_redrawn: Floats
    flow_fresh: Floats
    slow_premium: Floats
    fast_premium: Floats
    open_interest: Floats
    high: Floats
    low: Floats
    volume: Floats
    liquidations: Floats


class ModelCore:
    """The law of motion of a set of symbols."""

    def __init__(self, symbols: tuple[str, ...], *, seed: int, edge: bool) -> None:
        self.symbols = symbols
        self._chance = Chance(seed)
        characters = [character(symbol) for symbol in symbols]
        daily = np.array([one.daily_volatility for one in characters])
        self._typical_sigma = daily / np.sqrt(1440.0)
        self._load = np.array([one.correlation for one in characters])
        self._drift = DRIFT_A_MINUTE * np.sqrt(daily / DRIFT_VOLATILITY) if edge else np.zeros(len(symbols))
        self._volatility = Fading(180.0, BLOCK_MINUTES)
        self._slow_premium = Fading(480.0, BLOCK_MINUTES)
        self._fast_premium = Fading(10.0, BLOCK_MINUTES)
        self._open_interest = Fading(2880.0, BLOCK_MINUTES)

    def origin(self, block: int) -> CoreState:
        """Return a state that no past has shaped, at the beginning of a block; its log prices are 0."""
        chance = self._chance.generator("origin", block)
        own = [self._chance.generator(f"origin/{symbol}", block) for symbol in self.symbols]
        zeros = tuple(0.0 for _ in self.symbols)
        return CoreState(
            block=block,
            regime=int(chance.integers(4)),
            common_volatility=float(chance.standard_normal()),
            log_price=zeros,
            own_volatility=tuple(float(one.standard_normal()) for one in own),
            flow=zeros,
            slow_premium=tuple(float(one.standard_normal()) for one in own),
            fast_premium=zeros,
            open_interest=zeros,
            recent_returns=tuple(zeros for _ in range(RECENT_MINUTES)),
        )

    def advance(self, state: CoreState) -> tuple[Block, CoreState]:
        """Return the block that begins with ``state``, and the state at its end."""
        market = self._chance.generator("market", state.block)
        redrawn = market.random((BLOCK_MINUTES, 1)) < 1.0 / REGIME_MEAN_STAY
        regime = held(np.array([state.regime]), redrawn, market.integers(4, size=(BLOCK_MINUTES, 1)))[:, 0]
        which = regime.astype(np.intp)
        common = self._volatility.path(
            np.array([state.common_volatility]),
            self._volatility.scale * market.standard_normal((BLOCK_MINUTES, 1)),
        )
        factor = _student(market.standard_t(4.0, BLOCK_MINUTES), 4.0)[:, None]
        draws = self._draw(state.block)

        own = self._volatility.path(np.array(state.own_volatility), self._volatility.scale * draws.volatility)
        ratio = REGIME_VOLATILITY[which][:, None] * np.exp(
            COMMON_VOLATILITY_SD * common
            + OWN_VOLATILITY_SD * own
            - (COMMON_VOLATILITY_SD**2 + OWN_VOLATILITY_SD**2)
        )
        sigma = self._typical_sigma * ratio
        episodes = held(np.array(state.flow), draws.flow_redrawn < 1.0 / FLOW_MEAN_STAY, draws.flow_fresh)
        trend = REGIME_TREND[which][:, None]
        flow = np.clip(episodes + TREND_FLOW * trend, -1.0, 1.0)
        shock = self._load * factor + np.sqrt(1.0 - self._load**2) * draws.shock
        returns = sigma * shock + self._drift * flow
        price = np.vstack([state.log_price, state.log_price + np.cumsum(returns, axis=0)])

        liquidations, recent = _liquidations(np.array(state.recent_returns), shock, draws.liquidations)
        slow = self._slow_premium.path(
            np.array(state.slow_premium), self._slow_premium.scale * draws.slow_premium
        )
        fast = self._fast_premium.path(
            np.array(state.fast_premium),
            self._fast_premium.scale * FAST_PREMIUM_SD * draws.fast_premium
            + (1.0 - self._fast_premium.keep) * (PREMIUM_FLOW * flow + PREMIUM_TREND * trend),
        )
        interest = self._open_interest.path(
            np.array(state.open_interest),
            OPEN_INTEREST_SD * draws.open_interest
            + OPEN_INTEREST_FLOW * (np.abs(flow) - FLOW_SHARE - TREND_FLOW)
            - OPEN_INTEREST_LIQUIDATION * np.abs(liquidations),
        )
        activity = np.clip(ratio / MEAN_VOLATILITY_RATIO, 0.25, 4.0)
        high, low = _extremes(returns, sigma, draws)
        premium = PREMIUM_MEAN + SLOW_PREMIUM_SD * slow + fast
        before = PREMIUM_MEAN + SLOW_PREMIUM_SD * np.array(state.slow_premium) + np.array(state.fast_premium)
        block = Block(
            number=state.block,
            log_price=price,
            premium=np.vstack([before, premium]),
            open_interest=np.vstack([state.open_interest, interest]),
            sigma=sigma,
            activity=activity,
            flow=flow,
            liquidations=liquidations,
            high=price[:-1] + high,
            low=price[:-1] + low,
            volume=activity * np.exp(0.4 * draws.volume - 0.08),
            regime=regime,
        )
        after = CoreState(
            block=state.block + 1,
            regime=int(which[-1]),
            common_volatility=float(common[-1, 0]),
            log_price=_row(price),
            own_volatility=_row(own),
            flow=_row(episodes),
            slow_premium=_row(slow),
            fast_premium=_row(fast),
            open_interest=_row(interest),
            recent_returns=tuple(tuple(row) for row in recent.tolist()),
        )
        return block, after

    def _draw(self, block: int) -> _Draws:
        columns = [_draw_symbol(self._chance.generator(f"core/{symbol}", block)) for symbol in self.symbols]
        return _Draws(*(np.column_stack(column) for column in zip(*columns, strict=True)))


def _draw_symbol(chance: np.random.Generator) -> tuple[Floats, ...]:
    normal = chance.standard_normal((4, BLOCK_MINUTES))
    uniform = chance.random((5, BLOCK_MINUTES))
    fresh = np.where(uniform[1] < FLOW_SHARE / 2, -1.0, np.where(uniform[1] < FLOW_SHARE, 1.0, 0.0))
    return (
        _student(chance.standard_t(5.0, BLOCK_MINUTES), 5.0),
        normal[0],
        uniform[0],
        fresh,
        _student(chance.standard_t(5.0, BLOCK_MINUTES), 5.0),
        normal[1],
        normal[2],
        uniform[2],
        uniform[3],
        normal[3],
        uniform[4],
    )


def _student(draws: Floats, degrees: float) -> Floats:
    """Return Student draws scaled to unit variance, their wildest cut off."""
    return np.clip(draws * np.sqrt((degrees - 2.0) / degrees), -SHOCK_LIMIT, SHOCK_LIMIT)


def _liquidations(recent: Floats, shock: Floats, uniform: Floats) -> tuple[Floats, Floats]:
    """Return signed liquidation trades a minute, more the further five minutes have moved, and the new tail."""
    known = np.vstack([recent, shock])
    total = np.cumsum(np.vstack([np.zeros((1, shock.shape[1])), known]), axis=0)
    window = RECENT_MINUTES + 1
    moved = (total[window:] - total[:-window]) / np.sqrt(window)
    excess = np.maximum(np.abs(moved) - LIQUIDATION_FROM, 0.0)
    mean = np.minimum(LIQUIDATION_SLOPE * excess**1.5, LIQUIDATION_LIMIT)
    count = np.floor(-mean * np.log1p(-uniform) + 0.4 * (excess > 0.0))
    return np.sign(moved) * count, known[-RECENT_MINUTES:]


def _extremes(returns: Floats, sigma: Floats, draws: _Draws) -> tuple[Floats, Floats]:
    """Return how far above and below its start a minute's path went (maximum of a Brownian bridge)."""
    above = (returns + np.sqrt(returns**2 - 2.0 * sigma**2 * np.log1p(-draws.high))) / 2.0
    below = (returns - np.sqrt(returns**2 - 2.0 * sigma**2 * np.log1p(-draws.low))) / 2.0
    return above, below


def _row(values: Floats) -> tuple[float, ...]:
    return tuple(values[-1].tolist())
