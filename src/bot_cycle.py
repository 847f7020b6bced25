"""The trading cycle: decisions first, then exits and entries, then whatever guards what is open.

Each pass sends at most one order, so that a slow exchange never keeps the next signal from its decision.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from src.conviction_gate import SEED_DECISIONS, ConvictionGate, build_conviction_gate
from src.exchange.desk import TradingDesk
from src.exchange.errors import OrderRefused
from src.exits import ExitWatch
from src.gates.facts import with_entry
from src.gates.size import contracts_of
from src.records.base import Record
from src.records.decisions import Decision
from src.records.features import Features
from src.records.ledger import LedgerEntry, PositionView
from src.records.outcomes import PendingPut
from src.records.settings import BotSettings
from src.rules_in_force import RulesInForce
from src.situation import DecidedPrice, Holds, Situation, Stakes
from src.store.files import Files, Incoming
from src.store.jsonl import read_tail
from src.store.paths import Home

log = logging.getLogger(__name__)

WINDOWS_AT_ONCE = 2_000
SEED_WINDOWS = 50_000
"""Windows that are looked through after a restart for the best price of an open position."""
SEED_FILLS = 1_000
RETRY_EXIT_S = 2.0
"""Real seconds before an exit that did not go through is tried again."""


def bot_cycle(cycle: "BotCycle", now: float) -> int:
    """Run one trading cycle; return how many records and events it handled."""
    cycle.rules.refresh()
    puts = cycle.gate.arrived()
    windows = cycle.watch_market()
    cycle.decide(puts, now)
    sent = cycle.leave_one(windows, now) or cycle.enter_one(now)
    return len(puts) + len(windows) + sent + cycle.desk.step(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The files that the trading cycle follows beside the queue, from after what ``seed`` was told."""

    windows: Incoming[Features]
    fills: Incoming[LedgerEntry]


