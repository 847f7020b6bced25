"""What ``python -m src simulate`` refuses, and that a refusal leaves nothing behind."""

import os
import shutil
import stat
from pathlib import Path

import orjson
import pytest

from src.cli.options import project_root
from src.report.run_report import RunReport, read_run
from src.report.run_report_reading import Span
from src.report.run_report_words import limits
from src.simulation.opening import known_run
from src.store.home import bind, prepare_home
from src.store.lock import HomeLock
from src.store.paths import Home
from tests.cli_fakes import asked
from tests.simulation_fakes import START, bytes_of, change, fresh_home, live, plan_of
from tests.tape_fakes import cut_tape, needs_tape

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


def test_learning_waits_while_a_simulation_is_under_way(tmp_path: Path) -> None:
    lived(tmp_path)

    with HomeLock(Home(tmp_path)):
        result = asked("learn", "--home", tmp_path)

    assert result.exit_code == 3
    assert "a simulation is under way" in result.stderr
    assert not Home(tmp_path).learning_state.exists()


@needs_tape
def test_a_tape_without_the_symbols_leaves_the_home_free(tmp_path: Path) -> None:
    tape = f"tape:{cut_tape(tmp_path / 'tape.jsonl', seconds=20)}"
    options = ("--home", tmp_path / "home", "--market", tape, "--window", "1")

    refused = asked("simulate", *options, "--symbols", "PF_SOLUSD")
    lived_on = asked("simulate", *options, "--symbols", "PF_XBTUSD")

    assert refused.exit_code == 2
    assert "has no PF_SOLUSD" in refused.stderr
    assert lived_on.exit_code == 0, lived_on.output


def test_what_is_kept_for_resume_is_closed_to_strangers(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        lived(tmp_path)
    finally:
        os.umask(before)

    kept = list(Home(tmp_path).saved_leg.rglob("*"))
    assert kept
    assert [path.name for path in kept if path.stat().st_mode & stat.S_IRWXO] == []


def test_resume_without_what_was_kept_for_it_changes_nothing(tmp_path: Path) -> None:
    lived(tmp_path)
    shutil.rmtree(Home(tmp_path).saved_leg / "0")
    before = bytes_of(Home(tmp_path))

    result = asked("simulate", "--home", tmp_path, "--resume", "--days", "1")

    assert result.exit_code == 2
    assert "is not there or not whole" in result.stderr
    assert bytes_of(Home(tmp_path)) == before


def test_the_report_of_a_killed_run_reads_finished_legs_alone(tmp_path: Path) -> None:
    home = fresh_home(tmp_path, symbols=["PF_XBTUSD"], window_s=300)
    steps = iter(range(25))
    live(plan_of(home, days=0.5, leg_windows=20), stopped=lambda: next(steps, None) is None)
    known = known_run(home)
    assert (known.saved_ts, known.reached_ts) == (START + 20 * 300, START + 25 * 300)

    assert numbers(home).funnel.windows == 25, "a run that was stopped is whole"
    change(home.simulation, reached_ts=known.saved_ts)
    report = numbers(home)

    assert report.funnel.windows == 20
    assert any("the run is under way, or was killed" in limit for limit in limits(report))


def numbers(home: Home) -> RunReport:
    return read_run(home, span=Span(), progress=lambda _name, _done, _total: None)
