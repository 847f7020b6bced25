"""A desk on the paper exchange's engine, with every step of the order's way open to a fault."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import msgspec

from src.exchange import kraken_answers as answers
from src.exchange import kraken_verdicts as verdicts
from src.exchange import order_trail
from src.exchange.base import (
    AccountLogEntry,
    AccountState,
    Answer,
    ExchangePosition,
    Fill,
    Instrument,
    OpenOrder,
    OrderQuery,
    OrderRequest,
    OrderStatus,
    Outcome,
    Quote,
)
from src.exchange.desk import TradingDesk
from src.exchange.errors import NoAnswer
from src.exchange.session import order_params
from src.futures_portfolio_tracker import open_desk
from src.records.decisions import Decision, SizeFactor
from src.records.enums import Direction, Strategy
from src.records.ledger import LedgerEntry, PositionClosed, Positions
from src.records.orders import OrderEvent
from src.records.settings import BotSettings
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import XBT, Exchange, trading

T = TypeVar("T")
INSTANCE = "abc"


class Killed(BaseException):
    """The process is gone."""


class DirectExchange:
    """The bot's view of an engine without a wire: the same answers, read by the same code."""

    def __init__(self, paper: Exchange) -> None:
        self.paper = paper
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda _: None
        """Called before a request reaches the engine; may raise."""
        self.after: Callable[[str], None] = lambda _: None
        """Called before an answer reaches the bot; may raise."""

    def server_time(self, now: float) -> float:
        return now

    def instruments(self) -> dict[str, Instrument]:
        listed = answers.rows(self._ask("instruments"), "instruments", answers.instrument)
        return {instrument.symbol: instrument for instrument in listed if instrument is not None}

    def quote(self, symbol: str) -> Quote:
        return answers.one(self._ask("ticker", symbol=symbol), ("ticker",), answers.quote)

    def account(self) -> AccountState:
        return answers.one(self._ask("accounts"), ("accounts", "flex"), answers.account)

    def send(self, request: OrderRequest) -> Answer:
        return self._act("sendorder", verdicts.order_answer, order_params(request))

    def cancel(self, order_id: str) -> Answer:
        return self._act("cancelorder", verdicts.cancel_answer, {"order_id": order_id})

    def order_status(self, cli_ord_id: str) -> OrderStatus | None:
        found = answers.rows(self._ask("orders/status", cliOrdIds=cli_ord_id), "orders", answers.order_status)
        return next((order for order in found if order.cli_ord_id == cli_ord_id), None)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        return answers.rows(self._ask("openorders"), "openOrders", answers.open_order)

    def positions(self) -> tuple[ExchangePosition, ...]:
        return answers.rows(self._ask("openpositions"), "openPositions", answers.position)

    def fills(self, since: float) -> tuple[Fill, ...]:
        found = answers.rows(self._ask("fills"), "fills", answers.fill)
        return tuple(fill for fill in reversed(found) if fill.ts >= since)

    def account_log(self, since: float) -> tuple[AccountLogEntry, ...]:
        self._pass("account-log", self.before)
        params = {"since": str(int(since * 1000)), "sort": "asc"}
        raw = self.paper.engine.request(self.paper.now, "account-log", params)
        self._pass("account-log", self.after)
        return tuple(row for row in answers.rows(raw, "logs", answers.log_entry) if row is not None)

    def order_history(self, query: OrderQuery) -> OrderStatus | None:
        told = order_trail.events(self._ask("history/orders", sort="asc"))
        if query.is_stop:
            told += order_trail.events(self._ask("history/triggers", sort="asc"))
        return order_trail.fold(told, query.cli_ord_id)

    def leverage_limits(self) -> dict[str, Decimal]:
        told = self._ask("leveragepreferences")
        return dict(answers.rows(told, "leveragePreferences", answers.leverage_limit))

    def limit_leverage(self, symbol: str, leverage: Decimal | None) -> None:
        limit = {} if leverage is None else {"maxLeverage": str(leverage)}
        self._ask("setleverage", symbol=symbol, **limit)

    def objections(self) -> tuple[str, ...]:
        return ()

    def must_wait(self) -> bool:
        return False

    def close(self) -> None:
        self.asked.clear()

    def _pass(self, method: str, hook: Callable[[str], None]) -> None:
        hook(method)

    def _ask(self, method: str, **params: str) -> Mapping[str, object]:
        self.asked.append(method)
        self._pass(method, self.before)
        answer = {"result": "success", **self.paper.engine.request(self.paper.now, method, params)}
        self._pass(method, self.after)
        return answer

    def _act(self, method: str, read: Callable[[object], Answer], params: dict[str, str]) -> Answer:
        try:
            return read(self._ask(method, **params))
        except NoAnswer:
            return Answer(Outcome.UNKNOWN, None, "lost")


