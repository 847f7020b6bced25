"""The closed vocabularies: parsed once at the border, matched exhaustively."""

import enum


class Word(enum.Enum):
    """A word of a closed vocabulary; there is one object of each, so that its identity is its hash."""

    __hash__ = object.__hash__  # the one of Enum is Python code, and words are the keys of many tables


class Direction(Word):
    """Which way a signal or a position leans."""

    LONG = "LONG"
    SHORT = "SHORT"

    sign: int
    """+1 for LONG and -1 for SHORT."""

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "LONG" else -1

    @property
    def opposite(self) -> "Direction":
        """Return the other direction."""
        return Direction.SHORT if self is Direction.LONG else Direction.LONG


class Strategy(Word):
    """Who carries a signal to the gate."""

    OFI = "OFI"
    """Direction is the sign of the normalised order-flow imbalance."""
    SENTIMENT = "SENTIMENT"
    """Direction is the weighted vote of the components."""


class Vote(Word):
    """What one component says of one symbol at one decision point."""

    STRONG_LONG = "STRONG_LONG"
    LONG = "LONG"
    NEUTRAL = "NEUTRAL"
    SHORT = "SHORT"
    STRONG_SHORT = "STRONG_SHORT"
    ABSTAIN = "ABSTAIN"
    """The component lacks an input; it is neither for nor against, and not counted in coverage."""

    sign: int
    """+1 for a vote to buy, -1 to sell, 0 for none."""

    def __init__(self, word: str) -> None:
        self.sign = word.endswith("LONG") - word.endswith("SHORT")


class Regime(Word):
    """The weather of a symbol: volatility against its own median, and the sign of its trend."""

    QUIET_UP = "QUIET_UP"
    QUIET_DOWN = "QUIET_DOWN"
    WILD_UP = "WILD_UP"
    WILD_DOWN = "WILD_DOWN"


class Ruling(Word):
    """What a gate check rules."""

    PASS = "PASS"  # noqa: S105 - a ruling, not a password
    RESIZE = "RESIZE"
    """The trade may go on at a smaller size."""
    BLOCK = "BLOCK"
    ERROR = "ERROR"
    """The check itself failed; the trade is blocked."""


class Side(Word):
    """The side of an order or a fill."""

    BUY = "buy"
    SELL = "sell"

    sign: int
    """+1 for a buy and -1 for a sell."""

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "buy" else -1


class OrderPurpose(Word):
    """Why the bot sends an order."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    EXIT = "EXIT"


class OrderType(Word):
    """The order types of the venue that the bot sends; the wire's own words."""

    IOC = "ioc"
    MARKET = "mkt"
    STOP = "stp"


class TriggerSignal(Word):
    """Which price fires a stop; the wire's own words."""

    MARK = "mark"
    INDEX = "index"
    LAST = "last"
    """The newest trade: one print can fire it."""


class CashKind(Word):
    """What moved collateral beside executions and funding."""

    TRANSFER = "TRANSFER"
    """Put in or taken out by the owner: neither gain nor loss."""
    CONVERSION = "CONVERSION"
    INTEREST = "INTEREST"
    SETTLEMENT = "SETTLEMENT"
    """A gain that the venue booked without an execution."""
    CHARGE = "CHARGE"
    """A fee that belongs to no execution, or a tax."""
    UNKNOWN = "UNKNOWN"
    """The venue's word for it is not documented: booked, and an alarm."""


class Disposition(Word):
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


class Collateral(Word):
    """A currency other than USD that a futures account may hold."""

    EUR = "EUR"
    GBP = "GBP"
    USDC = "USDC"
    USDT = "USDT"
    BTC = "BTC"
    ETH = "ETH"


class WithoutEvidence(enum.Enum):
    """What becomes of a kind of trade that nothing is known of yet."""

    SHADOW = "shadow"
    """Decided, followed to its outcome, not traded."""
    MINIMUM = "minimum"
    """Traded at the venue's smallest size, within the loss budget of the policies."""
