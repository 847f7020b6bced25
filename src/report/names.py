"""What the name of a signal tells: its symbol, its strategy and its decision point."""

from dataclasses import dataclass
from typing import Self

from src.records.enums import Strategy


@dataclass(frozen=True, slots=True)
class SignalName:
    """A signal id, taken apart."""

    symbol: str
    strategy: Strategy
    ts: float
    """The decision point, in seconds since the epoch, UTC."""

    @classmethod
    def parse(cls, signal_id: str) -> Self:
        """Return the parts of ``SYMBOL-STRATEGY-milliseconds``; ValueError for what is no signal's name."""
        parts = signal_id.split("-")
        known = {strategy.value for strategy in Strategy}
        if len(parts) != 3 or not parts[0] or parts[1] not in known or not parts[2].isdecimal():
            raise ValueError(f"not a signal's name: {signal_id!r}; one reads SYMBOL-STRATEGY-milliseconds")
        return cls(symbol=parts[0], strategy=Strategy(parts[1]), ts=int(parts[2]) / 1000)


def decision_ts(signal_id: str | None) -> float | None:
    """Return the decision point that a signal's name tells, or None where it is no signal's name."""
    if signal_id is None:
        return None
    try:
        return SignalName.parse(signal_id).ts
    except ValueError:
        return None
