"""How each minute of a block trades, in the units in which the message market is everywhere the same."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.events import InstrumentSpec
from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.core import TREND_FLOW, Block
from src.exchange.simulator.markets.ladder import Scale
from src.exchange.simulator.markets.minute import MINUTE_S
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.stream import FLOW_TILT, GAP_SECONDS

LEAST_TILT = FLOW_TILT * TREND_FLOW
"""Tilt of a minute without an episode of one-sided flow."""
LEAST_DEPTH = 8.0
"""Steps that a best level typically has at least."""


@dataclass(frozen=True, slots=True)
class Contracts:
    """The facts of the contracts, one value a symbol."""

    scales: tuple[Scale, ...]
    tick: Floats
    """In USD."""
    step: Floats
    """In contracts."""
    depth_usd: Floats
    """Typical value of the best level."""
    interest: Floats
    """Typical open interest in contracts."""
    interest_digits: tuple[int, ...]

    @classmethod
    def of(cls, specs: tuple[InstrumentSpec, ...]) -> "Contracts":
        """Return the facts of these instruments."""
        scales = tuple(Scale(spec) for spec in specs)
        characters = [character(spec.symbol) for spec in specs]
        return cls(
            scales=scales,
            tick=np.array([scale.tick for scale in scales]),
            step=np.array([scale.step for scale in scales]),
            depth_usd=np.array([one.depth_usd for one in characters]),
            interest=np.array([one.open_interest_usd / one.start_price for one in characters]),
            interest_digits=tuple(max(0, spec.size_decimals) for spec in specs),
        )

    def prices(self, ticks: Floats) -> Floats:
        """Return prices in USD; columns are symbols."""
        return np.column_stack([scale.prices(ticks[:, n]) for n, scale in enumerate(self.scales)])

    def sizes(self, steps: Floats) -> Floats:
        """Return sizes in contracts; columns are symbols."""
        return np.column_stack([scale.sizes(steps[:, n]) for n, scale in enumerate(self.scales)])


@dataclass(frozen=True, slots=True)
class Pace:
    """All minutes of a block; shape (minutes, symbols)."""

    opening: Floats
    """Fair price at the minute's begin, in ticks."""
    closing: Floats
    """Fair price at its end, in ticks."""
    gap: Floats
    """Typical distance of levels, in ticks."""
    depth: Floats
    """Typical size of the best level, in contracts."""
    tilt: Floats
    """-1..1: how one-sided the actions at the best levels are."""
    actions: Floats
    """Mean number of actions."""
    push: Floats
    """The minute's move in gaps over the root of its actions: how hard the price pulled the book along."""
    swing: Floats
    """The same of the distance between its highest and its lowest price."""
    tilted: Floats
    """0 where there is no episode of one-sided flow, 1 where all actions are on one side."""

    def between(self, ends: tuple[float, float]) -> Floats:
        """Return a number that goes from the first end to the second as flow gets one-sided."""
        between: Floats = ends[0] + (ends[1] - ends[0]) * self.tilted
        return between


def pace_of(block: Block, contracts: Contracts, *, actions_per_s: float) -> Pace:
    """Return how the minutes of a block trade, by the message market's own rules."""
    fair = np.exp(block.log_price)
    opening, closing = fair[:-1] / contracts.tick, fair[1:] / contracts.tick
    second = block.sigma / np.sqrt(MINUTE_S * block.activity)
    gap = np.maximum(1.0, opening * second * GAP_SECONDS * np.sqrt(1.0 / actions_per_s))
    actions = actions_per_s * MINUTE_S * block.activity
    tilt = FLOW_TILT * block.flow
    return Pace(
        opening=opening,
        closing=closing,
        gap=gap,
        depth=np.maximum(LEAST_DEPTH * contracts.step, contracts.depth_usd / fair[:-1]),
        tilt=tilt,
        actions=actions,
        push=(closing - opening) / gap / np.sqrt(actions),
        swing=(np.exp(block.high) - np.exp(block.low)) / contracts.tick / gap / np.sqrt(actions),
        tilted=np.clip((np.abs(tilt) - LEAST_TILT) / (FLOW_TILT - LEAST_TILT), 0.0, 1.0),
    )
