import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.store.wake import Wake, Woken
from tests.store_fakes import note, notes_writer

NOTHING = Woken(frozenset(), frozenset(), stopped=False)


@pytest.fixture
def wake() -> Iterator[Wake]:
    with Wake() as made:
        yield made


def test_time_that_is_up_wakes_for_nothing(wake: Wake) -> None:
    assert wake.wait(0) == NOTHING
    assert wake.wait(0.001) == NOTHING


def test_a_file_that_appears_is_written_and_is_replaced_wakes_each_time(wake: Wake, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    wake.add_file(path)
    assert wake.wait(0) == NOTHING
    path.write_text("1")
    assert wake.wait(1).paths == {path}
    assert wake.wait(0) == NOTHING
    path.write_text("2")
    assert wake.wait(1).paths == {path}
    assert wake.wait(0) == NOTHING
    (tmp_path / "spare").write_text("3")
    (tmp_path / "spare").rename(path)
    assert wake.wait(1).paths == {path}
    path.write_text("4")
    assert wake.wait(1).paths == {path}
    wake.wait(0)
    path.unlink()
    assert wake.wait(1).paths == {path}


def test_a_neighbour_wakes_nobody(wake: Wake, tmp_path: Path) -> None:
    wake.add_file(tmp_path / "mine")
    (tmp_path / "mine").write_text("1")
    (tmp_path / "other").write_text("1")
    wake.wait(1)
    for _ in range(5):
        with (tmp_path / "other").open("a") as file:
            file.write("x")
    assert wake.wait(0) == NOTHING


def test_what_happens_between_two_waits_is_not_lost(wake: Wake, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.touch()
        wake.add_file(path)
    for path in paths:
        path.write_text("x")
    assert wake.wait(5).paths == set(paths)


def test_every_line_of_a_rotating_file_wakes(wake: Wake, tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    wake.add_file(path)
    with notes_writer(path, segment_bytes=500) as writer:
        wake.wait(0)
        for number in range(30):
            writer.append(note(number))
            assert wake.wait(2).paths == {path}


def test_a_descriptor_wakes_while_it_has_something(wake: Wake) -> None:
    reading, writing = os.pipe()
    wake.add_fd(reading)
    os.write(writing, b"x")
    assert wake.wait(1).fds == {reading}
    assert wake.wait(1).fds == {reading}
    os.read(reading, 1)
    assert wake.wait(0) == NOTHING
    wake.remove_fd(reading)
    os.close(reading)
    os.close(writing)


def test_a_stop_from_a_signal_ends_this_wait_and_every_later_one(wake: Wake) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: wake.stop())
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    started = time.monotonic()
    assert wake.wait(30).stopped
    assert wake.wait(30).stopped
    assert wake.stopped
    assert time.monotonic() - started < 5


def test_a_nudge_from_a_thread_ends_one_wait(wake: Wake) -> None:
    thread = threading.Thread(target=wake.nudge)
    thread.start()
    assert wake.wait(30) == NOTHING
    thread.join()
    assert wake.wait(0) == NOTHING
    assert not wake.stopped
