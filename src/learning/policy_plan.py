"""What a cycle does about every policy: whom it follows, what it changes, what it leaves alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from src.learning.adjustments import Claim, is_supported, moved_value, proposals
from src.learning.family import Cell
from src.learning.leases import run_leases
from src.learning.parameters import LEARNABLE, Steps, is_pinned, values_of
from src.records.learning import DEFAULT_CYCLE, AuditKind, LearningState, SignalWeights
from src.records.policies import SignalPolicies
from src.records.settings import LearningSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One line for the audit."""

    kind: AuditKind
    target: str
    old: object
    new: object
    reason: str
    claim: Claim | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRules:
    """How far a cycle moves a policy, and for how long."""

    steps: Steps
    lease_cycles: int
    tau_bps: float

    @classmethod
    def of(cls, settings: LearningSettings) -> Self:
        """Return the rules that a human set."""
        return cls(
            steps=Steps(requirement=settings.threshold_step, size=settings.size_step),
            lease_cycles=settings.lease_cycles,
            tau_bps=settings.timing_prior_bps,
        )


@dataclass(kw_only=True, slots=True)
class Plan:
    """The changes of one cycle, with what must be remembered of them."""

    changes: dict[str, float] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    base: dict[str, float] = field(default_factory=dict)
    leases: dict[str, int] = field(default_factory=dict)
    proposed: int = 0
    postponed: bool = False
    """The changes could not be made; what the human did is looked at again in the next cycle."""


def plan_policies(
    policies: SignalPolicies,
    state: LearningState,
    claims: list[Claim],
    cells: Mapping[str, Cell],
    rules: PlanRules,
) -> Plan:
    """Return what to do with the policies as they stand in the file.

    A value that is neither what the last cycle wrote nor what it was about to write is a human's: it stands
    for this cycle and is the base to which later changes step back. Pinned policies are left alone.
    """
    values = values_of(policies)
    edited = _edited(values, state)
    plan = Plan(base=_base(values, edited, state))
    for name in sorted(edited):
        plan.notes.append(_conflict(name, edited[name], values[name]))
    for claim in proposals(claims).values():
        _propose(plan, claim, values[claim.target], policies.pinned, rules, edited=claim.target in edited)
    free = [name for name in LEARNABLE if name not in edited and not is_pinned(name, policies.pinned)]
    _lease(plan, {name: values[name] for name in free}, state, cells, rules)
    return plan


def unchanged(state: LearningState, *, proposed: int = 0) -> Plan:
    """Return the plan of a cycle that cannot touch the policies: everything stays as it was remembered."""
    return Plan(base=dict(state.base_policies), leases=dict(state.leases), proposed=proposed, postponed=True)


def interrupted_changes(
    state: LearningState, policies: SignalPolicies | None, weights: SignalWeights
) -> list[Note]:
    """Return what a cycle wrote into policies and weights without living to audit it."""
    values = {} if policies is None else values_of(policies)
    written = state.last_written_policies
    notes = [
        _interrupted(name, written.get(name), new)
        for name, new in sorted(state.proposed_policies.items())
        if values.get(name) == new != written.get(name)
    ]
    if weights.cycle_id not in {DEFAULT_CYCLE, state.weights_cycle_id}:
        notes.append(_interrupted("weights", None, weights.weights))
    return notes


def postponed_changes(plan: Plan, reason: str) -> list[Note]:
    """Return the notes of changes that a human's edit at the same moment stopped."""
    return [
        Note(kind=AuditKind.CONFLICT, target=name, old=None, new=None, reason=f"postponed: {reason}")
        for name in sorted(plan.changes)
    ]


def first_state(ts: float, policies: SignalPolicies | None) -> LearningState:
    """Return what a home knows before its first cycle: the policies as they stand are the human's."""
    values = {} if policies is None else values_of(policies)
    return LearningState(
        ts=ts,
        cycle_id="none",
        cycles=0,
        last_started_ts=0.0,
        last_finished_ts=0.0,
        next_due_ts=ts,
        executed=0,
        blocked=0,
        missed=0,
        blocks=0,
        adjustments_proposed=0,
        adjustments_applied=0,
        summary="no cycle yet",
        last_written_policies=dict(values),
        leases={},
        base_policies=values,
    )


def _interrupted(target: str, old: object, new: object) -> Note:
    reason = "written by a cycle that did not finish"
    return Note(kind=AuditKind.CHANGE, target=target, old=old, new=new, reason=reason)


def _edited(values: Mapping[str, float], state: LearningState) -> dict[str, object]:
    """Return what the learner last wrote of each policy that a human has changed since."""
    written, proposed = state.last_written_policies, state.proposed_policies
    return {
        name: written[name]
        for name, value in values.items()
        if name in written and value not in (written[name], proposed.get(name))
    }


def human_values(policies: SignalPolicies, state: LearningState) -> dict[str, float]:
    """Return every learnable policy's value as a human last set it: what learning made of it left out."""
    values = values_of(policies)
    return _base(values, _edited(values, state), state)


def _base(
    values: Mapping[str, float], edited: Mapping[str, object], state: LearningState
) -> dict[str, float]:
    known = state.base_policies
    return {name: value if name in edited else known.get(name, value) for name, value in values.items()}


def _conflict(name: str, old: object, new: float) -> Note:
    reason = "changed by hand since the last cycle: the human's value stands and is the new base"
    return Note(kind=AuditKind.CONFLICT, target=name, old=old, new=new, reason=reason)


def _propose(
    plan: Plan, claim: Claim, value: float, pinned: tuple[str, ...], rules: PlanRules, *, edited: bool
) -> None:
    name = claim.target
    new = moved_value(claim, value, rules.steps)
    plan.proposed += 1
    if edited:
        return
    kind, reason = AuditKind.CHANGE, claim.reason
    if is_pinned(name, pinned):
        kind, reason, new = AuditKind.PINNED, f"pinned by hand; {claim.reason}", value
    elif new == value:
        kind, reason = AuditKind.NO_CHANGE, f"already at its bound; {claim.reason}"
    else:
        plan.changes[name] = new
    plan.notes.append(Note(kind=kind, target=name, old=value, new=new, reason=reason, claim=claim))


def _lease(
    plan: Plan,
    values: Mapping[str, float],
    state: LearningState,
    cells: Mapping[str, Cell],
    rules: PlanRules,
) -> None:
    def supported(name: str) -> bool:
        return is_supported(name, values[name], plan.base[name], cells, tau_bps=rules.tau_bps)

    resting = {name: value for name, value in values.items() if name not in plan.changes}
    plan.leases, lapses = run_leases(
        state.leases,
        resting,
        plan.base,
        length=rules.lease_cycles,
        supported=supported,
        stepped_back=lambda name: rules.steps.towards(name, values[name], plan.base[name]),
    )
    for name, new in plan.changes.items():
        if new != plan.base[name]:
            plan.leases[name] = rules.lease_cycles
    reason = "lease over without fresh support: one step back towards the human's value"
    for lapse in lapses:
        plan.changes[lapse.target] = lapse.new
        plan.notes.append(
            Note(kind=AuditKind.LEASE_ENDED, target=lapse.target, old=lapse.old, new=lapse.new, reason=reason)
        )
