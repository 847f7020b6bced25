"""One audit of one home, from the first file to the last."""

import functools
import math
import operator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar

from src.audit.ahead import Ahead, Key
from src.audit.breaches import Breaches
from src.audit.claims import EXCHANGE_STATE, POSITIONS_FILE
from src.audit.decisions import DecisionAudit, Repeats, Sources
from src.audit.documents import check_documents
from src.audit.exchange import ExchangeAudit
from src.audit.exchange_books import Answers, BrokenBooks, ExchangeBooks, books_of_journal, books_of_venue
from src.audit.fills import FillAudit
from src.audit.findings import Findings, Spot
from src.audit.gate_again import GateAgain
from src.audit.ledger import LedgerAudit
from src.audit.market import MarketAudit
from src.audit.orders import OrderAudit
from src.audit.positions import PositionsAudit
from src.audit.stream import Progress, Stream
from src.audit.versions import Versions
from src.conviction_gate import CHECKS, check_name
from src.recomputation import RulesOnRecord
from src.records.base import Document, Line
from src.records.catalogue import FILES
from src.records.decisions import Decision
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry
from src.records.features import Features
from src.records.gate_facts import GateFacts
from src.records.learning import LearningAudit
from src.records.ledger import FillBooked, LedgerEntry, Positions
from src.records.operations import HomeIdentity
from src.records.orders import OrderEvent
from src.records.outcomes import PendingEvent, PendingPut
from src.records.predictions import Prediction
from src.records.risk import RiskEvent
from src.records.settings import BotSettings
from src.records.signals import Signal
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.errors import ConfigError, StoreError
from src.store.jsonl import read_all
from src.store.paths import Home

SIZE_CHECK = "size"
LEAST_SLACK_S = 600.0
YOUNG_REAL_S = 30.0
"""Real seconds after which what a living bot does is on record in all its files."""
ASKED_BACK_S = 3_600.0
"""How far back a venue is asked for its fills."""

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Whether a bot goes on in the home while it is audited, and when that is."""

    running: bool
    now: float = math.inf
    """Market time; what is older than ``YOUNG_REAL_S`` before it is settled."""
    speed: float = 1.0

    @property
    def young_since(self) -> float:
        """Return the market time after which things may be under way."""
        return self.now - YOUNG_REAL_S * self.speed if self.running else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit has come to."""

    findings: Findings
    lines: dict[str, int]
    """By file: the records that were read."""


