"""Resolved signals remembered as packed columns: 137 bytes a signal instead of kilobytes."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.learning.edges import is_worthy
from src.learning.evidence import (
    DISPOSITIONS,
    REGIMES,
    STRATEGIES,
    Codes,
    Evidence,
    Floats,
    LearningRow,
    Lookback,
    Places,
)
from src.records.enums import COMPONENTS, HORIZONS_S, Regime
from src.records.outcomes import EnrichedDecision

_LABELS = tuple(HORIZONS_S)
_PLACES = {label: place for place, label in enumerate(_LABELS)}
_ROW = struct.Struct(f"<{5 + 2 * len(_LABELS)}d5bh{len(COMPONENTS)}b")
_COLUMNS = np.dtype(
    [
        ("ts", "<f8"),
        ("ofi", "<f8"),
        ("score", "<f8"),
        ("cost", "<f8"),
        ("executed", "<f8"),
        ("net", "<f8", (len(_LABELS),)),
        ("market", "<f8", (len(_LABELS),)),
        ("strategy", "i1"),
        ("direction", "i1"),
        ("regime", "i1"),
        ("disposition", "i1"),
        ("worthy", "i1"),
        ("symbol", "<i2"),
        ("votes", "i1", (len(COMPONENTS),)),
    ]
)
_CHUNK_BYTES = 8192 * _ROW.size
_STRATEGY_CODES = {strategy: code for code, strategy in enumerate(STRATEGIES)}
_REGIME_CODES: dict[Regime | None, int] = {
    None: -1,
    **{regime: code for code, regime in enumerate(REGIMES)},
}
_DISPOSITION_CODES = {disposition: code for code, disposition in enumerate(DISPOSITIONS)}
_NAN = float("nan")
_NO_VOTES = (0,) * len(COMPONENTS)

Row = LearningRow | EnrichedDecision
Columns = NDArray[np.void]


class _Chunk:
    """Rows in the order in which they came."""

    __slots__ = ("newest_ts", "oldest_ts", "rows")

    def __init__(self) -> None:
        self.rows = bytearray()
        self.oldest_ts = float("inf")
        self.newest_ts = float("-inf")

    def add(self, ts: float, row: bytes) -> None:
        self.rows += row
        self.oldest_ts = min(self.oldest_ts, ts)
        self.newest_ts = max(self.newest_ts, ts)

    def between(self, since_ts: float, until_ts: float) -> Columns:
        columns = np.frombuffer(self.rows, _COLUMNS)
        if since_ts < self.oldest_ts and self.newest_ts <= until_ts:
            return columns
        return columns[(columns["ts"] > since_ts) & (columns["ts"] <= until_ts)]


class EvidenceMemory:
    """Every resolved signal of the last ``kept_s`` seconds, however often and in whatever order it came.

    It gives the evidence that its rows themselves would give; of rows with the same decision point, symbol and
    strategy the first counts.
    """

    def __init__(self, *, kept_s: float = float("inf")) -> None:
        self._kept_s = kept_s
        self._chunks = [_Chunk()]
        self._symbols: dict[str, int] = {}
        self._forgotten_ts = float("-inf")

    def __len__(self) -> int:
        return sum(len(chunk.rows) for chunk in self._chunks) // _ROW.size

    def add(self, row: Row) -> None:
        """Remember a row."""
        chunk = self._chunks[-1]
        if len(chunk.rows) >= _CHUNK_BYTES:
            chunk = self._begin_chunk()
        chunk.add(row.signal_ts, self._packed(row))

    def evidence(self, lookback: Lookback, also: Iterable[Row] = ()) -> Evidence:
        """Return the columns of the rows in a lookback; ``also`` are rows that are not to be remembered.

        LookupError where rows have been forgotten that it reaches back to.
        """
        if lookback.since_ts < self._forgotten_ts:
            raise LookupError(f"evidence before {self._forgotten_ts} is forgotten, not {lookback.since_ts}")
        young = _Chunk()
        for row in also:
            young.add(row.signal_ts, self._packed(row))
        parts = [chunk.between(lookback.since_ts, lookback.until_ts) for chunk in (*self._chunks, young)]
        ts, strategy = _joined(parts, "ts"), _joined(parts, "strategy")
        symbol = self._numbered_by_name(_joined(parts, "symbol"))
        order = _order_once(ts, symbol, strategy)
        ts, horizon = ts[order], _PLACES.get(lookback.horizon)
        return Evidence(
            ts=ts,
            block=np.floor(ts / lookback.block_s).astype(np.int64),
            symbol=symbol[order],
            strategy=strategy[order],
            direction=_joined(parts, "direction")[order],
            regime=_joined(parts, "regime")[order],
            disposition=_joined(parts, "disposition")[order],
            worthy=_joined(parts, "worthy")[order].astype(np.bool_),
            ofi=_joined(parts, "ofi")[order],
            score=_joined(parts, "score")[order],
            net=_at_horizon(parts, "net", horizon)[order],
            cost=_joined(parts, "cost")[order],
            market=_at_horizon(parts, "market", horizon)[order],
            executed=_joined(parts, "executed")[order],
            votes=_joined(parts, "votes")[order],
        )

    def _packed(self, row: Row) -> bytes:
        net, market, votes = row.counterfactual_net_bps.get, row.market_return_bps.get, row.votes.get
        ofi, score, cost, execution = row.ofi, row.score, row.cost_bps, row.execution
        return _ROW.pack(
            row.signal_ts,
            _NAN if ofi is None else ofi,
            _NAN if score is None else score,
            _NAN if cost is None else cost,
            _NAN if execution is None else execution.net_bps,
            *[_NAN if bps is None else bps for bps in map(net, _LABELS)],
            *[_NAN if bps is None else bps for bps in map(market, _LABELS)],
            _STRATEGY_CODES[row.strategy],
            row.direction.sign,
            _REGIME_CODES[row.regime],
            _DISPOSITION_CODES[row.disposition],
            is_worthy(row.disposition, row.blocked_by),
            self._symbols.setdefault(row.symbol, len(self._symbols)),
            *map(votes, COMPONENTS, _NO_VOTES),
        )

    def _begin_chunk(self) -> _Chunk:
        limit = max(chunk.newest_ts for chunk in self._chunks) - self._kept_s
        old = [chunk.newest_ts for chunk in self._chunks if chunk.newest_ts <= limit]
        self._forgotten_ts = max([self._forgotten_ts, *old])
        self._chunks = [chunk for chunk in self._chunks if chunk.newest_ts > limit]
        self._chunks.append(_Chunk())
        return self._chunks[-1]

    def _numbered_by_name(self, symbol: NDArray[np.int16]) -> Places:
        """Return symbols numbered by name among those that are there, whatever the order in which they came."""
        names = list(self._symbols)
        there = sorted(np.flatnonzero(np.bincount(symbol)).tolist(), key=lambda code: names[code])
        table = np.zeros(len(names), dtype=np.int64)
        table[there] = np.arange(len(there))
        return table[symbol]


def collect(rows: Iterable[Row], lookback: Lookback) -> Evidence:
    """Return the columns of the rows whose decision point lies in a lookback."""
    memory = EvidenceMemory()
    for row in rows:
        if lookback.since_ts < row.signal_ts <= lookback.until_ts:
            memory.add(row)
    return memory.evidence(lookback)


def _joined(parts: list[Columns], name: str) -> NDArray[Any]:
    return np.concatenate([part[name] for part in parts])


def _at_horizon(parts: list[Columns], name: str, horizon: int | None) -> Floats:
    """Return the column of one horizon; unknown for one that nobody measures."""
    if horizon is None:
        return np.full(sum(len(part) for part in parts), _NAN)
    return np.concatenate([part[name][:, horizon] for part in parts])


def _order_once(ts: Floats, symbol: Places, strategy: Codes) -> Places:
    """Return the places of the rows in the order of time, each (time, symbol, strategy) once: the first."""
    order = np.lexsort((strategy, symbol, ts))
    if not len(order):
        return order
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (np.diff(ts[order]) == 0) & (np.diff(symbol[order]) == 0) & (np.diff(strategy[order]) == 0)
    return order[~same]
