"""The whole daemon: memory, idle cost, features to decision, learning beside trading, killed workers."""

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.watched_bot import (
    Delay,
    cpu_share,
    delays,
    first_line_after_kill,
    give_past,
    learning_over_and_over,
    memory,
    p50_p99,
    pid_of,
)
from src.store.paths import Home
from src.supervision.shell import (
    ENSEMBLE_PREDICTOR,
    EXCHANGE,
    FEATURE_BUILDER,
    PREDICTIVE_ENGINE,
    SIGNAL_RESOLVER,
)
from tests.process.bot import ROOT, Bot

SYMBOLS = tuple(orjson.loads((ROOT / "configs" / "bot.json").read_bytes())["symbols"])
SPEED = 60.0
WARM_S = 40.0
SLICE_S = 15.0
SLICES = 3
KILLS = 3
PILE_S = 1.5
"""A window and a half at this speed: enough for input to wait."""
BETWEEN_KILLS_S = 11.0
"""A process that dies within 10 s of its start is started again later, on purpose."""
QUIET_S = 20.0
WIDTH = 150
MEMORY_BAR_MIB = 300.0
IDLE_BAR = 0.10
DECISION_BAR_MS = 100.0
LEARNING_BAR = 1.5
KILLED_BAR_S = 2.0

OUTPUTS: dict[str, Callable[[Home], Path]] = {
    FEATURE_BUILDER: lambda home: home.windows,
    PREDICTIVE_ENGINE: lambda home: home.predictive_signals,
    ENSEMBLE_PREDICTOR: lambda home: home.ensemble_predictions,
    SIGNAL_RESOLVER: lambda home: home.pending_journal,
}


class Row(NamedTuple):
    """One measured thing, what stands beside it, its bar, and whether it is met."""

    what: str
    ours: str
    beside: str
    bar: str
    met: bool | None


def main() -> None:
    """Measure, and print the table."""
    table = Table(title=f"the daemon on the paper exchange, {len(SYMBOLS)} symbols", title_justify="left")
    for column in ("what", "ours", "beside", "bar", ""):
        table.add_column(column)
    for row in run():
        verdict = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}[row.met]
        table.add_row(row.what, row.ours, row.beside, row.bar, verdict)
    Console(width=max(WIDTH, Console().width)).print(table)


def run() -> list[Row]:
    """Return what was measured; takes about four minutes."""
    with tempfile.TemporaryDirectory(prefix="daemon-bench-") as folder:
        return [*_busy(Path(folder) / "busy"), *_idle(Path(folder) / "idle")]


def _busy(root: Path) -> list[Row]:
    """Let a bot with a past live fast, and measure everything that needs a market."""
    bot = Bot(root, speed=SPEED, symbols=SYMBOLS)
    give_past(bot.home)
    try:
        bot.start().until(bot.all_ready)
        time.sleep(WARM_S)
        rows = _latency(bot)
        rows = [*_memory(bot), *rows, *_killed(bot)]
        bot.stop()
    finally:
        bot.kill()
    return rows


def _memory(bot: Bot) -> list[Row]:
    shares, exchange = memory(bot)
    total = sum(shares.values())
    parts = ", ".join(f"{name} {mib:.0f}" for name, mib in shares.items())
    bar = f"<= {MEMORY_BAR_MIB:.0f} MiB"
    return [
        Row("memory (PSS), all but the exchange", f"{total:.0f} MiB", parts, bar, total <= MEMORY_BAR_MIB),
        Row("memory of the paper exchange", f"{exchange:.0f} MiB", "", "", None),
    ]


def _latency(bot: Bot) -> list[Row]:
    """Measure in turns, so that the machine's moods hit both: with and without learning beside it."""
    alone: list[Delay] = []
    beside: list[Delay] = []
    took: list[float] = []
    for _ in range(SLICES):
        alone += delays(bot, SLICE_S)
        with learning_over_and_over(bot.home) as cycles:
            beside += delays(bot, SLICE_S)
        took += cycles
    ratio = _p99(beside) / _p99(alone)
    return [
        Row(
            f"features to decision, at {SPEED:.0f}x",
            _times([delay.seen_ms for delay in alone]),
            f"by the records' own times: {_times([delay.stamped_ms for delay in alone])}; {_seen(alone)}",
            f"p99 <= {DECISION_BAR_MS:.0f} ms",
            _p99(alone) <= DECISION_BAR_MS,
        ),
        Row(
            "the same while learning cycles run",
            _times([delay.seen_ms for delay in beside]),
            f"p99 {ratio:.2f}x of without; {len(took)} cycles of {statistics.median(took):.1f} s; {_seen(beside)}",
            f"<= {LEARNING_BAR}x",
            ratio <= LEARNING_BAR,
        ),
    ]


def _killed(bot: Bot) -> list[Row]:
    taken: dict[str, list[float]] = {name: [] for name in OUTPUTS}
    for _ in range(KILLS):
        began = time.monotonic()
        for name, output in OUTPUTS.items():
            taken[name].append(first_line_after_kill(bot, name, output(bot.home), pile_s=PILE_S))
        time.sleep(max(0.0, began + BETWEEN_KILLS_S - time.monotonic()))
    return [_killed_row(name, seconds) for name, seconds in taken.items()]


def _killed_row(name: str, seconds: list[float]) -> Row:
    beside = "a window's close of up to 1 s included" if name == FEATURE_BUILDER else ""
    return Row(
        f"{name} killed, to its first new line",
        f"{statistics.median(seconds):.2f} s, worst of {len(seconds)} {max(seconds):.2f} s",
        beside,
        f"<= {KILLED_BAR_S:.0f} s",
        max(seconds) <= KILLED_BAR_S,
    )


def _idle(root: Path) -> list[Row]:
    """Stop the exchange under a bot at the market's own speed, and see what waiting costs."""
    bot = Bot(root, speed=1.0, symbols=SYMBOLS)
    settings = orjson.loads(bot.home.bot_settings.read_bytes())
    # the exchange shall not be replaced while it is stopped, and each measured span shall hold a window's close
    bot.configure(window_s=QUIET_S, supervision={**settings["supervision"], "hang_after_s": 600})
    try:
        bot.start().until(bot.all_ready, within_s=120)
        quoted = cpu_share(bot, QUIET_S)
        exchange = pid_of(bot, EXCHANGE)
        os.kill(exchange, signal.SIGSTOP)
        quiet = cpu_share(bot, QUIET_S)
        os.kill(exchange, signal.SIGCONT)
        bot.stop()
    finally:
        bot.kill()
    beside = f"{100 * quoted:.1f} % with the market at its own speed"
    return [
        Row(
            "idle: no market messages", f"{100 * quiet:.1f} % of a core", beside, "<= 10 %", quiet <= IDLE_BAR
        )
    ]


def _p99(some: list[Delay]) -> float:
    return p50_p99([delay.seen_ms for delay in some])[1]


def _times(values: list[float]) -> str:
    p50, p99 = p50_p99(values)
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"


def _seen(some: list[Delay]) -> str:
    windows = len({delay.window_ts for delay in some})
    return f"{len(some):,} decisions of {windows} windows"
