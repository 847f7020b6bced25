"""The chance of one block of minutes: every number that the model core will use, drawn in a fixed order."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.recursions import Floats

SHOCK_LIMIT = 12.0
"""Wildest shock, in standard deviations."""
FACTOR_TAIL, OWN_TAIL = 4.0, 5.0
"""Degrees of freedom of the Student shocks."""


@dataclass(frozen=True, slots=True)
class MarketDraws:
    """What all symbols share; shape (minutes, 1). ``_u`` is uniform, the rest has unit variance."""

    regime_redrawn_u: Floats
    regime_fresh_u: Floats
    volatility: Floats
    factor: Floats


@dataclass(frozen=True, slots=True)
class SymbolDraws:
    """What each symbol has for itself; shape (minutes, symbols). ``_u`` is uniform, the rest has unit variance."""

    shock: Floats
    slow_premium: Floats
    volatility: Floats
    fast_premium: Floats
    open_interest: Floats
    volume: Floats
    flow_redrawn_u: Floats
    flow_fresh_u: Floats
    high_u: Floats
    low_u: Floats
    liquidations_u: Floats


def market_draws(chance: Chance, *, block: int, minutes: int) -> MarketDraws:
    """Return the shared chance of a block."""
    generator = chance.generator("market", block)
    uniform = generator.random((2, minutes, 1))
    return MarketDraws(
        regime_redrawn_u=uniform[0],
        regime_fresh_u=uniform[1],
        volatility=generator.standard_normal((minutes, 1)),
        factor=_student(generator, FACTOR_TAIL, minutes)[:, None],
    )


def symbol_draws(chance: Chance, symbols: tuple[str, ...], *, block: int, minutes: int) -> SymbolDraws:
    """Return the symbols' own chance of a block; a symbol's does not depend on which others there are."""
    columns = [_draw(chance.generator(f"core/{symbol}", block), minutes) for symbol in symbols]
    return SymbolDraws(*(np.column_stack(column) for column in zip(*columns, strict=True)))


def _draw(generator: np.random.Generator, minutes: int) -> list[Floats]:
    return [
        _student(generator, OWN_TAIL, minutes),
        _student(generator, OWN_TAIL, minutes),
        *generator.standard_normal((4, minutes)),
        *generator.random((5, minutes)),
    ]


def _student(generator: np.random.Generator, degrees: float, count: int) -> Floats:
    """Return Student draws scaled to unit variance, their wildest cut off."""
    draws: Floats = generator.standard_t(degrees, count) * np.sqrt((degrees - 2.0) / degrees)
    return draws.clip(-SHOCK_LIMIT, SHOCK_LIMIT)
