"""What a stepped run was made of, and how far it has come."""

import enum

from src.records.base import Document, Record


class Resolution(enum.Enum):
    """What a stepped market is made of."""

    WINDOWS = "windows"
    """What each window showed, without the messages in it."""
    MESSAGES = "messages"
    """Every message."""


class SimulatedMarket(Record, frozen=True, kw_only=True):
    """The market of a stepped run; the same one gives the same run."""

    spec: str
    """``synthetic``, ``tape:FILE`` or ``bars:FILE``, as it was asked for."""
    resolution: Resolution
    seed: int
    edge: bool | None
    """Whether order flow is rewarded; None where the market is a recording."""
    content_sha256: str | None
    """Of the recording's files; None where there are none."""


class StreamMark(Record, frozen=True, kw_only=True):
    """How much of one JSONL file belongs to the run so far."""

    path: str
    """Relative to the home."""
    number: int
    """Of the segment that was open."""
    size: int
    """Its bytes."""


class SimulationRun(Document, frozen=True, kw_only=True):
    """``run/simulation.json``: the manifest of a stepped run, and where ``--resume`` goes on."""

    version: str
    """Of this program: a hash of its source."""
    libraries: dict[str, str]
    """Versions of what a result may depend on, Python first."""
    market: SimulatedMarket
    symbols: tuple[str, ...]
    window_s: float
    start_ts: float
    """Market time at which the run begins, in seconds since the epoch."""
    end_ts: float
    """Market time at which it is to end, as it was asked for last."""
    configs: dict[str, str]
    """SHA-256 of each config as the run began with it, by file name."""
    leg_s: float
    """Market seconds after which everything is saved, closed and opened anew, as by a restart."""
    leg: int
    """Legs that are finished; ``--resume`` goes on after them."""
    saved_ts: float
    """Market time at their end: the close of a window."""
    clock_ts: float
    """What the run's clock showed then: orders had taken their time after that close."""
    reached_ts: float
    """Market time up to which the records go."""
    finished: bool
    """Whether the run went on to the end that was asked for."""
    streams: tuple[StreamMark, ...]
    """What the JSONL files held at the end of the last finished leg."""
