"""The gate alone, and the trading cycle around it: from a signal in the queue to its decision on disk."""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from src.bot_cycle import BotCycle, build_bot_cycle
from src.conviction_gate import Hearing, decide
from src.records.decisions import Decision
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.outcomes import PendingEvent, PendingPut
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.jsonl import Durability, JsonlWriter
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.gate_fakes import (
    CONFIGS,
    NOON,
    SETTINGS,
    STAKES,
    FakeDesk,
    a_context,
    a_prediction,
    a_signal,
    some_features,
    some_weights,
)

DECISIONS = 20_000
ROUNDS = 300

Row = tuple[str, str, str, str]


def main() -> None:
    """Measure, and print the table."""
    table = Table(title=f"signals of {len(SETTINGS.symbols)} symbols to decisions")
    for column in ("what", "result", "against its baseline", "bar"):
        table.add_column(column)
    for row in run():
        table.add_row(*row)
    Console().print(table)


def run() -> list[Row]:
    """Return one row a measurement: what, the result, the ratio to its baseline, the bar."""
    with tempfile.TemporaryDirectory(prefix="gate-bench-") as folder:
        return [*_gate_alone(), *_cycle(_made_home(Path(folder)))]


def _gate_alone() -> list[Row]:
    signal, context = a_signal(), a_context()
    prediction, hearing = a_prediction(signal), Hearing(context)
    alone = _cost_us(lambda: decide(signal, prediction, context))
    together = _cost_us(lambda: hearing.decide(signal, prediction))
    return [
        ("a decision in a context of its own", f"{alone:.1f} us", "", "<= 200 us"),
        ("a decision in a context of many", f"{together:.1f} us", f"{together / alone:.2f}x", "<= 30 us"),
    ]


def _cost_us(decided: Callable[[], Decision]) -> float:
    started = time.perf_counter()
    for _ in range(DECISIONS):
        decided()
    return 1e6 * (time.perf_counter() - started) / DECISIONS


def _cycle(home: Home) -> list[Row]:
    pending: JsonlWriter[PendingEvent] = _writer(home, home.pending_journal)
    windows: JsonlWriter[Features] = _writer(home, home.windows)
    desk = FakeDesk()
    cycle = build_bot_cycle(
        home, SETTINGS, desk, files=disk_files(home), speed=1.0, unhealthy_workers=lambda: (), stakes=STAKES
    )
    with pending, windows:
        whole, traded = _rounds(cycle, desk, pending, windows)
    cycle.close()
    return [
        _row(f"a window of all symbols to {len(SETTINGS.symbols)} decisions on disk", whole),
        _row("the same with a decision that trades, forced to the disk", traded),
    ]


def _rounds(
    cycle: BotCycle, desk: FakeDesk, pending: JsonlWriter[PendingEvent], windows: JsonlWriter[Features]
) -> tuple[list[float], list[float]]:
    took: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * ROUNDS):
        ts = NOON + 240.0 * number
        trades = number % 2 == 1
        for symbol in SETTINGS.symbols:
            windows.append(some_features(symbol=symbol, ts=ts))
            ofi = 0.7 if trades and symbol == SETTINGS.symbols[0] else 0.1
            pending.append(_put(a_signal(symbol=symbol, ts=ts, ofi=ofi)))
        started = time.perf_counter()
        cycle.step(ts + 0.05)
        took[trades].append(time.perf_counter() - started)
        cycle.save()
        desk.open.clear()
    if len(desk.entered) != ROUNDS:
        raise RuntimeError("what should have traded did not")
    return took[False], took[True]


def _row(what: str, took: list[float]) -> Row:
    p99 = statistics.quantiles(took, n=100)[98]
    return (what, f"p50 {1e3 * statistics.median(took):.1f} ms, p99 {1e3 * p99:.1f} ms", "", "p99 <= 100 ms")


def _put(signal: Signal) -> PendingPut:
    return PendingPut(
        ts=signal.ts, signal_id=signal.signal_id, signal=signal, prediction=a_prediction(signal)
    )


def _made_home(root: Path) -> Home:
    home = Home(root)
    for folder in home.folders():
        folder.mkdir(parents=True)
    for config in CONFIGS.glob("*.json"):
        shutil.copy(config, home.configs)
    DocumentFile(home.weights, SignalWeights, writer="bench").write(some_weights())
    return home


def _writer(home: Home, path: Path) -> JsonlWriter:  # type: ignore[type-arg] # each caller names its records
    return JsonlWriter(path, writer="bench", durability=Durability.KNOWLEDGE, quarantine=home.quarantine)
