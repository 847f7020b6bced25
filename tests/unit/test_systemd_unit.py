import configparser
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.cli.exit_codes import ExitCode

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "trading-bot.service"
INSTALLED_PYTHON = "/opt/trading-bot/.venv/bin/python"
MOST_EXPOSURE = 15
"""Tenths on systemd's scale of 0 to 10: what is left is the network, local sockets and the host's files."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def analysed(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def commands() -> Iterator[list[str]]:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # keys keep their case
    unit.read_string(UNIT.read_text())
    for key in ("ExecStartPre", "ExecStart"):
        yield shlex.split(unit["Service"][key])


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text().replace(INSTALLED_PYTHON, sys.executable))
    result = analysed("verify", "--man=no", str(here))
    assert UNIT.stem not in result.stdout + result.stderr
    assert result.returncode == 0, result.stderr


@needs_systemd
def test_unit_leaves_little_exposed() -> None:
    result = analysed("security", "--offline=true", f"--threshold={MOST_EXPOSURE}", str(UNIT))
    assert result.returncode == 0, [line for line in result.stdout.splitlines() if "✓" not in line]


def test_a_service_that_waits_for_a_human_is_not_restarted() -> None:
    prevented = next(line for line in UNIT.read_text().splitlines() if "RestartPreventExitStatus" in line)
    codes = {int(code) for code in prevented.partition("=")[2].split()}
    assert codes == {ExitCode.CONFIG, ExitCode.HOME_IN_USE}


def test_commands_of_the_unit_work_on_a_state_directory_that_is_still_empty(tmp_path: Path) -> None:
    check, start = commands()
    assert check[0] == start[0] == INSTALLED_PYTHON
    assert check[1:4] == ["-m", "src", "check-config"]
    assert start[1:3] == ["-m", "src.run"]
    assert check[-2:] == start[-2:] == ["--home", "/var/lib/trading-bot"]
    result = subprocess.run(
        [sys.executable, *check[1:-1], str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []
