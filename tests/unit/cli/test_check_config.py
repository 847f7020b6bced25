import json
from pathlib import Path

from src.store.home import bind
from tests.cli_fakes import NOW, a_home, asked


def test_good_configs_are_good(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert asked("check-config", "--home", home.root).exit_code == 0
    result = asked("check-config", "--home", home.root, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    text = home.policies.read_text()
    home.policies.write_text(text.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 5'))
    home.exits.write_text("{ not json")
    result = asked("check-config", "--home", home.root, "--json")
    assert result.exit_code == 2
    faults = json.loads(result.stdout)
    assert {Path(fault["file"]).name for fault in faults} == {"signal_policies.json", "exits.json"}
    (bound,) = (fault for fault in faults if fault["key"])
    line = text.splitlines().index('  "long_ofi_requirement": 0.5,') + 1
    assert (bound["key"], bound["line"]) == ("long_ofi_requirement", line)
    plain = asked("check-config", "--home", home.root)
    assert plain.exit_code == 2
    assert "long_ofi_requirement" in plain.output
    assert "exits.json" in plain.output


def test_home_that_is_not_there_yet_is_checked_as_what_it_will_be(tmp_path: Path) -> None:
    result = asked("check-config", "--home", tmp_path / "new")
    assert result.exit_code == 0
    assert "default" in result.stdout
    assert not (tmp_path / "new").exists()


def test_new_home_with_some_configs_of_its_own_is_checked_with_both(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "exits.json").write_text("{}")
    result = asked("check-config", "--home", tmp_path, "--json")
    assert result.exit_code == 2
    assert {Path(fault["file"]).name for fault in json.loads(result.stdout)} == {"exits.json"}


def test_config_missing_from_a_home_that_has_run_is_a_fault(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    bind(home, mode="paper", market_kind="synthetic", account="paper", ts=NOW)
    home.exits.unlink()
    result = asked("check-config", "--home", home.root)
    assert result.exit_code == 2
    assert "exits.json" in result.output
