"""A forecast and the votes behind it."""

from src.records.base import Line, Record
from src.records.enums import Direction, Regime, Strategy, Vote


class ComponentVote(Record, frozen=True, kw_only=True):
    """What one of the ten components said, with its numbers."""

    name: str
    vote: Vote
    confidence: float
    """How sure it is, 0..1; 0 where it abstains."""
    reason: str
    """A short word for why, e.g. ``crowded_longs``, ``below_threshold`` or ``missing:fear_greed``."""
    source: str
    """Where its input came from: ``kraken``, ``coinglass``, ``alternative.me`` or ``none``."""
    values: dict[str, float]
    """The measured values and thresholds that it compared."""


class Signal(Line, frozen=True, kw_only=True):
    """A forecast of where one symbol goes next, as made at one decision point."""

    signal_id: str
    """``SYMBOL-STRATEGY-milliseconds``: the same market gives the same id."""
    recorded_at: float
    """When it was written, in seconds since the epoch on the market's clock."""
    symbol: str
    strategy: Strategy
    direction: Direction
    confidence: float
    """Weighted confidence of the votes on the signal's side, 0..1."""
    opposing_confidence: float
    """Weighted confidence of the votes against it, 0..1."""
    ofi: float | None
    """Normalised order-flow imbalance: -1 is all selling, +1 all buying; None while it is not known."""
    price: float
    """Mid price at the decision point, in USD."""
    volatility_1h_bps: float | None
    regime: Regime | None
    coverage: int
    """How many of the ten components had their data."""
    votes: tuple[ComponentVote, ...]

    def __post_init__(self) -> None:
        """Refuse a signal that no honest engine could have made."""
        if self.ofi is not None and not -1 <= self.ofi <= 1:
            raise ValueError(f"ofi must lie in -1..1, not {self.ofi}")
        if self.price <= 0:
            raise ValueError(f"price must be positive, not {self.price}")


def signal_id(*, symbol: str, strategy: Strategy, ts: float) -> str:
    """Return the one id that this decision point of this symbol and strategy can have."""
    return f"{symbol}-{strategy.value}-{round(ts * 1000)}"
