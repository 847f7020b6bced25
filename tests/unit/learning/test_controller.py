"""The cycle end to end on a made-up home."""

import logging
from pathlib import Path

import orjson
import pytest

from src.continuous_learning_controller import run_learning_cycle
from src.records.enums import Direction
from src.records.learning import AuditKind, DailyLearningRules, LearningAudit, LearningState, SignalWeights
from src.records.outcomes import EnrichedDecision
from src.records.policies import Components, SignalPolicies
from src.signal_weight_learner import ensure_default_weights
from src.store.config import ConfigFile
from src.store.disk_files import cycle_files
from src.store.document import DocumentFile
from src.store.errors import FileLocked, StoreError
from src.store.jsonl import read_all
from src.store.lock import LockFile
from src.store.paths import Home
from tests.evidence_fakes import made_up_market
from tests.learning_fakes import (
    T0,
    make_home,
    make_settings,
    open_writer,
)
from tests.unit.learning.test_policy_plan import short_loses

NOW = T0 + 42 * 14400 + 4000
LEARNED_FILES = ("weights", "daily_rules", "learning_state", "learning_audit", "policies")


def home_with(root: Path, rows: list[EnrichedDecision]) -> Home:
    home = make_home(root)
    ensure_default_weights(home, ConfigFile(home.components, Components).load(), T0)
    with open_writer(home, home.enriched_decisions) as writer:
        for row in rows:
            writer.append(row)
    return home


def planted(seed: int = 1) -> list[EnrichedDecision]:
    return made_up_market(seed=seed, end=NOW - 4000, edge=short_loses, skilled="hurst")


def noise(seed: int) -> list[EnrichedDecision]:
    return made_up_market(seed=seed, end=NOW - 4000, edge=lambda *_: 0.0)


def run(home: Home, now: float = NOW, seed: int = 1) -> LearningState:
    settings = make_settings(home)
    return run_learning_cycle(home, settings, now, seed, files=cycle_files(home, settings, now, seed))


def audit_of(home: Home) -> list[LearningAudit]:
    return list(read_all(home.learning_audit, LearningAudit))


def weights_of(home: Home) -> SignalWeights:
    weights = DocumentFile(home.weights, SignalWeights, writer="test").read()
    assert weights is not None
    return weights


def policies_of(home: Home) -> SignalPolicies:
    return ConfigFile(home.policies, SignalPolicies).load()


