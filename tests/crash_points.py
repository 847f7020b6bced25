"""The points at which a process can die: before, amid and after every write, before and after every request."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from src.store import durable
from src.store.appender import Appender
from tests.exchange_fakes import Killed


class Reaper:
    """Kills at the n-th point that is passed; without a number it only counts."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.armed = False
        self.passed: list[str] = []
        """The points so far, e.g. ``before sendorder``."""

    @property
    def died_at(self) -> str | None:
        """Return where it killed; None where it did not."""
        return self.passed[-1] if len(self.passed) == self.at else None

    def pass_by(self, point: str, *, begun: Callable[[], object] = lambda: None) -> None:
        """Go on, or die here, with as much done as ``begun`` does."""
        if not self.armed:
            return
        self.passed.append(point)
        if len(self.passed) == self.at:
            self.armed = False
            begun()
            self.strike()

    def strike(self) -> None:
        """End the process, as far as a test in the same process can."""
        raise Killed(self.passed[-1])


class Executioner(Reaper):
    """Kills for real."""

    def strike(self) -> None:
        """End this process by SIGKILL, after saying where."""
        sys.stdout.write(f"{self.passed[-1]}\n")
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def watch_disk(patch: pytest.MonkeyPatch, reaper: Reaper) -> None:
    """Make a point of each step of each write: of a line, and of a document that replaces another."""
    write, fresh, sync = Appender.write, durable._write_fresh, durable.sync_folder

    def write_line(self: Appender, line: bytes) -> None:
        name = self.path.name
        reaper.pass_by(f"before the line of {name}")
        half = line[: len(line) // 2]
        reaper.pass_by(f"amid the line of {name}", begun=lambda: os.write(self._fd, half))
        write(self, line)
        reaper.pass_by(f"after the line of {name}")

    def write_fresh(path: Path, content: bytes, *, durable: bool, mode: int) -> None:
        reaper.pass_by(f"before {path.name}")
        half = content[: len(content) // 2]
        reaper.pass_by(f"amid {path.name}", begun=lambda: fresh(path, half, durable=durable, mode=mode))
        fresh(path, content, durable=durable, mode=mode)
        reaper.pass_by(f"after {path.name}")

    def sync_folder(folder: Path) -> None:
        reaper.pass_by(f"after a rename in {folder.name}")
        sync(folder)

    patch.setattr(Appender, "write", write_line)
    patch.setattr(durable, "_write_fresh", write_fresh)
    patch.setattr(durable, "sync_folder", sync_folder)


def skip_syncs(patch: pytest.MonkeyPatch) -> None:
    """Leave the disk alone: a kill takes nothing that the system has been given."""
    for name in ("fsync", "fdatasync"):
        patch.setattr(os, name, lambda _: None)
