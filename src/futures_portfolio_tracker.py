"""The keeper of the ledger: ``logs/fills.jsonl`` and its view, ``logs/positions_futures.json``."""

import random
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from decimal import Decimal

from src.exchange.account_log import AccountLog
from src.exchange.assembly import build_desk, desk_timing
from src.exchange.base import Exchange, ExchangePosition, Fill
from src.exchange.corrections import corrections
from src.exchange.cost_watch import CostWatch
from src.exchange.desk import TradingDesk
from src.exchange.fill_origins import FillOrigins
from src.exchange.log_news import Execution
from src.exchange.order_journal import OrderJournal
from src.exchange.order_names import new_epoch
from src.exchange.positions_view import ViewFile, picture, position_view
from src.ledger.book import Ledger, rebuilt
from src.ledger.equity_path import EquityPath, restored
from src.ledger.position import OpenPosition
from src.records.ledger import (
    CashBooked,
    FillSettled,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    Positions,
    PositionView,
    StopView,
)
from src.records.orders import OrderEvent
from src.records.settings import BotSettings, Costs
from src.risk.opening import open_risk
from src.store.errors import CorruptDocument
from src.store.files import Files
from src.store.jsonl import BadLine, Durability, Writer, read_all, read_tail
from src.store.paths import Home

_WRITER = "main"
_LATE_S = 60.0
_CENT = Decimal("0.01")
_VIEW_EVERY_S = 1.0
_NEWEST = 200

Stops = Callable[[OpenPosition], StopView | None]


class FuturesPortfolioTracker:
    """The one who books: each execution of the account once, with its fee, its funding and its reason."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        journal: OrderJournal,
        ledger: Ledger,
        entries: Writer[LedgerEntry],
        view: ViewFile,
        costs: Costs,
        alarm: Callable[[str, float], None],
        real_second: float,
    ) -> None:
        """Take what it works with.

        ``alarm(reason, now)`` hears of every execution that is not ours, and of whatever the account log and the
        ledger do not agree on; ``real_second`` is one in market seconds.
        """
        self.ledger = ledger
        self._exchange = exchange
        self._entries = entries
        self._view = view
        self._origins = FillOrigins(journal=journal, ledger=ledger, costs=costs)
        self._cost_watch = CostWatch(costs)
        self._alarm = alarm
        self._real_second = real_second
        self._log = AccountLog(exchange=exchange, ledger=ledger, real_second=real_second)
        self._marks: dict[str, Decimal] = {}
        self._path = copy(ledger.path)
        self._seq = 0
        self._changed = True
        self._view_due = 0.0

    def begin(self, *, seq: int, newest: Iterable[LedgerEntry] = ()) -> None:
        """Write the lines that follow from others but that the last run could not write any more.

        ``seq`` is the number of the ledger's last line, ``newest`` are its last ones. How the account did, open
        positions included, goes on from the last view; without one that fits, from the ledger alone.
        """
        self._seq = seq
        for entry in newest:
            self._cost_watch.take(entry)
        self._write_consequences()
        try:
            last = self._view.read()
        except CorruptDocument:
            last = None
        if last is None or last.as_of_seq > seq:
            return
        if last.risk is not None:
            self._path = restored(last.risk.path)
        if last.booked is not None:
            self._log.last_prices.update(last.booked.prices_usd)

    @property
    def path(self) -> EquityPath:
        """Return how the account did so far, open positions included: drawdown and the day's result."""
        return self._path

    def sync(self, now: float) -> int:
        """Book every execution that is new, and the account log where it is due; return how many lines were booked.

        Raises:
            NoAnswer: the exchange's answer was not complete; nothing was booked.
        """
        opened = self.ledger.opened or self._open(now)
        before = self._seq
        fills = [fill for fill in self._exchange.fills(self._since(opened)) if self._is_new(fill)]
        news = self._log.look(fills, now)
        items: list[Fill | FundingBooked | CashBooked] = [*news.entries, *fills]
        for item in sorted(items, key=_in_order):
            if isinstance(item, Fill):
                self._book_fill(item, news.executions.get(item.fill_id), now)
            else:
                self._book(item)
        for line in self._log.settled(news):
            self._book_settled(line, now)
        if news.looked:
            for reason in (*news.alarms, *self._log.mismatches(now)):
                self._alarm(reason, now)
        return self._seq - before

    def correct(self, symbol: str, there: ExchangePosition | None, now: float) -> None:
        """Book what makes a symbol's position the venue's, and raise the alarm; not while executions are awaited."""
        if self._log.fills_from() is not None:
            return
        known, at = self.ledger.positions.get(symbol), self._exchange.server_time(now)
        for fill in corrections(symbol, known, there, after=self.ledger.last_fill_ts, ts=at):
            self._book(self._origins.entry(fill, fee=Decimal(0), rounding=Decimal(0)))
        self._alarm(f"position_corrected:{symbol}", now)

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest price of a symbol, in USD."""
        self._marks[symbol] = price

    def accrue(self, symbol: str, rate: float, ts: float) -> None:
        """Take the share of a long position that an hour of funding costs now: what is paid is compared with it."""
        value = self.ledger.quantity(symbol) * self._marks.get(symbol, Decimal(0))
        self._cost_watch.accrue(symbol, value_usd=value, rate=rate, ts=ts)

    def unpriced(self) -> tuple[str, ...]:
        """Return the symbols with an open position and no known price."""
        return tuple(symbol for symbol in self.ledger.positions if symbol not in self._marks)

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while a position's price is not known."""
        return self.ledger.equity(self._marks, self._log.rates)

    def positions(self, stop_of: Stops) -> tuple[PositionView, ...]:
        """Return the open positions with their stops."""
        return tuple(
            position_view(position, mark=self._marks.get(position.symbol), stop=stop_of(position))
            for position in self.ledger.positions.values()
        )

    def publish(self, now: float, stop_of: Stops) -> None:
        """Write the view when something was booked, else at most once a real second while a position is open."""
        due = self._view_due <= now and bool(self.ledger.positions)
        if not (self._changed or due):
            return
        self._changed = False
        self._view_due = now + _VIEW_EVERY_S * self._real_second
        equity = self.equity_usd()
        if equity is not None:
            self._path.note(now, equity, self.ledger.capital_usd)
        self._view.write(
            picture(
                self.ledger,
                self._marks,
                self.positions(stop_of),
                rates=self._log.rates,
                path=self._path,
                warnings=self._cost_watch.warnings(),
                seq=self._seq,
                ts=now,
            )
        )

    def touch(self) -> None:
        """Have the view written at the next occasion, e.g. because a stop has changed."""
        self._changed = True

    def _open(self, now: float) -> LedgerOpened:
        entry = self._log.opening(now)
        self._book(entry)
        return entry

    def _since(self, opened: LedgerOpened) -> float:
        """Return from when on fills are asked for: a while before the newest, and from the oldest that is missed."""
        newest = self.ledger.last_fill_ts
        since = opened.since_ts if newest is None else newest - _LATE_S * self._real_second
        missed = self._log.fills_from()
        return max(opened.since_ts, since if missed is None else min(since, missed))

    def _is_new(self, fill: Fill) -> bool:
        return not self.ledger.has_fill(fill.fill_id)

    def _book_fill(self, fill: Fill, execution: Execution | None, now: float) -> None:
        gain = self.ledger.gain_of(fill.symbol, fill.side, fill.size, fill.price)
        rounding = Decimal(0) if execution is None else execution.gain - gain
        fee = None if execution is None else execution.fee
        entry = self._origins.entry(fill, fee=fee, rounding=rounding)
        self._book(entry)
        self._check_gain(fill.symbol, rounding, now)
        alarm = self._origins.alarm(entry)
        if alarm is not None:
            self._alarm(alarm, now)

    def _book_settled(self, line: FillSettled, now: float) -> None:
        self._book(line)
        self._check_gain(line.symbol, line.rounding_usd, now)

    def _check_gain(self, symbol: str, rounding: Decimal, now: float) -> None:
        """Raise the alarm where the venue's gain is not the ledger's: rounding is less than a cent."""
        if abs(rounding) > _CENT:
            self._alarm(f"gain_mismatch:{symbol}", now)

    def _book(self, entry: LedgerEntry) -> None:
        self._seq = self._entries.append(entry)
        self.ledger.book(entry)
        self._cost_watch.take(entry)
        self._changed = True
        self._write_consequences()

    def _write_consequences(self) -> None:
        while self.ledger.unwritten:
            line = self.ledger.unwritten[0]
            self._seq = self._entries.append(line)
            self.ledger.book(line)
            self._changed = True


