"""The lines of ``logs/learning_audit.jsonl``: every claim with its evidence, replayable from them."""

from dataclasses import dataclass

from src.learning.policy_plan import Note
from src.learning.streams import Sink
from src.records.learning import AuditKind, LearningAudit


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """What is in force: the first 12 hex digits of the SHA-256 of each file."""

    weights: str
    policies: str


class AuditTrail:
    """Writes the lines of one cycle."""

    def __init__(
        self, sink: Sink[LearningAudit], *, cycle_id: str, now: float, seed: int, data_hash: str
    ) -> None:
        self._sink = sink
        self._cycle_id = cycle_id
        self._now = now
        self._seed = seed
        self._data_hash = data_hash
        self.changes = 0
        """Lines that told of a change."""

    def write(self, note: Note, versions: Versions, *, signals: int = 0, blocks: int = 0) -> None:
        """Write one line; the numbers of the evidence are the claim's own where there is one."""
        claim = note.claim
        self._sink.append(
            LearningAudit(
                ts=self._now,
                cycle_id=self._cycle_id,
                kind=note.kind,
                target=note.target,
                old=note.old,
                new=note.new,
                reason=note.reason,
                signals=signals if claim is None else claim.cell.signals,
                blocks=blocks if claim is None else claim.cell.active,
                mean_bps=None if claim is None else claim.estimate.mean_bps,
                standard_error_bps=None if claim is None else claim.estimate.standard_error_bps,
                statistic=None if claim is None else claim.tested.statistic,
                critical_value=None if claim is None else _finite(claim.tested.critical_value),
                family_size=0 if claim is None else claim.family_size,
                seed=self._seed,
                data_hash=self._data_hash,
                weights_version=versions.weights,
                policies_version=versions.policies,
            )
        )
        self.changes += note.kind in {AuditKind.CHANGE, AuditKind.LEASE_ENDED, AuditKind.ROLLBACK}


def _finite(value: float) -> float | None:
    return value if value != float("inf") else None
