import shutil
from pathlib import Path

import msgspec
import pytest

from src.audit import claims
from src.audit.versions import POLICIES, WEIGHTS, Versions
from src.records.enums import COMPONENTS
from src.records.learning import AuditKind, LearningAudit, SignalWeights
from src.records.policies import Components, SignalPolicies
from src.signal_weight_learner import ensure_default_weights, weights_file
from src.store.config import ConfigFile
from src.store.document import version_of
from src.store.paths import Home
from tests.audit_fakes import audited, copy_of, every, first, records, refuted, rewrite, with_values
from tests.cli_fakes import a, a_home
from tests.simulation_fakes import change, fresh_home, live, plan_of

EVEN = dict.fromkeys(COMPONENTS, 0.1)
STEP = EVEN | {"funding": 0.15, "hurst": 0.05}


def line(ts: float, target: str, old: object, new: object, **more: object) -> LearningAudit:
    return a(
        LearningAudit,
        ts=ts,
        kind=AuditKind.CHANGE,
        target=target,
        old=old,
        new=new,
        **({"weights_version": "w", "policies_version": "p"} | more),
    )


def home_with_weights(root: Path) -> Home:
    home = a_home(root)
    weights_file(home).write(a(SignalWeights, weights=STEP))
    return home


def test_newest_files_and_the_ones_before_them_are_known(tmp_path: Path) -> None:
    home = home_with_weights(tmp_path)
    before = weights_file(home).version() or ""
    after = weights_file(home).write(a(SignalWeights, weights=EVEN))
    versions = Versions(home, ())
    assert versions.known(WEIGHTS, before)
    assert versions.known(WEIGHTS, after)
    assert versions.known(POLICIES, version_of(home.policies.read_bytes()))
    assert not versions.known(POLICIES, before)
    found = versions.weights(before, 0.0)
    assert found is not None
    assert found.weights == STEP


def test_weights_between_two_changes_are_worked_out(tmp_path: Path) -> None:
    home = home_with_weights(tmp_path)
    other = EVEN | {"hurst": 0.2, "funding": 0.0}
    versions = Versions(home, (line(10, WEIGHTS, EVEN, other), line(20, WEIGHTS, other, STEP)))
    told = {ts: versions.weights(f"at {ts}", ts) for ts in (5.0, 15.0, 25.0)}
    assert [each and each.weights for each in told.values()] == [EVEN, other, STEP]
    assert versions.weights("missing", 5.0) is None


def test_policies_are_worked_out_backwards_and_are_a_guess_until_they_explain_something(
    tmp_path: Path,
) -> None:
    home = a_home(tmp_path)
    newest = ConfigFile(home.policies, SignalPolicies).load()
    lines = (
        line(10, "long_ofi_requirement", 0.25, newest.long_ofi_requirement),
        line(20, "direction_sizes.LONG", 0.5, newest.direction_sizes[next(iter(newest.direction_sizes))]),
    )
    versions = Versions(home, lines)
    found = versions.policies("unknown", 5.0)
    assert found is not None
    assert found[0].long_ofi_requirement == 0.25
    assert min(found[0].direction_sizes.values()) == 0.5
    assert not found[1]
    versions.confirm("unknown")
    assert versions.policies("unknown", 5.0) == (found[0], True)
    assert versions.policies("late", 25.0) == (newest, False)


def keep(home: Home, kind: str, content: bytes, *, name: str | None = None) -> str:
    version = version_of(content) if name is None else name
    folder = home.feature_store / "versions"
    folder.mkdir(exist_ok=True)
    (folder / f"{kind}_{version}.json").write_bytes(content)
    return version


