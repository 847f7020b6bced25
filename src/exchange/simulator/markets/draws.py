"""The chance of one block of minutes: every number that the model core will use, drawn in a fixed order."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.recursions import Floats

SHOCK_LIMIT = 12.0
"""Wildest shock, in standard deviations."""
FACTOR_TAIL, OWN_TAIL = 4.0, 5.0
"""Degrees of freedom of the Student shocks."""
_STUDENT, _UNIFORM, _KINDS = 2, 6, 11
"""Of a symbol's kinds of draws: those before the first are Student's, those from the second on uniform."""


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
    drawn = np.empty((len(symbols), _KINDS, minutes))
    for symbol, own in zip(symbols, drawn, strict=True):
        _draw(chance.generator(f"core/{symbol}", block), own)
    drawn[:, :_STUDENT] = _unit_student(drawn[:, :_STUDENT], OWN_TAIL)
    return SymbolDraws(*np.ascontiguousarray(drawn.transpose(1, 2, 0)))


def _draw(generator: np.random.Generator, own: Floats) -> None:
    """Draw the numbers of one symbol, in the order of the fields of ``SymbolDraws``."""
    own[:_STUDENT] = generator.standard_t(OWN_TAIL, own[:_STUDENT].shape)
    generator.standard_normal(out=own[_STUDENT:_UNIFORM])
    generator.random(out=own[_UNIFORM:])


def _student(generator: np.random.Generator, degrees: float, count: int) -> Floats:
    return _unit_student(generator.standard_t(degrees, count), degrees)


def _unit_student(draws: Floats, degrees: float) -> Floats:
    """Return Student draws scaled to unit variance, their wildest cut off."""
    scaled: Floats = draws * np.sqrt((degrees - 2.0) / degrees)
    return scaled.clip(-SHOCK_LIMIT, SHOCK_LIMIT)
