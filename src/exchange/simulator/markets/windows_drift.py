"""The planted drift of the model core: what tests compare profits with."""

import numpy as np

from src.exchange.simulator.markets.character import character
from src.exchange.simulator.markets.core import BLOCK_MINUTES, DRIFT_A_MINUTE, DRIFT_VOLATILITY, ModelCore
from src.exchange.simulator.markets.recursions import Floats
from src.records.market_state import CoreState


class PlantedDrift:
    """The drift of every minute since an origin, worked out when it is asked for."""

    def __init__(self, core: ModelCore, origin: CoreState, *, edge: bool) -> None:
        """``origin`` is the state before all that will be asked for."""
        daily = np.array([character(symbol).daily_volatility for symbol in core.symbols])
        self._slope = DRIFT_A_MINUTE * np.sqrt(daily / DRIFT_VOLATILITY) * edge
        self._core, self._state = core, origin
        self._first_minute = origin.block * BLOCK_MINUTES
        self._sums = np.zeros((1, len(core.symbols)))
        """Log drift from the origin to the end of each minute."""

    def between_bps(self, column: int, *, first_minute: int, end_minute: int) -> float:
        """Return the log return in bps that is planted in the minutes of [first_minute, end_minute)."""
        if first_minute < self._first_minute:
            raise ValueError(f"minute {first_minute} is before the market's history")
        parts: list[Floats] = []
        while self._state.block * BLOCK_MINUTES < end_minute:
            block, self._state = self._core.advance(self._state)
            parts.append(self._slope * block.flow)
        if parts:
            self._sums = np.vstack([self._sums, self._sums[-1] + np.cumsum(np.vstack(parts), axis=0)])
        known = self._sums[:, column]
        return 1e4 * float(known[end_minute - self._first_minute] - known[first_minute - self._first_minute])
