"""What a cycle does about each policy: claims, humans, pins, leases."""

from pathlib import Path

import msgspec
import pytest

from src.learning.adjustments import ClaimRules, judge_claims, proposals
from src.learning.family import Cell, Eligibility, build_family, measured_flow, missed_opportunities, passes
from src.learning.leases import run_leases
from src.learning.parameters import LEARNABLE, Steps, is_pinned, values_of
from src.learning.policy_plan import Plan, PlanRules, first_state, plan_policies
from src.records.enums import Direction, Regime, Strategy
from src.records.learning import AuditKind, LearningState
from src.records.outcomes import EnrichedDecision
from src.records.policies import SignalPolicies
from src.store.config import ConfigFile
from tests.evidence_fakes import evidence_of, made_up_market, make_row
from tests.learning_fakes import (
    T0,
    make_home,
)

RULES = PlanRules(steps=Steps(requirement=0.05, size=0.25), lease_cycles=7, tau_bps=6.0)
CLAIMS = ClaimRules(alpha_tighten=0.05, alpha_loosen=0.02, flips=499, tau_bps=6.0, seed=1)
ELIGIBLE = Eligibility(blocks=12, signals=50)
END = T0 + 42 * 14400


@pytest.fixture
def policies(tmp_path: Path) -> SignalPolicies:
    return ConfigFile(make_home(tmp_path).policies, SignalPolicies).load()


def short_loses(direction: Direction, _strategy: Strategy, _ofi: float) -> float:
    return -25.0 if direction is Direction.SHORT else 0.0


def _cells(rows: list[EnrichedDecision], policies: SignalPolicies) -> dict[str, Cell]:
    return build_family(evidence_of(rows), policies, shift_bps=0.0, eligibility=ELIGIBLE)


def _plan(policies: SignalPolicies, state: LearningState, cells: dict[str, Cell]) -> Plan:
    return plan_policies(policies, state, judge_claims(cells, CLAIMS), cells, RULES)


def _noise(policies: SignalPolicies) -> dict[str, Cell]:
    return _cells(made_up_market(seed=3, end=END, edge=lambda *_: 0.0), policies)


def test_the_family_is_fixed(policies: SignalPolicies) -> None:
    assert len(_noise(policies)) == 18
    assert list(_cells([make_row(ts=T0)], policies)) == list(_noise(policies))
    assert len(LEARNABLE) == 16


def test_bands_are_just_above_and_just_below_the_requirement(policies: SignalPolicies) -> None:
    rows = [
        make_row(ts=T0 + number, ofi=ofi)
        for number, ofi in enumerate((0.39, 0.40, 0.499, 0.50, 0.59, 0.60, -0.55))
    ]
    cells = _cells(rows, policies)
    assert cells["long_ofi_requirement:below"].signals == 2
    assert cells["long_ofi_requirement:above"].signals == 2
    assert cells["short_ofi_requirement:above"].signals == 0


def test_flow_is_read_as_each_strategys_policy_says(policies: SignalPolicies) -> None:
    rows = [
        make_row(ts=T0, ofi=-0.7),
        make_row(ts=T0, ofi=-0.7, strategy=Strategy.SENTIMENT),
        make_row(ts=T0 + 1, ofi=0.7, direction=Direction.SHORT),
    ]
    evidence = evidence_of(rows)
    assert list(measured_flow(evidence, policies)) == [-0.7, 0.7, 0.7]
    assert list(passes(evidence, policies)) == [False, True, True]


def test_missed_are_recorded_signals_below_the_requirement_that_would_have_won(
    policies: SignalPolicies,
) -> None:
    rows = [
        make_row(ts=T0 + number, ofi=ofi, net=net)
        for number, (ofi, net) in enumerate(((0.3, 5.0), (0.3, -5.0), (0.6, 5.0)))
    ]
    assert missed_opportunities(evidence_of(rows), policies) == 1


def test_a_planted_loss_cuts_and_tightens_one_step(policies: SignalPolicies) -> None:
    cells = _cells(made_up_market(seed=1, end=END, edge=short_loses), policies)
    plan = _plan(policies, first_state(T0, policies), cells)
    assert plan.changes["direction_sizes.SHORT"] == 0.75
    assert plan.changes["short_ofi_requirement"] == 0.55
    assert "long_ofi_requirement" not in plan.changes
    assert "direction_sizes.LONG" not in plan.changes
    assert plan.leases["direction_sizes.SHORT"] == 7
    assert all(note.claim is not None for note in plan.notes)


def test_a_planted_gain_below_the_requirement_loosens_it(policies: SignalPolicies) -> None:
    rows = made_up_market(seed=4, end=END, edge=lambda d, _s, _o: 20.0 if d is Direction.LONG else 0.0)
    plan = _plan(policies, first_state(T0, policies), _cells(rows, policies))
    assert plan.changes["long_ofi_requirement"] == 0.45
    assert plan.changes["direction_sizes.LONG"] == 1.25
    assert "short_ofi_requirement" not in plan.changes


def test_noise_changes_nothing(policies: SignalPolicies) -> None:
    plan = _plan(policies, first_state(T0, policies), _noise(policies))
    assert plan.changes == {}
    assert plan.notes == []


def test_too_few_blocks_claim_nothing(policies: SignalPolicies) -> None:
    rows = made_up_market(seed=1, end=END, edge=short_loses, blocks=10)
    assert judge_claims(_cells(rows, policies), CLAIMS) == []


