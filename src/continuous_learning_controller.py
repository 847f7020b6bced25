"""One learning cycle: capture outcomes, see what they bring, test claims, change what the evidence supports."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass

import msgspec

from src.data_enrichment_layer import resolved_rows
from src.learning.adjustments import ClaimRules, judge_claims
from src.learning.audit import AuditTrail, Versions
from src.learning.counterfactual import Calibration, calibrate
from src.learning.edges import edge_evidence
from src.learning.evidence import Evidence, Lookback
from src.learning.evidence_memory import collect
from src.learning.family import Eligibility, build_family, missed_opportunities
from src.learning.parameters import is_pinned, values_of
from src.learning.policy_plan import (
    Note,
    Plan,
    PlanRules,
    first_state,
    interrupted_changes,
    plan_policies,
    postponed_changes,
    unchanged,
)
from src.learning.streams import Sink
from src.learning.weights import HedgeRules
from src.profitability_analyzer import Profitability, ProfitabilityAnalyzer
from src.records.enums import HORIZONS_S
from src.records.learning import (
    AuditKind,
    DailyLearningRules,
    EdgeEvidence,
    LearningAudit,
    LearningState,
    SignalWeights,
)
from src.records.policies import Components, SignalPolicies
from src.records.settings import BotSettings, LearningSettings
from src.signal_weight_learner import SignalWeightLearner, default_weights
from src.store.config import ConfigFile
from src.store.errors import ConfigConflict, ConfigError
from src.store.files import Files, Page
from src.store.jsonl import Durability
from src.store.lock import LockFile
from src.store.paths import Home

RESOLVED_AFTER_S = max(HORIZONS_S.values()) + 300.0
"""An outcome is on disk this long after its decision point. Younger signals are all left out: the first of
them to be resolved would be those whose trade ended fast."""
_WRITER = "learning"
BROKEN = "broken"
"""The version of policies that cannot be read."""


EvidenceSource = Callable[[Lookback], Evidence]


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningFiles:
    """What a cycle reads and writes."""

    evidence: EvidenceSource
    """The resolved signals of a lookback."""
    policies: ConfigFile[SignalPolicies]
    weights: Page[SignalWeights]
    daily_rules: Page[DailyLearningRules]
    edges: Page[EdgeEvidence]
    state: Page[LearningState]
    audit: Sink[LearningAudit]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What a cycle found before it changed anything."""

    now: float
    cycle_id: str
    state: LearningState
    weights: SignalWeights
    policies: SignalPolicies | None
    """None where a hand edit broke them; what it broke is then in ``postponed``."""
    postponed: str
    evidence: Evidence
    profitability: Profitability
    calibration: Calibration

    @property
    def no_change(self) -> str:
        """Return why nothing was changed, where nothing was."""
        return f"no change: {self.postponed or 'no evidence'}"


