"""The real recorded market through the tape market: books never cross, nothing is lost, added or known too early."""

import gzip
import json
import os
from pathlib import Path

import pytest

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    MarketEnded,
    MarketEvent,
    MarketTrade,
    Reference,
)
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.tape import TapeMarket
from tests.simulator_market_fakes import PlainBook

NAME = "btc_eth_perp_20240808.jsonl.gz"
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")


@pytest.fixture(scope="module")
def tape() -> Path:
    folder = os.environ.get("TRADING_BOT_TAPES")
    if folder is None:
        pytest.skip("TRADING_BOT_TAPES does not name the folder of recorded markets")
    path = Path(folder) / NAME
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path


@pytest.fixture(scope="module")
def events(tape: Path) -> list[MarketEvent]:
    return TapeMarket(tape, SYMBOLS).step(tape_span(tape)[1])


def test_every_recorded_message_comes_out_once_in_order(tape: Path, events: list[MarketEvent]) -> None:
    recorded = []
    with gzip.open(tape, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            message = row["message"]
            recorded.append(
                (row["received_at"], message["product_id"], message.get("price"), message.get("qty"))
            )
    shown = [
        (event.ts, event.symbol, getattr(event, "price", None), getattr(event, "size", None))
        for event in events
        if isinstance(event, BookSnapshot | BookDelta | MarketTrade)
    ]
    assert shown == recorded
    assert isinstance(events[-1], MarketEnded)


def test_the_book_never_crosses_and_the_mark_is_its_mid(events: list[MarketEvent]) -> None:
    books = {symbol: PlainBook() for symbol in SYMBOLS}
    references = 0
    for event in events:
        if isinstance(event, BookSnapshot | BookDelta):
            book = books[event.symbol]
            book.apply(event)
            if book.bids and book.asks:  # the recording of ten levels empties a side between two messages
                assert max(book.bids) < min(book.asks)
        elif isinstance(event, Reference):
            bid, _, ask, _ = books[event.symbol].best()
            assert event.mark == event.index == (bid + ask) / 2
            references += 1
    assert 300 < references < 700


def test_a_start_in_the_middle_goes_on_with_the_same_events(tape: Path, events: list[MarketEvent]) -> None:
    first, last = tape_span(tape)
    middle = (first + last) / 2
    late = TapeMarket(tape, SYMBOLS, start_at=middle)
    shown = [event for event in late.begin(middle) if isinstance(event, BookSnapshot)]
    books = {symbol: PlainBook() for symbol in SYMBOLS}
    for event in events:
        if event.ts <= middle and isinstance(event, BookSnapshot | BookDelta):
            books[event.symbol].apply(event)
    for snapshot in shown:
        assert dict(snapshot.bids) == books[snapshot.symbol].bids
        assert dict(snapshot.asks) == books[snapshot.symbol].asks
    assert late.step(last) == [event for event in events if event.ts > middle]


def test_candles_hold_only_what_was_traded_so_far(tape: Path, events: list[MarketEvent]) -> None:
    first, _ = tape_span(tape)
    now = first + 100.0
    market = TapeMarket(tape, SYMBOLS, start_at=now)
    for symbol in SYMBOLS:
        traded = [e for e in events if isinstance(e, MarketTrade) and e.symbol == symbol and e.ts <= now]
        candles = market.candles(symbol, kind="trade", resolution_s=60, start=0.0, end=now + 1e6)
        assert sum(candle.volume for candle in candles) == pytest.approx(sum(trade.size for trade in traded))
        assert candles[-1].close == traded[-1].price
        assert max(candle.high for candle in candles) == max(trade.price for trade in traded)
