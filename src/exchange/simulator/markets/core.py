"""The model core: what every minute of every symbol is like, before any message is made of it.

A block of minutes follows from the state at its beginning, the seed and its number alone;
``docs/synthetic_market.md`` has the formulas. The message stream, the history behind the start and a leap over a gap
all read the same blocks.
"""

from collections import deque
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import numpy.typing as npt

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.draws import MarketDraws, SymbolDraws, market_draws, symbol_draws
from src.exchange.simulator.markets.recursions import Fading, Floats, held
from src.records.market_state import CoreState

Regimes = npt.NDArray[np.intp]

BLOCK_MINUTES = 240
BLOCK_S = 60 * BLOCK_MINUTES
RECENT_MINUTES = 4

REGIME_STAY = 360.0
"""Minutes between draws of the regime; a fourth of the draws change nothing."""
REGIME_VOLATILITY = np.array([0.687, 0.687, 1.237, 1.237])
"""Calm and falling, calm and rising, stormy and falling, stormy and rising; mean square 1."""
REGIME_TREND = np.array([-1.0, 1.0, -1.0, 1.0])
VOLATILITY_HALF_LIFE = 180.0
COMMON_VOLATILITY_SD, OWN_VOLATILITY_SD = 0.30, 0.20
MEAN_VOLATILITY_RATIO = 0.90
"""Mean of a minute's volatility over its typical value, by the numbers above."""

FLOW_STAY = 43.0
"""Minutes between draws of a symbol's flow: a half-life of 30 minutes."""
FLOW_SHARE = 0.14
"""Chance that a draw starts an episode of one-sided flow."""
TREND_FLOW = 0.08
DRIFT_A_MINUTE, DRIFT_VOLATILITY = 1.5e-4, 0.040
"""Edge: the log return of a minute of full flow, for a contract of that daily volatility."""

PREMIUM_MEAN, SLOW_PREMIUM_SD, FAST_PREMIUM_SD = 0.8e-4, 2.5e-4, 0.8e-4
SLOW_PREMIUM_HALF_LIFE, FAST_PREMIUM_HALF_LIFE = 480.0, 10.0
PREMIUM_TREND, PREMIUM_FLOW = 1.0e-4, 1.0e-4

INTEREST_HALF_LIFE = 2880.0
INTEREST_SD, INTEREST_FLOW, INTEREST_LIQUIDATION = 8e-4, 6e-4, 1.2e-3
MEAN_ABSOLUTE_FLOW, MEAN_LIQUIDATIONS = 0.21, 0.019
LIQUIDATION_FROM, LIQUIDATION_SLOPE, LIQUIDATION_LIMIT = 2.2, 1.5, 12.0
_NO_PRICE = np.empty(0)


@dataclass(frozen=True, slots=True)
class Block:
    """All minutes of a block; columns are symbols. What has one row more begins with the block's start."""

    number: int
    log_price: Floats
    """One row more."""
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
    regime: Regimes
    """0 to 3, in the order of ``REGIME_VOLATILITY``; one column."""


@dataclass(frozen=True, slots=True)
class Moves:
    """A block wherever its prices begin: what the model's law makes of a state but for its log prices."""

    block: Block
    """Its highest and lowest prices are those over the minute's first."""
    returns: Floats
    after: CoreState

    def begun_at(self, log_price: tuple[float, ...]) -> tuple[Block, CoreState]:
        """Return the block whose prices begin there, and the state at its end."""
        block = self.block
        price = np.vstack([log_price, log_price + np.cumsum(self.returns, axis=0)])
        placed = replace(block, log_price=price, high=price[:-1] + block.high, low=price[:-1] + block.low)
        return placed, msgspec.structs.replace(self.after, log_price=_last(price))


