from pathlib import Path

import pytest

from src.records.learning import SignalWeights
from src.store.document import DocumentFile
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
