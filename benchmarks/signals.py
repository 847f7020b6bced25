"""Windows to signals to predictions: lines a second through each stage, on files in a temporary home."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from src.components.registry import ask_all
from src.ensemble_predictor import build_ensemble_predictor
from src.learning.ensemble import Ensemble
from src.predictive_flow_engine import build_predictive_engine, signals_of
from src.records.base import Line
from src.records.features import Features
from src.records.signals import Signal
from src.simulation.clock import VirtualClock
from src.store.jsonl import Durability, JsonlReader, JsonlWriter, read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.signals_fakes import T0, made_home, outcome, project_components, window

WINDOWS = 30_000
SYMBOLS = 10
BAR = 5_000

Row = tuple[str, str, str, str]


def main() -> None:
    """Measure, and print the table."""
    table = Table(title=f"{WINDOWS:,} windows of {SYMBOLS} symbols to signals to predictions")
    for column in ("what", "result", "against its baseline", "bar"):
        table.add_column(column)
    for row in run():
        table.add_row(*row)
    Console().print(table)


def run() -> list[Row]:
    """Return one row a measurement: what, the result, the ratio to its baseline, the bar."""
    with tempfile.TemporaryDirectory(prefix="signals-bench-") as folder:
        home = made_home(Path(folder))
        return [*_engine(home), *_ensemble(home), *_restarts(home)]


def _engine(home: Home) -> list[Row]:
    windows = _windows()
    _write(home, home.windows, windows)
    reading = _rate(WINDOWS, lambda: _drain(JsonlReader[Features](home.windows, Features)))
    components = project_components().components
    voting = _rate(WINDOWS, lambda: _use_up(ask_all(features, components) for features in windows))
    made = _rate(WINDOWS, lambda: _use_up(_signals(windows)))
    ensemble, signals = Ensemble(project_components().ensemble), list(_signals(windows))
    answered = _rate(len(signals), lambda: _use_up(ensemble.predict(each, now=T0) for each in signals))
    engine = build_predictive_engine(home, disk_files(home))
    forming = _rate(WINDOWS, lambda: _settle(engine.step))
    engine.save()
    engine.close()
    return [
        ("windows only read", f"{reading:,.0f}/s", "is one", ""),
        ("ten votes, in memory", f"{1e6 / voting:.1f} us a window", "", ""),
        (
            "signals, in memory",
            f"{1e6 / made:.1f} us a window",
            f"{voting / made:.1f}x the votes",
            "<= 12 us",
        ),
        ("a prediction, in memory", f"{1e6 / answered:.1f} us", "", "<= 7 us"),
        (
            "windows through the engine",
            f"{forming:,.0f}/s",
            f"{reading / forming:.1f}x reading",
            f">= {BAR:,}/s",
        ),
    ]


def _ensemble(home: Home) -> list[Row]:
    reading_s = time.perf_counter()
    count = sum(1 for _ in read_all(home.predictive_signals, Signal))
    reading = count / (time.perf_counter() - reading_s)
    predictor = build_ensemble_predictor(home, VirtualClock(T0), disk_files(home))
    answering = _rate(count, lambda: _settle(predictor.step))
    predictor.save()
    predictor.close()
    return [
        (f"{count:,} signals only read", f"{reading:,.0f}/s", "is one", ""),
        ("signals through the ensemble", f"{answering:,.0f}/s", f"{reading / answering:.1f}x reading", ""),
    ]


def _restarts(home: Home) -> list[Row]:
    rng = random.Random(2)
    outcomes = [
        outcome(signal, return_bps=rng.gauss(0, 30)) for signal in read_all(home.predictive_signals, Signal)
    ]
    _write(home, home.signal_outcomes, outcomes)
    for memory in home.positions.glob("ensemble_predictor*"):
        memory.unlink()
    what = f"{len(outcomes):,} outcomes"
    return [
        (f"start of the ensemble over {what}", f"{_start(home):.2f} s", "", "<= 2 s"),
        (f"the same with its memory of {what}", f"{_start(home):.2f} s", "", ""),
    ]


def _start(home: Home) -> float:
    """Return how long it takes until the ensemble could answer a new signal."""
    started = time.perf_counter()
    predictor = build_ensemble_predictor(home, VirtualClock(T0), disk_files(home))
    _settle(predictor.step)
    taken = time.perf_counter() - started
    predictor.close()
    return taken


def _signals(windows: Sequence[Features]) -> Iterator[Signal]:
    settings = project_components()
    weights = settings.weights()
    for features in windows:
        yield from signals_of(features, settings=settings, weights=weights, now=T0)


def _windows() -> list[Features]:
    rng = random.Random(1)
    return [
        window(
            symbol=f"PF_{n % SYMBOLS}USD",
            ts=T0 + 60.0 * (n // SYMBOLS),
            ofi=rng.uniform(-1, 1),
            ofi_previous=rng.uniform(-1, 1),
            return_window_bps=rng.gauss(0, 10),
            large_net_usd_1h=rng.uniform(-1e5, 1e5),
            large_total_usd_1h=1e5,
            long_liquidations_usd_1h=rng.uniform(0, 1e5),
            short_liquidations_usd_1h=rng.uniform(0, 1e5),
            funding_rate=rng.gauss(0, 1e-4),
            skew=rng.gauss(0, 1.0),
            hurst=rng.gauss(0.5, 0.1),
            trend_bps=rng.gauss(0, 100),
            return_1h_bps=rng.gauss(0, 80),
            open_interest_change_1h=rng.gauss(0, 0.02),
        )
        for n in range(WINDOWS)
    ]


def _write(home: Home, path: Path, records: Sequence[Line]) -> None:
    with JsonlWriter[Line](
        path, writer="bench", durability=Durability.TELEMETRY, quarantine=home.quarantine
    ) as file:
        for record in records:
            file.append(record)


def _rate(count: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _use_up(made: Iterator[object]) -> None:
    for _ in made:
        pass


def _settle(step: Callable[[float], int]) -> None:
    while step(T0):
        pass


def _drain(reader: JsonlReader[Features]) -> None:
    with reader:
        while reader.read_new(500):
            pass
