"""The chance of the window layer: one generator a symbol and block, every number drawn in a fixed order."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.recursions import Floats


class Normal(IntEnum):
    """What a standard normal draw is for."""

    ACTIONS = 0
    EVENTS = 1
    FLOW = 2
    SQUARES = 3
    BUYS = 4
    SELLS = 5
    BUY_SIZE = 6
    SELL_SIZE = 7
    LIQUIDATIONS = 8
    THRESHOLD = 9
    MARK = 10
    INDEX = 11
    HIGH = 12
    LOW = 13
    BIDS = 14
    ASKS = 15
    BID_STOCK = 16
    ASK_STOCK = 17
    BID_LEVELS = 18
    """And the three after it: one a level."""
    ASK_LEVELS = 22
    """And the three after it."""
    BIG_BUY_SIZE = 26
    BIG_SELL_SIZE = 27


class Uniform(IntEnum):
    """What a uniform draw is for."""

    SPREAD = 0
    SHIFT = 1
    SHIFT_SIDE = 2
    BEST_BID = 3
    BEST_ASK = 4
    SPACING = 5
    BOOK_AGE = 6
    TICKER_AGE = 7
    HIGH_AT = 8
    LOW_AT = 9
    ANY_LARGE_BUY = 10
    ANY_LARGE_SELL = 11
    LARGE_BUY = 12
    LARGE_SELL = 13
    BIG_BUYS = 14
    BIG_SELLS = 15


NORMALS, UNIFORMS = 28, 16


@dataclass(frozen=True, slots=True)
class LayerDraws:
    """The chance of one block; the arrays have the shape (kind of draw, minutes, symbols)."""

    normal: Floats
    uniform: Floats


def layer_draws(chance: Chance, symbols: tuple[str, ...], *, block: int, minutes: int) -> LayerDraws:
    """Return the chance of a block; a symbol's does not depend on which others there are."""
    normal = np.empty((NORMALS, minutes, len(symbols)))
    uniform = np.empty((UNIFORMS, minutes, len(symbols)))
    for column, symbol in enumerate(symbols):
        generator = chance.generator(f"windows/{symbol}", block)
        normal[:, :, column] = generator.standard_normal((NORMALS, minutes))
        uniform[:, :, column] = generator.random((UNIFORMS, minutes))
    return LayerDraws(normal=normal, uniform=uniform)
