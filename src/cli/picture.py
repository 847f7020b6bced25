"""What a home's records say, gathered for people and scripts."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from src.cli.alert_words import alert_faults
from src.records.alerts import AlertState
from src.records.base import Document
from src.records.decisions import Decision
from src.records.enums import OrderPurpose
from src.records.learning import LearningState
from src.records.ledger import LedgerEntry, Positions
from src.records.operations import Health, WorkerState
from src.records.orders import CancelIntent, OrderEvent, OrderIntent, OrderUpdate
from src.records.risk import RiskEvent, RiskLatched
from src.records.simulation import SimulationRun
from src.report.bare_time import BareNumbers, bare_numbers
from src.risk.book import folded
from src.store.document import DocumentFile
from src.store.errors import StoreError
from src.store.freeze import Freeze
from src.store.held import home_is_held
from src.store.jsonl import read_all, read_tail
from src.store.paths import Home

NEWEST = 1000

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Funnel:
    """From signal to fill, over the newest decisions."""

    decisions: int
    passed: int
    entries: int
    """Entry orders among the newest journal lines."""
    filled: int
    """Entry orders of those that the exchange answered with a fill."""
    blocked_by: tuple[tuple[str, int], ...]
    """Checks and how many decisions each blocked, most first."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One home at one moment."""

    running: bool
    health: Health | None
    positions: Positions | None
    learning: LearningState | None
    funnel: Funnel
    simulation: SimulationRun | None = None
    """The manifest of a home that was lived in virtual time."""
    frozen: tuple[str, ...] = ()
    """Why the flag that stands in the home forbids new entries."""
    breached: tuple[RiskLatched, ...] = ()
    """The hard limits whose breach nobody has cleared."""
    bare: BareNumbers | None = None
    """How long the newest positions stood without a stop."""
    alerts: AlertState | None = None
    """Who is told; None where nobody was ever to be told."""
    unreadable: tuple[str, ...] = ()
    """Documents that are there but cannot be read, and why."""

    def faults(self) -> tuple[str, ...]:
        """Return what a person must look at."""
        breached = [breach_in_words(latch) for latch in self.breached]
        if self.health is None or not self.running:
            return (*self.unreadable, *breached)
        broken = [
            f"{fault.file}:{fault.line}:{fault.column} {fault.key}: {fault.rule}"
            for fault in self.health.config_faults
        ]
        down = [
            f"{worker.name} is {worker.state.value.lower()}"
            for worker in self.health.workers
            if worker.state in {WorkerState.FAILED, WorkerState.HUNG}
        ]
        naked = [
            f"{view.symbol} has no stop on the exchange"
            for view in (self.positions.open_positions if self.positions else ())
            if view.stop is None
        ]
        costs = self.positions.warnings if self.positions else ()
        silent = alert_faults(self.alerts) if self.alerts is not None and self._alerts_run() else ()
        return (*self.unreadable, *breached, *silent, *broken, *down, *naked, *costs)

    def _alerts_run(self) -> bool:
        workers = self.health.workers if self.health is not None else ()
        return any(worker.name == "alerts" for worker in workers)

    def as_json(self) -> dict[str, object]:
        """Return plain values for a script."""
        return {
            "running": self.running,
            "simulation": msgspec.to_builtins(self.simulation),
            "frozen": list(self.frozen),
            "breached": msgspec.to_builtins(self.breached),
            "health": msgspec.to_builtins(self.health),
            "positions": msgspec.to_builtins(self.positions),
            "learning": msgspec.to_builtins(self.learning),
            "alerts": msgspec.to_builtins(self.alerts),
            "without_stop": None if self.bare is None else asdict(self.bare),
            "funnel": {
                "decisions": self.funnel.decisions,
                "passed": self.funnel.passed,
                "entries": self.funnel.entries,
                "filled": self.funnel.filled,
                "blocked_by": dict(self.funnel.blocked_by),
            },
            "faults": list(self.faults()),
        }


def picture_of(home: Home) -> Picture:
    """Return what the records of a home say now."""
    unreadable: list[str] = []
    return Picture(
        running=home_is_held(home),
        health=_document(home.health, Health, unreadable),
        positions=_document(home.positions_futures, Positions, unreadable),
        learning=_document(home.learning_state, LearningState, unreadable),
        alerts=_document(home.alert_state, AlertState, unreadable),
        funnel=_funnel(home),
        bare=bare_numbers(
            read_tail(home.orders, OrderEvent, NEWEST), read_tail(home.fills, LedgerEntry, NEWEST)
        ),
        simulation=_document(home.simulation, SimulationRun, unreadable),
        frozen=Freeze(home).reasons() if home.logs.is_dir() else (),
        breached=tuple(folded(read_all(home.risk, RiskEvent)).latched.values()),
        unreadable=tuple(unreadable),
    )


def breach_in_words(latch: RiskLatched) -> str:
    """Return what a person reads of a breached limit, and what to do."""
    state = latch.state.value.lower().replace("_", "-")
    since = f"{datetime.fromtimestamp(latch.ts, UTC):%Y-%m-%d %H:%M}"
    return (
        f"{state} since {since}: {latch.limit.value} was {latch.measured:.4g}, the limit {latch.allowed:.4g}; "
        f'once that is understood: python -m src clear "REASON"'
    )


def _document(path: Path, record: type[D], unreadable: list[str]) -> D | None:
    try:
        return DocumentFile(path, record, writer="status").read()
    except StoreError as error:
        unreadable.append(str(error))
        return None


def _funnel(home: Home) -> Funnel:
    decisions = read_tail(home.decisions, Decision, NEWEST)
    entries: set[str] = set()
    filled: set[str] = set()
    events: list[OrderEvent] = read_tail(home.orders, OrderEvent, NEWEST)
    for event in events:
        match event:
            case OrderIntent(purpose=OrderPurpose.ENTRY):
                entries.add(event.cli_ord_id)
            case OrderUpdate() if event.filled > 0:
                filled.add(event.cli_ord_id)
            case OrderIntent() | OrderUpdate() | CancelIntent():
                pass
    blocked = Counter(check for decision in decisions for check in decision.blocked_by)
    return Funnel(
        decisions=len(decisions),
        passed=sum(decision.should_trade for decision in decisions),
        entries=len(entries),
        filled=len(entries & filled),
        blocked_by=tuple(blocked.most_common()),
    )
