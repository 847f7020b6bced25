"""``python -m src explain``: what a person and a script are told of one signal."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from src.cli.app import app_for
from tests.cli_fakes import asked
from tests.explain_fakes import BLOCKED, TRADED, WAITING, told_home
from tests.gate_fakes import NOON, SYMBOL


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return told_home(tmp_path).root


def told(home: Path, *words: str) -> str:
    answer = asked("explain", *words, "--home", home)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_traded_signal_is_told_with_its_money(home: Path) -> None:
    text = told(home, TRADED.signal_id)
    for words in (
        "CLOSED after 10 min 1 s, because it reached its target: +16.50 USD net",
        "signal +22.00 USD, slippage -4.00 USD, fees -2.00 USD, funding +0.50 USD = +16.50 USD",
        "limit 2,002 (10.0 bps worse)",
        "stop 1,980",
        "Checks: all 24 pass",
        "2027-01-15T12:00:00.000Z",
    ):
        assert words in text


def test_blocked_signal_is_told_with_its_obstacle_first_and_its_hindsight(home: Path) -> None:
    text = told(home, "--last", "blocked")
    assert "BLOCKED by ofi" in text
    assert "ofi: too weak (0.250, asked for at least 0.500)" in text
    assert "Traded and held for 1h it would have made +86.0 bps after costs" in text
    lines = text.splitlines()
    rulings = [line for line in lines if " BLOCKS " in line or " passes " in line]
    assert len(rulings) == 24
    assert " BLOCKS " in rulings[0]


def test_waiting_signal_is_told_with_what_it_waits_for(home: Path) -> None:
    text = told(home, "--last", "signal")
    assert WAITING.signal_id in text
    assert "WAITING" in text
    assert "It waits for a place in the gate's queue; the gate's decision; its outcome" in text
    assert "(in 1 h)" in text


def test_executed_is_the_newest_that_was_filled(home: Path) -> None:
    assert TRADED.signal_id in told(home, "--last", "executed")


def test_script_gets_the_same_story_as_data(home: Path) -> None:
    story = json.loads(told(home, BLOCKED.signal_id, "--json"))
    assert (story["fate"], story["signal_id"]) == ("BLOCKED", BLOCKED.signal_id)
    assert story["decision"]["blocked_by"] == ["ofi"]
    assert story["counterfactual"]["horizons"][-1]["net_bps"] == pytest.approx(86.0)
    assert len(story["votes"]) == 10
    traded = json.loads(told(home, TRADED.signal_id, "--json"))
    assert (float(traded["trade"]["net_usd"]), float(traded["trade"]["slippage_usd"])) == (16.5, -4.0)


def test_unknown_name_is_answered_with_the_nearest(home: Path) -> None:
    answer = asked("explain", f"{SYMBOL}-OFI-{round(NOON * 1000) + 1000}", "--home", home)
    assert answer.exit_code == 1
    assert "no record in" in answer.stderr
    assert f"nearest: {TRADED.signal_id}, {BLOCKED.signal_id}" in answer.stderr


def test_what_is_no_name_is_answered_with_how_one_reads(home: Path) -> None:
    answer = asked("explain", "the-last-one", "--home", home)
    assert answer.exit_code == 1
    assert "SYMBOL-STRATEGY-milliseconds" in answer.stderr


def test_kind_that_never_was_is_an_error(home: Path) -> None:
    answer = asked("explain", "--last", "loss", "--home", home)
    assert answer.exit_code == 1
    assert "no such signal" in answer.stderr


@pytest.mark.parametrize("words", [(), (TRADED.signal_id, "--last", "signal")])
def test_either_a_name_or_a_kind_is_asked_for(home: Path, words: tuple[str, ...]) -> None:
    assert asked("explain", *words, "--home", home).exit_code == 2


def test_missing_piece_is_named(home: Path) -> None:
    (home / "feature_store" / "tape" / "windows.jsonl").unlink()
    assert "Missing: market; windows.jsonl does not hold it" in told(home, TRADED.signal_id)


def test_narrow_terminal_is_not_torn(home: Path) -> None:
    narrow = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"})
    answer = narrow.invoke(app_for(["explain"]), ["explain", TRADED.signal_id, "--home", str(home)])
    assert answer.exit_code == 0
    assert "…" not in answer.stdout
    assert max(len(line) for line in answer.stdout.splitlines()) <= 80
