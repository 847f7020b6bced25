from pathlib import Path

import pytest

from src.cli.app import COMMANDS, app_for
from src.cli.exit_codes import ExitCode
from tests.cli_fakes import asked


def test_exit_codes_never_change() -> None:
    assert [(code.name, code.value) for code in ExitCode] == [
        ("OK", 0),
        ("FAULTS_FOUND", 1),
        ("CONFIG", 2),
        ("HOME_IN_USE", 3),
        ("NO_EXCHANGE", 4),
        ("MONEY_FILE", 5),
        ("FAULT", 6),
    ]


@pytest.mark.parametrize("words", [["--help"], ["fly"], []])
def test_without_a_known_command_all_are_loaded(words: list[str]) -> None:
    app = app_for(words)
    assert len(app.registered_commands) + len(app.registered_groups) == len(COMMANDS)


def test_a_known_command_loads_itself_alone() -> None:
    assert [command.name for command in app_for(["status"]).registered_commands] == ["status"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_no_error_and_says_what_the_command_is_for(command: str) -> None:
    result = asked(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert command in asked("--help").output


def test_unknown_commands_and_options_are_wrong_usage(tmp_path: Path) -> None:
    assert asked("fly").exit_code == 2
    assert asked("status", "--colour", "--home", tmp_path).exit_code == 2


def test_page_of_records_can_be_checked() -> None:
    assert asked("records-page", "--check").exit_code == 0
