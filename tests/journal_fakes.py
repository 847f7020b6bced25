"""An exchange whose books are on disk, and everything that can stand in its journal."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.happenings import liquidate
from src.exchange.simulator.journal import Books
from src.records.exchange_effects import Charged, Converted, Covered, Effect, Moved
from src.records.exchange_journal import ExchangeSnapshot, JournalEntry
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import SPECS, XBT, Exchange, ScriptedMarket

MEMORY_S = 5.0


class Kept(Exchange):
    """An exchange whose journal is on disk; it notes its state after each entry."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.books = Books(folder, files=disk_files(Home(folder)), memory_s=MEMORY_S)
        self.state = self.books.state
        self.known = {self.state.number: self.state.snapshot(0.0)}
        """The state after each entry, by number."""
        self.engine = Engine(SPECS, state=self.state, journal=self, seed="7", taken=ScriptedMarket().taken)
        self.engine.open(self.now, balance_usd=Decimal(10_000))
        self.book()
        self.mark(100.0, rate=0.36)

    def append(self, record: JournalEntry) -> int:
        """Write an entry and note what the state is after it."""
        number = self.books.append(record)
        snapshot = self.state.snapshot(0.0)
        self.known[record.number] = msgspec.structs.replace(snapshot, number=record.number)
        return number

    def trade_around(self) -> None:
        """Leave a position, a stop and a resting order, an hour's funding and a preference."""
        self.send("mkt", "buy", "2", cliOrdId="in")
        self.send("stp", "sell", "2", stopPrice="90", triggerSignal="mark", reduceOnly="true")
        self.send("lmt", "sell", "1", limitPrice="105", reduceOnly="true")
        self.send("lmt", "buy", "1", limitPrice="95", cliOrdId="rest")
        self.now += 60
        self.send("mkt", "sell", "0.5")
        self.ask("setleverage", symbol=XBT, maxLeverage="5")
        self.ask("cancelorder", cliOrdId="rest")
        self.engine.advance((self.now // 3600 + 1) * 3600)
        self.now = self.engine.core.now

    def live_through_everything(self) -> None:
        """Do whatever there is a word for in the journal."""
        self.trade_around()
        self.send("post", "buy", "1", limitPrice="102")
        self.send("lmt", "buy", "3", limitPrice="94", cliOrdId="edited")
        self.ask("editorder", cliOrdId="edited", limitPrice="93", size="2")
        self.ask("cancelallordersafter", timeout="60")
        self.ask("transfer", fromAccount="flex", toAccount="cash", unit="usd", amount="12.5")
        both = [
            {"order": "send", "order_tag": "a", "orderType": "lmt", "symbol": XBT, "side": "buy"}
            | {"size": "1", "limitPrice": "92"},
            {
                "order": "send",
                "order_tag": "b",
                "orderType": "mkt",
                "symbol": XBT,
                "side": "buy",
                "size": "1",
            },
            {"order": "cancel", "cliOrdId": "edited"},
        ]
        self.ask("batchorder", json=json.dumps({"batchOrder": both}))
        self.trade("sell", 91.0, 3.0)
        self.engine.advance(self.now + 61)
        self.now = self.engine.core.now
        self.send("lmt", "buy", "1", limitPrice="92")
        liquidate(self.engine, self.now)
        self.do(Moved(currency="EUR", collateral=Decimal(20), cash=Decimal(5)))
        eur = {"currency": "EUR", "price": Decimal("1.1"), "spread": Decimal("0.0025")}
        self.do(Converted(amount=Decimal(2), usd=Decimal("2.1945"), **eur))  # type: ignore[arg-type] # as they are
        self.do(Charged(amount_usd=Decimal("0.01")))
        self.do(Covered(amount_usd=Decimal("0.02")))
        self.send("mkt", "sell", "0.25")

    def do(self, effect: Effect) -> None:
        """Let one thing happen for itself."""
        self.engine.core.apply(effect)
        self.engine.core.commit(type(effect).__name__)


def reopened(folder: Path) -> ExchangeSnapshot:
    """Return the state that a restart rebuilds."""
    books = Books(folder, files=disk_files(Home(folder)), memory_s=MEMORY_S)
    snapshot = books.state.snapshot(0.0)
    books.close()
    return snapshot


def everything(folder: Path) -> Kept:
    """Return an exchange that lived through everything and has ended without a snapshot."""
    exchange = Kept(folder)
    exchange.live_through_everything()
    exchange.books.close()
    return exchange
