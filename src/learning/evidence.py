"""The resolved signals of a lookback as columns: what every formula of learning starts from."""

import hashlib
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.records.base import Line, Record
from src.records.enums import Direction, Disposition, Regime, Strategy

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

STRATEGIES = tuple(Strategy)
REGIMES = tuple(Regime)
DISPOSITIONS = tuple(Disposition)


class ExecutionView(Record, frozen=True, kw_only=True):
    """The part of an execution that learning reads."""

    net_bps: float


class LearningRow(Line, frozen=True, kw_only=True):
    """The part of an enriched decision that learning reads."""

    signal_ts: float
    symbol: str
    strategy: Strategy
    direction: Direction
    disposition: Disposition
    blocked_by: tuple[str, ...]
    regime: Regime | None
    ofi: float | None
    score: float | None
    votes: dict[str, int]
    counterfactual_net_bps: dict[str, float | None]
    market_return_bps: dict[str, float | None]
    execution: ExecutionView | None
    cost_bps: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One entry a signal in each column, in the order of decision points; nan and -1 stand for unknown."""

    ts: Floats
    """Decision points, seconds since the epoch."""
    block: Places
    """Number of the time block since the epoch."""
    symbol: Places
    strategy: Codes
    """Place in ``STRATEGIES``."""
    direction: Codes
    """+1 LONG, -1 SHORT."""
    regime: Codes
    """Place in ``REGIMES``."""
    disposition: Codes
    """Place in ``DISPOSITIONS``."""
    worthy: Flags
    """Whether the gate found nothing wrong with the signal itself, whatever else kept it from being traded."""
    ofi: Floats
    score: Floats
    net: Floats
    """Counterfactual net gain at the learned horizon, in bps."""
    cost: Floats
    """What it subtracts, in bps."""
    market: Floats
    """The leader's return over the same time, in bps, not signed by direction."""
    executed: Floats
    """What the trade brought, in bps of notional; nan where there was none."""
    votes: Codes
    """A row of signs a signal, in the order of ``COMPONENTS``; 0 for neutral and abstaining."""

    def __len__(self) -> int:
        return len(self.ts)

    def data_hash(self) -> str:
        """Return the first 12 hex digits of the SHA-256 of every column."""
        digest = hashlib.sha256()
        for column in fields(self):
            digest.update(np.ascontiguousarray(getattr(self, column.name)).tobytes())
        return digest.hexdigest()[:12]


class Lookback(NamedTuple):
    """Which resolved signals a cycle learns from, and how it reads them."""

    since_ts: float
    """Decision points later than this, seconds since the epoch."""
    until_ts: float
    """And up to this."""
    horizon: str
    """Whose outcome counts: 1m, 5m, 15m, 30m or 1h."""
    block_s: float
