"""A whole trading cycle on the crash world's exchange: from signals in the queue to orders, in one process."""

import shutil
from pathlib import Path
from typing import Any

from src.bot_cycle import BotCycle, build_bot_cycle
from src.exchange.desk import TradingDesk
from src.records.decisions import Decision
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.outcomes import PendingPut
from src.records.signals import Signal
from src.store.document import DocumentFile
from src.store.jsonl import Durability, JsonlWriter, read_all
from tests.crash_world import CrashWorld
from tests.exchange_fakes import the_settings
from tests.files_fakes import disk_files
from tests.gate_fakes import (
    CONFIGS,
    STAKES,
    a_prediction,
    a_signal,
    some_evidence,
    some_features,
    some_weights,
)
from tests.paper_exchange_fakes import ETH, XBT

PRICES = {XBT: 50_000.0, ETH: 2_000.0}


class CycleWorld(CrashWorld):
    """Markets, signals and predictions that others write, and the cycle that trades them."""

    def __init__(self, root: Path) -> None:
        self.cycle: BotCycle | None = None
        super().__init__(root)

    def signal(self, symbol: str = ETH, **changes: object) -> Signal:
        """Put a signal that passes the gate on disk, with all that it follows from."""
        now = self.paper.now
        signal = a_signal(symbol=symbol, ts=now, price=PRICES[symbol], **changes)
        prediction = a_prediction(signal, recorded_at=now)
        put = PendingPut(ts=now, signal_id=signal.signal_id, signal=signal, prediction=prediction)
        self._write(self.home.predictive_signals, signal)
        self._write(self.home.ensemble_predictions, prediction)
        self._write(self.home.pending_journal, put)
        return signal

    def window(self, *, factor: float = 1.0) -> None:
        """Close a window of every symbol, at its price times a factor."""
        for symbol, price in PRICES.items():
            mid = price * factor
            shown = some_features(symbol=symbol, ts=self.paper.now, mid=mid, mark=mid, bid=mid, ask=mid)
            self._write(self.home.windows, shown)

    def decisions(self) -> list[Decision]:
        """Return every decision on disk."""
        return list(read_all(self.home.decisions, Decision))

    def stop(self) -> None:
        """Let go of everything that a dead process lets go of."""
        if self.cycle is not None:
            self.cycle.close()
        super().stop()

    def _step(self) -> None:
        assert self.cycle is not None
        self.cycle.step(self.paper.now)
        self.cycle.save()

    def _write(self, path: Path, record: Any) -> None:  # noqa: ANN401 - a record of the file
        with JsonlWriter[Any](
            path, writer="test", durability=Durability.KNOWLEDGE, quarantine=self.home.quarantine
        ) as writer:
            writer.append(record)

    def _open(self) -> TradingDesk:
        if not self.starts:
            self._furnish()
        self.desk = super()._open()
        settings = the_settings()
        self.cycle = build_bot_cycle(
            self.home,
            settings,
            self.desk,
            files=disk_files(self.home, settings),
            speed=1.0,
            unhealthy_workers=lambda: (),
            stakes=STAKES,
        )
        return self.desk

    def _furnish(self) -> None:
        """Put in place what a home has before its first trade."""
        for config in CONFIGS.glob("*.json"):
            shutil.copy(config, self.home.configs)
        DocumentFile(self.home.weights, SignalWeights, writer="learner").write(some_weights(self.paper.now))
        evidence = DocumentFile(self.home.edge_evidence, EdgeEvidence, writer="learning")
        evidence.write(some_evidence(self.paper.now))
        for symbol, price in PRICES.items():
            self.quote(symbol, price)
        self.window()

    def quote(self, symbol: str, price: float) -> None:
        """Move book and mark of a symbol."""
        bids = ((price * 0.9999, 50.0), (price * 0.999, 50.0), (price * 0.99, 500.0))
        asks = ((price * 1.0001, 50.0), (price * 1.001, 50.0), (price * 1.01, 500.0))
        self.paper.book(symbol=symbol, bids=bids, asks=asks)
        self.paper.mark(price, symbol=symbol)
