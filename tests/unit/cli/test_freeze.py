from pathlib import Path

import msgspec
import pytest

from src.clock import anchor_at
from src.records.operations import ClockAnchor, FreezeFlag
from src.store.document import DocumentFile
from src.store.freeze import Freeze
from src.store.lock import HomeLock
from tests.cli_fakes import NOW, a_home, asked, report_health


def test_freeze_stands_with_its_reason_until_it_is_taken_back(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert asked("freeze", "maintenance", "--home", home.root).exit_code == 0
    assert Freeze(home).reasons() == ("maintenance",)
    result = asked("unfreeze", "done", "--home", home.root)
    assert result.exit_code == 0
    assert "maintenance" in result.stdout
    assert Freeze(home).reasons() == ()


def test_freeze_is_stamped_with_the_homes_own_time(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    DocumentFile(home.clock, ClockAnchor, writer="test").write(anchor_at(NOW, speed=1.0))
    asked("freeze", "maintenance", "--home", home.root)
    flag = msgspec.json.decode(home.freeze_flag.read_bytes(), type=FreezeFlag)
    assert (flag.reason, flag.by) == ("maintenance", "human")
    assert NOW <= flag.ts < NOW + 60


def test_freeze_works_before_the_first_start(tmp_path: Path) -> None:
    result = asked("freeze", "not yet", "--home", tmp_path / "new")
    assert result.exit_code == 0
    assert (tmp_path / "new" / "logs" / "trading_frozen.flag").exists()


def test_unfreeze_of_a_bot_that_was_not_frozen_says_so(tmp_path: Path) -> None:
    result = asked("unfreeze", "just in case", "--home", a_home(tmp_path).root)
    assert result.exit_code == 0
    assert "not frozen" in result.stdout


@pytest.mark.parametrize("command", ["freeze", "unfreeze"])
def test_a_reason_is_required(tmp_path: Path, command: str) -> None:
    assert asked(command, "--home", tmp_path).exit_code == 2


def test_a_reason_in_brackets_is_told_as_it_was_given(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert asked("freeze", "[/b] holidays", "--home", home.root).stdout == "frozen: [/b] holidays\n"
    report_health(home, entries_allowed=False, freeze_reasons=("[/b] holidays",))
    with HomeLock(home):
        assert "frozen: [/b] holidays" in asked("status", "--home", home.root).stdout


def test_a_freeze_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    home.logs.rmdir()
    home.logs.write_text("no folder")
    result = asked("freeze", "maintenance", "--home", home.root)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