def test_planted_evidence_changes_weights_and_policies_and_is_audited(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    before = weights_of(home).weights
    state = run(home)
    assert policies_of(home).direction_sizes[Direction.SHORT] == 0.75
    assert policies_of(home).short_ofi_requirement == 0.55
    after = weights_of(home)
    assert after.weights["hurst"] == pytest.approx(before["hurst"] * 1.25)
    assert after.cycle_id == state.cycle_id
    lines = {line.target: line for line in audit_of(home)}
    cut = lines["direction_sizes.SHORT"]
    assert (cut.kind, cut.old, cut.new) == (AuditKind.CHANGE, 1.0, 0.75)
    assert cut.mean_bps is not None
    assert cut.mean_bps < 0
    assert cut.statistic is not None
    assert cut.critical_value is not None
    assert cut.statistic > cut.critical_value
    assert (cut.family_size, cut.seed) == (16, 1)
    last = audit_of(home)[-1]
    assert last.weights_version == DocumentFile(home.weights, SignalWeights, writer="t").version()
    policies = ConfigFile(home.policies, SignalPolicies)
    policies.load()
    assert last.policies_version == policies.version
    assert state.adjustments_applied == len(audit_of(home))


def test_the_humans_own_keys_survive_the_learners_writing(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    before = home.policies.read_text(encoding="utf-8")
    run(home)
    after = home.policies.read_text(encoding="utf-8")
    assert orjson.loads(after)["_about"] == orjson.loads(before)["_about"]
    assert [line.split(":")[0] for line in after.splitlines()] == [
        line.split(":")[0] for line in before.splitlines()
    ]


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_noise_changes_nothing_and_the_audit_says_so(tmp_path: Path, seed: int) -> None:
    home = home_with(tmp_path, noise(seed))
    before = {name: getattr(home, name).read_bytes() for name in ("weights", "policies")}
    state = run(home)
    assert {name: getattr(home, name).read_bytes() for name in before} == before
    [line] = audit_of(home)
    assert (line.kind, line.target, line.reason) == (
        AuditKind.NO_CHANGE,
        "cycle",
        "no change: no evidence",
    )
    assert state.adjustments_applied == 0
    assert state.cycles == 1


def test_an_empty_home_learns_nothing_and_knows_when_it_is_due(tmp_path: Path) -> None:
    home = home_with(tmp_path, [])
    state = run(home)
    assert (state.blocks, state.executed, state.blocked) == (0, 0, 0)
    assert state.next_due_ts == NOW + make_settings(home).learning_every_s
    assert audit_of(home)[-1].reason == "no change: no evidence"


def test_the_same_inputs_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    homes = [home_with(tmp_path / name, planted()) for name in ("a", "b")]
    for home in homes:
        run(home)
        run(home, NOW + 43200)
    for name in LEARNED_FILES:
        one, two = (getattr(home, name).read_bytes() for home in homes)
        assert one == two, name


def test_pins_stop_policies_and_weights(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    text = home.policies.read_text(encoding="utf-8")
    pins = (
        '"_pinned": ["weights", "direction_sizes", "short_ofi_requirement", "strategy_sizes", "regime_sizes"]'
    )
    home.policies.write_text(text.replace('"_pinned": []', pins), encoding="utf-8")
    before = {name: getattr(home, name).read_bytes() for name in ("weights", "policies")}
    run(home)
    assert {name: getattr(home, name).read_bytes() for name in before} == before
    kinds = {line.target: line.kind for line in audit_of(home)}
    assert kinds["weights"] is AuditKind.PINNED
    assert kinds["direction_sizes.SHORT"] is AuditKind.PINNED


def test_a_hand_edit_since_the_last_cycle_stands(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    run(home)
    text = home.policies.read_text(encoding="utf-8")
    home.policies.write_text(
        text.replace('"short_ofi_requirement": 0.55', '"short_ofi_requirement": 0.7'), encoding="utf-8"
    )
    state = run(home, NOW + 43200)
    assert policies_of(home).short_ofi_requirement == 0.7
    assert state.base_policies["short_ofi_requirement"] == 0.7
    conflicts = [line for line in audit_of(home) if line.kind is AuditKind.CONFLICT]
    assert [(line.target, line.old, line.new) for line in conflicts] == [("short_ofi_requirement", 0.55, 0.7)]


def test_broken_policies_postpone_their_changes_and_nothing_else(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    good = home.policies.read_text(encoding="utf-8")
    home.policies.write_text(good.replace('"_pinned": [],', '"_pinned": ['), encoding="utf-8")
    broken = home.policies.read_bytes()
    run(home)
    assert home.policies.read_bytes() == broken
    assert weights_of(home).cycle_id != "default"
    assert {line.target for line in audit_of(home)} == {"weights"}
    assert {line.policies_version for line in audit_of(home)} == {"broken"}
    home.policies.write_text(good, encoding="utf-8")
    run(home, NOW + 60)
    assert policies_of(home).short_ofi_requirement == 0.55


def test_broken_policies_and_no_news_say_why_nothing_changed(tmp_path: Path) -> None:
    home = home_with(tmp_path, [])
    home.policies.write_text("{", encoding="utf-8")
    state = run(home)
    assert "broken" in audit_of(home)[-1].reason
    assert "broken" in state.summary


def test_an_edit_at_the_very_moment_postpones_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_with(tmp_path, planted())
    swap = ConfigFile.compare_and_swap

    def late_edit(self: ConfigFile[SignalPolicies], changes: dict[str, object], expected_version: str) -> str:
        text = home.policies.read_text(encoding="utf-8")
        home.policies.write_text(
            text.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.6'), encoding="utf-8"
        )
        return swap(self, changes, expected_version)

    monkeypatch.setattr(ConfigFile, "compare_and_swap", late_edit)
    run(home)
    assert policies_of(home).long_ofi_requirement == 0.6
    assert policies_of(home).short_ofi_requirement == 0.5
    monkeypatch.undo()
    run(home, NOW + 60)
    assert policies_of(home).long_ofi_requirement == 0.6
    assert policies_of(home).short_ofi_requirement == 0.55


@pytest.mark.parametrize("after", ["weights", "audit", "state"])
def test_a_killed_cycle_is_accounted_for_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    home = home_with(tmp_path, planted())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    where = {
        "audit": "src.learning.audit.AuditTrail.write",
        "weights": "src.continuous_learning_controller.ContinuousLearningController._inject_weights",
        "state": "src.continuous_learning_controller.ContinuousLearningController._finish",
    }[after]
    monkeypatch.setattr(where, killed)
    with pytest.raises(KeyboardInterrupt):
        run(home)
    assert policies_of(home).short_ofi_requirement == 0.55
    monkeypatch.undo()
    state = run(home, NOW + 60)
    assert state.base_policies["short_ofi_requirement"] == 0.5
    assert not any(line.kind is AuditKind.CONFLICT for line in audit_of(home))
    changed = [line for line in audit_of(home) if line.target == "short_ofi_requirement" and line.new == 0.55]
    assert changed
    assert state.proposed_policies == {}


def test_one_cycle_at_a_time(tmp_path: Path) -> None:
    home = home_with(tmp_path, [])
    with LockFile(home.learning_lock), pytest.raises(FileLocked):
        run(home)


def test_young_signals_and_those_before_the_lookback_are_left_out(tmp_path: Path) -> None:
    home = home_with(tmp_path, planted())
    state = run(home, T0 + 7200)
    assert state.blocks == 1
    assert run(home, NOW + 604800 * 2).blocks == 0


def test_daily_rules_name_the_patterns_of_the_last_day(tmp_path: Path) -> None:
    home = home_with(
        tmp_path,
        made_up_market(
            seed=1,
            end=NOW - 4000,
            edge=lambda d, _s, _o: 60.0 if d is Direction.LONG else -60.0,
            per_block=400,
            blocks=12,
        ),
    )
    run(home)
    rules = DocumentFile(home.daily_rules, DailyLearningRules, writer="test").read()
    assert rules is not None
    assert rules.profitable
    assert rules.losing
    assert all("direction=LONG" in rule.pattern for rule in rules.profitable if rule.mean_net_bps > 30)
    means = [rule.mean_net_bps for rule in rules.profitable]
    assert means == sorted(means, reverse=True)


def test_corrupt_weights_are_an_error_with_a_name(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    home = home_with(tmp_path, [])
    home.weights.write_text("{}", encoding="utf-8")
    with pytest.raises(StoreError):
        run(home)
