"""The trading desk on a recording of a real market: whatever it buys or sells, the recorded book offered."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.exchange.errors import OrderRefused
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketEnded, MarketTrade
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.state import ExchangeState
from src.futures_portfolio_tracker import open_desk
from src.records.decisions import SizeFactor
from src.records.enums import Direction
from src.records.exchange_journal import ExchangeFill
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.orders import OrderState
from src.records.settings import RiskLimits
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.exchange_fakes import DirectExchange, a_decision, the_settings
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import FakeJournal
from tests.tape_fakes import TAPE_SYMBOLS, SimpleBook, cut_tape, needs_tape, told

pytestmark = needs_tape

SECONDS = 60
STEP_S = 0.25
HOLD_S = 3.0
SIZES = {"PF_XBTUSD": Decimal("0.6"), "PF_ETHUSD": Decimal("9.5")}
"""Enough to walk through several recorded levels."""
CLOSE_STOP_BPS = 1.0


class Replay:
    """An engine on a recording, and beside it the books that the file itself tells, message by message."""

    def __init__(self, tape: Path) -> None:
        self._rows = told(tape)
        self.books = {symbol: SimpleBook() for symbol in TAPE_SYMBOLS}
        self.now = next(told(tape))[0]
        self.market = TapeMarket(tape, TAPE_SYMBOLS)
        self.state = ExchangeState(memory_s=5.0)
        self.checked: list[ExchangeFill] = []
        self.over = False
        self._taken: dict[tuple[str, float], float] = defaultdict(float)
        self.engine = Engine(
            self.market.instruments(),
            state=self.state,
            journal=FakeJournal(),
            seed="1",
            taken=self.market.taken,
            footprint=False,
        )
        self.engine.open(self.now, balance_usd=Decimal(10_000))

    def reach(self, now: float) -> None:
        """Play the recording up to a moment; every fill on the way is held against the book of that message."""
        for event in self.market.step(now):
            if isinstance(event, BookSnapshot | BookDelta | MarketTrade):
                _, message = next(self._rows)
                self.books[str(message["product_id"])].take(message)
            self.over = self.over or isinstance(event, MarketEnded)
            self.now = event.ts
            self.engine.on_event(event)
            self.check_fills()
        self.now = now

    def check_fills(self) -> None:
        """Demand of each new fill that the recorded book showed its price, and as much of it as was taken."""
        for fill in list(self.state.fills)[len(self.checked) :]:
            price = float(fill.price)
            offered = self.books[fill.symbol].sides["sell" if fill.side.sign > 0 else "buy"]
            assert price in offered, fill
            self._taken[fill.order_id, price] += float(fill.size)
            assert self._taken[fill.order_id, price] <= offered[price] + 1e-9, fill
            self.checked.append(fill)


class Desk:
    """A desk that enters, waits for a stop or a few seconds, leaves, and turns round."""

    def __init__(self, root: Path, replay: Replay) -> None:
        self.home = Home(root)
        for folder in self.home.folders():
            folder.mkdir(parents=True, exist_ok=True)
        self.replay = replay
        self.refused: Counter[str] = Counter()
        self._entries = 0
        self._entered: dict[str, float] = {}
        limits = RiskLimits(exposure_share=1e6, leverage=1e6, orders_per_minute=10**6, consecutive_losses=200)
        settings = msgspec.structs.replace(the_settings(), limits=limits)
        self.desk = open_desk(
            self.home,
            DirectExchange(replay),  # type: ignore[arg-type] # it asks engine, state and now alone
            files=disk_files(self.home, settings),
            settings=settings,
            instance="abc",
            speed=1.0,
            now=replay.now,
        )

    def step(self) -> None:
        self.desk.step(self.replay.now)
        held = {position.symbol for position in self.desk.positions()}
        for symbol in TAPE_SYMBOLS:
            try:
                self._trade(symbol, held=symbol in held)
            except OrderRefused as error:
                self.refused[str(error)] += 1
        self.replay.check_fills()

    def _trade(self, symbol: str, *, held: bool) -> None:
        now = self.replay.now
        if not held:
            self.enter(symbol)
        elif now - self._entered[symbol] >= HOLD_S:
            self.desk.exit(symbol, reason="time", now=now)

    def enter(self, symbol: str) -> OrderState:
        now = self.replay.now
        self._entries += 1
        direction = Direction.LONG if self._entries % 4 < 2 else Direction.SHORT
        stop_bps = CLOSE_STOP_BPS if self._entries % 3 == 0 else 200.0
        decision = msgspec.structs.replace(
            a_decision(direction=direction, ts=now, symbol=symbol),
            size_factors=(SizeFactor(name="stop_bps", value=stop_bps),),
        )
        sent = self.desk.enter(decision, size=SIZES[symbol], slippage_cap_bps=10, now=now)
        self._entered[symbol] = now
        return sent.state

    def entries(self) -> list[LedgerEntry]:
        return list(read_all(self.home.fills, LedgerEntry))


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Desk]:
    replay = Replay(cut_tape(tmp_path / "tape.jsonl", seconds=SECONDS))
    replay.reach(replay.now + 1)
    trader = Desk(tmp_path / "home", replay)
    trader.desk.step(replay.now)
    replay.reach(replay.now + 1)
    yield trader
    trader.desk.close()


def test_no_fill_is_at_a_price_that_the_recording_did_not_offer(trader: Desk) -> None:
    end = trader.replay.now + SECONDS - 5
    while trader.replay.now < end:
        trader.replay.reach(trader.replay.now + STEP_S)
        trader.step()
    closed = [entry for entry in trader.entries() if isinstance(entry, PositionClosed)]
    booked = [entry for entry in trader.entries() if isinstance(entry, FillBooked)]
    shown = [(fill.fill_id, fill.price, fill.size) for fill in trader.replay.checked]
    assert [(fill.fill_id, fill.price, fill.size) for fill in booked] == shown
    assert len(closed) > 10
    assert {entry.exit_reason for entry in closed} == {"stop", "time"}
    assert {entry.direction for entry in closed} == set(Direction)
    assert len({fill.price for fill in booked}) > len(closed), "orders walked through more than one level"


def test_nothing_can_be_entered_once_the_recording_is_over(trader: Desk) -> None:
    replay = trader.replay
    replay.reach(replay.now + SECONDS)
    assert replay.over
    trader.desk.step(replay.now)
    assert trader.enter("PF_XBTUSD") is OrderState.REJECTED
    assert replay.checked == []
    trader.desk.step(replay.now + 700)
    with pytest.raises(OrderRefused, match="not_tradeable"):
        trader.enter("PF_ETHUSD")
