"""The book at the end of each minute: where its best levels stand, and how much on each of five."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.window_model_draws import LayerDraws, Normal, Uniform
from src.exchange.simulator.markets.window_model_memory import faded, wandering
from src.exchange.simulator.markets.window_model_pace import Contracts, Pace
from src.exchange.simulator.markets.window_model_tables import BEST_SIZE, SHIFT, SPACING, SPREAD
from src.features.book_shape import LEVELS

LEAST_SPREAD, COUNTED_UP = 0.6, 0.3
"""Least spread in gaps; and what of its counting up to whole ticks the measured spreads already hold."""
WIDE = 13.0
"""From this spread on, in gaps, the middle's shift grows with it."""
SHIFT_PUSH, SHIFT_TILT = -0.234, 0.19
"""The middle of the book lags behind the price, and leans with the flow, in gaps."""
BEHIND_MEAN = (-0.286, -0.204, -0.118, -0.034)
"""Mean logarithm of the sizes of the four levels behind the best, in typical sizes."""
BEHIND_LEAN = (2.35, 2.273, 2.18, 2.075)
"""How it follows the tilt, down on the fed side and up on the eaten one."""
BEHIND_SPREAD = (-0.07, -0.157, -0.24, -0.309)
"""How it follows the tilt on both sides."""
BEHIND_SD = ((0.42, 0.48, 0.52, 0.55), (0.45, 0.51, 0.55, 0.58), (0.58, 0.78, 0.93, 1.05))
"""Standard deviation around that: without tilt, on the eaten side, on the fed side."""
BEHIND_COMMON = (0.4, 0.52, 0.6, 0.64)
"""Correlation of each level with what moves all four."""
BEHIND_MEMORY = 2.0
"""Half-life in minutes with which the levels from the third on follow the tilt."""
MOVED_LIMIT, MOVED_MEMORY = 8.0, 3.0
"""Moves of a minute count up to about this many gaps, with this half-life in minutes, for the sizes of levels:
a side that the price comes towards shows the large levels that stood far away, the other one small new ones."""
BEST_MOVED = 0.0163
"""By how much the logarithm of the best size follows the newest move."""
BEHIND_MOVED = ((0.017, 0.036, 0.05, 0.061), (0.004, 0.014, 0.024, 0.036))
"""By how much those of the levels behind follow the faded moves, without tilt and with all of it."""
STOCK_SHARE, STOCK_MEMORY = 0.5, 6.0
"""Part of what moves all four that stays, and its half-life in minutes."""


@dataclass(frozen=True, slots=True)
class ClosingBook:
    """The book at the end of each minute; shape (minutes, symbols), levels (4, minutes, symbols)."""

    bid: Floats
    """In whole ticks."""
    ask: Floats
    bid_size: Floats
    """In contracts on the step, as all sizes here."""
    ask_size: Floats
    bids_behind: Floats
    asks_behind: Floats
    spacing: Floats
    """Whole ticks between neighbouring levels."""

    @property
    def middle(self) -> Floats:
        """Return the mid price in ticks."""
        middle: Floats = (self.bid + self.ask) / 2.0
        return middle


@dataclass(frozen=True, slots=True)
class Chances:
    """A block's pace and chance, and those of the block before it."""

    pace: Pace
    draws: LayerDraws
    pace_before: Pace
    draws_before: LayerDraws


def closing_book(chances: Chances, contracts: Contracts) -> ClosingBook:
    """Return the book as the minutes of a block leave it behind."""
    pace, uniform = chances.pace, chances.draws.uniform
    bid, ask = _best_ticks(pace, uniform)
    moved = np.exp(BEST_MOVED * _moves(pace))
    spacing = SPACING.at(pace.tilt, uniform[Uniform.SPACING]) * pace.gap
    return ClosingBook(
        bid=bid,
        ask=ask,
        bid_size=_sizes(pace, contracts, BEST_SIZE.at(pace.tilt, uniform[Uniform.BEST_BID]) / moved),
        ask_size=_sizes(pace, contracts, BEST_SIZE.at(-pace.tilt, uniform[Uniform.BEST_ASK]) * moved),
        bids_behind=_behind(chances, contracts, fed=1.0),
        asks_behind=_behind(chances, contracts, fed=-1.0),
        spacing=np.maximum(1.0, np.rint(spacing)),
    )


def _best_ticks(pace: Pace, uniform: Floats) -> tuple[Floats, Floats]:
    spread = SPREAD.at(np.abs(pace.push), uniform[Uniform.SPREAD])
    away = SHIFT.at(spread, uniform[Uniform.SHIFT]) * np.maximum(1.0, spread / WIDE)
    side = np.where(uniform[Uniform.SHIFT_SIDE] < 0.5, -1.0, 1.0)
    shift = side * away + SHIFT_PUSH * pace.push + SHIFT_TILT * pace.tilt
    ticks = np.maximum(np.ceil(LEAST_SPREAD * pace.gap), np.ceil(spread * pace.gap - COUNTED_UP))
    bid = np.maximum(1.0, np.rint(pace.closing + shift * pace.gap - ticks / 2.0))
    return bid, bid + ticks


def _behind(chances: Chances, contracts: Contracts, *, fed: float) -> Floats:
    """Return the levels behind the best bid (``fed`` 1) or ask (-1)."""
    pace, now, before = chances.pace, chances.draws.normal, chances.draws_before.normal
    bids = fed > 0
    stock = Normal.BID_STOCK if bids else Normal.ASK_STOCK
    lasting = wandering(before[stock], now[stock], half_life=STOCK_MEMORY)
    passing = now[Normal.BIDS if bids else Normal.ASKS]
    common = STOCK_SHARE * lasting + np.sqrt(1.0 - STOCK_SHARE**2) * passing
    slow = faded(chances.pace_before.tilt, pace.tilt, half_life=BEHIND_MEMORY)
    moved = faded(_moves(chances.pace_before), _moves(pace), half_life=MOVED_MEMORY) / (
        1.0 - 0.5 ** (1.0 / MOVED_MEMORY)
    )
    own = Normal.BID_LEVELS if bids else Normal.ASK_LEVELS
    levels = []
    for level in range(LEVELS - 1):
        tilt = pace.tilt if level == 0 else slow
        mean = BEHIND_MEAN[level] - fed * BEHIND_LEAN[level] * tilt + BEHIND_SPREAD[level] * np.abs(tilt)
        mean = mean - fed * pace.between((BEHIND_MOVED[0][level], BEHIND_MOVED[1][level])) * moved
        flat, eaten, fed_sd = (row[level] for row in BEHIND_SD)
        sd = flat + (np.where(fed * pace.tilt > 0.0, fed_sd, eaten) - flat) * pace.tilted
        share = BEHIND_COMMON[level]
        noise = share * common + np.sqrt(1.0 - share**2) * now[own + level]
        levels.append(_sizes(pace, contracts, np.exp(mean + sd * noise)))
    return np.array(levels)


def _moves(pace: Pace) -> Floats:
    """Return the moves of the minutes in gaps, the largest held down."""
    moves: Floats = MOVED_LIMIT * np.tanh(pace.push * np.sqrt(pace.actions) / MOVED_LIMIT)
    return moves


def _sizes(pace: Pace, contracts: Contracts, typical: Floats) -> Floats:
    """Return sizes on the step, at least one of it."""
    return contracts.sizes(np.maximum(1.0, np.rint(typical * pace.depth / contracts.step)))
