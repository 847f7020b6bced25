"""The trading cycle against the paper exchange over real HTTP: from a signal in the queue to a closed position."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest

from src.bot_cycle import BotCycle, build_bot_cycle
from src.exchange.desk import TradingDesk
from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.decisions import Decision
from src.records.enums import OrderPurpose
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.ledger import LedgerEntry, PositionClosed
from src.records.orders import OrderEvent, OrderIntent
from src.records.outcomes import PendingEvent, PendingPut
from src.situation import Stakes
from src.store.document import DocumentFile
from src.store.jsonl import Durability, JsonlWriter, read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.gate_fakes import a_prediction, a_signal, some_features, some_weights
from tests.paper_exchange_server import SYMBOLS, Served, bot_settings, served

LEADER, SYMBOL = SYMBOLS
PATIENCE_S = 20.0


class Bot:
    """The main process without its loop."""

    def __init__(self, paper: Served, stack: ExitStack) -> None:
        self.home: Home = paper.home
        self.clock = paper.clock
        settings = bot_settings(SYMBOLS)
        DocumentFile(self.home.weights, SignalWeights, writer="learner").write(some_weights())
        self.pending: JsonlWriter[PendingEvent] = stack.enter_context(self._writer(self.home.pending_journal))
        self.windows: JsonlWriter[Features] = stack.enter_context(self._writer(self.home.windows))
        endpoint = paper.endpoint
        self.exchange = KrakenExchange(
            url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret, clock=self.clock
        )
        files = disk_files(self.home, settings)
        self.desk: TradingDesk = open_desk(
            self.home,
            self.exchange,
            files=files,
            settings=settings,
            instance="abc",
            speed=1.0,
            now=self.clock.now(),
        )
        stack.callback(self.desk.close)
        self.cycle: BotCycle = build_bot_cycle(
            self.home,
            settings,
            self.desk,
            files=files,
            speed=1.0,
            unhealthy_workers=lambda: (),
            stakes=Stakes(max_equity_usd=None, trades_without_evidence=True),
        )
        stack.callback(self.cycle.close)

    def _writer(self, path: Path) -> JsonlWriter:  # type: ignore[type-arg] # each caller names its records
        return JsonlWriter(
            path, writer="test", durability=Durability.KNOWLEDGE, quarantine=self.home.quarantine
        )

    def mid(self, symbol: str) -> float:
        quote = self.exchange.quote(symbol)
        assert quote.bid is not None
        assert quote.ask is not None
        return float((quote.bid + quote.ask) / 2)

    def window(self, *, factor: float = 1.0) -> float:
        """Close a window of every symbol at its price times a factor; return when."""
        now = self.clock.now()
        for symbol in SYMBOLS:
            mid = self.mid(symbol) * factor
            self.windows.append(some_features(symbol=symbol, ts=now, mid=mid, mark=mid))
        return now

    def signal(self) -> None:
        now = self.window()
        signal = a_signal(symbol=SYMBOL, ts=now, price=self.mid(SYMBOL))
        self.pending.append(
            PendingPut(ts=now, signal_id=signal.signal_id, signal=signal, prediction=a_prediction(signal))
        )

    def intents(self) -> list[OrderIntent]:
        events: Iterator[OrderEvent] = read_all(self.home.orders, OrderEvent)
        return [event for event in events if isinstance(event, OrderIntent)]

    def step_until(self, reached: Callable[[], bool]) -> None:
        until = self.clock.real() + PATIENCE_S
        while not reached():
            assert self.clock.real() < until, "the state was never reached"
            self.cycle.step(self.clock.now())


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with served(tmp_path) as paper, ExitStack() as stack:
        yield Bot(paper, stack)


def test_a_signal_is_traded_protected_and_left_and_every_step_of_it_is_on_disk(bot: Bot) -> None:
    bot.step_until(lambda: bot.desk.ready)
    bot.signal()
    bot.cycle.step(bot.clock.now())
    (decision,) = read_all(bot.home.decisions, Decision)
    assert decision.should_trade, decision.verdicts
    bot.step_until(lambda: any(p.stop is not None and p.stop.confirmed for p in bot.desk.positions()))
    (position,) = bot.desk.positions()
    assert position.position_id == decision.signal_id
    assert 0 < float(position.size) * decision.price <= decision.size_usd * (1 + 1e-9)
    held = {p.symbol: p.quantity for p in bot.exchange.positions()}
    assert held == {SYMBOL: position.size}
    bot.window(factor=1.03)
    bot.step_until(lambda: not bot.desk.positions())
    assert bot.exchange.positions() == ()
    assert bot.exchange.open_orders() == ()
    intents = bot.intents()
    purposes = [intent.purpose for intent in intents]
    assert purposes[:2] == [OrderPurpose.ENTRY, OrderPurpose.STOP]
    assert purposes[-1] is OrderPurpose.EXIT
    assert {intent.signal_id for intent in intents} == {decision.signal_id}
    entries: Iterator[LedgerEntry] = read_all(bot.home.fills, LedgerEntry)
    closed = [entry for entry in entries if isinstance(entry, PositionClosed)]
    assert [(one.signal_id, one.exit_reason) for one in closed] == [(decision.signal_id, "target")]
    assert abs(bot.exchange.account().balance - _cash(bot)) < Decimal("0.01")


def test_nothing_is_entered_before_the_reconciliation(bot: Bot) -> None:
    bot.signal()
    bot.cycle.decide(bot.cycle.gate.arrived(), bot.clock.now())
    (decision,) = read_all(bot.home.decisions, Decision)
    assert "pre_entry.freeze" in decision.blocked_by


def test_a_touched_flag_keeps_a_decided_entry_from_leaving(bot: Bot) -> None:
    bot.step_until(lambda: bot.desk.ready)
    bot.signal()
    bot.cycle.watch_market()
    bot.cycle.decide(bot.cycle.gate.arrived(), bot.clock.now())
    (decision,) = read_all(bot.home.decisions, Decision)
    assert decision.should_trade
    bot.home.freeze_flag.touch()
    bot.cycle.step(bot.clock.now())
    assert bot.exchange.positions() == ()
    assert bot.intents() == []


def _cash(bot: Bot) -> Decimal:
    equity = bot.desk.equity_usd()
    assert equity is not None
    return equity
