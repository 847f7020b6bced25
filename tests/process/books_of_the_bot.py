"""What the files of a home must say however often its processes were killed."""

import urllib.request
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Union

import msgspec
import orjson

from src.records.base import Line
from src.records.catalogue import FILES, FileEntry
from src.records.decisions import Decision
from src.records.enums import HORIZONS_S
from src.records.ledger import FillBooked, LedgerEntry, Positions
from src.records.operations import ClockAnchor, ExchangeEndpoint
from src.records.orders import OrderEvent, OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EnrichedDecision, PendingEvent, PendingPut, SignalOutcome, UniverseRow
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.jsonl import BadLine, read_all
from src.store.line import LineError, parse_line
from src.store.paths import Home
from src.store.segments import closed_segments

SETTLED_AFTER_S = max(HORIZONS_S.values()) + 150.0
"""Market seconds after which a signal's last horizon is priced or given up, while windows go on coming."""


# no file is corrupt
def broken_files(home: Home) -> list[str]:
    """Return what is wrong with any file of the catalogue: lines, numbering, documents; empty when nothing is."""
    found: list[str] = []
    for entry in FILES:
        if entry.path.endswith(".jsonl"):
            found += _broken_lines(home.root / entry.path, entry)
        elif entry.path.endswith(".json"):
            found += _broken_documents(home, entry)
    found += [f"quarantined: {path.name}" for path in home.quarantine.iterdir() if path.suffix != ".torn"]
    return found


def _broken_lines(path: Path, entry: FileEntry) -> Iterator[str]:
    decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(Union[entry.records])  # noqa: UP007 - made at run time
    money, numbered = entry.durability == "money", issubclass(entry.records[0], Line)
    last: int | None = None
    segments = [*closed_segments(path).values(), path] if path.exists() else []
    for segment in segments:
        content = segment.read_bytes()
        whole, _, torn = content.rpartition(b"\n")
        if torn:
            yield f"{segment.name}: torn last line {torn[:80]!r}"
        for number, line in enumerate(whole.split(b"\n"), 1):
            try:
                seq, record = (
                    parse_line(line, decoder, money=money) if numbered else (0, decoder.decode(line))
                )
            except (LineError, msgspec.MsgspecError) as error:
                yield f"{segment.name}:{number}: {error}"
                continue
            expected = None if last is None else last + (record is not None)
            if numbered and expected is not None and seq != expected:
                yield f"{segment.name}:{number}: seq {seq} after {last}"
            last = seq


def _broken_documents(home: Home, entry: FileEntry) -> Iterator[str]:
    for path in sorted(home.root.glob(entry.path.replace("<SYMBOL>", "*"))):
        content = path.read_bytes()
        if entry.path.startswith("configs/"):
            raw = orjson.loads(content)
            content = orjson.dumps(_without_notes(raw))
        try:
            msgspec.json.decode(content, type=entry.records[0])
        except msgspec.MsgspecError as error:
            yield f"{path.name}: {error}"


