"""The model core along the clock: blocks in order, and what is remembered of them."""

import math
from collections import deque
from dataclasses import dataclass

import msgspec
import numpy as np

from src.exchange.simulator.events import FundingPoint, InstrumentSpec
from src.exchange.simulator.markets.core import BLOCK_MINUTES, BLOCK_S, Block, ModelCore
from src.exchange.simulator.markets.minute import MinuteFacts, minute_facts
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.stream import Funding
from src.records.market_state import CoreState

HISTORY_BLOCKS = 30 * 86400 // BLOCK_S
HOUR_MINUTES = 60
BLOCK_HOURS = BLOCK_MINUTES // HOUR_MINUTES


@dataclass(frozen=True, slots=True)
class Memory:
    """What stays of a block that is over; columns are symbols."""

    before: CoreState
    minutes: Floats
    """Log price and premium at each minute's beginning, its high, low and volume."""
    hourly_premium: Floats
    """Mean of each hour's premium: what the funding of the hour after it follows."""
    hourly_index: Floats
    """Log index at each hour's beginning."""


class Timeline:
    """The blocks from the kept history's beginning up to the running one."""

    def __init__(self, core: ModelCore, specs: tuple[InstrumentSpec, ...], *, origin: CoreState) -> None:
        self._core = core
        self._specs = specs
        self._state = origin
        self._past: deque[Memory] = deque(maxlen=HISTORY_BLOCKS + 1)
        self._hour_usd: tuple[int, list[float]] | None = None
        self._block = self._next()

    @property
    def origin(self) -> CoreState:
        """Return the state at the kept history's beginning; all that is kept follows from it."""
        return self._past[0].before

    @property
    def block(self) -> Block:
        """Return the running block."""
        return self._block

    def reach(self, minute: int) -> None:
        """Go on until ``minute`` (since the epoch) lies in the running block."""
        while self._block.number < minute // BLOCK_MINUTES:
            self._block = self._next()

    def facts(self, minute: int, column: int) -> MinuteFacts:
        """Return what the core says of a minute of the running block."""
        row = minute - self._block.number * BLOCK_MINUTES
        return minute_facts(self._block, row=row, column=column, minute=minute)

    def funding(self, minute: int, column: int) -> Funding:
        """Return the funding of the hour that ``minute`` of the running block lies in."""
        hour, within = divmod(minute, HOUR_MINUTES)
        row = minute - self._block.number * BLOCK_MINUTES
        so_far = self._block.premium[row - within : row + 1, column]
        predicted = self._rate(float(np.add.reduce(so_far) / so_far.size), column)
        return Funding(rate_usd=self._hourly_usd(hour)[column], predicted_relative=predicted)

    def funding_points(self, column: int, *, until: float, since: float = 0.0) -> list[FundingPoint]:
        """Return every kept hour that was settled in [since, until], oldest first."""
        first = max(self._past[0].before.block * BLOCK_HOURS + 1, math.ceil(since / 3600) - 1)
        last = min(int(until // 3600), (self._block.number + 1) * BLOCK_HOURS)
        points = []
        for hour in range(first, last):
            relative, absolute = self._hour(hour, column)
            points.append(FundingPoint(ts=(hour + 1) * 3600.0, rate=absolute, relative_rate=relative))
        return points

    def minutes(self, column: int, *, until_minute: int) -> tuple[int, dict[str, Floats]]:
        """Return the first kept minute and the core's columns for every minute before ``until_minute``."""
        first = self._past[0].before.block * BLOCK_MINUTES
        count = max(0, until_minute - first)
        log_price, premium, high, low, volume = np.concatenate(
            [memory.minutes[:, :, column] for memory in self._past], axis=1
        )
        return first, {
            "log_price": log_price[:count],
            "log_end": np.append(log_price[1:], self._block.log_price[-1, column])[:count],
            "premium": premium[:count],
            "premium_end": np.append(premium[1:], self._block.premium[-1, column])[:count],
            "high": high[:count],
            "low": low[:count],
            "volume": volume[:count],
        }

    def _next(self) -> Block:
        before = self._state
        block, self._state = self._core.advance(before)
        index = block.log_price - block.premium
        self._past.append(
            Memory(
                before=before,
                minutes=np.stack(
                    [block.log_price[:-1], block.premium[:-1], block.high, block.low, block.volume]
                ),
                hourly_premium=block.premium[:-1].reshape(BLOCK_HOURS, HOUR_MINUTES, -1).mean(axis=1),
                hourly_index=index[:-1:HOUR_MINUTES].copy(),
            )
        )
        return block

    def _hourly_usd(self, hour: int) -> list[float]:
        """Return the absolute rates of an hour; worked out once for all who ask in it."""
        if self._hour_usd is None or self._hour_usd[0] != hour:
            self._hour_usd = (hour, [self._hour(hour, column)[1] for column in range(len(self._specs))])
        return self._hour_usd[1]

    def _hour(self, hour: int, column: int) -> tuple[float, float]:
        """Return the relative and the absolute funding rate of an hour since the epoch."""
        first = self._past[0].before.block
        block, within = divmod(hour - 1, BLOCK_HOURS)
        premium = float(self._past[block - first].hourly_premium[within, column])
        relative = self._rate(premium, column)
        block, within = divmod(hour, BLOCK_HOURS)
        index = float(np.exp(self._past[block - first].hourly_index[within, column]))
        return relative, relative * index

    def _rate(self, premium: float, column: int) -> float:
        spec = self._specs[column]
        bound = float(spec.max_relative_funding_rate)
        return max(-bound, min(bound, premium / spec.funding_coefficient))


def origin_behind(core: ModelCore, *, start_minute: int, start_log_prices: tuple[float, ...]) -> CoreState:
    """Return a state 30 days before a minute from which the prices arrive there at the given ones."""
    block = start_minute // BLOCK_MINUTES
    origin = core.origin(block - HISTORY_BLOCKS)
    last = core.rehearse(origin, blocks=HISTORY_BLOCKS + 1)
    arrived = last.log_price[start_minute - block * BLOCK_MINUTES]
    begun = tuple(goal - float(value) for goal, value in zip(start_log_prices, arrived, strict=True))
    return msgspec.structs.replace(origin, log_price=begun)
