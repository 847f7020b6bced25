"""The exchange's books on disk: a snapshot, and a journal of everything after it."""

from collections.abc import Iterator
from pathlib import Path

from src.exchange.simulator.errors import JournalGap
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry
from src.store.errors import DiskFull, MoneyFileError
from src.store.files import Files, Outgoing, Retention
from src.store.jsonl import BadLine, Durability, read_all

SNAPSHOT_EVERY = 2000
"""Entries between two snapshots: about what a restart replays at most."""
RETENTION = Retention(segment_bytes=64 * 1024 * 1024, segments=2)
"""What is older is in the snapshot."""
_WRITER = "paper_exchange"


class Books:
    """Rebuilds the participants' state at the start, and keeps it on disk from then on.

    An entry is on disk before :meth:`append` returns. A torn last line was never answered and is dropped.
    """

    def __init__(self, folder: Path, *, files: Files, memory_s: float) -> None:
        path = folder / "journal.jsonl"
        self._snapshots = files.document(folder / "snapshot.json", ExchangeSnapshot, writer=_WRITER)
        self._writer: Outgoing[JournalEntry] = files.writer(
            path, writer=_WRITER, durability=Durability.MONEY, retention=RETENTION
        )
        self.state = ExchangeState(memory_s=memory_s)
        self._whole = True
        try:
            self._snapshot_number = self._rebuild(path)
        except BaseException:
            self._writer.close()
            raise

    def append(self, record: JournalEntry) -> int:
        """Write one entry; MoneyFileError or another StoreError ends the exchange, for the state holds more."""
        if not self._whole:
            raise MoneyFileError(
                "the paper exchange's journal lacks what its state holds: it must start again"
            )
        try:
            return self._writer.append(record)
        except BaseException as error:
            self._whole = False
            if isinstance(error, DiskFull):
                raise MoneyFileError(str(error)) from error
            raise

    def snapshot_if_due(self, now: float) -> None:
        """Write a snapshot where the journal has grown enough since the last."""
        if self.state.number - self._snapshot_number >= SNAPSHOT_EVERY:
            self.snapshot(now)

    def close(self) -> None:
        """Let go of the journal."""
        self._writer.close()

    def snapshot(self, ts: float) -> None:
        """Write a snapshot; after a failed append none, for the state is not what the journal holds."""
        if not self._whole:
            return
        self._snapshots.write(self.state.snapshot(ts))
        self._snapshot_number = self.state.number

    def _rebuild(self, path: Path) -> int:
        snapshot = self._snapshots.read()
        if snapshot is not None:
            self.state.restore(snapshot)
        known = self.state.number
        self.state.replay(_after(read_all(path, JournalEntry, on_bad=BadLine.RAISE), known))
        return known


def _after(entries: Iterator[JournalEntry], known: int) -> Iterator[JournalEntry]:
    for entry in entries:
        if entry.number <= known:
            continue
        if entry.number != known + 1:
            raise JournalGap(f"entry {known + 1} of the paper exchange's journal is missing")
        known = entry.number
        yield entry
