"""The plan of one minute of one symbol: when something happens, the fair price then, and the chance it will need."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from src.exchange.simulator.markets.core import Block
from src.exchange.simulator.markets.recursions import Floats

MINUTE_S = 60
GRID_A_SECOND = 4
"""How finely the market's common path is drawn."""
_GRID = np.arange(MINUTE_S * GRID_A_SECOND + 1) / GRID_A_SECOND


class Moment(IntEnum):
    """What a planned moment is."""

    ACTION = 0
    """A participant changes the book."""
    REFERENCE = 1
    """The venue looks at mark and index."""
    LIQUIDATION = 2


@dataclass(frozen=True, slots=True)
class MinuteFacts:
    """What the model core says of one minute of one symbol."""

    minute: int
    """Minutes since the epoch."""
    log_start: float
    log_end: float
    sigma: float
    activity: float
    flow: float
    premium_start: float
    premium_end: float
    open_interest: float
    liquidations: int
    """Negative: longs are sold out."""

    @property
    def start(self) -> float:
        """Return when the minute begins, in seconds since the epoch."""
        return float(self.minute * MINUTE_S)


@dataclass(frozen=True, slots=True)
class MinutePlan:
    """The moments of a minute in order of time; lists run in parallel."""

    facts: MinuteFacts
    ts: list[float]
    moment: list[int]
    fair: list[float]
    """Efficient price in USD."""
    uniforms: list[list[float]]
    """Four a moment."""
    normals: list[float]


def minute_facts(block: Block, *, row: int, column: int, minute: int) -> MinuteFacts:
    """Return what a block says of one of its minutes."""
    return MinuteFacts(
        minute=minute,
        log_start=float(block.log_price[row, column]),
        log_end=float(block.log_price[row + 1, column]),
        sigma=float(block.sigma[row, column]),
        activity=float(block.activity[row, column]),
        flow=float(block.flow[row, column]),
        premium_start=float(block.premium[row, column]),
        premium_end=float(block.premium[row + 1, column]),
        open_interest=float(block.open_interest[row, column]),
        liquidations=int(block.liquidations[row, column]),
    )


def common_path(chance: np.random.Generator) -> Floats:
    """Return how the common factor strays within a minute: a Brownian bridge from 0 to 0, its walk of variance 1."""
    walk = np.append(0.0, np.cumsum(chance.standard_normal(len(_GRID) - 1))) / np.sqrt(len(_GRID) - 1)
    path: Floats = walk - walk[-1] * _GRID / MINUTE_S
    return path


def plan_minute(
    facts: MinuteFacts,
    *,
    chance: np.random.Generator,
    actions_per_s: float,
    reference_offset_s: float,
    common: Floats,
    load: float,
) -> MinutePlan:
    """Return the plan: Poisson actions, a reference a second, liquidations anywhere; prices by a Brownian bridge.

    Of the bridge the part ``load`` is the ``common`` path, as of the minute's own return.
    """
    actions = int(chance.poisson(actions_per_s * MINUTE_S * facts.activity))
    forced = abs(facts.liquidations)
    seconds = np.concatenate(
        [
            chance.random(actions) * MINUTE_S,
            chance.random(forced) * MINUTE_S,
            np.arange(MINUTE_S) + reference_offset_s,
        ]
    )
    kinds = np.repeat([Moment.ACTION, Moment.LIQUIDATION, Moment.REFERENCE], [actions, forced, MINUTE_S])
    order = np.argsort(seconds, kind="stable")
    seconds = np.floor(seconds[order] * 1e6) / 1e6
    log_price = _bridge(facts, seconds, chance.standard_normal(len(seconds) + 1), load=load)
    log_price += facts.sigma * load * np.interp(seconds, _GRID, common)
    return MinutePlan(
        facts=facts,
        ts=(facts.start + seconds).tolist(),
        moment=kinds[order].tolist(),
        fair=np.exp(log_price).tolist(),
        uniforms=chance.random((len(seconds), 4)).tolist(),
        normals=chance.standard_normal(len(seconds)).tolist(),
    )


def _bridge(facts: MinuteFacts, seconds: Floats, normals: Floats, *, load: float) -> Floats:
    """Return log prices at the given seconds, on a random path of its own that meets the minute's start and end."""
    share = np.append(seconds, MINUTE_S) / MINUTE_S
    steps = np.diff(share, prepend=0.0)
    walk = facts.sigma * np.sqrt(1.0 - load**2) * np.cumsum(normals * np.sqrt(steps))
    path: Floats = facts.log_start + walk + (facts.log_end - facts.log_start - walk[-1]) * share
    return path[:-1]
