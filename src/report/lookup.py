"""Finding the records of one signal in the files of a home, without reading the files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from src.recomputation import NotOnRecord, RulesOnRecord, recomputed
from src.records.base import Document, Line
from src.records.decisions import Decision
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.ledger import (
    ClosingRevised,
    FillBooked,
    LedgerEntry,
    PositionClosed,
    Positions,
    PositionView,
)
from src.records.orders import OrderEvent, OrderIntent
from src.records.outcomes import EnrichedDecision, PendingDecided, PendingEvent, PendingPut, SignalOutcome
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.report.found import CANNOT, DIFFERENT, SAME, Found
from src.report.names import SignalName
from src.report.prices import MidTape, WindowPrice, stale_after_s
from src.store.document import DocumentFile
from src.store.errors import StoreError
from src.store.jsonl import read_tail
from src.store.jsonl_seek import kept_since, read_since
from src.store.paths import Home

SLACK_S = 3600.0
"""How far a line may stand from its place in the order of time: a restarted stage writes late."""

L = TypeVar("L", bound=Line)
D = TypeVar("D", bound=Document)


def find(home: Home, signal_id: str) -> Found:
    """Return what the files of a home hold of a signal; ValueError for what is no signal's name."""
    search = _Search(home, signal_id)
    pending = tuple(search.events())
    queued = next((event for event in pending if isinstance(event, PendingPut)), None)
    signal = search.one(home.predictive_signals, Signal)
    decision = search.one(home.decisions, Decision)
    orders = tuple(search.orders())
    ledger = tuple(search.ledger())
    weights, position = search.documents(decision)
    newest: list[WindowPrice] = read_tail(home.windows, WindowPrice, 1)
    return Found(
        signal_id=signal_id,
        name=search.name,
        signal=signal if signal is not None or queued is None else queued.signal,
        window=search.window(),
        prediction=search.one(home.ensemble_predictions, Prediction),
        queued=queued,
        answered=next((event for event in pending if isinstance(event, PendingDecided)), None),
        decision=decision,
        orders=orders,
        ledger=ledger,
        outcome=search.one(home.signal_outcomes, SignalOutcome),
        row=search.one(home.enriched_decisions, EnrichedDecision),
        weights=weights,
        repeated=search.repeated(decision),
        position=position,
        mids=search.mids(orders, newest[0].window_s if newest else 0.0),
        as_of=newest[0].ts if newest else None,
        window_s=newest[0].window_s if newest else None,
        kept_since={path.name: kept_since(path) for path in _files(home)},
        unreadable=tuple(search.unreadable),
    )


def _files(home: Home) -> tuple[Path, ...]:
    return (
        home.windows,
        home.predictive_signals,
        home.ensemble_predictions,
        home.decisions,
        home.orders,
        home.fills,
        home.signal_outcomes,
    )


class _Search:
    """One signal, looked for in one file after the other."""

    def __init__(self, home: Home, signal_id: str) -> None:
        self.name = SignalName.parse(signal_id)
        self.unreadable: list[str] = []
        self._home = home
        self._signal_id = signal_id
        self._text = f'"{signal_id}"'.encode()
        self._symbol = f'"symbol":"{self.name.symbol}"'.encode()
        self._since = self.name.ts - SLACK_S

    def one(self, path: Path, record: type[L]) -> L | None:
        """Return the first line of a file that is about the signal."""
        return next(read_since(path, record, self._since, holding=[self._text]), None)

    def window(self) -> Features | None:
        """Return the window at whose close the signal was made."""
        ts, path = self.name.ts, self._home.windows
        windows = read_since(path, Features, ts - 0.0005, until=ts + 0.0005, holding=[self._symbol])
        return next((window for window in windows if window.symbol == self.name.symbol), None)

    def events(self) -> Iterator[PendingEvent]:
        """Return what the gate's queue noted of the signal."""
        yield from read_since(self._home.pending_journal, PendingEvent, self._since, holding=[self._text])

    def orders(self) -> Iterator[OrderEvent]:
        """Return the signal's orders, what was answered, and what was cancelled."""
        names = [
            f'"{event.cli_ord_id}"'.encode()
            for event in self._order_events([self._text])
            if isinstance(event, OrderIntent) and event.position_id == self._signal_id
        ]
        if names:
            yield from self._order_events(names)

    def ledger(self) -> Iterator[LedgerEntry]:
        """Return the signal's fills, its closing and what was corrected of that."""
        entries: Iterator[LedgerEntry] = read_since(
            self._home.fills, LedgerEntry, self._since, holding=[self._text]
        )
        for entry in entries:
            if not isinstance(entry, FillBooked | PositionClosed | ClosingRevised):
                continue
            if entry.position_id == self._signal_id:
                yield entry

    def mids(self, orders: tuple[OrderEvent, ...], window_s: float) -> MidTape:
        """Return the mid prices at the decision and when each order left."""
        times = {self.name.ts, *(event.ts for event in orders if isinstance(event, OrderIntent))}
        windows: dict[float, WindowPrice] = {}
        for ts in times:
            since = ts - stale_after_s(window_s) - window_s
            for window in read_since(
                self._home.windows, WindowPrice, since, until=ts, holding=[self._symbol]
            ):
                windows[window.ts] = window
        tape = MidTape()
        for _, window in sorted(windows.items()):
            tape.add(window)
        return tape

    def documents(self, decision: Decision | None) -> tuple[SignalWeights | None, PositionView | None]:
        """Return the weights that decided, if they are kept, and the position, if it is open."""
        positions = self._read(DocumentFile(self._home.positions_futures, Positions, writer="explain"))
        views = positions.open_positions if positions is not None else ()
        position = next((view for view in views if view.position_id == self._signal_id), None)
        return (None if decision is None else self._weights(decision.weights_version)), position

    def repeated(self, decision: Decision | None) -> str:
        """Return what becomes of the decision when it is made once more from the records; empty without one."""
        if decision is None:
            return ""
        try:
            again = recomputed(self._home, decision)
        except NotOnRecord as gone:
            return f"{CANNOT}: {gone}"
        return SAME if again == decision else DIFFERENT

    def _weights(self, version: str) -> SignalWeights | None:
        try:
            return RulesOnRecord(self._home).weights(version)
        except NotOnRecord:
            return None

    def _read(self, file: DocumentFile[D]) -> D | None:
        try:
            return file.read()
        except StoreError as error:
            self.unreadable.append(str(error))
            return None

    def _order_events(self, holding: list[bytes]) -> Iterator[OrderEvent]:
        yield from read_since(self._home.orders, OrderEvent, self._since, holding=holding)
