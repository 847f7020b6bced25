"""A keeper of the ledger on an engine without a wire, whose life can be made hard."""

from collections.abc import Callable
from decimal import Decimal

from src.exchange.base import AccountLogEntry, Fill
from src.exchange.errors import NoAnswer
from src.exchange.order_journal import OrderJournal
from src.exchange.simulator.rules import Rules
from src.futures_portfolio_tracker import FuturesPortfolioTracker
from src.ledger.book import Ledger, rebuilt
from src.records.ledger import LedgerEntry, Positions
from src.records.orders import OrderEvent
from tests.exchange_fakes import INSTANCE, DirectExchange, the_settings
from tests.paper_exchange_fakes import ETH, XBT, Exchange


class Lines:
    """A ledger file in memory."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []

    def append(self, record: LedgerEntry) -> int:
        self.entries.append(record)
        return len(self.entries)


class Page:
    """A view in memory."""

    def __init__(self) -> None:
        self.document: Positions | None = None

    def read(self) -> Positions | None:
        return self.document

    def write(self, document: Positions) -> None:
        self.document = document


class NoOrders:
    """An order journal that nobody writes to: every order is somebody else's."""

    def append(self, record: OrderEvent) -> int:
        raise AssertionError(record)


class Venue(DirectExchange):
    """The engine, whose account log and fills may be silent, late or incomplete."""

    def __init__(self, paper: Exchange) -> None:
        super().__init__(paper)
        self.log_answers = True
        self.hidden_rows: set[str] = set()
        self.hidden_fills: set[str] = set()
        self.changed_rows: dict[str, Callable[[AccountLogEntry], AccountLogEntry]] = {}

    def account_log(self, since: float) -> tuple[AccountLogEntry, ...]:
        if not self.log_answers:
            raise NoAnswer("no history service")
        rows = super().account_log(since)
        told = (row for row in rows if row.entry_id not in self.hidden_rows)
        return tuple(self.changed_rows.get(row.entry_id, lambda row: row)(row) for row in told)

    def fills(self, since: float) -> tuple[Fill, ...]:
        return tuple(fill for fill in super().fills(since) if fill.fill_id not in self.hidden_fills)


class Keeper:
    """A tracker, its file, its view and its alarms; it can be killed and started again at any time."""

    def __init__(self, paper: Exchange) -> None:
        self.paper = paper
        self.venue = Venue(paper)
        self.lines = Lines()
        self.page = Page()
        self.alarms: list[str] = []
        self.tracker = self._start(Ledger())

    def _start(self, ledger: Ledger) -> FuturesPortfolioTracker:
        tracker = FuturesPortfolioTracker(
            exchange=self.venue,
            journal=OrderJournal(writer=NoOrders(), events=(), instance=INSTANCE, epoch="aaa"),
            ledger=ledger,
            entries=self.lines,
            view=self.page,
            costs=the_settings().costs,
            alarm=lambda reason, _: self.alarms.append(reason),
            real_second=1.0,
        )
        tracker.begin(seq=len(self.lines.entries))
        return tracker

    @property
    def ledger(self) -> Ledger:
        return self.tracker.ledger

    def restart(self) -> None:
        self.tracker = self._start(rebuilt(self.lines.entries))
        self.observe()

    def sync(self) -> int:
        """Book what there is; no answer is no news."""
        try:
            return self.tracker.sync(self.paper.now)
        except NoAnswer:
            return 0

    def wait(self, seconds: float = 61.0) -> None:
        """Let so much time pass that the account log is asked again."""
        self.paper.now += seconds
        self.paper.mark(float(self.mark(XBT)))
        self.sync()

    def observe(self) -> None:
        """Take the venue's marks as prices."""
        for symbol in (XBT, ETH):
            self.tracker.observe(symbol, self.mark(symbol))

    def publish(self) -> Positions:
        """Write the view; return it."""
        self.observe()
        self.tracker.touch()
        self.tracker.publish(self.paper.now, lambda _: None)
        assert self.page.document is not None
        return self.page.document

    def mark(self, symbol: str) -> Decimal:
        mark = self.venue.quote(symbol).mark
        assert mark is not None
        return mark

    def lag(self, seconds: float) -> None:
        """Have the history service tell everything so much later."""
        self.paper.engine.core.rules = Rules(history_lag_s=seconds)

    def complaints(self) -> list[str]:
        """Return the alarms that tell of a disagreement, not of strange orders."""
        return [alarm for alarm in self.alarms if not alarm.startswith(("external:", "liquidation:"))]