class World:
    """A home, an engine, and the desk between them; time moves by hand."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        for folder in self.home.folders():
            folder.mkdir(parents=True, exist_ok=True)
        self.paper = trading()
        self.starts = 0
        self.exchange = self._connect()
        self.desk = self._open()

    def restart(self) -> None:
        """Let go of everything that a dead process lets go of, and start again."""
        self.stop()
        self.exchange = self._connect()
        self.desk = self._open()

    def stop(self) -> None:
        self.desk.close()

    def wait(self, seconds: float, *, every: float = 0.5) -> None:
        """Let time pass in steps of the desk."""
        end = self.paper.now + seconds
        while self.paper.now < end:
            self.paper.now = min(end, self.paper.now + every)
            self.desk.step(self.paper.now)

    def enter(
        self, *, direction: Direction = Direction.LONG, size: str = "1", now: float | None = None
    ) -> None:
        at = self.paper.now if now is None else now
        decision = a_decision(direction=direction, ts=at)
        self.desk.enter(decision, size=Decimal(size), slippage_cap_bps=50, now=at)

    def move(self, mid: float) -> None:
        """Move book and mark of the contract."""
        self.paper.book(
            bids=((mid - 1, 5.0), (mid - 2, 5.0), (mid - 10, 50.0)),
            asks=((mid + 1, 5.0), (mid + 2, 5.0), (mid + 10, 50.0)),
        )
        self.paper.mark(mid)

    def events(self) -> list[OrderEvent]:
        return list(read_all(self.home.orders, OrderEvent))

    def entries(self) -> list[LedgerEntry]:
        return list(read_all(self.home.fills, LedgerEntry))

    def closed(self) -> list[PositionClosed]:
        return [entry for entry in self.entries() if isinstance(entry, PositionClosed)]

    def picture(self) -> Positions:
        return msgspec.json.decode(self.home.positions_futures.read_bytes(), type=Positions)

    def resting(self) -> list[OpenOrder]:
        return list(DirectExchange(self.paper).open_orders())

    def _connect(self) -> DirectExchange:
        return DirectExchange(self.paper)

    def _open(self) -> TradingDesk:
        self.starts += 1
        return open_desk(
            self.home,
            self.exchange,
            files=disk_files(self.home, the_settings()),
            settings=the_settings(),
            instance=INSTANCE,
            epoch=f"e{self.starts:02d}",
            speed=1.0,
            now=self.paper.now,
        )


def the_settings() -> BotSettings:
    text = Path(__file__).parent.parent / "configs" / "bot.json"
    known = {k: v for k, v in msgspec.json.decode(text.read_bytes()).items() if not k.startswith("_")}
    return msgspec.convert(known, BotSettings)


def wide_settings() -> BotSettings:
    """Return settings whose hard limits a test that loses again and again does not reach."""
    settings = the_settings()
    limits = msgspec.structs.replace(
        settings.limits,
        daily_loss_share=1.0,
        drawdown_share=1.0,
        consecutive_losses=200,
        orders_per_minute=100_000,
        errors_per_10_min=100_000,
    )
    return msgspec.structs.replace(settings, limits=limits)


def a_decision(
    *, direction: Direction = Direction.LONG, ts: float, symbol: str = XBT, should_trade: bool = True
) -> Decision:
    return Decision(
        ts=ts,
        signal_id=f"{symbol}-OFI-{round(ts * 1000)}",
        signal_ts=ts,
        symbol=symbol,
        strategy=Strategy.OFI,
        direction=direction,
        should_trade=should_trade,
        score=0.4,
        conviction="HIGH",
        win_probability=0.6,
        expected_edge_bps=40.0,
        cost_bps=14.0,
        price=100.0,
        size_usd=100.0 if should_trade else 0.0,
        size_factors=(SizeFactor(name="stop_bps", value=500.0),),
        blocked_by=(),
        verdicts=(),
        weights_version="w",
        policies_version="p",
        coverage=10,
    )
