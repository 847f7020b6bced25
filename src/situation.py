"""The situation that a signal meets: the market, what is held, what forbids an entry; told to the gate in one piece."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from src.exchange.desk import TradingDesk
from src.gates.base import Exposure, GateContext, Lot
from src.gates.view import MarketView, exposures_of
from src.records.decisions import Decision
from src.records.features import Features
from src.records.ledger import FillBooked, LedgerEntry
from src.records.settings import BotSettings
from src.rules_in_force import RulesInForce

QUEUED = "entry_queued"
NOT_RECONCILED = "not_reconciled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Who may say that nothing is to be entered now."""

    freeze_reasons: Callable[[], tuple[str, ...]]
    unhealthy_workers: Callable[[], tuple[str, ...] | None]
    """None where nobody knows."""


class Situation:
    """What the gate is told, kept up to date from windows and fills."""

    def __init__(
        self, *, settings: BotSettings, desk: TradingDesk, rules: RulesInForce, holds: Holds
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._rules = rules
        self._holds = holds
        self._view = MarketView()
        self._last_trade_ts: dict[str, float] = {}

    def take_window(self, window: Features) -> bool:
        """Take a window, and tell the desk its price; return False for one that is not new."""
        if not self._view.take(window):
            return False
        price = window.mark if window.mark is not None else window.mid
        if price is not None:
            self._desk.observe(window.symbol, Decimal(str(price)))
        return True

    def take_fills(self, entries: Sequence[LedgerEntry]) -> None:
        """Take the ledger's new lines, for the time since each symbol was last traded."""
        for entry in entries:
            if isinstance(entry, FillBooked):
                known = self._last_trade_ts.get(entry.symbol, entry.ts)
                self._last_trade_ts[entry.symbol] = max(known, entry.ts)

    def lot(self, symbol: str) -> Lot | None:
        """Return what the venue takes orders of a symbol in; None for what it does not list."""
        instrument = self._desk.instrument(symbol)
        return None if instrument is None else Lot(step=instrument.size_step, minimum=instrument.size_step)

    def context(self, now: float, queued: Iterable[Decision]) -> GateContext:
        """Return what the gate is told now; entries that are queued count as positions."""
        equity = self._desk.equity_usd()
        context = GateContext(
            now=now,
            policies=self._rules.policies,
            policies_version=self._rules.policies_version,
            weights=self._rules.weights,
            weights_version=self._rules.weights_version,
            costs=self._settings.costs,
            leader=self._settings.leader,
            market=self._view.newest,
            equity_usd=None if equity is None else float(equity),
            exposures=exposures_of(self._desk.positions(), self._view),
            last_trade_ts=self._last_trade_ts,
            held=self._held(),
            freeze_reasons=self._freeze_reasons(),
            unhealthy_workers=self._holds.unhealthy_workers(),
            lots=self._lots(),
        )
        for decision in queued:
            context = with_entry(context, decision)
        return context

    def _freeze_reasons(self) -> tuple[str, ...]:
        waiting = () if self._desk.ready else (NOT_RECONCILED,)
        return (*self._holds.freeze_reasons(), *waiting, *self._desk.freeze_reasons())

    def _held(self) -> Mapping[str, str]:
        blocked = self._desk.blocked
        words = [(symbol, blocked(symbol)) for symbol in self._settings.symbols]
        return {symbol: word for symbol, word in words if word is not None}

    def _lots(self) -> Mapping[str, Lot]:
        lots = [(symbol, self.lot(symbol)) for symbol in self._settings.symbols]
        return {symbol: lot for symbol, lot in lots if lot is not None}


def with_entry(context: GateContext, decision: Decision) -> GateContext:
    """Return the context in which an entry that is on its way counts as a position."""
    entry = Exposure(symbol=decision.symbol, direction=decision.direction, notional_usd=decision.size_usd)
    return replace(
        context,
        exposures=(*context.exposures, entry),
        held={**context.held, decision.symbol: context.held.get(decision.symbol, QUEUED)},
    )
