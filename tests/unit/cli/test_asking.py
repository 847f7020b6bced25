"""Commands from another shell: to a bot that runs, to one that does not, and to homes that have none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from src.cli import asking
from src.cli.exit_codes import ExitCode
from src.cli.start import run_command_line
from src.records.risk import Limit, RiskCleared, RiskLatched, RiskState
from src.store.freeze import Freeze
from src.store.home import bind
from src.store.lock import HomeLock
from src.supervision.shell import Launch
from tests.cli_fakes import NOW, a, a_home, append, asked
from tests.dead_bot_fakes import leave_a_position
from tests.risk_fakes import RiskWorld


@contextmanager
def a_running_bot(world: RiskWorld) -> Iterator[None]:
    """Let a bot live in the world's home while somebody asks something of it."""
    bind(world.home, mode="paper", market_kind="synthetic", account="paper", ts=1.0)
    over = threading.Event()

    def live() -> None:
        while not over.wait(0.005):
            world.live(0.5)

    with HomeLock(world.home):
        thread = threading.Thread(target=live)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def test_a_running_bot_flattens_and_the_code_tells(tmp_path: Path) -> None:
    world = RiskWorld(tmp_path)
    world.wait(1)
    world.enter()
    with a_running_bot(world):
        result = asked("flatten", "--reason", "enough", "--home", tmp_path)
    assert result.exit_code == 0
    assert "everything is flat, 1 exits sent" in result.stdout
    assert Freeze(world.home).reasons() == ("flattened: enough",)
    assert world.desk.positions() == ()
    assert [path.name for path in world.home.commands.iterdir()] == ["knock"]
    world.stop()


def test_what_a_running_bot_refuses_ends_with_code_1(tmp_path: Path) -> None:
    world = RiskWorld(tmp_path)
    world.wait(1)
    with a_running_bot(world):
        accepted = asked("accept", "PF_XBTUSD", "--reason", "mine", "--home", tmp_path)
        cleared = asked("clear", "nothing stands", "--home", tmp_path)
        reloaded = asked("keys", "reload", "--home", tmp_path)
    assert accepted.exit_code == ExitCode.FAULTS_FOUND
    assert "nothing foreign was found" in accepted.stdout
    assert (cleared.exit_code, reloaded.exit_code) == (0, 0)
    world.stop()


def test_a_command_that_nobody_takes_is_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TAKEN_WITHIN_S", 0.1)
    monkeypatch.setattr(asking, "TRY_LOCK_EVERY_S", 0.05)
    home = a_home(tmp_path)
    bind(home, mode="paper", market_kind="synthetic", account="paper", ts=1.0)
    with HomeLock(home):
        result = asked("flatten", "--reason", "x", "--home", tmp_path)
    assert result.exit_code == ExitCode.NO_EXCHANGE
    assert "nobody took the command" in result.stderr
    assert [path.name for path in home.commands.iterdir()] == ["knock"]


def test_a_home_without_a_bot_and_a_stepped_run_are_refused(tmp_path: Path) -> None:
    empty, stepped = a_home(tmp_path / "empty"), a_home(tmp_path / "stepped")
    bind(stepped, mode="simulation", market_kind="synthetic", account="paper", ts=1.0)
    for words in (
        ("flatten", "--reason", "x"),
        ("clear", "x"),
        ("accept", "PF_XBTUSD", "--reason", "x"),
        ("keys", "reload"),
    ):
        nobody = asked(*words, "--home", empty.root)
        still = asked(*words, "--home", stepped.root)
        assert (nobody.exit_code, still.exit_code) == (ExitCode.NO_EXCHANGE, ExitCode.NO_EXCHANGE)
        assert "no bot has lived here" in nobody.stderr
        assert "is a stepped run" in still.stderr


def test_the_position_of_a_dead_bot_is_closed_by_the_same_desk(tmp_path: Path) -> None:
    leave_a_position(tmp_path)
    result = asked("flatten", "--reason", "it died", "--home", tmp_path)
    assert result.exit_code == 0, result.output
    assert "everything is flat, 1 exits sent" in result.stdout
    assert "not running" in asked("status", "--home", tmp_path).stdout


def test_a_bot_that_dies_before_it_took_the_command_is_stood_in_for(tmp_path: Path) -> None:
    home = leave_a_position(tmp_path)
    lock = HomeLock(home)
    death = threading.Timer(0.3, lock.close)
    death.start()
    result = asked("flatten", "PF_XBTUSD", "--reason", "it died", "--home", tmp_path)
    death.join()
    assert result.exit_code == 0, result.output
    assert "PF_XBTUSD is flat, 1 exits sent" in result.stdout


def test_a_breach_that_nobody_has_cleared_is_a_fault_in_status(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    latch = a(RiskLatched, ts=NOW, limit=Limit.DRAWDOWN, state=RiskState.HALTED, measured=0.21, allowed=0.2)
    append(home.risk, latch)
    result = asked("status", "--home", tmp_path)
    assert result.exit_code == ExitCode.FAULTS_FOUND
    assert "halted since 2026-11-22 06:46: drawdown_share was 0.21, the limit 0.2" in result.stdout
    append(home.risk, a(RiskCleared, ts=NOW + 1))
    assert asked("status", "--home", tmp_path).exit_code == 0


def test_a_looser_limit_refuses_the_start_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = a_home(tmp_path)
    started: list[Launch] = []

    def bot(launch: Launch, *_: object) -> int:
        started.append(launch)
        return 0

    def start(*options: str) -> int:
        return run_command_line(["--home", str(tmp_path), *options], bot)

    assert start() == 0
    text = home.bot_settings.read_text()
    home.bot_settings.write_text(text.replace('"leverage": 2.0', '"leverage": 9.0'))
    assert start() == ExitCode.CONFIG
    assert "leverage 2 -> 9" in capsys.readouterr().err
    assert start("--confirm-limits") == 0
    assert start() == 0
    assert len(started) == 3
