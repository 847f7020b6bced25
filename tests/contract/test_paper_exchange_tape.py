"""The engine over a recorded market: what it shows and what it fills is what the recording offered."""

import gzip
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side
from tests.paper_exchange_fakes import FakeJournal

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
SECONDS = 120
Book = dict[str, dict[float, float]]


@pytest.fixture
def tape() -> Path:
    folder = os.environ.get("TRADING_BOT_TAPES")
    if folder is None:
        pytest.skip("TRADING_BOT_TAPES names no folder of recordings")
    path = Path(folder) / "btc_eth_perp_20240808.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


def told(path: Path) -> Iterator[tuple[float, dict[str, object]]]:
    with gzip.open(path, "rb") as lines:
        for line in lines:
            row = orjson.loads(line)
            yield row["received_at"], row["message"]


class Recorded:
    """Books kept straight from the file, by nothing that is under test."""

    def __init__(self, path: Path) -> None:
        self._lines = told(path)
        self._next = next(self._lines)
        self.books: dict[str, Book] = {symbol: {"buy": {}, "sell": {}} for symbol in SYMBOLS}
        self.start = self._next[0]

    def reach(self, now: float) -> None:
        while self._next[0] <= now:
            self._take(self._next[1])
            self._next = next(self._lines)

    def _take(self, message: dict[str, object]) -> None:
        book = self.books[str(message["product_id"])]
        if message["feed"] == "book_snapshot":
            for side, name in (("buy", "bids"), ("sell", "asks")):
                book[side] = {row["price"]: row["qty"] for row in message[name]}  # type: ignore[attr-defined] # JSON values
        elif message["feed"] == "book":
            level = book[str(message["side"])]
            price, size = float(str(message["price"])), float(str(message["qty"]))
            if size:
                level[price] = size
            else:
                level.pop(price, None)


def test_books_equal_the_recording_and_fills_never_leave_what_it_offered(tape: Path) -> None:
    recorded = Recorded(tape)
    market = TapeMarket(tape, SYMBOLS, start_at=recorded.start)
    state = ExchangeState(memory_s=5.0)
    engine = Engine(
        market.instruments(),
        state=state,
        journal=FakeJournal(),
        seed="1",
        taken=market.taken,
        footprint=False,
    )
    engine.open(recorded.start, balance_usd=Decimal(10_000))
    for event in market.begin(recorded.start):
        engine.on_event(event)
    filled = 0
    for second in range(1, SECONDS):
        now = recorded.start + second
        recorded.reach(now)
        for event in market.step(now):
            engine.on_event(event)
        for symbol in SYMBOLS:
            contract = engine.core.contracts[symbol]
            for side in Side:
                shown = {
                    contract.grid.price_float(t): contract.grid.size_float(s)
                    for t, s in contract.published(side)
                }
                assert shown == pytest.approx(recorded.books[symbol][side.value])
        symbol, side = SYMBOLS[second % 2], Side.BUY if second % 4 < 2 else Side.SELL
        form = {"symbol": symbol, "side": side.value, "size": "0.01", "orderType": "mkt"}
        engine.request(now, "sendorder", form)
        offered = recorded.books[symbol]["sell" if side is Side.BUY else "buy"]
        for fill in state.fills[filled:]:
            assert float(fill.price) in offered
            assert float(fill.size) <= offered[float(fill.price)] + 1e-9
        filled = len(state.fills)
    assert filled >= SECONDS - 1