class HomeAudit:
    """The files of a home, marked at one moment and then read one after the other."""

    def __init__(
        self, home: Home, *, life: Life, progress: Progress, exchange: Answers | None, repeat: Repeats | None
    ) -> None:
        """Mark what is there now, what follows from others first: it may go on meanwhile."""
        self.findings = Findings()
        self._home = home
        self._life = life
        self._progress = progress
        self._exchange = exchange
        self._repeat = repeat
        self._streams: dict[str, Stream[Any]] = {}
        self._market = MarketAudit(self.findings)
        self._positions = self._document(home.positions_futures, Positions)
        self._fills: Stream[LedgerEntry] = self._stream(home.fills, LedgerEntry)
        self._orders: Stream[OrderEvent] = self._stream(home.orders, OrderEvent)
        self._risk: Stream[RiskEvent] = self._stream(home.risk, RiskEvent)
        self._snapshot = self._document(home.paper_exchange / "snapshot.json", ExchangeSnapshot)
        self._journal: Stream[JournalEntry] = self._stream(
            home.paper_exchange / "journal.jsonl", JournalEntry
        )
        self._decisions: Stream[Decision] = self._stream(home.decisions, Decision)
        self._learning: Stream[LearningAudit] = self._stream(home.learning_audit, LearningAudit)
        self._puts: Stream[PendingEvent] = self._stream(home.pending_journal, PendingEvent)
        self._predictions: Stream[Prediction] = self._stream(home.ensemble_predictions, Prediction)
        self._signals: Stream[Signal] = self._stream(home.predictive_signals, Signal)
        self._facts: Stream[GateFacts] = self._stream(home.gate_facts, GateFacts)

    def run(self) -> Audited:
        """Read everything and judge it."""
        decided = self._read_decisions()
        orders = self._read_orders(decided)
        self._read_money(orders)
        self._read_others()
        check_documents(self._home, self.findings)
        return Audited(
            findings=self.findings, lines={name: stream.records for name, stream in self._streams.items()}
        )

    def _read_decisions(self) -> DecisionAudit:
        versions = Versions(self._home, (line for _, line in self._learning))
        slack = self._slack_s()
        sources = Sources(
            signals=Ahead(self._signals, lambda signal: Key(signal.signal_id, signal.ts), slack_s=slack),
            puts=Ahead(self._puts, _put_key, slack_s=slack),
            predictions=Ahead(self._predictions, lambda each: Key(each.signal_id, each.ts), slack_s=slack),
        )
        again = GateAgain(
            iter(self._facts), read_all(self._home.windows, Features), RulesOnRecord(self._home)
        )
        audit = DecisionAudit(
            file=self._decisions.name,
            sources=sources,
            versions=versions,
            checks=(*[check_name(check) for check in CHECKS], SIZE_CHECK),
            findings=self.findings,
            repeat=self._repeat or again,
        )
        audit.read(self._decisions)
        again.drain()
        for source in (sources.signals, sources.puts, sources.predictions):
            source.drain()
        return audit

    def _read_orders(self, decided: DecisionAudit) -> OrderAudit:
        identity = self._document(self._home.identity, HomeIdentity)
        since = self._decisions.whole_since
        audit = OrderAudit(
            file=self._orders.name,
            trades=decided.trades if self._decisions.records else None,
            instance=None if identity is None else identity.instance,
            decided_since=None if since is None else since + LEAST_SLACK_S,
            findings=self.findings,
            breaches=Breaches(event for _, event in self._risk) if self._home.risk.exists() else None,
        )
        audit.read(self._orders)
        return audit

    def _read_money(self, orders: OrderAudit) -> None:
        findings, young_since, file = self.findings, self._life.young_since, self._fills.name
        sides = [
            ExchangeAudit(books, file=file, findings=findings, young_since=young_since)
            for books in self._exchange_books()
        ]
        if not sides:
            findings.leave_open(EXCHANGE_STATE, "the exchange was not asked")
        picture = self._positions
        shown = None
        if picture is not None:
            name = self._home.positions_futures.relative_to(self._home.root).as_posix()
            shown = PositionsAudit(picture, file=name, findings=findings)
        fills = FillAudit(
            file=file, orders=orders.orders, orders_since=self._orders.whole_since, findings=findings
        )

        def on_fill(seq: int, fill: FillBooked) -> None:
            self._market.add(fills.spot(seq, fill), fill)
            for side in sides:
                side.take(seq, fill)

        ledger = LedgerAudit(
            file=file,
            fills=fills,
            findings=findings,
            at_seq=None if picture is None else picture.as_of_seq,
            at_mark=_nothing if shown is None else shown.compare,
            on_fill=on_fill,
        )
        ledger.read(self._fills)
        orders.conclude(young_since=young_since)
        opened = ledger.opened
        for side in sides:
            side.conclude(
                ledger.money,
                orders.orders,
                opened=opened,
                live=self._life.running,
            )
        if shown is None:
            findings.leave_open(POSITIONS_FILE, "there is none")
            return
        shown.conclude(ledger.last_seq, ledger.first_seq)
        busy = {
            order.intent.symbol
            for order in orders.orders.values()
            if max(order.updated_ts, order.intent.ts) > young_since
        }
        shown.check_stops(orders.orders, excused=busy.__contains__)

    def _exchange_books(self) -> list[ExchangeBooks]:
        books = []
        try:
            found = books_of_journal(self._journal, self._snapshot, name="the exchange's journal")
            books = [] if found is None else [found]
        except BrokenBooks as fault:
            spot = Spot(self._journal.name, fault.seq)
            self.findings.refute(
                EXCHANGE_STATE, spot, expected="an entry that follows from those before", found=fault
            )
        if self._exchange is not None:
            since = (self._life.now if self._life.running else self._newest_ts()) - ASKED_BACK_S
            books.append(books_of_venue(self._exchange, since=since, name="the exchange's answers"))
        return books

    def _newest_ts(self) -> float:
        return 0.0 if self._positions is None else self._positions.ts

    def _read_others(self) -> None:
        """Read the market, then the files that no claim but that of their numbering is about."""
        windows: Stream[Features] = self._stream(self._home.windows, Features)
        self._market.read(windows)
        for entry in FILES:
            if entry.path.endswith(".jsonl") and issubclass(entry.records[0], Line):
                path = self._home.root / entry.path
                if entry.path not in self._streams:
                    self._stream(path, functools.reduce(operator.or_, entry.records)).drain()

    def _slack_s(self) -> float:
        """Return how far two files' orders of time may differ: as long as a signal may wait for its decision."""
        try:
            settings = ConfigFile(self._home.bot_settings, BotSettings).load()
        except ConfigError:
            return LEAST_SLACK_S
        return max(2 * settings.signal_ttl_s, 2 * settings.window_s, LEAST_SLACK_S)

    def _stream(self, path: Path, record_type: type[Any] | UnionType) -> Stream[Any]:
        name = path.relative_to(self._home.root).as_posix()
        stream: Stream[Any] = Stream(
            path,
            name,
            record_type,
            findings=self.findings,
            progress=self._progress,
            running=self._life.running,
        )
        self._streams[name] = stream
        return stream

    def _document(self, path: Path, record_type: type[D]) -> D | None:
        """Return a document; what cannot be read is told by the check of the documents."""
        try:
            return DocumentFile(path, record_type, writer="audit").read()
        except StoreError:
            return None


def audit_home(
    home: Home,
    *,
    life: Life,
    progress: Progress,
    exchange: Answers | None = None,
    repeat: Repeats | None = None,
) -> Audited:
    """Return what the records of a home prove and refute.

    The paper exchange's own journal is read where the home has one; ``exchange`` is asked beside it, by reading
    calls alone. ``repeat`` makes a decision again from its record. Raises NoAnswer where the exchange gives none.
    """
    return HomeAudit(home, life=life, progress=progress, exchange=exchange, repeat=repeat).run()


def _put_key(event: PendingEvent) -> Key | None:
    return Key(event.signal_id, event.signal.ts) if isinstance(event, PendingPut) else None


def _nothing(_: object) -> None:
    """Do nothing."""
