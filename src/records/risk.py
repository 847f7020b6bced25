"""Risk states, what put the bot into them and took it out again; and what a person asks of a bot from outside."""

import enum

from src.records.base import Document, Line
from src.records.settings import RiskLimits


class RiskState(enum.Enum):
    """What may still be sent."""

    ACTIVE = "ACTIVE"
    REDUCE_ONLY = "REDUCE_ONLY"
    """No entries; stops and exits go on. Too much is open, or something does not go as it should."""
    HALTED = "HALTED"
    """The same, because too much money was lost."""


class Limit(enum.Enum):
    """A hard limit, by its name in ``configs/bot.json``."""

    DAILY_LOSS = "daily_loss_share"
    DRAWDOWN = "drawdown_share"
    LOSSES = "consecutive_losses"
    EXPOSURE = "exposure_share"
    LEVERAGE = "leverage"
    ORDERS = "orders_per_minute"
    ERRORS = "errors_per_10_min"

    @property
    def state(self) -> RiskState:
        """Return where a breach leads."""
        lost = self is Limit.DAILY_LOSS or self is Limit.DRAWDOWN
        return RiskState.HALTED if lost else RiskState.REDUCE_ONLY


class RiskLatched(Line, frozen=True, kw_only=True, tag_field="type", tag="latched"):
    """A limit was reached: its state stands until a person clears it."""

    limit: Limit
    state: RiskState
    measured: float
    allowed: float


class RiskCleared(Line, frozen=True, kw_only=True, tag_field="type", tag="cleared"):
    """A person took all states away; losses are counted from here on."""

    reason: str
    command_id: str
    """Who asked: a command is carried out once."""
    index: float
    """How the account stood, as the view's ``path`` counts: the new peak."""


class RiskPeak(Line, frozen=True, kw_only=True, tag_field="type", tag="peak"):
    """A new highest equity since the last clearing, a thousandth above the one written before."""

    index: float


class ForeignAccepted(Line, frozen=True, kw_only=True, tag_field="type", tag="accepted"):
    """A person lets stand what is not ours on a symbol."""

    symbol: str
    quantity: str
    """Signed contracts of the position; 0 where only orders were there."""
    reason: str
    command_id: str


RiskEvent = RiskLatched | RiskCleared | RiskPeak | ForeignAccepted
"""A line of ``logs/risk.jsonl``."""


class ConfirmedLimits(Document, frozen=True, kw_only=True):
    """``run/limits.json``: the hard limits of the last start."""

    limits: RiskLimits


class Action(enum.Enum):
    """What can be asked of a bot from another shell."""

    FLATTEN = "flatten"
    CLEAR = "clear"
    ACCEPT = "accept"
    RELOAD_KEYS = "reload_keys"


class Command(Document, frozen=True, kw_only=True):
    """``run/commands/<ID>.command.json``: stands until it is answered for good."""

    command_id: str
    action: Action
    symbol: str | None
    """None: all."""
    reason: str
    foreign: bool = False
    """Whether what is not the bot's own is closed too."""


class Progress(enum.Enum):
    """Where a command stands."""

    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"


class CommandAnswer(Document, frozen=True, kw_only=True):
    """``run/commands/<ID>.answer.json``."""

    command_id: str
    progress: Progress
    text: str