class ModelCore:
    """The law of motion of a set of symbols."""

    def __init__(self, symbols: tuple[str, ...], *, seed: int, edge: bool) -> None:
        self.symbols = symbols
        self._chance = Chance(seed)
        characters = [character(symbol) for symbol in symbols]
        daily = np.array([one.daily_volatility for one in characters])
        self._typical_sigma = daily / np.sqrt(1440.0)
        self._load = np.array([one.correlation for one in characters])
        self._drift = DRIFT_A_MINUTE * np.sqrt(daily / DRIFT_VOLATILITY) * edge
        self._volatility = Fading(VOLATILITY_HALF_LIFE, BLOCK_MINUTES)
        self._slow = Fading(SLOW_PREMIUM_HALF_LIFE, BLOCK_MINUTES)
        self._fast = Fading(FAST_PREMIUM_HALF_LIFE, BLOCK_MINUTES)
        self._interest = Fading(INTEREST_HALF_LIFE, BLOCK_MINUTES)
        self._rehearsed: deque[tuple[CoreState, Moves]] = deque()

    def origin(self, block: int) -> CoreState:
        """Return a state that no past has shaped, at the beginning of a block; its log prices are 0."""
        market = self._chance.generator("origin", block)
        own = [self._chance.generator(f"origin/{symbol}", block) for symbol in self.symbols]
        zeros = tuple(0.0 for _ in self.symbols)
        return CoreState(
            block=block,
            regime=int(market.integers(4)),
            common_volatility=float(market.standard_normal()),
            log_price=zeros,
            own_volatility=tuple(float(one.standard_normal()) for one in own),
            flow=zeros,
            slow_premium=tuple(float(one.standard_normal()) for one in own),
            fast_premium=zeros,
            open_interest=zeros,
            recent_shocks=tuple(zeros for _ in range(RECENT_MINUTES)),
        )

    def advance(self, state: CoreState) -> tuple[Block, CoreState]:
        """Return the block that begins with ``state``, and the state at its end."""
        moves = self._rehearsed_from(state) or self._moves(state)
        return moves.begun_at(state.log_price)

    def rehearse(self, state: CoreState, *, blocks: int) -> Block:
        """Return the last of so many blocks from ``state`` on.

        Their moves are remembered until ``advance`` goes the same way, from whatever prices.
        """
        self._rehearsed.clear()
        for _ in range(blocks):
            moves = self._moves(state)
            self._rehearsed.append((state, moves))
            last, state = moves.begun_at(state.log_price)
        return last

    def _rehearsed_from(self, state: CoreState) -> Moves | None:
        if not self._rehearsed:
            return None
        before, moves = self._rehearsed.popleft()
        if msgspec.structs.replace(before, log_price=state.log_price) == state:
            return moves
        self._rehearsed.clear()
        return None

    def _moves(self, state: CoreState) -> Moves:
        market = market_draws(self._chance, block=state.block, minutes=BLOCK_MINUTES)
        draws = symbol_draws(self._chance, self.symbols, block=state.block, minutes=BLOCK_MINUTES)
        regime = _regimes(state, market)
        trend = REGIME_TREND[regime]
        common = self._volatility.path(
            np.array([state.common_volatility]), self._volatility.scale * market.volatility
        )
        own = self._volatility.path(np.array(state.own_volatility), self._volatility.scale * draws.volatility)
        ratio = _volatility_ratio(regime, common, own)
        sigma = self._typical_sigma * ratio
        episodes = _episodes(state, draws)
        flow = np.clip(episodes + TREND_FLOW * trend, -1.0, 1.0)
        shock = self._load * market.factor + np.sqrt(1.0 - self._load**2) * draws.shock
        returns = sigma * shock + self._drift * flow
        liquidations, recent = _liquidations(np.array(state.recent_shocks), shock, draws.liquidations_u)
        slow = self._slow.path(np.array(state.slow_premium), self._slow.scale * draws.slow_premium)
        fast = self._fast_premium(state, draws, leaning=PREMIUM_FLOW * flow + PREMIUM_TREND * trend)
        interest = self._open_interest(state, draws, flow=flow, liquidations=liquidations)
        above, below = _extremes(returns, sigma, draws)
        activity = np.clip(ratio / MEAN_VOLATILITY_RATIO, 0.25, 4.0)
        block = Block(
            number=state.block,
            log_price=_NO_PRICE,
            premium=PREMIUM_MEAN
            + SLOW_PREMIUM_SD * np.vstack([state.slow_premium, slow])
            + np.vstack([state.fast_premium, fast]),
            open_interest=np.vstack([state.open_interest, interest]),
            sigma=sigma,
            activity=activity,
            flow=flow,
            liquidations=liquidations,
            high=above,
            low=below,
            volume=activity * np.exp(0.4 * draws.volume - 0.08),
            regime=regime,
        )
        after = CoreState(
            block=state.block + 1,
            regime=int(regime[-1, 0]),
            common_volatility=float(common[-1, 0]),
            log_price=(),
            own_volatility=_last(own),
            flow=_last(episodes),
            slow_premium=_last(slow),
            fast_premium=_last(fast),
            open_interest=_last(interest),
            recent_shocks=tuple(tuple(row) for row in recent.tolist()),
        )
        return Moves(block, returns, after)

    def _fast_premium(self, state: CoreState, draws: SymbolDraws, *, leaning: Floats) -> Floats:
        shocks = self._fast.scale * FAST_PREMIUM_SD * draws.fast_premium + (1.0 - self._fast.keep) * leaning
        return self._fast.path(np.array(state.fast_premium), shocks)

    def _open_interest(
        self, state: CoreState, draws: SymbolDraws, *, flow: Floats, liquidations: Floats
    ) -> Floats:
        shocks = (
            INTEREST_SD * draws.open_interest
            + INTEREST_FLOW * (np.abs(flow) - MEAN_ABSOLUTE_FLOW)
            - INTEREST_LIQUIDATION * (np.abs(liquidations) - MEAN_LIQUIDATIONS)
        )
        return self._interest.path(np.array(state.open_interest), shocks)


