"""The blocks of the window layer in order: the newest two, from which everything that is asked follows."""

from dataclasses import dataclass

import numpy as np

from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.core import BLOCK_MINUTES
from src.exchange.simulator.markets.recursions import Floats
from src.exchange.simulator.markets.timeline import HOUR_MINUTES, Timeline
from src.exchange.simulator.markets.window_model import (
    LayerBlock,
    LayerMinutes,
    layer_block,
    layer_book,
    layer_minutes,
)
from src.exchange.simulator.markets.window_model_book import ClosingBook
from src.exchange.simulator.markets.window_model_draws import layer_draws
from src.exchange.simulator.markets.window_model_pace import Contracts
from src.exchange.simulator.markets.windows_table import MinuteRows, minute_rows


@dataclass(frozen=True, slots=True)
class KeptBlock:
    """One block and all that was made of it."""

    block: LayerBlock
    minutes: LayerMinutes
    rows: MinuteRows

    @property
    def number(self) -> int:
        """Return the number of the block since the epoch."""
        return self.block.core.number


@dataclass(frozen=True, slots=True)
class BlockPair:
    """A block and the one before it."""

    before: KeptBlock
    now: KeptBlock

    def of(self, minute: int) -> tuple[KeptBlock, int]:
        """Return the block that a minute (since the epoch) lies in, and its row there."""
        kept = self.now if minute >= self.now.number * BLOCK_MINUTES else self.before
        return kept, minute - kept.number * BLOCK_MINUTES


class WindowBlocks:
    """Makes the layer's blocks along a timeline; a block is the same whichever was the first to be made."""

    def __init__(
        self,
        timeline: Timeline,
        chance: Chance,
        contracts: Contracts,
        *,
        symbols: tuple[str, ...],
        actions_per_s: float,
    ) -> None:
        self._timeline, self._chance, self._contracts = timeline, chance, contracts
        self._symbols, self._actions_per_s = symbols, actions_per_s
        self._pair: BlockPair | None = None

    def reach(self, number: int) -> BlockPair:
        """Return a block and the one before it; never one that is older than the last that was asked for."""
        pair = self._pair
        if pair is None or number > pair.now.number + 1:
            pair = self._beginning(number)
        elif number == pair.now.number + 1:
            pair = BlockPair(pair.now, self._after(pair.now.block, pair.now.minutes.book))
        self._pair = pair
        return pair

    def _beginning(self, number: int) -> BlockPair:
        """Return a pair out of nothing: what a block rests on goes back three blocks at most."""
        oldest = self._layer(number - 3)
        older = self._layer(number - 2)
        before = self._after(older, layer_book(oldest, older, self._contracts))
        return BlockPair(before, self._after(before.block, before.minutes.book))

    def _after(self, before: LayerBlock, book: ClosingBook) -> KeptBlock:
        number = before.core.number + 1
        block = self._layer(number)
        minutes = layer_minutes(before, book, block, self._contracts)
        return KeptBlock(block, minutes, minute_rows(minutes, self._funding(number), self._contracts))

    def _layer(self, number: int) -> LayerBlock:
        self._timeline.reach(number * BLOCK_MINUTES)
        draws = layer_draws(self._chance, self._symbols, block=number, minutes=BLOCK_MINUTES)
        core = self._timeline.block
        return layer_block(core, draws, self._contracts, actions_per_s=self._actions_per_s)

    def _funding(self, number: int) -> Floats:
        """Return the absolute rate of each minute's hour."""
        first = number * BLOCK_MINUTES
        hours = [
            [self._timeline.funding(first + hour, column).rate_usd for column in range(len(self._symbols))]
            for hour in range(0, BLOCK_MINUTES, HOUR_MINUTES)
        ]
        return np.repeat(np.array(hours), HOUR_MINUTES, axis=0)
