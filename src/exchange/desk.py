"""All of the bot's dealings with its exchange behind one door: what the trading cycle talks to."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from src.exchange.base import Exchange, Instrument
from src.exchange.errors import NoAnswer, OrderRefused
from src.exchange.executor import EntryTerms, Executor, Submission
from src.exchange.market_look import MarketLook
from src.exchange.order_journal import OrderJournal
from src.exchange.portfolio import Portfolio, standing_of
from src.exchange.protection import NOTHING_TO_REDUCE, Protection
from src.exchange.reconciliation import Reconciler
from src.exchange.resolution import Resolver
from src.records.decisions import Decision
from src.records.ledger import PositionView
from src.risk.watch import RiskWatch, Standing

_FILLS_EVERY_S = 1.0
_AGAIN_S = 2.0


class Closable(Protocol):
    """A file that is let go of."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk is made of."""

    exchange: Exchange
    journal: OrderJournal
    portfolio: Portfolio
    executor: Executor
    resolver: Resolver
    protection: Protection
    reconciler: Reconciler
    risk: RiskWatch


class TradingDesk:
    """Entries, exits, stops, ledger and reconciliation, stepped in their one right order."""

    def __init__(self, parts: DeskParts, *, instruments: dict[str, Instrument], real_second: float) -> None:
        """Take the parts; ``instruments`` is filled by the desk and read by the protection."""
        self._parts = parts
        self._ledger = parts.portfolio.ledger
        self._instruments = instruments
        self._real_second = real_second
        self._fills_due = 0.0
        self._confirm_due = 0.0
        self._look = MarketLook(parts.exchange, instruments, real_second=real_second)
        self._pending: dict[str, tuple[str, Decimal]] = {}
        self._files: tuple[Closable, ...] = ()
        self._prices = 0
        self._seen: tuple[int, ...] = ()
        self._measured: tuple[float, ...] = ()
        self._positions: tuple[PositionView, ...] = ()

    @property
    def ready(self) -> bool:
        """Return whether reconciliation has been completed since the start; until then nothing is entered."""
        return bool(self._instruments) and self._parts.reconciler.done

    def begin(self, now: float, *, files: tuple[Closable, ...] = ()) -> None:
        """Call what the last run left without an answer UNKNOWN; ``files`` are closed with the desk."""
        self._files = files
        self._parts.resolver.begin(now)

    def close(self) -> None:
        """Let go of the files and the connections."""
        for file in self._files:
            file.close()
        self._parts.exchange.close()

    def freeze_reasons(self) -> tuple[str, ...]:
        """Return what the exchange's state and the hard limits hold against entries.

        E.g. ``foreign_position:PF_XBTUSD`` or ``halted:drawdown_share``.
        """
        parts = self._parts
        return (*parts.protection.reasons(), *parts.reconciler.reasons(), *parts.risk.reasons())

    @property
    def parts(self) -> DeskParts:
        """Return what the desk is made of, for what a person asks of it."""
        return self._parts

    def standing(self) -> Standing:
        """Return how the account stands, for the hard limits."""
        return standing_of(self._parts.portfolio, self.positions())

    def accept(self, symbol: str) -> tuple[str, ...]:
        """Let a symbol's foreign position and orders stand; return the reasons that this took away."""
        return self._parts.reconciler.accept(symbol)

    def blocked(self, symbol: str) -> str | None:
        """Return why nothing may be entered on a symbol, or None.

        ``not_reconciled``, ``unknown_instrument``, ``not_tradeable``, ``unresolved_order``,
        ``position_open``, ``fills_pending`` or ``stop_resting``.
        """
        instrument = self._instruments.get(symbol)
        if not self.ready:
            return "not_reconciled"
        if instrument is None:
            return "unknown_instrument"
        if not instrument.tradeable or instrument.post_only:
            return "not_tradeable"
        return self.busy(symbol)

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the contract's facts; None for what the venue does not list."""
        return self._instruments.get(symbol)

    def positions(self) -> tuple[PositionView, ...]:
        """Return the open positions with their stops, from the ledger."""
        parts = self._parts
        known = (self._ledger.changes, parts.journal.changes, parts.protection.changes, self._prices)
        if known != self._seen:
            self._seen, self._positions = known, parts.portfolio.positions(parts.protection.view_of)
        return self._positions

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while an open position has no known price."""
        return self._parts.portfolio.equity_usd()

    def net_by_kind(self) -> Mapping[str, Decimal]:
        """Return the net P&L of all closed positions in USD, by strategy and direction, e.g. ``OFI|LONG``."""
        return self._ledger.closings.net_by_kind

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest mark price of a symbol, in USD; one beyond a stop has it looked for."""
        self._prices += 1
        self._parts.portfolio.observe(symbol, price)
        if self._parts.protection.passed(symbol, price):
            self._parts.reconciler.hurry()

    def accrue(self, symbol: str, rate: float, ts: float) -> None:
        """Take the share of a long position that an hour of funding costs now: what is paid is compared with it."""
        self._parts.portfolio.accrue(symbol, rate, ts)

    def venue_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``: the clock that positions are opened by."""
        return self._parts.exchange.server_time(now)

    def enter(self, decision: Decision, *, size: Decimal, slippage_cap_bps: float, now: float) -> Submission:
        """Enter a position for a decision that trades: an ioc limit, at most the cap beyond the best price.

        ``size`` is in contracts, a multiple of the venue's step. The stop's distance is the decision's size
        factor named ``stop_bps``. If anything was filled and the exchange answers, the stop is on the exchange
        when this returns.

        Raises:
            OrderRefused: the bot itself will not send it, e.g. ``frozen``; nothing was journalled.
        """
        word = self.blocked(decision.symbol) or ("frozen" if self.freeze_reasons() else None)
        if word is not None:
            raise OrderRefused(word)
        price = self._opposite(decision)
        terms = EntryTerms(
            size=size,
            opposite=price,
            slippage_cap_bps=slippage_cap_bps,
            objection=self._parts.risk.objection(size * price, self.standing()),
        )
        instrument = self._instruments[decision.symbol]
        submission = self._parts.executor.enter(decision, terms=terms, instrument=instrument, now=now)
        self._follow_up(submission, symbol=decision.symbol, now=now)
        return submission

    def exit(self, symbol: str, *, reason: str, now: float, foreign: bool = False) -> Submission:
        """Leave the open position of a symbol at the market, reduce-only; a freeze does not stop it.

        One that is not ours is left only where a person wants that: ``foreign``.

        Raises:
            OrderRefused: ``no_position``, ``not_managed`` or ``unresolved_order``.
        """
        position = self._ledger.positions.get(symbol)
        if position is None:
            raise OrderRefused("no_position")
        submission = self._parts.executor.exit(position, reason=reason, now=now, foreign=foreign)
        if submission.word == NOTHING_TO_REDUCE:
            self._verify()
        self._follow_up(submission, symbol=symbol, now=now)
        return submission

    def step(self, now: float) -> int:
        """Do what is due, from unknown orders to the view; return the number of events."""
        self._look.refresh(now)
        events = self._parts.resolver.step(now)
        if self._fills_due <= now and (self._ledger.positions or self._pending):
            events += self._sync(now)
        events += self._parts.protection.step(now)
        if self._parts.protection.doubtful:
            self._verify()
        compared = self._parts.reconciler.step(now)
        if compared:
            events += compared + self._parts.protection.step(now)
        self._confirm(now)
        self._look.price(self._parts.portfolio.unpriced(), self.observe, now)
        if events:
            self._parts.portfolio.touch()
        self._parts.portfolio.publish(now, self._parts.protection.view_of)
        index, journal = self._parts.portfolio.path.index, self._parts.journal
        measured = (self._prices, self._ledger.changes, journal.changes, index)
        if measured != self._measured:
            self._measured = measured
            self._parts.risk.look(now, self.standing())
        return events

    def under_way(self) -> dict[str, str]:
        """Return what is under way or open, a word of ``busy`` by symbol; a flat symbol is absent."""
        words = {
            symbol: self.busy(symbol) for symbol in self._instruments.keys() | self._ledger.positions.keys()
        }
        return {symbol: word for symbol, word in sorted(words.items()) if word is not None}

    def busy(self, symbol: str) -> str | None:
        """Return what is under way or open on a symbol: a word of ``blocked``, or None where nothing is."""
        if self._parts.journal.unresolved_on(symbol):
            return "unresolved_order"
        if symbol in self._ledger.positions:
            return "position_open"
        if self._pending and any(pending == symbol for pending, _ in self._pending.values()):
            return "fills_pending"
        return "stop_resting" if self._parts.protection.resting_on(symbol) else None

    def _opposite(self, decision: Decision) -> Decimal:
        try:
            price = self._parts.exchange.quote(decision.symbol).opposite(decision.direction)
        except NoAnswer:
            price = None
        if price is None or price <= 0:
            raise OrderRefused("no_quote")
        return price

    def _follow_up(self, submission: Submission, *, symbol: str, now: float) -> None:
        if submission.filled > 0:
            self._pending[submission.cli_ord_id] = (symbol, submission.filled)
            self._sync(now)
        self._parts.protection.step(now)
        self._confirm(now)
        self._parts.portfolio.touch()
        self._parts.portfolio.publish(now, self._parts.protection.view_of)

    def _verify(self) -> None:
        """Have fills and positions read at once: the venue says that a position is not there."""
        self._parts.protection.doubtful = False
        self._fills_due = 0.0
        self._parts.reconciler.hurry()

    def _sync(self, now: float) -> int:
        """Book new fills; where the exchange does not answer, ask again a second later."""
        self._fills_due = now + _FILLS_EVERY_S * self._real_second
        try:
            booked = self._parts.portfolio.sync(now)
        except NoAnswer:
            return 0
        awaited = self._pending.items()
        self._pending = {
            cli: (symbol, filled) for cli, (symbol, filled) in awaited if self._ledger.booked(cli) < filled
        }
        return booked

    def _confirm(self, now: float) -> None:
        """Read new stops back; those that do not show yet are asked for again."""
        if self._confirm_due > now or not self._parts.protection.unconfirmed():
            return
        try:
            self._parts.protection.read_back(self._parts.exchange.open_orders(), complete=False, now=now)
        except NoAnswer:
            self._confirm_due = now + _AGAIN_S * self._real_second
            return
        self._parts.portfolio.touch()
        if self._parts.protection.unconfirmed():
            self._confirm_due = now + _AGAIN_S * self._real_second
