"""What a person was told, and whether it arrived."""

import enum

from src.records.base import Document, Line, Record


class AlertKind(enum.Enum):
    """What is wrong."""

    NAKED_POSITION = "naked_position"
    UNKNOWN_ORDER = "unknown_order"
    HALT = "halt"
    KEY_REFUSED = "key_refused"
    DISK = "disk"
    PROCESS = "process"
    FREEZE = "freeze"
    COST = "cost"
    """Fees or funding are not what they are taken for."""

    @property
    def urgent(self) -> bool:
        """Return whether money is at stake now; the limit on messages keeps room for these."""
        return self not in {AlertKind.FREEZE, AlertKind.COST}


class AlertChange(enum.Enum):
    """What happened to it."""

    BEGAN = "began"
    LASTS = "lasts"
    OVER = "over"


class Alert(Line, frozen=True, kw_only=True):
    """One line of ``logs/alerts.jsonl``: what was handed to every channel."""

    real_ts: float
    """The machine's wall clock, in seconds since the epoch."""
    kind: AlertKind
    subject: str
    """A symbol, an order, a process or a freeze reason."""
    change: AlertChange
    text: str
    """For a person; secrets are struck out."""


class ChannelState(Record, frozen=True, kw_only=True):
    """How one channel, or the heartbeat, has done since the process of the alerts started."""

    name: str
    """A channel's number and kind, e.g. ``1:ntfy``; its address is a secret."""
    delivered: int
    failed: int
    """Attempts that the other side did not take."""
    dropped: int
    """Messages that were given up: too old, or too many were waiting."""
    last_delivered_real_ts: float | None
    failing_since_real_ts: float | None
    """None while it works."""


class AlertState(Document, frozen=True, kw_only=True):
    """``logs/alerts.json``: what stands now, and whether anybody hears of it."""

    real_ts: float
    active: tuple[str, ...]
    """Kind and subject of each, e.g. ``naked_position PF_XBTUSD``."""
    held_back: int
    """Lines that wait because enough messages were sent in the last hour."""
    channels: tuple[ChannelState, ...]
    heartbeat: ChannelState | None
    """None where no URL was given."""
