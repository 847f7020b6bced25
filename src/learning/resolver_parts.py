"""What the resolver is handed: streams, memory, times."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from src.learning.pending import PendingQueue
from src.learning.price_tape import WindowMid
from src.learning.recent_ids import RecentIds
from src.learning.streams import Picture, Sink, Source
from src.records.decisions import Decision
from src.records.outcomes import PendingEvent, PendingSignals, SignalOutcome, UniverseRow
from src.records.predictions import Prediction
from src.records.signals import Signal


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolverInputs:
    """What the resolver follows."""

    signals: Source[Signal]
    predictions: Source[Prediction]
    decisions: Source[Decision]
    windows: Source[WindowMid]
    recall: Callable[[float], Iterable[WindowMid]]
    """The recorded windows since a moment: what was read before a restart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolverOutputs:
    """What the resolver alone writes."""

    journal: Sink[PendingEvent]
    universe: Sink[UniverseRow]
    outcomes: Sink[SignalOutcome]
    snapshot: Picture[PendingSignals]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolverMemory:
    """What a restarted resolver still knows, from its own files."""

    queue: PendingQueue = field(default_factory=PendingQueue)
    queued: RecentIds = field(default_factory=RecentIds)
    in_universe: RecentIds = field(default_factory=RecentIds)
    resolved: RecentIds = field(default_factory=RecentIds)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolverTimes:
    """How long things may take, in seconds of market time."""

    prediction_wait_s: float
    signal_ttl_s: float
