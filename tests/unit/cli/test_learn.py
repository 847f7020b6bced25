import json
from pathlib import Path

from src.records.policies import Components
from src.signal_weight_learner import ensure_default_weights
from src.store.config import ConfigFile
from src.store.lock import LockFile
from tests.cli_fakes import NOW, a_home, asked
from tests.gate_fakes import CONFIGS


def test_cycle_without_evidence_changes_nothing_and_says_so(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    ensure_default_weights(home, ConfigFile(CONFIGS / "components.json", Components).load(), NOW)
    before = home.policies.read_bytes()
    result = asked("learn", "--home", home.root, "--json")
    assert result.exit_code == 0, result.output
    assert "no change" in json.loads(result.stdout)["summary"]
    assert home.policies.read_bytes() == before
    assert asked("learn", "--home", home.root).stdout.startswith("cycle-")


def test_broken_config_ends_with_exit_code_2(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    home.bot_settings.write_text("{")
    result = asked("learn", "--home", home.root)
    assert result.exit_code == 2
    assert "bot.json" in result.output


def test_cycle_beside_another_ends_with_exit_code_3(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    lock = LockFile(home.learning_lock)
    try:
        assert asked("learn", "--home", home.root).exit_code == 3
    finally:
        lock.close()