def test_versions_that_are_kept_by_name_are_certain(tmp_path: Path) -> None:
    home = home_with_weights(tmp_path)
    text = home.policies.read_bytes()
    policies = keep(home, POLICIES, text.replace(b'"cooldown_s": ', b'"cooldown_s": 1'))
    weights = keep(home, WEIGHTS, msgspec.json.encode(a(SignalWeights, weights=EVEN)))
    forged = keep(home, POLICIES, text, name="0" * 12)
    versions = Versions(home, ())
    assert not versions.keeps(POLICIES)
    assert versions.known(POLICIES, policies)
    assert versions.keeps(POLICIES)
    found, kept = versions.policies(policies, 0.0), versions.weights(weights, 0.0)
    assert found is not None
    assert found[1]
    assert kept is not None
    assert kept.weights == EVEN
    assert not versions.known(POLICIES, forged)
    assert not versions.known(POLICIES, weights)


def test_corrupt_files_of_today_prove_nothing(tmp_path: Path) -> None:
    home = home_with_weights(tmp_path)
    for path in (home.weights, home.policies, home.simulation):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{", encoding="ascii")
    versions = Versions(home, ())
    assert versions.policies("p", 0.0) is None
    assert not versions.known(POLICIES, "p")


def test_default_weights_are_named_by_their_file(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    ensure_default_weights(home, ConfigFile(home.components, Components).load(), 0.0)
    assert Versions(home, ()).known(WEIGHTS, weights_file(home).version() or "")


# over a run in which learning moves the weights
@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = fresh_home(
        tmp_path_factory.mktemp("learned") / "home",
        symbols=["PF_XBTUSD", "PF_ETHUSD"],
        window_s=900,
        learning_every_s=6 * 3600,
    )
    change(home.learning_settings, minimum_blocks=4, weight_caution=0.0, minimum_signals=4)
    live(plan_of(home, days=2.5))
    return home


def keeping_none(home: Home, root: Path) -> Home:
    copy = copy_of(home, root)
    shutil.rmtree(copy.feature_store / "versions", ignore_errors=True)
    return copy


def test_decisions_of_every_set_of_weights_are_worked_out_again(learned: Home) -> None:
    findings = audited(learned)
    versions = set()
    rewrite(learned.decisions, lambda fields: versions.add(fields["weights_version"]) or fields)  # type: ignore[func-returns-value] # add returns None
    assert len(versions) > 2
    assert not findings.violations
    assert not findings.open
    assert findings.proven[claims.SCORE] > 1000


def test_a_score_by_other_weights_is_caught(learned: Home, tmp_path: Path) -> None:
    home = copy_of(learned, tmp_path / "home")
    newest = weights_file(home).version()
    old = first(lambda fields: fields["weights_version"] != newest, with_values(weights_version=newest))
    assert rewrite(home.decisions, old) == 1
    assert refuted(home)[claims.SCORE].expected.startswith("score")


def test_policies_that_a_hand_changed_meanwhile_decide_nothing(learned: Home, tmp_path: Path) -> None:
    home = keeping_none(learned, tmp_path / "home")
    home.simulation.unlink()
    home.learning_audit.unlink()
    text = home.policies.read_text("utf-8")
    home.policies.unlink()
    home.policies.write_text(text.replace('"cooldown_s": ', '"cooldown_s": 1'), "utf-8")
    findings = audited(home)
    assert claims.POLICY not in findings.refuted
    assert {claim for claim, _ in findings.open} >= {claims.POLICY, claims.VERSION}


def test_a_version_that_is_not_among_the_kept_is_caught(learned: Home, tmp_path: Path) -> None:
    home = copy_of(learned, tmp_path / "home")
    keep(home, POLICIES, home.policies.read_bytes())
    last = len(records(home.decisions))
    forged = every(lambda fields: fields["seq"] == last, with_values(policies_version="0" * 12))
    assert rewrite(home.decisions, forged) == 1
    violation = refuted(home)[claims.VERSION]
    assert (violation.seq, violation.expected) == (last, "policies 000000000000 among the kept")


def test_a_version_that_nothing_names_is_not_decided_where_none_are_kept(
    learned: Home, tmp_path: Path
) -> None:
    home = keeping_none(learned, tmp_path / "home")
    rewrite(home.decisions, every(lambda fields: fields["seq"] == 9, with_values(policies_version="0" * 12)))
    findings = audited(home)
    assert not findings.violations
    assert {claim for claim, _ in findings.open} == {claims.VERSION, claims.REPEATS}
