from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli_fakes import a_home, asked
from tests.report_fakes import START, MadeUpRun, a_run


def test_page_is_written_and_the_verdict_told(tmp_path: Path) -> None:
    home = a_run(tmp_path / "home", MadeUpRun(days=0.5))
    out = tmp_path / "page.html"
    result = asked("report", "run", "--home", home.root, "--out", out)
    assert result.exit_code == 0
    assert str(out) in result.stdout
    assert "Too little to tell" in result.stdout
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_page_that_is_there_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    out.write_text("old")
    assert asked("report", "run", "--home", a_home(tmp_path / "home").root, "--out", out).exit_code == 0
    assert "old" not in out.read_text(encoding="utf-8")[:100]


def test_stretch_of_time_is_utc_wherever_the_machine_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = a_run(tmp_path / "home", MadeUpRun(days=0.5))
    noon = datetime.fromtimestamp(START + 6 * 3600, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    texts = []
    for zone in ("UTC", "Asia/Tokyo"):
        monkeypatch.setenv("TZ", zone)
        out = tmp_path / zone.replace("/", "-")
        result = asked("report", "run", "--home", home.root, "--out", out, "--since", noon)
        assert result.exit_code == 0
        texts.append(out.read_bytes())
    assert texts[0] == texts[1]


def test_what_cannot_be_done_is_told_in_a_line(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    nowhere = asked("report", "run", "--home", home.root, "--out", tmp_path / "no" / "folder" / "page.html")
    assert nowhere.exit_code == 2
    assert "page.html" in nowhere.stderr
    assert asked("report", "run", "--home", tmp_path / "none", "--out", tmp_path / "page.html").exit_code == 2
    assert asked("report", "run", "--home", home.root).exit_code == 2
    assert not (tmp_path / "page.html").exists()


def test_help_says_what_the_page_shows() -> None:
    assert "run" in asked("report", "--help").output
    assert "--since" in asked("report", "run", "--help").output