def test_a_regime_needs_separate_stays(policies: SignalPolicies) -> None:
    rows = [make_row(ts=T0 + 1800 * number, net=-20.0, ofi=0.7) for number in range(300)]
    assert not _cells(rows, policies)["regime_sizes.QUIET_UP"].eligible
    mixed = [
        msgspec.structs.replace(row, regime=Regime.WILD_UP if 50 < number % 100 < 60 else Regime.QUIET_UP)
        for number, row in enumerate(rows)
    ]
    assert _cells(mixed, policies)["regime_sizes.QUIET_UP"].eligible


def test_a_pinned_policy_is_left_alone_and_the_audit_says_so(policies: SignalPolicies) -> None:
    pinned = msgspec.structs.replace(policies, pinned=("short_ofi_requirement", "direction_sizes"))
    cells = _cells(made_up_market(seed=1, end=END, edge=short_loses), pinned)
    plan = _plan(pinned, first_state(T0, pinned), cells)
    kinds = {note.target: note.kind for note in plan.notes}
    assert kinds["short_ofi_requirement"] is AuditKind.PINNED
    assert kinds["direction_sizes.SHORT"] is AuditKind.PINNED
    assert plan.changes == {}


def test_a_humans_edit_wins_and_becomes_the_base(policies: SignalPolicies) -> None:
    state = first_state(T0, policies)
    edited = msgspec.structs.replace(policies, short_ofi_requirement=0.6)
    cells = _cells(made_up_market(seed=1, end=END, edge=short_loses), edited)
    plan = _plan(edited, state, cells)
    assert "short_ofi_requirement" not in plan.changes
    assert plan.base["short_ofi_requirement"] == 0.6
    [note] = [note for note in plan.notes if note.kind is AuditKind.CONFLICT]
    assert (note.target, note.old, note.new) == ("short_ofi_requirement", 0.5, 0.6)


def test_what_an_interrupted_cycle_wrote_is_not_taken_for_a_humans_edit(policies: SignalPolicies) -> None:
    state = msgspec.structs.replace(
        first_state(T0, policies), proposed_policies={"short_ofi_requirement": 0.55}
    )
    written = msgspec.structs.replace(policies, short_ofi_requirement=0.55)
    plan = _plan(written, state, _noise(written))
    assert [note.kind for note in plan.notes] == []
    assert plan.base["short_ofi_requirement"] == 0.5
    assert plan.leases["short_ofi_requirement"] == 6


def test_an_unsupported_lease_steps_back_and_a_supported_one_is_renewed(policies: SignalPolicies) -> None:
    moved = msgspec.structs.replace(
        policies,
        short_ofi_requirement=0.6,
        direction_sizes={Direction.LONG: 1.25, Direction.SHORT: 0.5},
    )
    state = msgspec.structs.replace(
        first_state(T0, moved),
        base_policies=values_of(policies),
        leases={"short_ofi_requirement": 1, "direction_sizes.LONG": 1, "direction_sizes.SHORT": 3},
    )
    flat_long = _cells(
        made_up_market(seed=6, end=END, edge=lambda d, _s, _o: -4.0 if d is Direction.LONG else -8.0), moved
    )
    plan = plan_policies(moved, state, [], flat_long, RULES)
    assert plan.changes == {"direction_sizes.LONG": 1.0}
    assert [note.kind for note in plan.notes] == [AuditKind.LEASE_ENDED]
    assert plan.leases == {"direction_sizes.SHORT": 2, "short_ofi_requirement": 7}


def test_leases_bring_every_unsupported_value_home() -> None:
    values, base, leases = {"a": 1.5}, {"a": 0.7}, {"a": 2}
    steps = Steps(requirement=0.05, size=0.25)
    for _ in range(20):
        leases, lapses = run_leases(
            leases,
            values,
            base,
            length=2,
            supported=lambda _: False,
            stepped_back=lambda name: steps.towards(name, values[name], base[name]),
        )
        for lapse in lapses:
            values[lapse.target] = lapse.new
    assert values == base
    assert leases == {}


def test_steps_stay_within_the_bounds() -> None:
    steps = Steps(requirement=0.05, size=0.25)
    assert steps.moved("long_ofi_requirement", 0.88, 1) == 0.9
    assert steps.moved("long_ofi_requirement", 0.22, -1) == 0.2
    assert steps.moved("strategy_sizes.OFI", 0.1, -1) == 0.0
    assert steps.moved("strategy_sizes.OFI", 1.5, 1) == 1.5
    assert is_pinned("strategy_sizes.OFI", ("strategy_sizes",))
    assert not is_pinned("strategy_sizes.OFI", ("strategy_sizes.SENTIMENT",))


def test_one_loss_is_cut_in_one_table_only(policies: SignalPolicies) -> None:
    cells = _cells(made_up_market(seed=1, end=END, edge=short_loses), policies)
    assert sum(claim.tested.rejected for claim in judge_claims(cells, CLAIMS)) > 5
    plan = _plan(policies, first_state(T0, policies), cells)
    assert {name for name in plan.changes if "sizes" in name} == {"direction_sizes.SHORT"}


def test_what_does_not_trade_is_no_reason_to_cut_something_else(policies: SignalPolicies) -> None:
    rows = made_up_market(seed=1, end=END, edge=short_loses)
    without_shorts = msgspec.structs.replace(
        policies, direction_sizes={Direction.LONG: 1.0, Direction.SHORT: 0.0}
    )
    claims = proposals(judge_claims(_cells(rows, without_shorts), CLAIMS))
    assert not [name for name in claims if name.startswith(("strategy", "regime"))]


def test_claims_that_pull_both_ways_leave_the_stronger_one(policies: SignalPolicies) -> None:
    cells = _cells(made_up_market(seed=1, end=END, edge=short_loses), policies)
    claims = judge_claims(cells, CLAIMS)
    assert proposals(claims).keys() == proposals(claims[::-1]).keys()
