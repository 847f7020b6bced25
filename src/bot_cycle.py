"""The trading cycle: decisions first, then exits and entries, then whatever guards what is open.

Each pass sends at most one order, so that a slow exchange never keeps the next signal from its decision.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import msgspec

from src.conviction_gate import REMEMBERED, ConvictionGate
from src.exchange.base import Instrument
from src.exchange.errors import OrderRefused
from src.exchange.executor import Submission
from src.exits import ExitWatch
from src.gates.base import Exposure, GateContext, Lot
from src.gates.size import contracts_of
from src.gates.view import MarketView, exposures_of
from src.records.base import Record
from src.records.decisions import Decision
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.ledger import FillBooked, LedgerEntry, PositionView
from src.records.outcomes import PendingEvent
from src.records.policies import SignalPolicies
from src.records.settings import BotSettings, ExitRules
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.errors import CorruptDocument
from src.store.jsonl import Durability, JsonlReader, JsonlWriter, read_tail
from src.store.paths import Home

log = logging.getLogger(__name__)

WINDOWS_AT_ONCE = 2_000
SEED_WINDOWS = 50_000
"""Windows that are looked through after a restart for the best price of an open position."""
SEED_FILLS = 1_000
RETRY_EXIT_S = 2.0
"""Real seconds before an exit that did not go through is tried again."""


class Desk(Protocol):
    """The bot's dealings with its exchange, as the trading cycle needs them."""

    @property
    def ready(self) -> bool:
        """Return whether reconciliation has been completed since the start."""

    def freeze_reasons(self) -> tuple[str, ...]:
        """Return what the exchange's state holds against new entries now."""

    def blocked(self, symbol: str) -> str | None:
        """Return why nothing may be entered on a symbol, or None."""

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the contract's facts; None for what the venue does not list."""

    def positions(self) -> tuple[PositionView, ...]:
        """Return the open positions."""

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD, or None while it is not known."""

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest price of a symbol."""

    def enter(self, decision: Decision, *, size: Decimal, slippage_cap_bps: float, now: float) -> Submission:
        """Enter a position; OrderRefused where the bot itself will not send the order."""

    def exit(self, symbol: str, *, reason: str, now: float) -> Submission:
        """Leave the open position of a symbol; OrderRefused where that is not possible now."""

    def step(self, now: float) -> int:
        """Do what is due: resolve, poll, guard, reconcile; return the number of events."""


def bot_cycle(cycle: "BotCycle", now: float) -> int:
    """Run one trading cycle; return how many records and events it handled."""
    cycle.rules.refresh()
    puts = cycle.gate.arrived()
    prices, windows = cycle.watch_market(now)
    cycle.decide(puts, now)
    sent = cycle.leave_one(prices, now) or cycle.enter_one(now)
    guarded = cycle.desk.step(now)
    return len(puts) + windows + sent + guarded


class WeightsInForce:
    """The learned weights as the learner last wrote them; a corrupt file leaves none in force."""

    def __init__(self, file: DocumentFile[SignalWeights]) -> None:
        self._file = file
        self.weights: SignalWeights | None = None
        self.version = "missing"

    def refresh(self) -> None:
        """Take what changed on disk, with the version of exactly that."""
        try:
            while (changed := self._file.read_if_changed()) is not None:
                self.weights, self.version = changed, self._file.version() or "missing"
        except CorruptDocument:
            log.exception("weights_corrupt")
            self.weights, self.version = None, "corrupt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a human or the learner may change while the bot runs."""

    policies: ConfigFile[SignalPolicies]
    exits: ConfigFile[ExitRules]
    weights: WeightsInForce

    def refresh(self) -> None:
        """Look for changes; a broken edit keeps the last good version in force."""
        self.policies.current()
        self.exits.current()
        self.weights.refresh()


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The files that the trading cycle follows beside the queue."""

    windows: JsonlReader[Features]
    fills: JsonlReader[LedgerEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Who may say that nothing is to be entered now."""

    freeze_reasons: Callable[[], tuple[str, ...]]
    unhealthy_workers: Callable[[], tuple[str, ...] | None]
    """None where nobody knows."""


class BotCycle:
    """The stage behind the main process: steps the gate, the exits, the entries and the desk."""

    def __init__(
        self,
        *,
        settings: BotSettings,
        gate: ConvictionGate,
        desk: Desk,
        rules: Rules,
        followed: Followed,
        holds: Holds,
        market_second: float,
        inputs: tuple[Path, ...],
    ) -> None:
        """Take what it works with; ``market_second`` is how many market seconds pass in a real one."""
        self.gate = gate
        self.desk = desk
        self.rules = rules
        self._settings = settings
        self._followed = followed
        self._holds = holds
        self._inputs = inputs
        self._view = MarketView()
        self._exits = ExitWatch(retry_after_s=RETRY_EXIT_S * market_second)
        self._last_trade_ts: dict[str, float] = {}
        self._entries: deque[Decision] = deque()
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None
