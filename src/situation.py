"""The situation that a signal meets: the market, what is held, what forbids an entry; told to the gate in one piece."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from src.exchange.desk import TradingDesk
from src.gates.base import GateContext
from src.gates.experience import Experience
from src.gates.facts import with_entry
from src.gates.view import MarketView, exposures_of
from src.records.base import Record
from src.records.decisions import Decision
from src.records.enums import WithoutEvidence
from src.records.features import Features
from src.records.gate_facts import Lot, MeasuredCost
from src.records.ledger import FillBooked, LedgerEntry
from src.records.settings import BotSettings
from src.rules_in_force import RulesInForce

NOT_RECONCILED = "not_reconciled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """Who may say that nothing is to be entered now."""

    freeze_reasons: Callable[[], tuple[str, ...]]
    unhealthy_workers: Callable[[], tuple[str, ...] | None]
    """None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What may be staked at all."""

    max_equity_usd: float | None
    """Sizes are worked out from no more than this; None where the account is the limit."""
    trades_without_evidence: bool
    """Whether a kind of trade that nothing is known of is traded at the venue's smallest size, or not at all."""


def stakes_of(settings: BotSettings, *, live: bool) -> Stakes:
    """Return what a run may stake: real money is bounded twice, and not staked on what nothing is known of."""
    caps = (settings.limits.max_equity_usd, settings.live.max_equity_usd if live else None)
    at_minimum = settings.live_without_evidence is WithoutEvidence.MINIMUM
    return Stakes(
        max_equity_usd=min((cap for cap in caps if cap is not None), default=None),
        trades_without_evidence=at_minimum or not live,
    )


class DecidedPrice(Record, frozen=True, kw_only=True):
    """As much of a decision as the cost of its entry needs."""

    signal_id: str
    should_trade: bool
    price: float


class Situation:
    """What the gate is told, kept up to date from windows and fills."""

    def __init__(
        self, *, settings: BotSettings, desk: TradingDesk, rules: RulesInForce, holds: Holds, stakes: Stakes
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._rules = rules
        self._holds = holds
        self._stakes = stakes
        self._experience = Experience()
        self._measured: dict[str, MeasuredCost] = {}
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
        """Take the ledger's new lines: when each symbol was last traded, and what that cost."""
        for entry in entries:
            self._experience.take(entry)
            if isinstance(entry, FillBooked):
                known = self._last_trade_ts.get(entry.symbol, entry.ts)
                self._last_trade_ts[entry.symbol] = max(known, entry.ts)
        if entries:
            self._measured = self._experience.costs(self._settings.symbols)

    def take_decision(self, decision: Decision | DecidedPrice) -> None:
        """Take a decision, for what its entry then costs."""
        if decision.should_trade:
            self._experience.decided(decision.signal_id, decision.price)

    def lot(self, symbol: str) -> Lot | None:
        """Return what the venue takes orders of a symbol in; None for what it does not list."""
        instrument = self._desk.instrument(symbol)
        if instrument is None:
            return None
        share = instrument.maintenance_share
        return Lot(
            step=instrument.size_step,
            minimum=instrument.size_step,
            maintenance_share=None if share is None else float(share),
        )

    def context(self, now: float, queued: Iterable[Decision]) -> GateContext:
        """Return what the gate is told now; entries that are queued count as positions."""
        context = GateContext(
            now=now,
            policies=self._rules.policies,
            policies_version=self._rules.policies_version,
            weights=self._rules.weights,
            weights_version=self._rules.weights_version,
            evidence=self._rules.evidence,
            evidence_version=self._rules.evidence_version,
            costs=self._settings.costs,
            leader=self._settings.leader,
            market=dict(self._view.newest),
            equity_usd=self._equity_usd(),
            exposures=exposures_of(self._desk.positions(), self._view),
            last_trade_ts=dict(self._last_trade_ts),
            held=self._held(),
            freeze_reasons=self._freeze_reasons(),
            unhealthy_workers=self._holds.unhealthy_workers(),
            lots=self._lots(),
            measured_costs=self._measured,
            realised_usd={kind: float(usd) for kind, usd in self._desk.net_by_kind().items()},
            trades_without_evidence=self._stakes.trades_without_evidence,
        )
        for decision in queued:
            context = with_entry(context, decision)
        return context

    def _equity_usd(self) -> float | None:
        equity, most = self._desk.equity_usd(), self._stakes.max_equity_usd
        if equity is None:
            return None
        return float(equity) if most is None else min(float(equity), most)

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
