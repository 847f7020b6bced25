"""The keeper of the ledger: ``logs/fills.jsonl`` and its view, ``logs/positions_futures.json``."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Protocol

from src.exchange.assembly import DeskTiming, build_desk
from src.exchange.base import AccountLogEntry, Exchange, Fill
from src.exchange.desk import TradingDesk
from src.exchange.errors import NoAnswer
from src.exchange.ledger import Ledger, OpenPosition, rebuilt
from src.exchange.order_journal import OrderJournal
from src.exchange.positions_view import picture, position_view
from src.records.enums import OrderPurpose
from src.records.ledger import (
    FillBooked,
    FundingBooked,
    LedgerEntry,
    LedgerOpened,
    Positions,
    PositionView,
    StopView,
)
from src.records.orders import OrderEvent
from src.records.settings import BotSettings, Costs
from src.store.files import Files
from src.store.jsonl import BadLine, Durability, Writer, read_all
from src.store.paths import Home

_BPS = Decimal(10_000)
_WRITER = "main"
_LATE_S = 60.0
_LATE_ROWS_S = 10.0
_LOG_EVERY_S = 60.0
_SOON_S = 5.0
_VIEW_EVERY_S = 1.0
_LIQUIDATION = frozenset(
    {"liquidation", "partialLiquidation", "assignor", "assignee", "unwindBankrupt", "unwindCounterparty"}
)

Stops = Callable[[OpenPosition], StopView | None]


class ViewFile(Protocol):
    """Where the view is kept."""

    def write(self, document: Positions) -> object:
        """Replace the view."""


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

        ``alarm(reason, now)`` hears of every execution that is not ours; ``real_second`` is one in market seconds.
        """
        self.ledger = ledger
        self._exchange = exchange
        self._journal = journal
        self._entries = entries
        self._view = view
        self._costs = costs
        self._alarm = alarm
        self._real_second = real_second
        self._marks: dict[str, Decimal] = {}
        self._seq = 0
        self._changed = True
        self._log_due = 0.0
        self._log_seen = 0.0
        self._view_due = 0.0

    def begin(self, *, seq: int) -> None:
        """Write the closings that follow from the fills but that the last run could not write any more.

        ``seq`` is the number of the ledger's last line.
        """
        self._seq = seq
        self._write_closings()

    def sync(self, now: float) -> int:
        """Book every execution that is new, and the funding where it is due; return how many entries were booked.

        Raises:
            NoAnswer: the exchange's answer was not complete; nothing was booked.
        """
        opened = self.ledger.opened or self._open(now)
        late = _LATE_S * self._real_second
        since = max(opened.ts, (self.ledger.last_fill_ts or opened.ts) - late)
        fills = [fill for fill in self._exchange.fills(since) if not self.ledger.has_fill(fill.fill_id)]
        rows = self._log_rows(opened, fills, now) if fills or self._log_due <= now else ()
        fees = {row.fill_id: row.fee for row in rows if row.fill_id is not None}
        booked = 0
        new: list[Fill | FundingBooked] = [*self._new_funding(rows), *fills]
        for item in sorted(new, key=_in_order):
            booked += 1
            if isinstance(item, Fill):
                self._book(self._fill_entry(item, fee=fees.get(item.fill_id)))
                self._report(item, now)
            else:
                self._book(item)
        return booked

    def observe(self, symbol: str, price: Decimal) -> None:
        """Take the newest price of a symbol, in USD."""
        self._marks[symbol] = price

    def unpriced(self) -> tuple[str, ...]:
        """Return the symbols with an open position and no known price."""
        return tuple(symbol for symbol in self.ledger.positions if symbol not in self._marks)

    def equity_usd(self) -> Decimal | None:
        """Return cash plus unrealised P&L in USD; None while a position's price is not known."""
        return self.ledger.equity(self._marks)

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
        self._view.write(picture(self.ledger, self._marks, self.positions(stop_of), seq=self._seq, ts=now))

    def touch(self) -> None:
        """Have the view written at the next occasion, e.g. because a stop has changed."""
        self._changed = True

    def _open(self, now: float) -> LedgerOpened:
        ts = math.floor(self._exchange.server_time(now) * 1000) / 1000  # fills are told to the millisecond
        entry = LedgerOpened(ts=ts, balance_usd=self._exchange.account().balance)
        self._book(entry)
        return entry

    def _log_rows(self, opened: LedgerOpened, fills: list[Fill], now: float) -> tuple[AccountLogEntry, ...]:
        """Return the account log's newest rows; none where it does not answer: the next poll asks again."""
        known = max(self._log_seen, self.ledger.last_fill_ts or 0.0, self.ledger.last_funding_ts or 0.0)
        since = max(opened.ts, known - _LATE_ROWS_S * self._real_second)
        try:
            rows = self._exchange.account_log(min([since, *(fill.ts for fill in fills)]))
        except NoAnswer:
            self._log_due = now + _SOON_S * self._real_second
            return ()
        self._log_due = now + _LOG_EVERY_S * self._real_second
        self._log_seen = max([self._log_seen, *(row.ts for row in rows)])
        return tuple(row for row in rows if row.ts >= opened.ts)

    def _new_funding(self, rows: tuple[AccountLogEntry, ...]) -> list[FundingBooked]:
        return [
            FundingBooked(ts=row.ts, entry_id=row.entry_id, symbol=row.symbol, amount_usd=row.funding)
            for row in rows
            if row.funding != 0 and row.symbol is not None and not self.ledger.has_funding(row.entry_id)
        ]

    def _fill_entry(self, fill: Fill, *, fee: Decimal | None) -> FillBooked:
        order = self._journal.find(cli_ord_id=fill.cli_ord_id, order_id=fill.order_id)
        position = self.ledger.positions.get(fill.symbol)
        owner = order.intent if order is not None else position
        return FillBooked(
            ts=fill.ts,
            fill_id=fill.fill_id,
            order_id=fill.order_id,
            cli_ord_id=order.intent.cli_ord_id if order is not None else fill.cli_ord_id,
            position_id=owner.position_id if owner is not None else None,
            signal_id=owner.signal_id if owner is not None else None,
            symbol=fill.symbol,
            strategy=owner.strategy if owner is not None else None,
            side=fill.side,
            size=fill.size,
            price=fill.price,
            fee_usd=self._expected_fee(fill) if fee is None else fee,
            fill_type=fill.fill_type,
            reason=self._reason(fill),
        )

    def _reason(self, fill: Fill) -> str:
        order = self._journal.find(cli_ord_id=fill.cli_ord_id, order_id=fill.order_id)
        if fill.fill_type in _LIQUIDATION:
            return "liquidation"
        if order is None:
            return "external"
        return "stop" if order.intent.purpose is OrderPurpose.STOP else order.intent.reason

    def _expected_fee(self, fill: Fill) -> Decimal:
        bps = self._costs.maker_fee_bps if fill.fill_type == "maker" else self._costs.taker_fee_bps
        return fill.size * fill.price * Decimal(str(bps)) / _BPS

    def _report(self, fill: Fill, now: float) -> None:
        reason = self._reason(fill)
        if reason in {"liquidation", "external"}:
            self._alarm(f"{reason}:{fill.symbol}", now)

    def _book(self, entry: LedgerEntry) -> None:
        self._seq = self._entries.append(entry)
        self.ledger.book(entry)
        self._changed = True
        self._write_closings()

    def _write_closings(self) -> None:
        while self.ledger.unwritten:
            closing = self.ledger.unwritten[0]
            self._seq = self._entries.append(closing)
            self.ledger.book(closing)
            self._changed = True


def _in_order(item: Fill | FundingBooked) -> tuple[float, bool]:
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
) -> TradingDesk:
    """Return the desk of a home: order journal and ledger open and replayed, nothing asked of the exchange yet.

    ``instance`` is the home's mark on its orders, ``speed`` how many market seconds pass in a real one.

    Raises:
        CorruptLine: a line of money in the middle of a file cannot be read.
        WriterExists: another process writes these files.
    """
    freeze = files.freeze()
    orders = files.writer(home.orders, writer=_WRITER, durability=Durability.MONEY)
    entries = files.writer(home.fills, writer=_WRITER, durability=Durability.MONEY)
    events: Iterator[OrderEvent] = read_all(home.orders, OrderEvent, on_bad=BadLine.RAISE)
    journal = OrderJournal(writer=orders, events=events, instance=instance)
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
    tracker.begin(seq=entries.seq)
    timing = DeskTiming(
        real_second=speed,
        orders_every_s=settings.reconcile_orders_s * speed,
        positions_every_s=settings.reconcile_positions_s * speed,
    )
    desk = build_desk(
        exchange=exchange, journal=journal, portfolio=tracker, frozen=freeze.reasons, timing=timing
    )
    desk.begin(now, files=(orders, entries))
    return desk
