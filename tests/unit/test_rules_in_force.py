"""What a human and the learner change while the bot runs, and what stays when a change is broken."""

import shutil
from pathlib import Path

import msgspec
import pytest

from src.records.learning import SignalWeights
from src.rules_in_force import CORRUPT, MISSING, RulesInForce
from src.store.document import DocumentFile
from src.store.errors import ConfigError
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.gate_fakes import CONFIGS, some_weights


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for folder in home.folders():
        folder.mkdir(parents=True)
    for name in ("signal_policies.json", "exits.json"):
        shutil.copy(CONFIGS / name, home.configs)
    return home


def _write_weights(home: Home, weights: SignalWeights) -> str:
    return DocumentFile(home.weights, SignalWeights, writer="learner").write(weights)


def _edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


def test_an_edited_policy_is_in_force_after_two_looks(home: Home) -> None:
    rules = RulesInForce(home, disk_files(home))
    before = rules.policies_version
    _edit(home.policies, '"long_ofi_requirement": 0.5', '"long_ofi_requirement": 0.65')
    rules.refresh()
    rules.refresh()
    assert rules.policies.long_ofi_requirement == 0.65
    assert rules.policies_version != before


def test_a_broken_edit_keeps_the_last_good_version_and_is_reported(home: Home) -> None:
    rules = RulesInForce(home, disk_files(home))
    before = rules.policies_version
    _edit(home.policies, '"long_ofi_requirement": 0.5', '"long_ofi_requirement": 7')
    rules.refresh()
    rules.refresh()
    assert rules.policies.long_ofi_requirement == 0.5
    assert rules.policies_version == before
    assert [fault.key for fault in rules.faults] == ["long_ofi_requirement"]


def test_a_config_that_is_broken_at_the_start_stops_it(home: Home) -> None:
    home.exits.write_text("{")
    with pytest.raises(ConfigError):
        RulesInForce(home, disk_files(home))


def test_weights_come_into_force_with_their_own_version(home: Home) -> None:
    rules = RulesInForce(home, disk_files(home))
    rules.refresh()
    assert (rules.weights, rules.weights_version) == (None, MISSING)
    for learned in (some_weights(), some_weights(liquidation=0.12, funding=0.26)):
        version = _write_weights(home, learned)
        rules.refresh()
        assert rules.weights == learned
        assert rules.weights_version == version


def test_corrupt_weights_leave_none_in_force_until_there_are_good_ones(home: Home) -> None:
    rules = RulesInForce(home, disk_files(home))
    _write_weights(home, some_weights())
    rules.refresh()
    home.weights.write_bytes(msgspec.json.encode({"ts": 1.0}))
    rules.refresh()
    rules.refresh()
    assert (rules.weights, rules.weights_version) == (None, CORRUPT)
    assert list(home.quarantine.iterdir())
    _write_weights(home, some_weights())
    rules.refresh()
    assert rules.weights == some_weights()
