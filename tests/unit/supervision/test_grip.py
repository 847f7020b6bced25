import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from src.supervision.grip import Grip

SLEEPS = "import time; print(1, flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


def started(program: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == b"1\n"
    return process


@pytest.fixture(params=[SLEEPS, DEAF])
def process(request: pytest.FixtureRequest) -> "Iterator[subprocess.Popen[bytes]]":
    started_one = started(request.param)
    yield started_one
    started_one.kill()
    started_one.wait()


def test_a_living_process_is_not_gone(process: "subprocess.Popen[bytes]") -> None:
    grip = Grip(process.pid)
    assert not grip.gone()
    grip.close()


def test_a_killed_process_is_gone_even_before_its_parent_has_heard(
    process: "subprocess.Popen[bytes]",
) -> None:
    grip = Grip(process.pid)
    grip.kill()
    assert grip.gone(within_s=10)
    assert process.wait() == -signal.SIGKILL
    grip.kill()
    grip.terminate()
    grip.close()
    grip.close()


def test_a_process_may_be_asked_to_end() -> None:
    process = started(SLEEPS)
    grip = Grip(process.pid)
    grip.terminate()
    assert grip.gone(within_s=10)
    assert process.wait() == -signal.SIGTERM
    grip.close()


def test_a_process_that_is_forgotten_counts_as_gone() -> None:
    process = started(SLEEPS)
    process.kill()
    process.wait()
    grip = Grip(process.pid)
    assert grip.gone()
    grip.kill()
    grip.close()


def test_an_end_is_by_force_where_it_must_be(process: "subprocess.Popen[bytes]") -> None:
    Grip(process.pid).end()
    assert process.wait(1) == -signal.SIGKILL