class ContinuousLearningController:
    """Orchestrates the cycle; the same files, time and seed give the same bytes.

    A change is noted in the state before it is made and audited after: a cycle that was killed in between is
    accounted for by the next one.
    """

    def __init__(
        self,
        *,
        files: LearningFiles,
        settings: LearningSettings,
        components: Components,
        every_s: float,
        seed: int,
    ) -> None:
        self._files = files
        self._settings = settings
        self._components = components
        self._every_s = every_s
        self._seed = seed
        self._analyzer = ProfitabilityAnalyzer(minimum_signals=settings.minimum_signals)
        self._weight_learner = SignalWeightLearner(
            rules=HedgeRules.of(settings), minimum_blocks=settings.minimum_blocks
        )

    def run_cycle(self, now: float) -> LearningState:
        """Run one cycle at ``now`` and return its state.

        Raises CorruptDocument where weights or state cannot be read. Policies that cannot be read, or that
        a human changes at this very moment, postpone the changes to them alone.
        """
        found = self._capture(now)
        trail = AuditTrail(
            self._files.audit,
            cycle_id=found.cycle_id,
            now=now,
            seed=self._seed,
            data_hash=found.evidence.data_hash(),
        )
        self._audit(trail, interrupted_changes(found.state, found.policies, found.weights))
        plan = self._inject_policies(found, self._plan(found), trail)
        proposed = plan.proposed + self._inject_weights(found, trail)
        if not trail.changes:
            note = Note(kind=AuditKind.NO_CHANGE, target="cycle", old=None, new=None, reason=found.no_change)
            trail.write(
                note, self._versions(), signals=len(found.evidence), blocks=found.profitability.blocks
            )
        return self._finish(found, plan, trail, proposed=proposed)

    def _capture(self, now: float) -> _Found:
        settings = self._settings
        weights = self._files.weights.read()
        if weights is None:
            weights = default_weights(self._components, now)
            self._files.weights.write(weights)
        policies, postponed = self._load_policies()
        evidence = self._files.evidence(
            Lookback(
                since_ts=now - settings.lookback_s,
                until_ts=now - RESOLVED_AFTER_S,
                horizon=settings.horizon,
                block_s=settings.block_s,
            )
        )
        return _Found(
            now=now,
            cycle_id=f"cycle-{round(now)}",
            state=self._files.state.read() or first_state(now, policies),
            weights=weights,
            policies=policies,
            postponed=postponed,
            evidence=evidence,
            profitability=self._analyzer.analyze(evidence, now),
            calibration=calibrate(
                evidence, minimum_blocks=settings.minimum_blocks, tau_bps=settings.timing_prior_bps
            ),
        )

    def _load_policies(self) -> tuple[SignalPolicies | None, str]:
        try:
            return self._files.policies.load(), ""
        except ConfigError as error:
            return None, f"the policies are broken, changes to them are postponed: {error}"

    def _plan(self, found: _Found) -> Plan:
        policies, state, settings = found.policies, found.state, self._settings
        if policies is None:
            return unchanged(state)
        cells = build_family(
            found.evidence,
            policies,
            shift_bps=found.calibration.shift_bps,
            eligibility=Eligibility(blocks=settings.minimum_blocks, signals=settings.minimum_signals),
        )
        claims = judge_claims(cells, ClaimRules.of(settings, self._seed))
        return plan_policies(policies, state, claims, cells, PlanRules.of(settings))

    def _inject_policies(self, found: _Found, plan: Plan, trail: AuditTrail) -> Plan:
        """Write the planned changes into the policies, audit them, and return what came of the plan."""
        expected = self._files.policies.version
        if plan.changes:
            announced = msgspec.structs.replace(found.state, ts=found.now, proposed_policies=plan.changes)
            self._files.state.write(announced)
            try:
                self._files.policies.compare_and_swap(dict(plan.changes), expected)
            except (ConfigConflict, ConfigError) as error:
                self._audit(trail, postponed_changes(plan, str(error)))
                return unchanged(found.state, proposed=plan.proposed)
        self._audit(trail, plan.notes)
        return plan

    def _inject_weights(self, found: _Found, trail: AuditTrail) -> int:
        """Write the weights that the evidence supports; return how many changes that proposed: 0 or 1."""
        current = found.weights
        default = default_weights(self._components, found.now)
        verdict = self._weight_learner.learn(found.evidence, current=current.weights, default=default.weights)
        if not verdict.changed:
            return 0
        kind, new = AuditKind.CHANGE, verdict.weights
        if found.policies is not None and is_pinned("weights", found.policies.pinned):
            kind, new = AuditKind.PINNED, current.weights
        else:
            self._files.weights.write(verdict.document(found.now, found.cycle_id))
        note = Note(kind=kind, target="weights", old=current.weights, new=new, reason=verdict.reason)
        trail.write(note, self._versions(), signals=verdict.signals, blocks=verdict.blocks)
        return 1

    def _audit(self, trail: AuditTrail, notes: Iterable[Note]) -> None:
        for note in notes:
            trail.write(note, self._versions())

    def _finish(self, found: _Found, plan: Plan, trail: AuditTrail, *, proposed: int) -> LearningState:
        now, before, seen = found.now, found.state, found.profitability
        verdict = f"{trail.changes} changed" if trail.changes else found.no_change
        self._files.daily_rules.write(seen.daily_rules(now, found.cycle_id))
        self._files.edges.write(edge_evidence(found.evidence, ts=now, cycle_id=found.cycle_id))
        policies = found.policies
        weights = self._files.weights.read() or found.weights
        written = dict(before.last_written_policies)
        if policies is not None and not plan.postponed:
            written = {**values_of(policies), **plan.changes}
        state = LearningState(
            ts=now,
            cycle_id=found.cycle_id,
            cycles=before.cycles + 1,
            last_started_ts=now,
            last_finished_ts=now,
            next_due_ts=now + self._every_s,
            executed=seen.executed,
            blocked=seen.blocked,
            missed=0 if policies is None else missed_opportunities(found.evidence, policies),
            blocks=seen.blocks,
            adjustments_proposed=proposed,
            adjustments_applied=trail.changes,
            summary=f"{verdict}; {len(found.evidence)} signals in {seen.headline()}",
            last_written_policies=written,
            leases=plan.leases,
            base_policies=plan.base,
            weights_cycle_id=weights.cycle_id,
        )
        self._files.state.write(state)
        return state

    def _versions(self) -> Versions:
        policies = self._files.policies.version or BROKEN
        return Versions(weights=self._files.weights.version() or "", policies=policies)


def run_learning_cycle(
    home: Home,
    settings: BotSettings,
    now: float,
    seed: int,
    *,
    files: Files,
    evidence: EvidenceSource | None = None,
) -> LearningState:
    """Run one cycle on a home, running or not; FileLocked where another cycle is running.

    Without ``evidence`` every resolved signal is read from the disk.
    Raises ConfigError where ``components.json`` or ``learning.json`` cannot be used.
    """
    with (
        LockFile(home.learning_lock),
        closing(files.writer(home.learning_audit, writer=_WRITER, durability=Durability.KNOWLEDGE)) as audit,
    ):
        learning = LearningFiles(
            evidence=evidence or (lambda lookback: collect(resolved_rows(home), lookback)),
            policies=files.config(home.policies, SignalPolicies),
            weights=files.document(home.weights, SignalWeights, writer=_WRITER),
            daily_rules=files.document(home.daily_rules, DailyLearningRules, writer=_WRITER),
            edges=files.document(home.edge_evidence, EdgeEvidence, writer=_WRITER),
            state=files.document(home.learning_state, LearningState, writer=_WRITER),
            audit=audit,
        )
        return ContinuousLearningController(
            files=learning,
            settings=files.config(home.learning_settings, LearningSettings).load(),
            components=files.config(home.components, Components).load(),
            every_s=settings.learning_every_s,
            seed=seed,
        ).run_cycle(now)
