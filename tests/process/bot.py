"""A real bot in a process of its own, for tests that kill it, edit its configs and read its records."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import orjson

from src.records.operations import Health, WorkerHealth, WorkerState
from src.store.home import prepare_home
from src.store.paths import Home
from src.supervision.shell import LEARNING
from tests.latency_fakes import without_latency

ROOT = Path(__file__).resolve().parents[2]
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD")


class Bot:
    """One home, and the bot that lives in it from ``start`` to ``stop``."""

    def __init__(self, root: Path, *, speed: float = 60.0, symbols: tuple[str, ...] = SYMBOLS) -> None:
        self.home: Home = prepare_home(root, ROOT / "configs")
        without_latency(self.home)
        self.log = root / "bot.log"
        self._speed = speed
        self._symbols = symbols
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Return the main process; AssertionError before the first start."""
        assert self._process is not None
        return self._process

    def configure(self, **changes: object) -> None:
        """Change top-level keys of configs/bot.json."""
        self.edit(self.home.bot_settings, **changes)

    def edit(self, config: Path, **changes: object) -> None:
        """Change top-level keys of a config."""
        settings = orjson.loads(config.read_bytes())
        settings.update(changes)
        config.write_bytes(orjson.dumps(settings, option=orjson.OPT_INDENT_2))

    def start(self, *options: str) -> "Bot":
        """Start the bot and do not wait for anything."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "src.run",
                    "--home",
                    str(self.home.root),
                    f"--speed={self._speed:g}",
                    f"--symbols={','.join(self._symbols)}",
                    *options,
                ],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self

    def stop(self, number: int = signal.SIGTERM, within_s: float = 12.0) -> int:
        """Send a signal to the main process and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(within_s)

    def kill(self) -> None:
        """End everything that this bot started, whatever state it is in."""
        if self._process is None:
            return
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self.until(lambda: not self.family(), within_s=10)

    def family(self) -> list[int]:
        """Return the pids of every living process of this bot's session."""
        if self._process is None:
            return []
        return [pid for pid in _pids() if _session_of(pid) == self._process.pid and not _is_zombie(pid)]

    def health(self) -> Health | None:
        """Return the newest health that the monitor wrote."""
        try:
            return msgspec.json.decode(self.home.health.read_bytes(), type=Health)
        except FileNotFoundError:
            return None

    def worker(self, name: str) -> WorkerHealth | None:
        """Return the health of one process."""
        health = self.health()
        if health is None or health.main_pid != self.process.pid:
            return None
        return next((worker for worker in health.workers if worker.name == name), None)

    def told(self) -> Health:
        """Return the newest health; AssertionError before there is one."""
        health = self.health()
        assert health is not None
        return health

    def pid(self, name: str) -> int | None:
        """Return the pid of one process, None while it does not live."""
        worker = self.worker(name)
        return None if worker is None else worker.pid

    def works(self, name: str) -> bool:
        """Return whether a process lives and its loop beats."""
        worker = self.worker(name)
        return worker is not None and worker.state in {WorkerState.ALIVE, WorkerState.READY}

    def events(self, name: str) -> list[object]:
        """Return what the supervisor has said of a process, oldest first."""
        return [line["event"] for line in self.lines(self.home.supervisor_log) if line["process"] == name]

    def fault(self, name: str, word: str) -> Path:
        """Switch a fault on; return the switch."""
        switch = self.home.run / "faults" / name
        switch.parent.mkdir(exist_ok=True)
        switch.write_text(word)
        return switch

    def forkserver(self) -> int:
        """Return the pid of the process that the workers are forked from."""
        return next(pid for pid in self.family() if "multiprocessing.forkserver" in _command_of(pid))

    def all_ready(self) -> bool:
        """Return whether every process of this start has written its first output."""
        health = self.health()
        if health is None or health.main_pid != self.process.pid or len(health.workers) < 6:
            return False
        return all(worker.state is WorkerState.READY for worker in health.workers if worker.name != LEARNING)

    def lines(self, path: Path) -> list[dict[str, object]]:
        """Return every record line of a JSONL file and its rotated segments, oldest first."""
        segments = sorted(path.parent.glob(f"{path.name}.[0-9]*"))
        found: list[dict[str, object]] = []
        for segment in [*segments, path]:
            if segment.exists():
                text = segment.read_bytes()
                whole = text[: text.rfind(b"\n") + 1]
                found.extend(orjson.loads(line) for line in whole.splitlines())
        return [line for line in found if "control" not in line]

    def until(self, holds: Callable[[], object], *, within_s: float = 60.0) -> None:
        """Wait for something to hold; AssertionError with the end of the bot's log if it does not."""
        deadline_s = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline_s, self.log.read_text()[-6000:]
            time.sleep(0.05)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _stat_fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _session_of(pid: int) -> int | None:
    fields = _stat_fields(pid)
    return int(fields[3]) if fields else None


def _is_zombie(pid: int) -> bool:
    return _stat_fields(pid)[:1] in ([], ["Z"])