def _without_notes(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_notes(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [_without_notes(inner) for inner in value]
    return value


# no signal is lost or doubled
class Trail:
    """Which signal ids stand in which file, in the order of the lines."""

    def __init__(self, home: Home) -> None:
        self.signals = list(read_all(home.predictive_signals, Signal, on_bad=BadLine.RAISE))
        events: Iterator[PendingEvent] = read_all(home.pending_journal, PendingEvent, on_bad=BadLine.RAISE)
        self.ids: dict[str, list[str]] = {
            "predictive_signals": [signal.signal_id for signal in self.signals],
            "ensemble_predictions": _ids(home.ensemble_predictions, Prediction),
            "pending_put": [event.signal_id for event in events if isinstance(event, PendingPut)],
            "conviction_gate": _ids(home.decisions, Decision),
            "signals_universe": _ids(home.signals_universe, UniverseRow),
            "signal_outcomes": _ids(home.signal_outcomes, SignalOutcome),
            "enriched_decisions": _ids(home.enriched_decisions, EnrichedDecision),
        }

    def doubled(self) -> list[str]:
        """Return every id that stands in a file more than once, or in one without being a signal."""
        known = set(self.ids["predictive_signals"])
        twice = [
            f"{name}: {count} times {signal_id}"
            for name, ids in self.ids.items()
            for signal_id, count in Counter(ids).items()
            if count > 1
        ]
        strange = [f"{name}: unknown {each}" for name, ids in self.ids.items() for each in set(ids) - known]
        return twice + strange

    def lost(self, *, before: float, settled_at: float, trades: set[str]) -> list[str]:
        """Return every signal that a later file does not have and by now should.

        Signals of before ``before`` must have passed the gate; those that were old enough at ``settled_at``
        must have an outcome, and a row unless theirs is among the ``trades`` that are still open.
        """
        queued = {signal.signal_id for signal in self.signals if signal.ts <= before}
        old = {signal.signal_id for signal in self.signals if signal.ts + SETTLED_AFTER_S <= settled_at}
        due = {
            "ensemble_predictions": queued,
            "pending_put": queued,
            "conviction_gate": queued,
            "signals_universe": queued,
            "signal_outcomes": old,
            "enriched_decisions": old - trades,
        }
        return [f"{name}: lost {each}" for name, ids in due.items() for each in ids - set(self.ids[name])]

    def count(self) -> dict[str, int]:
        """Return how many lines each file has."""
        return {name: len(ids) for name, ids in self.ids.items()}


def _ids(path: Path, record_type: type[Any]) -> list[str]:
    return [record.signal_id for record in read_all(path, record_type, on_bad=BadLine.RAISE)]


# the money is where the exchange says it is
class Money:
    """The exchange's books and the bot's, read as close together as two processes allow."""

    def __init__(self, home: Home) -> None:
        self.ours = msgspec.json.decode(home.positions_futures.read_bytes(), type=Positions)
        self.theirs = exchange_state(home)
        ledger: Iterator[LedgerEntry] = read_all(home.fills, LedgerEntry, on_bad=BadLine.RAISE)
        self.booked = [entry.fill_id for entry in ledger if isinstance(entry, FillBooked)]
        self.unresolved = unresolved_orders(home)

    def differences(self) -> list[str]:
        """Return what the two do not agree on, and what is not protected."""
        found: list[str] = []
        ours = {view.symbol: view.direction.sign * view.size for view in self.ours.open_positions}
        theirs = {row["symbol"]: Decimal(row["size"]) for row in self.theirs["positions"]}
        if ours != theirs:
            found.append(f"positions: {ours} are {theirs} on the exchange")
        orders = [order["terms"] | {"open_size": order["open_size"]} for order in self.theirs["open_orders"]]
        stops = {order["symbol"]: Decimal(order["open_size"]) for order in orders if order["reduce_only"]}
        if len(orders) != len(stops) or stops != {symbol: abs(size) for symbol, size in theirs.items()}:
            found.append(f"stops: {orders} for {theirs}")
        fills = [fill["fill_id"] for fill in self.theirs["fills"]]
        if Counter(self.booked) != Counter(fills):
            found.append(f"fills: {sorted(set(self.booked) ^ set(fills))} of {len(fills)}")
        balance = Decimal(self.theirs["balance_usd"])
        if abs(self.ours.cash_usd - balance) >= Decimal("0.005"):
            found.append(f"cash: {self.ours.cash_usd} is {balance} on the exchange")
        return found + [f"order without an end: {name}" for name in self.unresolved]


def exchange_state(home: Home) -> dict[str, Any]:
    """Return the paper exchange's own account of itself."""
    endpoint = msgspec.json.decode(home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint)
    request = urllib.request.Request(  # noqa: S310 - our own loopback server
        f"{endpoint.url}/admin/state", headers={"Authorization": f"Bearer {endpoint.admin_token}"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
        state: dict[str, Any] = orjson.loads(answer.read())
    return state


def unresolved_orders(home: Home) -> list[str]:
    """Return the orders of which the journal does not know what became of them, and doubled intents."""
    states: dict[str, OrderState] = {}
    twice: list[str] = []
    events: Iterator[OrderEvent] = read_all(home.orders, OrderEvent, on_bad=BadLine.RAISE)
    for event in events:
        if isinstance(event, OrderIntent):
            twice += [event.cli_ord_id] if event.cli_ord_id in states else []
            states[event.cli_ord_id] = OrderState.INTENT
        elif isinstance(event, OrderUpdate):
            states[event.cli_ord_id] = event.state
    open_states = {OrderState.INTENT, OrderState.UNKNOWN}
    return twice + [name for name, state in states.items() if state in open_states]


def open_trades(home: Home) -> set[str]:
    """Return the signals of positions that are still open."""
    views = msgspec.json.decode(home.positions_futures.read_bytes(), type=Positions).open_positions
    return {view.signal_id for view in views if view.signal_id is not None}


def anchor(home: Home) -> ClockAnchor:
    """Return how the home's market time follows from the machine's clock."""
    return msgspec.json.decode(home.clock.read_bytes(), type=ClockAnchor)
