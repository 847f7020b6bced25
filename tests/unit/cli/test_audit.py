from pathlib import Path

import orjson
import pytest

from src.cli.exit_codes import ExitCode
from src.store.paths import Home
from tests.audit_fakes import a_lived_home, copy_of, first, of_type, rewrite, with_values
from tests.cli_fakes import a_home, asked


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return a_lived_home(tmp_path_factory.mktemp("lived") / "home")


@pytest.fixture
def planted(lived: Home, tmp_path: Path) -> Home:
    home = copy_of(lived, tmp_path / "home")
    assert rewrite(home.fills, first(of_type("closed"), with_values(net_pnl_usd="777"))) == 1
    return home


def test_clean_home_ends_with_0_and_a_table_of_what_was_proven(lived: Home) -> None:
    result = asked("audit", "--home", lived.root)
    assert result.exit_code == ExitCode.OK
    assert "a closing is the sum of its fills" in result.stdout
    assert "Clean: " in result.stdout
    assert "What refutes them" not in result.stdout


def test_refuted_home_ends_with_1_and_names_the_line(planted: Home) -> None:
    result = asked("audit", "--home", planted.root)
    assert result.exit_code == ExitCode.FAULTS_FOUND
    assert "logs/fills.jsonl line" in result.stdout
    assert "777" in result.stdout
    assert "Refuted: 1 violations of 1 claims" in result.stdout


def test_json_holds_every_violation(planted: Home) -> None:
    result = asked("audit", "--home", planted.root, "--json")
    assert result.exit_code == ExitCode.FAULTS_FOUND
    told = orjson.loads(result.stdout)
    (violation,) = told["violations"]
    assert violation["file"] == "logs/fills.jsonl"
    assert violation["found"] == "777"
    assert told["claims"][violation["claim"]]["refuted"] == 1
    assert not told["clean"]


def test_home_without_an_exchange_cannot_ask_it(lived: Home, tmp_path: Path) -> None:
    result = asked("audit", "--home", lived.root, "--exchange")
    assert result.exit_code == ExitCode.NO_EXCHANGE
    assert "exchange" in result.stderr
    assert asked("audit", "--home", lived.root, "--no-exchange").exit_code == ExitCode.OK
    assert asked("audit", "--home", tmp_path / "none").exit_code == ExitCode.CONFIG


def test_new_home_is_clean(tmp_path: Path) -> None:
    result = asked("audit", "--home", a_home(tmp_path / "home").root)
    assert result.exit_code == ExitCode.OK
    assert "0 lines" in result.stdout
