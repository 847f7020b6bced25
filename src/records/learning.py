"""What was learned, when, and on what evidence."""

import enum

import msgspec

from src.records.base import Document, Line, Record
from src.records.enums import COMPONENTS, Direction, Strategy

DEFAULT_CYCLE = "default"
"""The ``cycle_id`` of weights that no cycle has touched."""


class SignalWeights(Document, frozen=True, kw_only=True):
    """``feature_store/signal_weights_gate.json``: what each component's vote weighs in the gate's score."""

    cycle_id: str
    """The learning cycle that wrote it; ``default`` for the first."""
    weights: dict[str, float]
    """By component; they sum to 1."""
    reasons: dict[str, str]
    outcomes: int
    """Resolved outcomes they rest on."""
    blocks: int
    """Time blocks with outcomes: the real number of samples."""

    def __post_init__(self) -> None:
        """Refuse weights that are not a distribution over the ten components."""
        if set(self.weights) != set(COMPONENTS):
            raise ValueError("weights must name exactly the ten components")
        if any(not 0 <= weight <= 1 for weight in self.weights.values()):
            raise ValueError("each weight must lie in 0..1")
        if abs(sum(self.weights.values()) - 1) > 1e-6:
            raise ValueError("weights must sum to 1")


class PatternRule(Record, frozen=True, kw_only=True):
    """What one pattern has brought, with the evidence behind it."""

    pattern: str
    """E.g. ``strategy=OFI|direction=LONG|regime=WILD_UP``."""
    signals: int
    blocks: int
    mean_net_bps: float
    standard_error_bps: float | None
    """Of the mean, over time blocks; None with fewer than two."""
    win_rate: float


class DailyLearningRules(Document, frozen=True, kw_only=True):
    """``feature_store/daily_learning_rules.json``: the last day's patterns, for reading only."""

    cycle_id: str
    profitable: tuple[PatternRule, ...]
    losing: tuple[PatternRule, ...]


class KindEvidence(Record, frozen=True, kw_only=True):
    """What one kind of trade has brought so far, at the learning horizon and after costs, in bps of notional."""

    signals: int
    blocks: int
    """Time blocks with such signals: the real number of samples."""
    mean_bps: float
    """Mean net gain."""
    deviation_bps: float
    """Standard deviation of one trade's net gain."""
    standard_error_bps: float | None
    """Of the mean, over time blocks; None with fewer than two."""


class EdgeEvidence(Document, frozen=True, kw_only=True):
    """``feature_store/edge_evidence.json``: what the signals that deserved a trade have brought, traded or not.

    The gate's Kelly size rests on it. Counted are resolved signals that no judgement of their worth blocked.
    """

    cycle_id: str
    kinds: dict[str, KindEvidence]
    """By strategy and direction, e.g. ``OFI|LONG``; a kind without a signal is absent."""


def kind_of(strategy: Strategy, direction: Direction) -> str:
    """Return the name of a kind of trade."""
    return f"{strategy.value}|{direction.value}"


class LearningState(Document, frozen=True, kw_only=True):
    """``feature_store/learning_state.json``: the last cycle, and when the next is due."""

    cycle_id: str
    cycles: int
    last_started_ts: float
    last_finished_ts: float
    next_due_ts: float
    executed: int
    """Traded signals it saw."""
    blocked: int
    """Blocked signals with a measured outcome."""
    missed: int
    """Signals below every threshold that would have won after costs."""
    blocks: int
    adjustments_proposed: int
    adjustments_applied: int
    summary: str
    last_written_policies: dict[str, object]
    """The policies as the learner last wrote them: what tells a human's later edit from its own."""
    leases: dict[str, int]
    """By policy: cycles left before an off-default value steps back without fresh support."""
    base_policies: dict[str, float] = msgspec.field(default_factory=dict)
    """By policy: the human's value, to which an unsupported change steps back."""
    proposed_policies: dict[str, float] = msgspec.field(default_factory=dict)
    """What a cycle was about to write; empty once it is written."""
    weights_cycle_id: str = DEFAULT_CYCLE
    """The cycle whose weights were in force at the end of this one."""


class AuditKind(enum.Enum):
    """What a learning cycle did about one parameter."""

    CHANGE = "CHANGE"
    NO_CHANGE = "NO_CHANGE"
    PINNED = "PINNED"
    CONFLICT = "CONFLICT"
    """A human changed it since; the human's value stands."""
    LEASE_ENDED = "LEASE_ENDED"
    ROLLBACK = "ROLLBACK"


class LearningAudit(Line, frozen=True, kw_only=True):
    """One line of ``logs/learning_audit.jsonl``: one parameter, what was claimed and on what evidence."""

    cycle_id: str
    kind: AuditKind
    target: str
    """A policy's name, ``weights``, or ``cycle`` for the verdict on the whole."""
    old: object
    new: object
    reason: str
    """E.g. ``no evidence`` or the claim that was tested."""
    signals: int
    blocks: int
    mean_bps: float | None
    standard_error_bps: float | None
    statistic: float | None
    critical_value: float | None
    family_size: int
    seed: int
    data_hash: str
    weights_version: str
    """In force after this line."""
    policies_version: str
