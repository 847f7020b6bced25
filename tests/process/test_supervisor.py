import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from src.clock import AnchoredClock, anchor_now
from src.records.operations import SupervisorEvent, WorkerState
from src.records.settings import Supervision
from src.supervision.grip import Grip
from src.supervision.heartbeat import HeartbeatPage
from src.supervision.supervisor import ProcessSpec, Supervisor
from tests.process import supervised

pytestmark = pytest.mark.process

SETTINGS = Supervision(
    hang_after_s=1,
    stall_after_s=0.5,
    early_death_s=0.0,
    crash_loop_deaths=3,
    crash_loop_window_s=300,
    probe_every_s=300,
    backoff_max_s=0.2,
)


class Events:
    def __init__(self) -> None:
        self.heard: list[SupervisorEvent] = []

    def append(self, record: SupervisorEvent) -> int:
        self.heard.append(record)
        return len(self.heard)

    def names(self) -> list[str]:
        return [event.event for event in self.heard]


class Bench:
    """A supervisor with one worker, driven by hand."""

    def __init__(self, folder: Path) -> None:
        self.events = Events()
        self.page_path = folder / "heartbeats"
        self.log = folder / "pids"
        self.supervisor = Supervisor(
            context=get_context("forkserver"),
            page=HeartbeatPage(self.page_path, supervised.NAMES),
            settings=SETTINGS,
            events=self.events,
            clock=AnchoredClock(anchor_now(speed=1.0)),
            rng=random.Random(1),
        )

    def start(self, target: Callable[[str, str], None]) -> None:
        self.supervisor.start(
            ProcessSpec(name="worker", target=target, args=(str(self.page_path), str(self.log)))
        )

    def until(self, holds: Callable[[], bool], within_s: float = 20.0) -> None:
        deadline_s = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline_s, self.events.names()
            self.supervisor.wait(0.02)
            self.supervisor.check()

    def pids(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()] if self.log.exists() else []

    def state(self) -> WorkerState:
        return self.supervisor.healths(0.0)[0].state


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    tested = Bench(tmp_path)
    yield tested
    tested.supervisor.stop(["worker"], within_s=2)


def test_a_killed_worker_is_restarted_and_stays_supervised(bench: Bench) -> None:
    bench.start(supervised.works)
    for k in range(3):
        bench.until(lambda k=k: len(bench.pids()) == k + 1 and bench.state() is WorkerState.READY)
        os.kill(bench.pids()[-1], signal.SIGKILL)
    bench.until(lambda: len(bench.pids()) == 4 and bench.state() is WorkerState.READY)
    assert bench.events.names().count("crashed") == 3
    assert bench.events.names().count("restarted") == 3
    assert [event.exit_code for event in bench.events.heard if event.event == "crashed"] == [-9, -9, -9]


def test_a_hung_worker_is_found_by_its_missing_beat_and_replaced(bench: Bench) -> None:
    bench.start(supervised.hangs_after_a_beat)
    bench.until(lambda: len(bench.pids()) == 2)
    assert "hung" in bench.events.names()
    assert not Path(f"/proc/{bench.pids()[0]}").exists()


def test_a_stopped_worker_is_killed_though_it_hears_no_signal(bench: Bench) -> None:
    bench.start(supervised.works)
    bench.until(lambda: bench.state() is WorkerState.READY)
    os.kill(bench.pids()[0], signal.SIGSTOP)
    bench.until(lambda: len(bench.pids()) == 2)
    assert "hung" in bench.events.names()


def test_a_worker_that_beats_but_leaves_its_input_lying_is_replaced(bench: Bench) -> None:
    bench.start(supervised.stalls)
    bench.until(lambda: len(bench.pids()) == 2)
    assert any("nothing handled" in event.detail for event in bench.events.heard if event.event == "hung")


def test_a_clean_exit_is_told_apart_from_a_crash_and_answered(bench: Bench) -> None:
    bench.start(supervised.leaves)
    bench.until(lambda: len(bench.pids()) >= 2)
    assert "exited" in bench.events.names()
    assert "crashed" not in bench.events.names()


def test_a_crash_loop_ends_in_failed(bench: Bench) -> None:
    bench.start(supervised.crashes)
    bench.until(lambda: bench.state() is WorkerState.FAILED)
    assert bench.supervisor.failed() == ("worker",)
    assert len(bench.pids()) == SETTINGS.crash_loop_deaths
    assert bench.events.names()[-1] == "failed"


def test_a_worker_without_a_config_is_failed_at_once_and_tried_again_soon(bench: Bench) -> None:
    bench.start(supervised.has_no_config)
    bench.until(lambda: bench.state() is WorkerState.FAILED)
    assert len(bench.pids()) == 1
    assert bench.events.heard[-1].detail == "next try in 10 s"


def test_a_worker_whose_forkserver_was_killed_is_ended_before_it_is_replaced(bench: Bench) -> None:
    bench.start(supervised.works)
    bench.until(lambda: bench.state() is WorkerState.READY)
    orphan = Grip(bench.pids()[0])
    os.kill(parent_of(bench.pids()[0]), signal.SIGKILL)
    bench.until(lambda: len(bench.pids()) == 2 and bench.state() is WorkerState.READY)
    assert orphan.gone()
    orphan.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_an_orderly_stop_is_no_crash(bench: Bench) -> None:
    bench.start(supervised.works)
    bench.until(lambda: bench.state() is WorkerState.READY)
    bench.supervisor.stop(["worker"], within_s=5)
    assert bench.events.names()[-1] == "stopped"
    assert bench.events.heard[-1].exit_code == 0


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from multiprocessing import get_context\n"
        "from tests.process import supervised\n"
        "if __name__ == '__main__':\n"
        "    process = get_context('forkserver').Process(target=supervised.works, args=tuple(sys.argv[1:3]))\n"
        "    process.start()\n"
        "    time.sleep(600)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(program)
    log = tmp_path / "pids"
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "heartbeats"), str(log)], env=environment, cwd=root
    )
    deadline_s = time.monotonic() + 20
    while not (log.exists() and log.read_text().strip()):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    pid = int(log.read_text())
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_a_process_that_outlived_its_parent_does_not_count_as_serving(bench: Bench) -> None:
    page = HeartbeatPage(bench.page_path, supervised.NAMES)
    page.slot("worker").beat(within_s=60, handled=1, outputs=1)
    bench.start(supervised.hangs_after_a_beat)
    page.slot("worker").beat(within_s=60, handled=1, outputs=1)
    assert not bench.supervisor.serves("worker")
    bench.until(lambda: bench.supervisor.serves("worker"))
