"""The engine and the ensemble as real processes, killed without warning: no signal is lost or doubled."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src.records.enums import Strategy
from src.records.features import Features
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.jsonl import Durability, JsonlWriter, read_all
from src.store.paths import Home
from tests.signals_fakes import T0, made_home, window

WINDOWS = 12_000
WORKER = """
import sys, time
from pathlib import Path
from {module} import {build}
from src.simulation.clock import VirtualClock
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import T0
home = Home(Path(sys.argv[1]))
worker = {build}({arguments})
saved = time.monotonic()
while worker.step(T0):
    if time.monotonic() - saved > 0.1:
        worker.save()
        saved = time.monotonic()
worker.save()
worker.close()
"""
ENGINE = WORKER.format(
    module="src.predictive_flow_engine", build="build_predictive_engine", arguments="home, disk_files(home)"
)
ENSEMBLE = WORKER.format(
    module="src.ensemble_predictor",
    build="build_ensemble_predictor",
    arguments="home, VirtualClock(T0), disk_files(home)",
)


@pytest.mark.process
def test_killed_workers_lose_and_double_nothing(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    windows = market()
    with JsonlWriter[Features](
        home.windows, writer="test", durability=Durability.TELEMETRY, quarantine=home.quarantine
    ) as writer:
        for each in windows:
            writer.append(each)

    assert run_through_kills(ENGINE, home, home.predictive_signals)
    signals = list(read_all(home.predictive_signals, Signal))
    ids = [each.signal_id for each in signals]
    assert len(ids) == len(set(ids))
    assert [each.ts for each in signals if each.strategy is Strategy.OFI] == [each.ts for each in windows]

    assert run_through_kills(ENSEMBLE, home, home.ensemble_predictions)
    assert [each.signal_id for each in read_all(home.ensemble_predictions, Prediction)] == ids


def run_through_kills(program: str, home: Home, output: Path, *, kills: int = 3) -> int:
    """Run a worker to its end, killing it whenever it has written a little more; return how often it was killed."""
    killed = 0
    while True:
        process = subprocess.Popen([sys.executable, "-c", program, str(home.root)])
        if killed < kills and grows(process, output, by=300_000 + 777 * killed):
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            continue
        assert process.wait(timeout=60) == 0
        return killed


def grows(process: "subprocess.Popen[bytes]", output: Path, *, by: int) -> bool:
    """Return whether the output grew by so many bytes before the process ended."""
    before = size(output)
    while process.poll() is None:
        if size(output) > before + by:
            return True
        time.sleep(0.002)
    return False


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def market() -> list[Features]:
    rng = random.Random(9)
    return [window(ts=T0 + 60 * n, ofi=rng.choice([-0.6, 0.6]), funding_rate=1e-4) for n in range(WINDOWS)]
