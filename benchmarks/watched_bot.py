"""A real bot with a past, and what can be seen of it from outside: its memory, its CPU, its lines, its deaths."""

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil

from src.clock import AnchoredClock
from src.records.base import Line
from src.records.operations import ClockAnchor, Health, WorkerState
from src.store.jsonl import Durability, JsonlReader, JsonlWriter, read_tail
from src.store.paths import Home
from src.store.wake import Wake
from src.supervision.courtesy import yield_to_trading
from src.supervision.memory import proportional_mib
from src.supervision.shell import EXCHANGE
from tests.evidence_fakes import made_up_market
from tests.learning_fakes import make_signal
from tests.process.bot import ROOT, Bot
from tests.signals_fakes import outcome

PAST_BLOCKS = 42
PAST_ROWS_A_BLOCK = 1_000
PAST_OUTCOMES = 50_000
LATE_LINES = 20_000
"""Newest windows among which those of the decisions are looked for."""
FIRST_LINE_S = 30.0


class Decided(Line, frozen=True, kw_only=True):
    """As much of a decision as its latency needs."""

    symbol: str
    signal_ts: float


class WindowWritten(Line, frozen=True, kw_only=True):
    """As much of a window as the latency of its decisions needs."""

    symbol: str
    recorded_at: float


class Delay(msgspec.Struct, frozen=True):
    """How long one decision took from its features, in real milliseconds."""

    seen_ms: float
    """Until a follower of the file had its line in hand."""
    stamped_ms: float
    """Until the time that the decision itself bears."""
    window_ts: float
    """The decisions of one window are late together: windows, not decisions, are what the evidence counts."""


def give_past(home: Home) -> None:
    """Let a home begin with a week of resolved signals: learning has work, a start has what to read again."""
    end = time.time() - 7200
    rows = made_up_market(
        seed=1, end=end, edge=lambda *_: 0.0, blocks=PAST_BLOCKS, per_block=PAST_ROWS_A_BLOCK
    )
    _write(home, home.enriched_decisions, rows)
    signals = [make_signal(ts=end - 10 * back) for back in range(PAST_OUTCOMES, 0, -1)]
    _write(home, home.signal_outcomes, [outcome(each, return_bps=each.ts % 7 - 3) for each in signals])


def memory(bot: Bot) -> tuple[dict[str, float], float]:
    """Return the PSS of the bot's processes by name, and of the paper exchange, in MiB."""
    names = {worker.pid: worker.name for worker in _health(bot).workers if worker.pid is not None}
    shares: dict[str, float] = {}
    for pid in bot.family():
        name = names.get(pid, "forkserver and tracker")
        shares[name] = shares.get(name, 0.0) + (proportional_mib(pid) or 0.0)
    return shares, shares.pop(EXCHANGE)


def cpu_share(bot: Bot, seconds: float) -> float:
    """Return the share of one core that all processes but the exchange take over so many real seconds."""
    exchange = pid_of(bot, EXCHANGE)
    processes = [psutil.Process(pid) for pid in bot.family() if pid != exchange]
    before, began = _cpu_seconds(processes), time.perf_counter()
    time.sleep(seconds)
    return (_cpu_seconds(processes) - before) / (time.perf_counter() - began)


def delays(bot: Bot, seconds: float) -> list[Delay]:
    """Follow the decisions for so many real seconds; return how far each lay behind its features."""
    clock = AnchoredClock(msgspec.json.decode(bot.home.clock.read_bytes(), type=ClockAnchor))
    seen: list[tuple[Decided, float]] = []
    with JsonlReader[Decided](bot.home.decisions, Decided) as reader, Wake() as wake:
        wake.add_file(bot.home.decisions)
        reader.skip_to_end()
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            wake.wait(0.2)
            seen += [(decided, clock.now()) for decided in reader.read_new()]
    lines = read_tail(bot.home.windows, WindowWritten, LATE_LINES)
    written = {(line.symbol, line.ts): line.recorded_at for line in lines}
    return [
        Delay(
            1e3 * (at - written[decided.symbol, decided.signal_ts]) / clock.speed,
            1e3 * (decided.ts - written[decided.symbol, decided.signal_ts]) / clock.speed,
            decided.signal_ts,
        )
        for decided, at in seen
    ]


@contextmanager
def learning_over_and_over(home: Home) -> Iterator[list[float]]:
    """Run one learning cycle after the other, each a process of its own; yield how long each took, in seconds.

    They make way for others from their first moment, as the cycles do that the daemon starts.

    Raises CalledProcessError at the end where one failed.
    """
    took: list[float] = []
    ended = threading.Event()

    def learn() -> None:
        while not ended.is_set():
            began = time.perf_counter()
            command = [sys.executable, "-m", "src", "learn", "--home", str(home.root)]
            subprocess.run(
                command,
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
                preexec_fn=yield_to_trading,
            )
            took.append(time.perf_counter() - began)

    with ThreadPoolExecutor(1) as pool:
        learner = pool.submit(learn)
        try:
            yield took
        finally:
            ended.set()
        learner.result()


def first_line_after_kill(bot: Bot, name: str, output: Path, *, pile_s: float) -> float:
    """Kill a worker while input waits; return the real seconds until its successor's first line.

    It is stopped for ``pile_s`` real seconds before, so that input does wait.
    """
    pid = pid_of(bot, name)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(pile_s)
    with JsonlReader[Line](output, Line) as reader, Wake() as wake:
        wake.add_file(output)
        reader.skip_to_end()
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        while not reader.read_new(1):
            if time.monotonic() > began + FIRST_LINE_S:
                raise TimeoutError(f"{name} wrote nothing within {FIRST_LINE_S:.0f} s of its end")
            wake.wait(0.1)
        taken = time.monotonic() - began
    bot.until(lambda: _ready_again(bot, name, pid))
    return taken


def pid_of(bot: Bot, name: str) -> int:
    """Return the pid of one process of a running bot; LookupError where it has none."""
    worker = bot.worker(name)
    if worker is None or worker.pid is None:
        raise LookupError(f"{name} does not run")
    return worker.pid


def p50_p99(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=100)[98]


def _health(bot: Bot) -> Health:
    health = bot.health()
    if health is None:
        raise LookupError("the bot has not told its health")
    return health


def _ready_again(bot: Bot, name: str, before: int) -> bool:
    worker = bot.worker(name)
    return worker is not None and worker.pid != before and worker.state is WorkerState.READY


def _cpu_seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _write(home: Home, path: Path, records: Sequence[Line]) -> None:
    with JsonlWriter[Line](
        path, writer="past", durability=Durability.TELEMETRY, quarantine=home.quarantine
    ) as file:
        for record in records:
            file.append(record)
