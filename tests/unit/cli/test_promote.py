from pathlib import Path

import pytest

from src.learning.parameters import values_of
from src.records.learning import LearningState, SignalWeights
from src.records.policies import SignalPolicies
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.jsontext import replace_values
from src.store.lock import HomeLock
from src.store.paths import Home
from tests.cli_fakes import a, a_home, asked


@pytest.fixture
def source(tmp_path: Path) -> Home:
    home = a_home(tmp_path / "from")
    text = home.policies.read_text()
    home.policies.write_text(text.replace('"cooldown_s": 120', '"cooldown_s": 77'))
    DocumentFile(home.weights, SignalWeights, writer="test").write(a(SignalWeights))
    home.signal_outcomes.write_text("{}\n")
    return home


def test_configs_are_copied_and_nothing_that_was_learned(source: Home, tmp_path: Path) -> None:
    target = Home(tmp_path / "to")
    result = asked("promote", source.root, target.root)
    assert result.exit_code == 0
    copied = sorted(path.name for path in source.configs.glob("*.json"))
    assert sorted(path.name for path in target.configs.glob("*.json")) == copied
    assert target.policies.read_bytes() == source.policies.read_bytes()
    assert not target.weights.exists()
    assert not target.signal_outcomes.exists()
    assert not target.identity.exists()


def test_running_target_is_refused_and_keeps_its_configs(source: Home, tmp_path: Path) -> None:
    target = a_home(tmp_path / "to")
    with HomeLock(target):
        result = asked("promote", source.root, target.root)
    assert result.exit_code == 3
    assert '"cooldown_s": 120' in target.policies.read_text()


def test_broken_configs_are_not_promoted(source: Home, tmp_path: Path) -> None:
    source.exits.write_text("{")
    result = asked("promote", source.root, tmp_path / "to")
    assert result.exit_code == 2
    assert "exits.json" in result.output
    assert not (tmp_path / "to").exists()


def test_source_that_is_no_home_is_refused(tmp_path: Path) -> None:
    result = asked("promote", tmp_path / "nowhere", tmp_path / "to")
    assert result.exit_code == 2
    assert not (tmp_path / "to").exists()


def test_policies_that_learning_moved_are_copied_as_the_human_left_them(source: Home, tmp_path: Path) -> None:
    by_hand = values_of(ConfigFile(source.policies, SignalPolicies).load())
    written = by_hand | {"strategy_sizes.OFI": 1.5, "direction_sizes.LONG": 0.75}
    state = a(LearningState, base_policies=by_hand, last_written_policies=written, proposed_policies={})
    DocumentFile(source.learning_state, LearningState, writer="test").write(state)
    changed = {"strategy_sizes.OFI": "1.5", "direction_sizes.LONG": "0.8"}
    source.policies.write_text(replace_values(source.policies.read_text(), changed))

    result = asked("promote", source.root, tmp_path / "to")

    copied = values_of(ConfigFile(Home(tmp_path / "to").policies, SignalPolicies).load())
    assert copied == by_hand | {"direction_sizes.LONG": 0.8}, "0.8 is a human's later edit"
    assert "strategy_sizes.OFI: 1, as it was before learning made it 1.5" in result.stdout
    assert "LONG" not in result.stdout
