"""The resolved signals of a lookback as columns: what every formula of learning starts from."""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from src.records.base import Line, Record
from src.records.enums import COMPONENTS, Direction, Disposition, Regime, Strategy

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Places = NDArray[np.int64]

STRATEGIES = tuple(Strategy)
REGIMES = tuple(Regime)
DISPOSITIONS = tuple(Disposition)
UNKNOWN = -1
_STRATEGY_CODES = {strategy: code for code, strategy in enumerate(STRATEGIES)}
_REGIME_CODES = {regime: code for code, regime in enumerate(REGIMES)}
_DISPOSITION_CODES = {disposition: code for code, disposition in enumerate(DISPOSITIONS)}
_NAN = float("nan")


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


def collect(
    rows: Iterable[LearningRow], *, horizon: str, since_ts: float, until_ts: float, block_s: float
) -> Evidence:
    """Return the columns of the rows whose decision point lies within (since, until]."""
    builder = EvidenceBuilder(horizon=horizon, since_ts=since_ts, until_ts=until_ts)
    for row in rows:
        builder.add(row)
    return builder.build(block_s)


class EvidenceBuilder:
    """Collects rows into columns, one at a time, so that a million of them fit into little memory."""

    def __init__(self, *, horizon: str, since_ts: float, until_ts: float) -> None:
        self._horizon = horizon
        self._since_ts = since_ts
        self._until_ts = until_ts
        self._floats = [array("d") for _ in range(7)]
        self._codes = [array("b") for _ in range(4)]
        self._symbols: dict[str, int] = {}
        self._symbol = array("q")
        self._votes = array("b")

    def add(self, row: LearningRow) -> None:
        """Take a row whose decision point lies within (since, until]."""
        if not self._since_ts < row.signal_ts <= self._until_ts:
            return
        execution = row.execution
        values = (
            row.signal_ts,
            row.ofi,
            row.score,
            row.counterfactual_net_bps.get(self._horizon),
            row.cost_bps,
            row.market_return_bps.get(self._horizon),
            None if execution is None else execution.net_bps,
        )
        for column, value in zip(self._floats, values, strict=True):
            column.append(_NAN if value is None else value)
        regime = row.regime
        codes = (
            _STRATEGY_CODES[row.strategy],
            row.direction.sign,
            UNKNOWN if regime is None else _REGIME_CODES[regime],
            _DISPOSITION_CODES[row.disposition],
        )
        for code_column, code in zip(self._codes, codes, strict=True):
            code_column.append(code)
        self._symbol.append(self._symbols.setdefault(row.symbol, len(self._symbols)))
        votes = row.votes
        self._votes.extend([votes.get(name, 0) for name in COMPONENTS])

    def build(self, block_s: float) -> Evidence:
        """Return the columns in the order of decision points, each signal once."""
        ts, ofi, score, net, cost, market, executed = (np.frombuffer(c, np.float64) for c in self._floats)
        strategy, direction, regime, disposition = (np.frombuffer(c, np.int8) for c in self._codes)
        symbol = np.frombuffer(self._symbol, np.int64)
        votes = np.frombuffer(self._votes, np.int8).reshape(-1, len(COMPONENTS))
        order = _order_once(ts, self._stable_symbols(symbol), strategy)
        return Evidence(
            ts=ts[order],
            block=np.floor(ts[order] / block_s).astype(np.int64),
            symbol=self._stable_symbols(symbol)[order],
            strategy=strategy[order],
            direction=direction[order],
            regime=regime[order],
            disposition=disposition[order],
            ofi=ofi[order],
            score=score[order],
            net=net[order],
            cost=cost[order],
            market=market[order],
            executed=executed[order],
            votes=votes[order],
        )

    def _stable_symbols(self, symbol: Places) -> Places:
        """Return symbols numbered by name, whatever the order in which they came."""
        rank = {name: place for place, name in enumerate(sorted(self._symbols))}
        table = np.array([rank[name] for name in self._symbols], dtype=np.int64)
        return table[symbol] if len(table) else symbol


def _order_once(ts: Floats, symbol: Places, strategy: Codes) -> Places:
    """Return the places of the rows in the order of time, each (time, symbol, strategy) once."""
    order = np.lexsort((strategy, symbol, ts))
    if not len(order):
        return order
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (np.diff(ts[order]) == 0) & (np.diff(symbol[order]) == 0) & (np.diff(strategy[order]) == 0)
    return order[~same]