def _regimes(state: CoreState, market: MarketDraws) -> Regimes:
    redrawn = market.regime_redrawn_u < 1.0 / REGIME_STAY
    fresh = np.floor(market.regime_fresh_u * len(REGIME_TREND))
    return held(np.array([float(state.regime)]), redrawn, fresh).astype(np.intp)


def _volatility_ratio(regime: Regimes, common: Floats, own: Floats) -> Floats:
    """Return each minute's volatility over its typical value; its mean square is 1."""
    wander = COMMON_VOLATILITY_SD * common + OWN_VOLATILITY_SD * own
    ratio: Floats = REGIME_VOLATILITY[regime] * np.exp(
        wander - COMMON_VOLATILITY_SD**2 - OWN_VOLATILITY_SD**2
    )
    return ratio


def _episodes(state: CoreState, draws: SymbolDraws) -> Floats:
    """Return -1, 0 or 1: whether an episode of one-sided flow is on."""
    fresh = np.where(
        draws.flow_fresh_u < FLOW_SHARE, np.where(draws.flow_fresh_u < FLOW_SHARE / 2, -1.0, 1.0), 0.0
    )
    return held(np.array(state.flow), draws.flow_redrawn_u < 1.0 / FLOW_STAY, fresh)


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


def _extremes(returns: Floats, sigma: Floats, draws: SymbolDraws) -> tuple[Floats, Floats]:
    """Return how far above and below its start a minute's path went (extremes of a Brownian bridge)."""
    above = (returns + np.sqrt(returns**2 - 2.0 * sigma**2 * np.log1p(-draws.high_u))) / 2.0
    below = (returns - np.sqrt(returns**2 - 2.0 * sigma**2 * np.log1p(-draws.low_u))) / 2.0
    return above, below


def _last(values: Floats) -> tuple[float, ...]:
    return tuple(values[-1].tolist())
