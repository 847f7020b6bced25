"""The whole bot stepped in virtual time: market minutes a second, memory, and where the time goes.

Each run is a process of its own, on one core. Its baseline, in the same minute on the same machine, is the floor
that no bot writing these records could pass: encoding and writing the very same records again, and nothing else.
"""

import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from src.records.catalogue import FILES
from src.records.simulation import Resolution
from src.simulation.opening import first_window, last_window
from src.simulation.plan import Pace, Plan
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.simulation_fakes import fresh_home, live, plan_of

BAR, MESSAGES_BAR, MEMORY_BAR_MIB = 40_000, 100_000, 200
TAPES = os.environ.get("TRADING_BOT_TAPES")
CASES: tuple[tuple[str, float, float], ...] = (
    ("windows of 60 s", 60, 0.5),
    ("windows of 60 s", 60, 1.0),
    ("windows of 300 s", 300, 4.0),
    ("windows of 900 s", 900, 12.0),
    ("windows of 3600 s", 3600, 40.0),
)
"""What is lived: name, window in seconds, market days; ten symbols."""


class Lived(msgspec.Struct, frozen=True):
    """What one run cost."""

    windows: int
    messages: int
    trades: int
    cpu_s: float
    peak_mib: float
    floor_s: float


def main() -> None:
    """Measure, and print the tables."""
    console = Console()
    console.print(_windows_table())
    console.print(_messages_table())
    console.print(_profile_table())


def _windows_table() -> Table:
    table = Table(title=f"windows of ten symbols; bar {BAR:,} symbol-minutes/s, {MEMORY_BAR_MIB} MiB")
    for column in (
        "market",
        "days",
        "CPU s",
        "symbol-minutes/s",
        "of the bar",
        "of writing alone",
        "peak MiB",
    ):
        table.add_column(column, justify="left" if column == "market" else "right")
    for name, window_s, days in CASES:
        lived = _measured("synthetic", window_s=window_s, days=days)
        minutes = lived.windows * window_s / 60
        speed = minutes / lived.cpu_s
        table.add_row(
            name,
            f"{days:g}",
            f"{lived.cpu_s:.1f}",
            f"{speed:,.0f}",
            f"{speed / BAR:.2f}x",
            f"{lived.cpu_s / lived.floor_s:.1f}x",
            f"{lived.peak_mib:.0f}",
        )
    return table


def _messages_table() -> Table:
    table = Table(title=f"messages; bar {MESSAGES_BAR:,} messages/s")
    for column in ("market", "messages", "CPU s", "messages/s", "of the bar", "peak MiB"):
        table.add_column(column, justify="left" if column == "market" else "right")
    markets = [("synthetic, 10 symbols, 60 s", "messages", 60.0, 0.1)]
    if TAPES is not None:
        tape = f"tape:{TAPES}/btc_eth_perp_20240808.jsonl.gz"
        markets += [("tape, 2 symbols, 1 s", tape, 1.0, 1.0), ("tape, 2 symbols, 60 s", tape, 60.0, 1.0)]
    for name, market, window_s, days in markets:
        lived = _measured(market, window_s=window_s, days=days)
        speed = lived.messages / lived.cpu_s
        table.add_row(
            name,
            f"{lived.messages:,}",
            f"{lived.cpu_s:.1f}",
            f"{speed:,.0f}",
            f"{speed / MESSAGES_BAR:.2f}x",
            f"{lived.peak_mib:.0f}",
        )
    return table


def _measured(market: str, *, window_s: float, days: float) -> Lived:
    """Return what a run in a process of its own cost."""
    arguments = [sys.executable, "-m", "benchmarks.simulate", market, str(window_s), str(days)]
    return msgspec.json.decode(subprocess.run(arguments, check=True, capture_output=True).stdout, type=Lived)


def _live(market: str, window_s: float, days: float) -> None:
    """Live one run here and print what it cost."""
    with tempfile.TemporaryDirectory(prefix="simulate-bench-") as folder:
        plan = _plan(Path(folder), market, window_s=window_s, days=days)
        paces: list[Pace] = []
        before = time.process_time()
        live(plan, on_pace=lambda pace: paces.__setitem__(slice(None), [pace]))
        lived = Lived(
            windows=paces[0].windows,
            messages=paces[0].messages,
            trades=paces[0].trades,
            cpu_s=time.process_time() - before,
            peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            floor_s=_floor_s(plan.home),
        )
        print(msgspec.json.encode(lived).decode())


def _plan(folder: Path, market: str, *, window_s: float, days: float) -> Plan:
    if market == "messages":
        home = fresh_home(folder, window_s=window_s)
        return plan_of(home, days=days, resolution=Resolution.MESSAGES)
    if market == "synthetic":
        return plan_of(fresh_home(folder, window_s=window_s), days=days)
    home = fresh_home(folder, window_s=window_s, symbols=["PF_XBTUSD", "PF_ETHUSD"])
    start = first_window(market, None, window_s=window_s)
    end = last_window(market, start, days=None, window_s=window_s)
    return plan_of(
        home,
        market=market,
        start=start,
        days=(end - start) / 86_400,
        resolution=Resolution.MESSAGES,
    )


def _floor_s(home: Home) -> float:
    """Return the CPU seconds that encoding and writing all records of a run takes, and nothing else."""
    spent = 0.0
    encoder = msgspec.json.Encoder()
    for entry in FILES:
        path = home.root / entry.path
        if path.suffix != ".jsonl" or not path.exists():
            continue
        record_type = entry.records[0] if len(entry.records) == 1 else None
        if record_type is None:
            continue
        records = list(read_all(path, record_type))
        before = time.process_time()
        with (home.root / "floor").open("wb") as file:
            for record in records:
                file.write(encoder.encode(record))
        spent += time.process_time() - before
    return spent


def _profile_table() -> Table:
    """Return where a run's time goes, by the file of this project that spends it."""
    with tempfile.TemporaryDirectory(prefix="simulate-bench-") as folder:
        plan = _plan(Path(folder), "synthetic", window_s=300, days=2)
        profile = cProfile.Profile()
        profile.enable()
        live(plan)
        profile.disable()
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined] # typeshed leaves it out
        spent[_place(file, name)] += own
    total = sum(spent.values())
    table = Table(title="where the time goes: own time by file, windows of 300 s, under the profiler")
    table.add_column("place")
    table.add_column("share", justify="right")
    for place, seconds in spent.most_common(20):
        table.add_row(place, f"{seconds / total:.1%}")
    return table


def _place(file: str, name: str) -> str:
    root = str(Path(__file__).resolve().parents[1])
    if file.startswith(root + "/src/"):
        return file.removeprefix(root + "/")
    return name if file == "~" else Path(file).name


if __name__ == "__main__":
    _live(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
