from pathlib import Path

import orjson
import pytest

from src.clock import anchor_at
from src.records.operations import ClockAnchor
from src.store.document import DocumentFile
from src.store.home import bind
from src.store.lock import HomeLock
from tests.cli_fakes import NOW, a_home, asked


def test_help_names_every_option() -> None:
    result = asked("paper-exchange", "--help")
    assert result.exit_code == 0
    for option in ("--home", "--port", "--market", "--seed", "--speed", "--latency", "--faults"):
        assert option in result.output


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--market", "moon"), "moon"),
        (("--market", "tape:/nowhere/at/all.jsonl"), "/nowhere/at/all.jsonl"),
        (("--market", "tape:"), "tape:FILE"),
        (("--port", "many"), "--port"),
        (("--latency", "soon"), "--latency"),
        (("--latency", "80:300"), "--latency"),
        (("--latency", "80:30,1:1,1:1"), "p99_ms"),
    ],
)
def test_wrong_usage_is_refused_with_exit_code_2(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    result = asked("paper-exchange", "--home", tmp_path / "home", *options)
    assert result.exit_code == 2
    assert word in result.output


def test_broken_settings_are_refused_with_exit_code_2(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    home.bot_settings.write_text("{")
    result = asked("paper-exchange", "--home", home.root)
    assert result.exit_code == 2
    assert "bot.json" in result.output


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "plan.json:1:2"),
        ('{"calls": [{"act": "explode"}]}', "explode"),
        ('{"colour": 1}', "colour"),
        ('{"markets": {"PF_MOONUSD": {}}}', "PF_MOONUSD"),
    ],
)
def test_plan_of_faults_that_cannot_be_followed_is_refused(tmp_path: Path, text: str, word: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    result = asked("paper-exchange", "--home", tmp_path / "home", "--port", "0", "--faults", plan)
    assert result.exit_code == 2
    assert word in result.output


def test_plan_of_faults_must_be_there(tmp_path: Path) -> None:
    result = asked("paper-exchange", "--home", tmp_path / "home", "--faults", tmp_path / "none.json")
    assert result.exit_code == 2


def test_home_in_use_is_refused_with_exit_code_3(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    with HomeLock(home):
        assert asked("paper-exchange", "--home", home.root).exit_code == 3


def test_home_of_another_kind_of_market_is_refused(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    bind(home, mode="paper", market_kind="tape", account="paper", ts=NOW)
    result = asked("paper-exchange", "--home", home.root)
    assert result.exit_code == 2
    assert "tape" in result.output


def test_recording_that_is_over_is_refused(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home")
    message = {"feed": "trade", "product_id": "PF_XBTUSD", "side": "buy", "price": 1.0, "qty": 1.0}
    tape = tmp_path / "tape.jsonl"
    tape.write_bytes(orjson.dumps({"received_at": NOW, "message": message}) + b"\n")
    DocumentFile(home.clock, ClockAnchor, writer="test").write(anchor_at(NOW + 5, speed=1.0))
    result = asked("paper-exchange", "--home", home.root, "--market", f"tape:{tape}")
    assert result.exit_code == 2
    assert "ended at" in result.output
