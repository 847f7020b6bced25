"""What ``python -m src simulate`` refuses, and that a refusal leaves nothing behind."""

from pathlib import Path

import orjson
import pytest

from src.cli.options import project_root
from src.store.home import bind, prepare_home
from src.store.paths import Home
from tests.cli_fakes import asked
from tests.simulation_fakes import START, bytes_of, fresh_home

SMALL = ("--symbols", "PF_XBTUSD", "--window", "300")


def lived(root: Path, *options: str, days: str = "0.05") -> None:
    result = asked("simulate", "--home", root, "--days", days, *SMALL, *options)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--days", "-1"), "--days must be above 0"),
        (("--days", "nan"), "--days must be above 0"),
        (("--days", "0.0001"), "no whole window"),
        (("--days", "1e300"), "beyond the year 9998"),
        (("--days", "1", "--start", "1900-01-01"), "--start must lie in"),
        (("--days", "1", "--window", "-60"), "window_s"),
        (("--days", "1", "--window", "7"), "window_s"),
        (("--days", "1", "--window", "nan"), "window_s"),
        (("--days", "1", "--learn-every", "0"), "learning_every_s"),
        (("--days", "1", "--symbols", ""), "symbols"),
        (("--days", "1", "--symbols", "PF_XBTUSD,PF_XBTUSD"), "names one twice"),
        (("--days", "1", "--symbols", "PF_NOPE"), "unknown symbol PF_NOPE"),
        (("--days", "1", "--seed", str(10**23)), "--seed"),
        ((), "has no end"),
    ],
)
def test_refused_options_change_no_settings(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = asked("simulate", "--home", tmp_path / "home", *options)

    assert result.exit_code == 2
    assert told in result.stderr
    settings = tmp_path / "home" / "configs" / "bot.json"
    default = project_root() / "configs" / "bot.json"
    assert not settings.exists() or settings.read_bytes() == default.read_bytes()


def test_the_home_of_a_bot_is_refused_unchanged(tmp_path: Path) -> None:
    home = prepare_home(tmp_path, project_root() / "configs")
    bind(home, mode="paper", market_kind="synthetic", account="paper", ts=START)
    before = (home.configs / "bot.json").read_bytes()

    result = asked("simulate", "--home", home.root, "--days", "1", "--no-edge", *SMALL)

    assert result.exit_code == 2
    assert "bound to mode paper" in result.stderr
    assert (home.configs / "bot.json").read_bytes() == before


def test_a_broken_config_is_named_before_anything_begins(tmp_path: Path) -> None:
    home = fresh_home(tmp_path)
    home.bot_settings.write_text('{"symbols": [')

    result = asked("simulate", "--home", home.root, "--days", "1", *SMALL)

    assert result.exit_code == 2
    assert "bot.json:1:" in result.stderr


def test_options_become_the_settings_of_the_home(tmp_path: Path) -> None:
    lived(tmp_path, "--no-edge", "--learn-every", "2")

    settings = orjson.loads(Home(tmp_path).bot_settings.read_bytes())
    assert settings["symbols"] == ["PF_XBTUSD"]
    assert settings["window_s"] == 300
    assert settings["learning_every_s"] == 7200
    assert settings["paper"]["edge"] is False
    assert settings["_about"], "what a human wrote stays"


def test_resume_needs_no_options_and_takes_the_same_ones(tmp_path: Path) -> None:
    lived(tmp_path)
    before = bytes_of(Home(tmp_path))

    assert asked("simulate", "--home", tmp_path, "--resume").exit_code == 0
    assert asked("simulate", "--home", tmp_path, "--resume", "--days", "0.05", *SMALL).exit_code == 0

    assert bytes_of(Home(tmp_path)) == before


@pytest.mark.parametrize(
    "options",
    [("--seed", "2"), ("--window", "60"), ("--no-edge",), ("--market", "tape:x"), ("--start", "2026-02-01")],
)
def test_resume_refuses_to_become_another_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    lived(tmp_path)
    before = bytes_of(Home(tmp_path))

    result = asked("simulate", "--home", tmp_path, "--resume", *options)

    assert result.exit_code == 2
    assert "this run began otherwise" in result.stderr
    assert bytes_of(Home(tmp_path)) == before


def test_resume_to_an_earlier_end_takes_no_records_away(tmp_path: Path) -> None:
    lived(tmp_path)
    before = bytes_of(Home(tmp_path))

    result = asked("simulate", "--home", tmp_path, "--resume", "--days", "0.02")

    assert result.exit_code == 2
    assert "has records up to 2026-01-01 01:10" in result.stderr
    assert bytes_of(Home(tmp_path)) == before


def test_resume_in_a_folder_without_a_run_makes_nothing_there(tmp_path: Path) -> None:
    result = asked("simulate", "--home", tmp_path, "--resume")

    assert result.exit_code == 2
    assert "no run" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_status_of_a_simulated_home_tells_of_its_run(tmp_path: Path) -> None:
    lived(tmp_path)

    told = asked("status", "--home", tmp_path).stdout
    assert (
        "simulation on synthetic in windows, seed 1, 2026-01-01 00:00 to 2026-01-01 01:10, finished" in told
    )

    asked("freeze", "no more", "--home", tmp_path)
    assert "entries frozen: no more" in asked("status", "--home", tmp_path).stdout


def test_learning_in_a_simulated_home_happens_where_its_market_stands(tmp_path: Path) -> None:
    lived(tmp_path)

    assert f"cycle-{START + 14 * 300:.0f}" in asked("learn", "--home", tmp_path).stdout
