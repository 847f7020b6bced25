import subprocess
import sys
from pathlib import Path

import pytest

from src.store.lock import HomeLock
from tests.process.bot import ROOT
from tests.process.conftest import MakeBot

pytestmark = pytest.mark.process


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "src.run", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_fault_of_every_config_is_listed_at_once(make_bot: MakeBot) -> None:
    bot = make_bot()
    policies = bot.home.policies.read_text()
    policies = policies.replace('"long_ofi_requirement": 0.5', '"long_ofi_requirement": 5')
    bot.home.policies.write_text(policies.replace('"cooldown_s"', '"cooldwn_s"'))
    bot.home.exits.write_text("{ not json")
    result = run("--home", str(bot.home.root))
    assert result.returncode == 2
    assert "long_ofi_requirement" in result.stderr
    assert "cooldwn_s" in result.stderr
    assert "exits.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_home_in_use_is_refused_and_its_holder_named(make_bot: MakeBot) -> None:
    bot = make_bot()
    with HomeLock(bot.home):
        result = run("--home", str(bot.home.root))
    assert result.returncode == 3
    assert "pid" in result.stderr


def test_of_two_starts_at_once_one_runs_and_the_other_is_refused(make_bot: MakeBot) -> None:
    one, other = make_bot(), make_bot()
    for bot in (one, other):
        bot.start()
    one.until(lambda: one.process.poll() is not None or other.process.poll() is not None)
    loser, winner = (one, other) if one.process.poll() is not None else (other, one)
    assert loser.process.wait(10) == 3
    assert f"pid {winner.process.pid}" in winner.log.read_text()
    winner.until(lambda: winner.works("feature_builder"))
    assert winner.stop() == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--speed", "10", "--mode", "live"), "--speed"),
        (("--mode", "live"), "live"),
        (("--mode", "sandbox"), "--mode"),
        (("--speed", "0"), "--speed"),
        (("--market", "moon"), "moon"),
        (("--market", "kraken", "--speed", "2"), "its own speed"),
        (("--market", "tape:/nowhere/at/all.jsonl"), "/nowhere/at/all.jsonl"),
        (("--symbols", "PF_NOSUCHUSD"), "PF_NOSUCHUSD"),
        (("--symbols", "../etc"), "../etc"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_name(
    tmp_path: Path, options: tuple[str, ...], word: str
) -> None:
    result = run("--home", str(tmp_path / "home"), *options)
    assert result.returncode == 2, result.stderr
    assert word in result.stderr
    assert "Traceback" not in result.stderr


def test_a_home_that_cannot_be_written_is_a_clear_error() -> None:
    result = run("--home", "/proc/no-home-here")
    assert result.returncode == 2, result.stderr
    assert "/proc/no-home-here" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_is_no_error() -> None:
    result = run("--help")
    assert result.returncode == 0
    assert "--market" in result.stdout
