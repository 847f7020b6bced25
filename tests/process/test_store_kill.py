"""Writers that are killed at any moment and at every system call, and disks that fail under them."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src.store.jsonl import BadLine, read_all
from tests.store_fakes import Note, ids, notes_reader, write_notes

pytestmark = pytest.mark.process

PROJECT = Path(__file__).parents[2]
strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not on this machine")


def command(path: Path, durability: str = "KNOWLEDGE", count: int = 1_000_000) -> list[str]:
    return [sys.executable, "-m", "tests.process.store_writer", str(path), durability, str(count)]


def acknowledged(output: bytes) -> int:
    whole = output[: output.rfind(b"\n") + 1].split()
    return int(whole[-1]) if whole else 0


def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    path, cursor = tmp_path / "notes.jsonl", tmp_path / "place"
    rng = random.Random(7)
    seen: list[str] = []
    last = 0
    for _ in range(8):
        with subprocess.Popen(command(path), cwd=PROJECT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            reader = notes_reader(path, cursor=cursor)
            time.sleep(rng.uniform(0, 0.05))
            seen += ids(reader.read_new())
            reader.save()
            reader.close()
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read()
        assert int(first) > last
        last = max(last, acknowledged(first + rest))
    write_notes(path, 1, first=-1)
    final = notes_reader(path, cursor=cursor)
    seen += ids(final.read_new())
    assert seen[-1] == "n-1"
    assert seen[:-1] == [f"n{number}" for number in range(len(seen) - 1)]
    assert len(seen) - 1 >= last
    assert not any(final.counters().values())
    assert ids(list(read_all(path, Note))) == seen


@strace
@pytest.mark.parametrize("call", ["write", "ftruncate", "fdatasync", "rename", "fsync"])
def test_a_kill_at_any_system_call_leaves_the_state_before_or_after_it(tmp_path: Path, call: str) -> None:
    for when in (1, 2, 3, 4):
        folder = tmp_path / str(when)
        folder.mkdir()
        path = folder / "notes.jsonl"
        write_notes(path, 150)
        with path.open("ab") as file:
            file.write(b'{"v":1,"torn')
        done = traced(path, f"inject={call}:signal=KILL:when={when}", durability="MONEY", count=10)
        write_notes(path, 1, first=-1)
        found = ids(list(read_all(path, Note, on_bad=BadLine.RAISE)))
        assert found[:-1] == [f"n{number}" for number in range(len(found) - 1)]
        assert len(found) - 1 >= max(150, acknowledged(done.stdout))


@strace
def test_a_failed_sync_of_money_is_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 1)
    done = traced(path, "inject=fdatasync:error=EIO:when=3", durability="MONEY", count=10)
    assert done.returncode != 0
    assert b"MoneyFileError" in done.stderr
    assert acknowledged(done.stdout) == 3
    assert len(list(read_all(path, Note))) == 4


@strace
@pytest.mark.parametrize("error", ["EROFS", "EIO", "ENOSPC"])
def test_a_write_that_fails_is_named_and_leaves_whole_lines(tmp_path: Path, error: str) -> None:
    path = tmp_path / "notes.jsonl"
    write_notes(path, 2)
    done = traced(path, f"inject=write:error={error}:when=3", durability="MONEY", count=10)
    assert done.returncode != 0
    assert (b"DiskFull" if error == "ENOSPC" else b"MoneyFileError") in done.stderr
    assert len(list(read_all(path, Note, on_bad=BadLine.RAISE))) == 3


def traced(path: Path, injection: str, *, durability: str, count: int) -> subprocess.CompletedProcess[bytes]:
    options = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", injection]
    return subprocess.run(
        [*options, *command(path, durability, count)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # the interpreter's own writes would be counted
        capture_output=True,
        check=False,
        timeout=60,
    )
