"""The closed vocabularies: parsed once at the border, matched exhaustively."""

import enum


class Direction(enum.Enum):
    """Which way a signal or a position leans."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def sign(self) -> int:
        """Return +1 for LONG and -1 for SHORT."""
        return 1 if self is Direction.LONG else -1

    @property
    def opposite(self) -> "Direction":
        """Return the other direction."""
        return Direction.SHORT if self is Direction.LONG else Direction.LONG


class Strategy(enum.Enum):
    """Who carries a signal to the gate."""

    OFI = "OFI"
    """Direction is the sign of the normalised order-flow imbalance."""
    SENTIMENT = "SENTIMENT"
    """Direction is the weighted vote of the components."""


class Vote(enum.Enum):
    """What one component says of one symbol at one decision point."""

    STRONG_LONG = "STRONG_LONG"
    LONG = "LONG"
    NEUTRAL = "NEUTRAL"
    SHORT = "SHORT"
    STRONG_SHORT = "STRONG_SHORT"
    ABSTAIN = "ABSTAIN"
    """The component lacks an input; it is neither for nor against, and not counted in coverage."""

    @property
    def sign(self) -> int:
        """Return +1 for a vote to buy, -1 to sell, 0 for none."""
        return _VOTE_SIGNS[self]


_VOTE_SIGNS = {
    Vote.STRONG_LONG: 1,
    Vote.LONG: 1,
    Vote.NEUTRAL: 0,
    Vote.SHORT: -1,
    Vote.STRONG_SHORT: -1,
    Vote.ABSTAIN: 0,
}


class Regime(enum.Enum):
    """The weather of a symbol: volatility against its own median, and the sign of its trend."""

    QUIET_UP = "QUIET_UP"
    QUIET_DOWN = "QUIET_DOWN"
    WILD_UP = "WILD_UP"
    WILD_DOWN = "WILD_DOWN"


class Ruling(enum.Enum):
    """What a gate check rules."""

    PASS = "PASS"  # noqa: S105 - a ruling, not a password
    RESIZE = "RESIZE"
    """The trade may go on at a smaller size."""
    BLOCK = "BLOCK"
    ERROR = "ERROR"
    """The check itself failed; the trade is blocked."""


class Side(enum.Enum):
    """The side of an order or a fill."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """Return +1 for a buy and -1 for a sell."""
        return 1 if self is Side.BUY else -1


class OrderPurpose(enum.Enum):
    """Why the bot sends an order."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    EXIT = "EXIT"


class OrderType(enum.Enum):
    """The order types of the venue that the bot sends; the wire's own words."""

    IOC = "ioc"
    MARKET = "mkt"
    STOP = "stp"


class Disposition(enum.Enum):
    """What became of a signal."""

    EXECUTED = "EXECUTED"
    BLOCKED = "BLOCKED"
    NOT_FILLED = "NOT_FILLED"
    """The gate passed it, but no contract was bought or sold."""
    EXPIRED = "EXPIRED"
    """It was never decided within its time."""


HORIZONS_S: dict[str, int] = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600}
"""The horizons at which every signal's outcome is measured, in seconds after its decision point."""

COMPONENTS: tuple[str, ...] = (
    "liquidation",
    "whale_flow",
    "funding",
    "hurst",
    "lead_lag",
    "ofi_momentum",
    "fear_greed",
    "oi_velocity",
    "volatility_skew",
    "oi_divergence",
)
"""The ten components, in the order of their first weights."""
