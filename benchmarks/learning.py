"""The learning cycle over many resolved signals, and the resolver's own speed."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from src.continuous_learning_controller import run_learning_cycle
from src.data_enrichment_layer import written_rows
from src.learning.evidence_memory import EvidenceMemory
from src.store.disk_files import cycle_files
from src.store.paths import Home
from tests.evidence_fakes import made_up_market
from tests.learning_fakes import (
    T0,
    FakeClock,
    make_decision,
    make_home,
    make_prediction,
    make_settings,
    make_signal,
    open_writer,
    window,
)
from tests.resolver_fakes import Bot

SIZES = (20_000, 100_000, 300_000)
REMEMBERED = 140_000
"""A week of ten symbols."""
SIGNALS = 4_000
BLOCKS = 42
END = T0 + BLOCKS * 14400
NOW = END + 4000

Row = tuple[str, str, str, str]


def main() -> None:
    """Measure, and print the table."""
    table = Table(title="learning")
    for column in ("what", "result", "against its baseline", "bar"):
        table.add_column(column)
    for row in run():
        table.add_row(*row)
    Console().print(table)


def run() -> list[Row]:
    """Return one row a measurement: what, the result, the ratio to its baseline, the bar."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        return [
            *(_cycle(root / str(size), size) for size in SIZES),
            *_remembered(root / "remembered"),
            _resolver(root / "resolver"),
        ]


def _cycle(root: Path, size: int) -> Row:
    home = make_home(root)
    _write_rows(home, size)
    start = time.perf_counter()
    for line in home.enriched_decisions.read_bytes().splitlines():
        orjson.loads(line)
    baseline_s = time.perf_counter() - start
    command = [sys.executable, "-m", "benchmarks.learning", str(root)]
    seconds, mib = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    ratio = f"{float(seconds) / baseline_s:.2f} x orjson.loads of the rows"
    million = float(seconds) * 1_000_000 / size
    return (
        f"learning cycle over {size:,} signals",
        f"{seconds} s, {mib} MiB",
        ratio,
        f"1M: {million:.1f} s of 10",
    )


def _remembered(root: Path) -> list[Row]:
    """Run a cycle over rows that were remembered as they were written, as a stepped run does."""
    home = make_home(root)
    _write_rows(home, REMEMBERED)
    settings, memory = make_settings(home), EvidenceMemory()
    rows = list(written_rows(home))
    start = time.perf_counter()
    for row in rows:
        memory.add(row)
    adding_s = time.perf_counter() - start
    files = cycle_files(home, settings, NOW, 1)
    start = time.perf_counter()
    run_learning_cycle(home, settings, NOW, 1, files=files, evidence=memory.evidence)
    cycle_s = time.perf_counter() - start
    return [
        ("a row remembered", f"{1e6 * adding_s / REMEMBERED:.1f} us", "", ""),
        (f"learning cycle over {REMEMBERED:,} remembered signals", f"{cycle_s:.2f} s", "", "<= 0.25 s"),
    ]


def _write_rows(home: Home, size: int) -> None:
    made = made_up_market(seed=1, end=END, edge=lambda *_: 0.0, per_block=200)
    lines = [orjson.dumps({"v": 1, **msgspec.to_builtins(row)}) for row in made]
    step_s = BLOCKS * 14400 / size
    with home.enriched_decisions.open("wb") as file:
        for number in range(size):
            row = made[number * len(made) // size]
            ts = f'"signal_ts":{END - (size - number) * step_s!r}'.encode()
            line = lines[number * len(made) // size].replace(f'"signal_ts":{row.signal_ts!r}'.encode(), ts)
            file.write(line.replace(b'{"v":1', b'{"v":1,"seq":%d' % (number + 1)) + b"\n")


def _resolver(root: Path) -> Row:
    bot = Bot(root)
    for number in range(SIGNALS):
        signal = make_signal(ts=T0 + number)
        bot.world("predictive_signals", signal)
        bot.world("ensemble_predictions", make_prediction(signal))
        bot.world("decisions", make_decision(signal, trade=False))
    with open_writer(bot.home, bot.home.windows) as windows:
        for second in range(0, SIGNALS + 3700, 10):
            windows.append(window("PF_XBTUSD", T0 + second, 100.0))
            windows.append(window("PF_ETHUSD", T0 + second, 100.0))
    bot.clock = FakeClock(T0 + SIGNALS + 3700)
    start = time.perf_counter()
    while bot.tracker.step(bot.clock.at + SIGNALS + 3700) or bot.tracker.backlog():
        pass
    tracked_s = time.perf_counter() - start
    while bot.enrichment.step(bot.clock.at + SIGNALS + 3700) or bot.enrichment.backlog():
        pass
    joined_s = time.perf_counter() - start - tracked_s
    bot.close()
    result = f"{SIGNALS / tracked_s:,.0f} signals/s, joined {SIGNALS / joined_s:,.0f}/s"
    return "resolver, birth to outcome", result, "", ""


def _measure(root: Path) -> None:
    home = Home(root)
    settings = make_settings(home)
    start = time.perf_counter()
    state = run_learning_cycle(home, settings, NOW, 1, files=cycle_files(home, settings, NOW, 1))
    seconds = time.perf_counter() - start
    if not state.blocks:
        raise SystemExit("the cycle saw nothing")
    print(f"{seconds:.2f} {_peak_mib():.0f}")


def _peak_mib() -> float:
    """Return this process's own highest resident memory; ``getrusage`` would tell its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _measure(Path(sys.argv[1]))
    else:
        main()
