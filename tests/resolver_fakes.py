"""A made-up hour and more of the bot around the resolver, which may be killed after any line it writes."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from src.data_enrichment_layer import DataEnrichmentLayer, build_data_enrichment
from src.learning.resolver_parts import ResolverOutputs
from src.records.base import Line
from src.records.orders import OrderState
from src.records.outcomes import EnrichedDecision, PendingEvent, PendingPut, SignalOutcome, UniverseRow
from src.records.signals import Signal
from src.signal_outcome_tracker import SignalOutcomeTracker, build_signal_resolver
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.learning_fakes import (
    T0,
    Crash,
    FakeClock,
    Fuse,
    FusedSink,
    make_close,
    make_decision,
    make_fill,
    make_home,
    make_intent,
    make_prediction,
    make_settings,
    make_signal,
    make_update,
    minute_tape,
    open_writer,
)

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
MINUTES = 75


def price(symbol: str, minute: int) -> float:
    return 100.0 + minute * (0.1 if symbol == "PF_ETHUSD" else -0.02)


def fates() -> dict[str, Signal]:
    """Return one signal for everything that can become of one."""
    names = ("blocked", "traded", "not_filled", "expired", "unpredicted", "open")
    return {
        name: make_signal(ts=T0 + 60 * (number + 1), price=price("PF_ETHUSD", number + 1))
        for number, name in enumerate(names)
    }


def script() -> dict[float, list[tuple[str, Line]]]:
    """Return what the rest of the bot writes, by time."""
    signals = fates()
    events: dict[float, list[tuple[str, Line]]] = {}

    def at(ts: float, file: str, line: Line) -> None:
        events.setdefault(ts, []).append((file, line))

    for signal in signals.values():
        at(signal.ts, "predictive_signals", signal)
    for name, signal in signals.items():
        if name != "unpredicted":
            at(signal.ts, "ensemble_predictions", make_prediction(signal))
        if name != "expired":
            trade = name in {"traded", "not_filled", "open"}
            at(signal.ts + 60, "decisions", make_decision(signal, trade=trade))
        if name in {"traded", "not_filled", "open"}:
            at(signal.ts + 60, "orders", make_intent(signal))
        if name in {"traded", "open"}:
            at(signal.ts + 60, "orders", make_update(signal, OrderState.ACKED, filled="5"))
            at(signal.ts + 60, "fills", make_fill(signal))
    at(T0 + 240, "orders", make_update(signals["not_filled"], OrderState.DONE, ts=T0 + 240))
    at(T0 + 1200, "fills", make_close(signals["traded"], ts=T0 + 1200))
    at(T0 + 60 * (MINUTES - 1), "fills", make_close(signals["open"], ts=T0 + 60 * (MINUTES - 1)))
    for line in minute_tape(SYMBOLS, minutes=MINUTES, price=price):
        at(line.ts, "windows", line)
    return dict(sorted(events.items()))


class Bot:
    """The resolver's process, and the files that others write."""

    def __init__(self, root: Path, fuse: Fuse | None = None) -> None:
        self.home = make_home(root)
        self.clock = FakeClock(T0)
        self.fuse = fuse or Fuse()
        self.crashes = 0
        self._writers = {}
        self.start()

    def start(self) -> None:
        settings = make_settings(self.home)
        files = disk_files(self.home, settings)
        self.tracker: SignalOutcomeTracker = build_signal_resolver(self.home, settings, self.clock, files)
        self.enrichment: DataEnrichmentLayer = build_data_enrichment(self.home, files)
        out = self.tracker._out
        self.tracker._out = self.tracker._resolution._out = ResolverOutputs(
            journal=FusedSink(out.journal, self.fuse),
            universe=FusedSink(out.universe, self.fuse),
            outcomes=FusedSink(out.outcomes, self.fuse),
            snapshot=out.snapshot,
        )
        self.enrichment._rows = FusedSink(self.enrichment._rows, self.fuse)

    def kill(self) -> None:
        """End the process with nothing saved."""
        out = self.tracker._out
        for sink in (out.journal, out.universe, out.outcomes, self.enrichment._rows):
            sink.close()
        ins = self.tracker._in
        for source in (ins.signals, ins.predictions, ins.decisions, ins.windows, *self.enrichment._sources()):
            source.close()

    def world(self, file: str, line: Line) -> None:
        if file not in self._writers:
            self._writers[file] = open_writer(self.home, getattr(self.home, file))
        self._writers[file].append(line)

    def step(self) -> None:
        """Step both workers; after a kill start anew and step again."""
        while True:
            try:
                self.tracker.step(self.clock.at)
                self.enrichment.step(self.clock.at)
            except Crash:
                self.crashes += 1
                self.kill()
                self.start()
            else:
                return

    def run(self, *, save: Callable[[int], bool] = lambda step: step % 3 == 0, until: int = MINUTES) -> None:
        for number, (ts, lines) in enumerate(script().items()):
            if ts > T0 + 60 * until:
                break
            self.clock.at = ts + 1
            for file, line in lines:
                self.world(file, line)
            self.step()
            if save(number):
                self.tracker.save()
                self.enrichment.save()
        self.clock.at += 400
        self.step()

    def close(self) -> None:
        self.tracker.close()
        self.enrichment.close()
        for writer in self._writers.values():
            writer.close()


def lines_of(home: Home) -> dict[str, list[Any]]:
    """Return what the resolver wrote."""
    journal: list[PendingEvent] = list(read_all(home.pending_journal, PendingEvent))
    universe: list[UniverseRow] = list(read_all(home.signals_universe, UniverseRow))
    outcomes: list[SignalOutcome] = list(read_all(home.signal_outcomes, SignalOutcome))
    rows: list[EnrichedDecision] = list(read_all(home.enriched_decisions, EnrichedDecision))
    puts = [event for event in journal if isinstance(event, PendingPut)]
    return {"puts": puts, "universe": universe, "outcomes": outcomes, "rows": rows, "journal": journal}


def counted(lines: list[Any]) -> Counter[str]:
    return Counter(line.signal_id for line in lines)


def builtins(lines: list[Any]) -> list[Any]:
    return sorted((msgspec.to_builtins(line) for line in lines), key=lambda line: line["signal_id"])
