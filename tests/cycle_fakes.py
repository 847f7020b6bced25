"""A home with the files that others write, on which trading cycles are started."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from src.bot_cycle import BotCycle, build_bot_cycle
from src.records.decisions import Decision
from src.records.features import Features
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.ledger import LedgerEntry
from src.records.outcomes import PendingEvent, PendingPut
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.jsonl import Durability, JsonlWriter, read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.gate_fakes import (
    CONFIGS,
    LEADER,
    SETTINGS,
    STAKES,
    SYMBOL,
    FakeDesk,
    a_prediction,
    some_evidence,
    some_features,
    some_weights,
)


class Bench:
    """A home with the files that others write, and cycles that are started on it."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self.home = Home(root)
        for folder in self.home.folders():
            folder.mkdir(parents=True)
        for config in CONFIGS.glob("*.json"):
            shutil.copy(config, self.home.configs)
        DocumentFile(self.home.weights, SignalWeights, writer="learner").write(some_weights())
        self.pending: JsonlWriter[PendingEvent] = stack.enter_context(
            JsonlWriter(
                self.home.pending_journal, writer="resolver", durability=Durability.KNOWLEDGE,
                quarantine=self.home.quarantine,
            )
        )  # fmt: skip
        self.windows: JsonlWriter[Features] = stack.enter_context(
            JsonlWriter(
                self.home.windows, writer="features", durability=Durability.KNOWLEDGE,
                quarantine=self.home.quarantine,
            )
        )  # fmt: skip
        self.fills: JsonlWriter[LedgerEntry] = stack.enter_context(
            JsonlWriter(
                self.home.fills, writer="main", durability=Durability.MONEY, quarantine=self.home.quarantine
            )
        )
        evidence = DocumentFile(self.home.edge_evidence, EdgeEvidence, writer="learning")
        evidence.write(some_evidence())
        self.desk = FakeDesk()
        self.unhealthy: tuple[str, ...] | None = ()
        self._stack = stack

    def start(self) -> BotCycle:
        cycle = build_bot_cycle(
            self.home,
            SETTINGS,
            self.desk,
            files=disk_files(self.home),
            speed=1.0,
            unhealthy_workers=lambda: self.unhealthy,
            stakes=STAKES,
        )
        self._stack.callback(cycle.close)
        return cycle

    def window(self, *symbols: str, **changes: object) -> None:
        for symbol in symbols or (LEADER, SYMBOL):
            self.windows.append(some_features(symbol=symbol, **changes))

    def put(self, *signals: Signal) -> None:
        for signal in signals:
            self.pending.append(
                PendingPut(
                    ts=signal.ts, signal_id=signal.signal_id, signal=signal, prediction=a_prediction(signal)
                )
            )

    def decisions(self) -> list[Decision]:
        return list(read_all(self.home.decisions, Decision))
