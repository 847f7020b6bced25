"""What the venue says of its instruments besides the book, as this package hands it on.

What a start reads thousands of is a struct.
"""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Reference:
    """Mark, index, funding and open interest of one symbol at one time; None where the venue did not say."""

    symbol: str
    mark: float | None
    """In USD."""
    index: float | None
    funding_rate: float | None
    """The running hour's relative rate: a fraction of notional an hour, positive when longs pay."""
    open_interest: float | None
    """In contracts."""


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One candle; ``ts`` is its opening in seconds since the epoch."""

    ts: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    """In contracts."""


class FundingHour(msgspec.Struct, frozen=True, gc=False):
    """One settled hour; ``ts`` is its end in seconds since the epoch."""

    ts: float
    relative_rate: float
    """A fraction of notional."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """The facts of one perpetual that the bot reads."""

    symbol: str
    tick_size: float
    size_decimals: int
    """The size step is ten to the minus this."""
    tradeable: bool
