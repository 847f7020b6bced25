"""The names of signals: the newest of a kind, and those nearest to one that is not there."""

import enum
import math
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import TypeVar

from src.records.base import Line
from src.records.ledger import ClosingRevised, FillBooked, LedgerEntry, PositionClosed
from src.report.names import SignalName
from src.store.jsonl import read_tail
from src.store.jsonl_seek import read_since
from src.store.paths import Home

NEAREST = 5
_FIRST = 1024
_SPANS_S = (600.0, 6 * 3600.0, math.inf)
"""How far to look around, one after the other until something is there."""

R = TypeVar("R")
_OfPosition = FillBooked | PositionClosed | ClosingRevised


class Last(enum.Enum):
    """Which signal is meant, without its name."""

    SIGNAL = "signal"
    BLOCKED = "blocked"
    EXECUTED = "executed"
    LOSS = "loss"


class NamedSignal(Line, frozen=True, kw_only=True):
    """As much of a signal as is needed to name it."""

    signal_id: str
    symbol: str


class Ruled(Line, frozen=True, kw_only=True):
    """As much of a decision as is needed to find a blocked one."""

    signal_id: str
    should_trade: bool


def newest(home: Home, last: Last) -> str | None:
    """Return the newest signal of a kind, or None where there is none."""
    match last:
        case Last.SIGNAL:
            lines: list[NamedSignal] = read_tail(home.predictive_signals, NamedSignal, 1)
            return lines[0].signal_id if lines else None
        case Last.BLOCKED:
            ruled = _newest(home.decisions, Ruled, lambda line: not line.should_trade)
            return None if ruled is None else ruled.signal_id
        case Last.EXECUTED:
            return _newest_entry(home, lambda line: isinstance(line, FillBooked) and line.reason == "signal")
        case Last.LOSS:
            return _newest_loss(home)


def nearest(home: Home, signal_id: str) -> tuple[str, ...]:
    """Return the names nearest to one that is not there: same symbol and nearest in time, else the newest."""
    try:
        name = SignalName.parse(signal_id)
    except ValueError:
        return _tail(home)
    for holding in ([f'"symbol":"{name.symbol}"'.encode()], []):
        for span in _SPANS_S:
            found = _around(home, name.ts, span, holding)
            if found:
                return found
    return ()


def _around(home: Home, ts: float, span: float, holding: list[bytes]) -> tuple[str, ...]:
    """Return the signals of a span that are nearest to a moment, each once."""
    lines = read_since(home.predictive_signals, NamedSignal, ts - span, until=ts + span, holding=holding)
    near: list[NamedSignal] = []
    for line in lines:
        near.append(line)
        if len(near) > _FIRST:
            near = sorted(near, key=lambda one: abs(one.ts - ts))[:NEAREST]
    ordered = sorted(near, key=lambda one: abs(one.ts - ts))
    return tuple(dict.fromkeys(line.signal_id for line in ordered))[:NEAREST]


def _tail(home: Home) -> tuple[str, ...]:
    lines: list[NamedSignal] = read_tail(home.predictive_signals, NamedSignal, NEAREST)
    return tuple(line.signal_id for line in reversed(lines))


def _newest_entry(home: Home, fits: Callable[[_OfPosition], bool]) -> str | None:
    """Return the signal of the newest line about a position that fits and that was the bot's own."""

    def wanted(line: LedgerEntry) -> bool:
        return isinstance(line, _OfPosition) and line.signal_id is not None and fits(line)

    found: LedgerEntry | None = _newest(home.fills, LedgerEntry, wanted)
    return found.signal_id if isinstance(found, _OfPosition) else None


def _newest_loss(home: Home) -> str | None:
    """Return the signal of the newest closing with a loss, by what is known of it now."""
    revisions: dict[str, ClosingRevised] = {}

    def lost(line: _OfPosition) -> bool:
        if isinstance(line, ClosingRevised):  # the newest lines come first
            revisions.setdefault(line.position_id, line)
            return False
        known = revisions.get(line.position_id or "", line)
        return (
            isinstance(line, PositionClosed) and not isinstance(known, FillBooked) and known.net_pnl_usd < 0
        )

    return _newest_entry(home, lost)


def _newest(path: Path, record: type[R] | UnionType, fits: Callable[[R], bool]) -> R | None:
    """Return the newest record that fits; looks further and further back."""
    count = _FIRST
    while True:
        lines: list[R] = read_tail(path, record, count)
        for line in reversed(lines):
            if fits(line):
                return line
        if len(lines) < count:
            return None
        count *= 8
