"""A stepped run is a function of its home, market and seed: however often, wherever, and however interrupted."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src.simulation.run import CannotResume
from src.store.paths import Home
from tests.simulation_fakes import (
    bytes_of,
    change,
    fresh_home,
    lines_of,
    live,
    live_on,
    plan_of,
    streams_of,
)

SYMBOLS = ["PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"]
SETTINGS = {"symbols": SYMBOLS, "window_s": 300, "learning_every_s": 14_400}
LEG_WINDOWS = 100
DAYS = 1.0


def small_home(folder: Path) -> Home:
    home = fresh_home(folder, **SETTINGS)
    change(home.policies, fee_gate="off", kelly="off", long_ofi_requirement=0.3, short_ofi_requirement=0.3)
    return home


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the home of a run that nothing disturbed; nobody writes to it any more."""
    home = small_home(tmp_path_factory.mktemp("whole"))
    live(plan_of(home, days=DAYS, leg_windows=LEG_WINDOWS))
    return home


def test_the_same_run_in_two_folders_gives_the_same_bytes(whole: Home, tmp_path: Path) -> None:
    other = small_home(tmp_path / "an other place")

    live(plan_of(other, days=DAYS, leg_windows=LEG_WINDOWS))

    assert bytes_of(other) == bytes_of(whole)
    assert len(lines_of(whole.fills)) > 3, "a run without trades proves little"
    assert len(lines_of(whole.learning_audit)) > 3


def test_another_seed_gives_another_run(whole: Home, tmp_path: Path) -> None:
    other = small_home(tmp_path)

    live(plan_of(other, days=0.1, seed=2))

    shown = lines_of(other.windows)
    assert len(shown) > 50
    assert shown != lines_of(whole.windows)[: len(shown)]


def test_a_run_is_the_beginning_of_a_longer_one(whole: Home, tmp_path: Path) -> None:
    longer = small_home(tmp_path)

    live(plan_of(longer, days=1.5 * DAYS, leg_windows=LEG_WINDOWS))

    for stream in streams_of(whole):
        first = lines_of(stream)
        lines = lines_of(longer.root / stream.relative_to(whole.root))
        assert lines[: len(first)] == first, stream.name
    assert len(lines_of(longer.decisions)) > len(lines_of(whole.decisions)) > 100


def test_a_stopped_run_that_goes_on_ends_with_the_same_bytes(whole: Home, tmp_path: Path) -> None:
    cut = small_home(tmp_path)
    steps = iter(range(10_000))

    stopped = live(
        plan_of(cut, days=DAYS, leg_windows=LEG_WINDOWS), stopped=lambda: next(steps) >= LEG_WINDOWS + 70
    )
    assert not stopped.finished
    assert stopped.leg == 1
    assert live_on(cut, days=DAYS).finished

    assert bytes_of(cut) == bytes_of(whole)


def test_a_killed_run_that_goes_on_ends_with_the_same_bytes(whole: Home, tmp_path: Path) -> None:
    killed = small_home(tmp_path)

    for leg in (1, 2):
        _kill_in_the_leg(killed, leg)
    assert live_on(killed, days=DAYS).finished

    assert bytes_of(killed) == bytes_of(whole)


def test_a_changed_program_does_not_go_on_with_an_old_run(tmp_path: Path) -> None:
    home = small_home(tmp_path)
    live(plan_of(home, days=0.1))
    change(home.simulation, version="000000000000")

    with pytest.raises(CannotResume, match="the program has changed"):
        live_on(home, days=0.2)


def _kill_in_the_leg(home: Home, leg: int) -> None:
    """Start, or go on with, the run in a process of its own and kill it somewhere behind the end of a leg."""
    program = (
        "import sys; from pathlib import Path; from src.store.paths import Home\n"
        "from tests.simulation_fakes import live, live_on, plan_of\n"
        "home = Home(Path(sys.argv[1]))\n"
        f"plan = plan_of(home, days={DAYS}, leg_windows={LEG_WINDOWS})\n"
        f"live_on(home, days={DAYS}) if home.simulation.exists() else live(plan)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(home.root)])
    deadline = time.monotonic() + 60
    while not (home.saved_leg / str(leg)).exists() or not _is_past_its_leg(home, leg):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(0.4)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def _is_past_its_leg(home: Home, leg: int) -> bool:
    """Return whether the manifest tells of a leg, so that the next one has begun."""
    return f'"leg": {leg},'.encode() in home.simulation.read_bytes()