def _in_order(item: Fill | FundingBooked | CashBooked) -> tuple[float, bool]:
    """Sort by time; funding first, because a change of position realises what the old one had accrued."""
    return (item.ts, isinstance(item, Fill))


def open_desk(
    home: Home,
    exchange: Exchange,
    *,
    files: Files,
    settings: BotSettings,
    instance: str,
    speed: float,
    now: float,
    epoch: str | None = None,
) -> TradingDesk:
    """Return the desk of a home: order journal and ledger open and replayed, nothing asked of the exchange yet.

    ``instance`` is the home's mark on its orders, ``epoch`` that of this start of it (None draws one), ``speed``
    how many market seconds pass in a real one.

    Raises:
        CorruptLine: a line of money in the middle of a file cannot be read.
        WriterExists: another process writes these files.
    """
    freeze = files.freeze()
    orders = files.writer(home.orders, writer=_WRITER, durability=Durability.MONEY)
    entries = files.writer(home.fills, writer=_WRITER, durability=Durability.MONEY)
    events: Iterator[OrderEvent] = read_all(home.orders, OrderEvent, on_bad=BadLine.RAISE)
    life = new_epoch(random.SystemRandom()) if epoch is None else epoch
    risk = open_risk(home, files, settings.limits)
    counted = risk.pace.counting(orders)
    journal = OrderJournal(writer=counted, events=risk.pace.heard(events), instance=instance, epoch=life)
    ledger = rebuilt(read_all(home.fills, LedgerEntry, on_bad=BadLine.RAISE))
    tracker = FuturesPortfolioTracker(
        exchange=exchange,
        journal=journal,
        ledger=ledger,
        entries=entries,
        view=files.document(home.positions_futures, Positions, writer=_WRITER),
        costs=settings.costs,
        alarm=lambda reason, ts: freeze.set(reason, by="main", ts=ts),
        real_second=speed,
    )
    tracker.begin(seq=entries.seq, newest=read_tail(home.fills, LedgerEntry, _NEWEST))
    desk = build_desk(
        exchange=exchange,
        journal=journal,
        portfolio=tracker,
        frozen=freeze.reasons,
        risk=risk,
        timing=desk_timing(settings, real_second=speed),
        leverage=settings.margin.max_leverage,
        stops=settings.stops,
    )
    desk.begin(now, files=(orders, entries, risk))
    return desk