class BotCycle:
    """The stage behind the main process: steps the gate, the exits, the entries and the desk."""

    def __init__(
        self,
        *,
        gate: ConvictionGate,
        desk: TradingDesk,
        rules: RulesInForce,
        situation: Situation,
        followed: Followed,
        market_second: float,
        inputs: tuple[Path, ...],
    ) -> None:
        """Take what it works with; ``market_second`` is how many market seconds pass in a real one."""
        self.gate = gate
        self.desk = desk
        self.rules = rules
        self._situation = situation
        self._followed = followed
        self._inputs = inputs
        self._exits = ExitWatch(retry_after_s=RETRY_EXIT_S * market_second)
        self._entries: deque[Decision] = deque()
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None

    # the worker that the loop sees
    def step(self, now: float) -> int:
        """Run one trading cycle."""
        done = bot_cycle(self, now)
        self.handled += done
        return done

    def backlog(self) -> bool:
        """Return whether signals wait for a decision, or decisions for their order."""
        return bool(self._entries) or self.gate.waiting() or self._followed.windows.behind()

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change should wake it."""
        return self._inputs

    def fds(self) -> tuple[int, ...]:
        """Return no descriptors: everything arrives in files."""
        return ()

    def save(self) -> None:
        """Save the place in the queue; the other files are read anew at each start."""
        self.gate.save()

    def close(self) -> None:
        """Let go of the files."""
        self.gate.close()
        self._followed.windows.close()
        self._followed.fills.close()

    def alarms(self) -> dict[str, int]:
        """Return how many lines of its inputs were broken or lost so far, by file and kind."""
        files = {
            "pending": self.gate.alarms(),
            "windows": self._followed.windows.counters(),
            "fills": self._followed.fills.counters(),
        }
        return {f"{file}.{kind}": count for file, kinds in files.items() for kind, count in kinds.items()}

    # one cycle
    def watch_market(self) -> list[Features]:
        """Take the new windows and fills; return the windows."""
        windows = [
            window for window in self._followed.windows.read_new(WINDOWS_AT_ONCE) if self._take(window)
        ]
        self._situation.take_fills(self._followed.fills.read_new())
        positions = self.desk.positions() if windows else ()
        for window in windows:
            self._see(window, positions)
            if window.funding_rate is not None:
                self.desk.accrue(window.symbol, window.funding_rate, window.ts)
        return windows

    def decide(self, puts: Sequence[PendingPut], now: float) -> None:
        """Answer every signal on disk, and queue the entries that follow."""
        if not puts:
            return
        context = self._situation.context(now, self._entries)
        self.gate.meet(context)
        queued = False
        for put in puts:
            decision = self.gate.answer(put, context)
            self._situation.take_decision(decision)
            self.outputs += 1
            self.last_event_ts = max(put.signal.ts, self.last_event_ts or put.signal.ts)
            if decision.should_trade:
                self._entries.append(decision)
                context = with_entry(context, decision)
                queued = True
        if queued:
            self.gate.settle()

    def leave_one(self, windows: Sequence[Features], now: float) -> int:
        """Leave the first position that an exit rule ends now; return how many orders were sent.

        A position that is not ours is left alone.
        """
        ours = [position for position in self.desk.positions() if position.strategy is not None]
        prices = self._prices(windows, now) if ours else {}
        at = self.desk.venue_time(now)
        for position, reason in self._exits.due(self.rules.exits, ours, prices=prices, now=at):
            self._exits.tried(position, now=at)
            try:
                self.desk.exit(position.symbol, reason=reason, now=now)
            except OrderRefused as refused:
                log.warning("exit_refused", extra={"facts": {"symbol": position.symbol, "why": refused.word}})
                continue
            self.outputs += 1
            return 1
        return 0

    def enter_one(self, now: float) -> int:
        """Send the order of the oldest decision that trades; return how many orders were sent.

        One that waited longer than its signal may be old is dropped: the market has moved on.
        """
        while self._entries:
            decision = self._entries.popleft()
            facts = {"signal": decision.signal_id}
            if now - decision.signal_ts > self.rules.policies.max_feature_age_s:
                log.warning("entry_dropped", extra={"facts": {**facts, "why": "stale"}})
                continue
            try:
                self._enter(decision, now)
            except OrderRefused as refused:
                log.warning("entry_refused", extra={"facts": {**facts, "why": refused.word}})
                continue
            self.outputs += 1
            return 1
        return 0

    def seed(
        self,
        windows: Sequence[Features],
        prices: Sequence["PricePoint"],
        decisions: Sequence[DecidedPrice],
        fills: Sequence[LedgerEntry],
    ) -> None:
        """Take what was known before this start: the newest windows, old prices, decisions, the newest fills."""
        positions = self.desk.positions()
        for window in windows:
            self._take(window)
        for price in prices:
            self._see(price, positions)
        for decision in decisions:
            self._situation.take_decision(decision)
        self._situation.take_fills(fills)

    def _enter(self, decision: Decision, now: float) -> None:
        lot = self._situation.lot(decision.symbol)
        if lot is None:
            raise OrderRefused("unknown_instrument")
        self.desk.enter(
            decision,
            size=contracts_of(decision.size_usd, price=decision.price, lot=lot),
            slippage_cap_bps=self.rules.policies.entry_slippage_cap_bps,
            now=now,
        )

    def _take(self, window: Features) -> bool:
        if not self._situation.take_window(window):
            return False
        self.last_event_ts = max(window.ts, self.last_event_ts or window.ts)
        return True

    def _see(self, price: "Features | PricePoint", positions: Sequence[PositionView]) -> None:
        for position in positions:
            if position.symbol == price.symbol and price.mid is not None:
                self._exits.see(position, ts=price.ts, price=price.mid)

    def _prices(self, windows: Sequence[Features], now: float) -> dict[str, float]:
        newest = {window.symbol: window.mid for window in windows if self._fresh(window, now)}
        return {symbol: price for symbol, price in newest.items() if price is not None}

    def _fresh(self, window: Features, now: float) -> bool:
        return now - window.ts <= self.rules.policies.max_feature_age_s + window.window_s


class PricePoint(Record, frozen=True, kw_only=True):
    """As much of a window as the best price of a position needs."""

    ts: float
    symbol: str
    mid: float | None


def build_bot_cycle(
    home: Home,
    settings: BotSettings,
    desk: TradingDesk,
    *,
    files: Files,
    speed: float,
    unhealthy_workers: Callable[[], tuple[str, ...] | None],
    stakes: Stakes,
) -> BotCycle:
    """Return the trading cycle of a home, with its files open and what they know taken in.

    A decision to trade that was made before this start and never became an order is not traded: it is stale.

    Raises:
        ConfigError: policies or exit rules cannot be used.
        WriterExists: another process writes the decisions.
    """
    windows: Incoming[Features] = files.reader(home.windows, Features)
    fills: Incoming[LedgerEntry] = files.reader(home.fills, LedgerEntry)
    windows.skip_to_end()
    fills.skip_to_end()
    rules = RulesInForce(home, files)
    holds = Holds(freeze_reasons=files.freeze().reasons, unhealthy_workers=unhealthy_workers)
    cycle = BotCycle(
        gate=build_conviction_gate(home, files),
        desk=desk,
        rules=rules,
        situation=Situation(settings=settings, desk=desk, rules=rules, holds=holds, stakes=stakes),
        followed=Followed(windows=windows, fills=fills),
        market_second=speed,
        inputs=(
            home.pending_journal,
            home.windows,
            home.freeze_flag,
            home.policies,
            home.exits,
            home.weights,
        ),
    )
    cycle.seed(
        windows=read_tail(home.windows, Features, 4 * len(settings.symbols)),
        prices=read_tail(home.windows, PricePoint, SEED_WINDOWS) if desk.positions() else [],
        decisions=read_tail(home.decisions, DecidedPrice, SEED_DECISIONS),
        fills=read_tail(home.fills, LedgerEntry, SEED_FILLS),
    )
    return cycle
