"""What the ensemble has learned, as it stands on disk between two lives of its process."""

from src.records.base import Document, Record
from src.records.place import Place
from src.records.policies import EnsembleRules


class TestedMemory(Record, frozen=True, kw_only=True):
    """How often something won, and over how many blocks of time."""

    outcomes: int
    wins: int
    blocks: int
    newest_block: int
    """The last block that was counted; -1 before the first."""


class MemberMemory(Record, frozen=True, kw_only=True):
    """What one member has learned."""

    tested: dict[str, TestedMemory]
    """By what it tells apart: patterns, or ``all``."""
    coefficients: tuple[float, ...] = ()
    """Of the regression, in the order of its inputs; empty for the other members."""
    squares: tuple[float, ...] = ()
    """Sums of squared gradients, by which its steps shrink."""


class AwaitedCase(Record, frozen=True, kw_only=True):
    """A signal whose outcome is awaited, as the members see it."""

    signal_id: str
    ts: float
    pattern: str
    agreement: float
    spoken: float
    inputs: tuple[float, ...]


class HeardOutcome(Record, frozen=True, kw_only=True):
    """An outcome that is known and not learned from yet."""

    ts: float
    signal_id: str
    won: bool


class EnsembleMemory(Record, frozen=True, kw_only=True):
    """Everything that the next prediction rests on beside its signal."""

    evidence: int
    """Outcomes that were learned from."""
    members: dict[str, MemberMemory]
    waiting: tuple[AwaitedCase, ...]
    """Oldest first."""
    heard: tuple[HeardOutcome, ...]
    """In the order in which they will be learned from."""


class EnsembleState(Document, frozen=True, kw_only=True):
    """The memory of the ensemble, and how far it had read when it was that."""

    rules: EnsembleRules
    """By which it learned; with other rules it learns anew."""
    signals: Place | None
    """In ``logs/predictive_signals.jsonl``; None before there was one."""
    outcomes: Place | None
    """In ``logs/signal_outcomes.jsonl``."""
    memory: EnsembleMemory
