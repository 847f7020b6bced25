"""The paper exchange's engine without sockets: events a second, a recording's messages a second, pairs of orders."""

import os
import statistics
import tempfile
import time
from decimal import Decimal
from pathlib import Path

import orjson

from benchmarks.paper_exchange_memory import START, SYMBOLS, Nowhere
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import BookDelta, BookSnapshot, Market, MarketEvent, MarketTrade
from src.exchange.simulator.markets.spec import market_start
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side

TRIES = 3
PAIRS = 3000
TAPE_NAME = "btc_eth_perp_20240808.jsonl.gz"
TAPE_SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
HFTBACKTEST = 13_900_000
"""Events a second of hftbacktest 2.4.4, warm, as measured by us on two cores of an AMD EPYC: six events a bar."""
Row = tuple[str, str, str, str]


def rows() -> list[Row]:
    """Return what was measured."""
    return [_events(), _recording(), _pairs()]


def _events() -> Row:
    """Feed an hour of ten symbols to the engine; one baseline keeps the same books in plain dicts."""
    market = SyntheticMarket(SYMBOLS, seed=1, start=START)
    first = market.begin(START)
    events = [event for minute in range(1, 61) for event in market.step(START + 60 * minute)]
    ours = len(events) / statistics.median(_through_engine(market, first, events) for _ in range(TRIES))
    plain = len(events) / statistics.median(_through_dicts(events) for _ in range(TRIES))
    beside = f"{plain:,.0f}/s in plain dicts, hftbacktest {HFTBACKTEST / 1e6:.1f} M/s ({HFTBACKTEST / ours:.0f} times)"
    return ("events through the engine", f"{ours:,.0f}/s", beside, "")


def _through_engine(market: Market, first: list[MarketEvent], events: list[MarketEvent]) -> float:
    engine = _engine(market, first)
    began = time.perf_counter()
    for event in events:
        engine.on_event(event)
        if len(engine.core.feed) > 100:
            engine.drain()
    return time.perf_counter() - began


def _through_dicts(events: list[MarketEvent]) -> float:
    books: dict[tuple[str, str], dict[float, float]] = {}
    last: dict[str, float] = {}
    began = time.perf_counter()
    for event in events:
        if isinstance(event, BookDelta):
            level = books.setdefault((event.symbol, event.side), {})
            if event.size:
                level[event.price] = event.size
            else:
                level.pop(event.price, None)
        elif isinstance(event, MarketTrade):
            last[event.symbol] = event.price
    return time.perf_counter() - began


def _recording() -> Row:
    """Read a recording and feed it to the engine: a real one where there is one, else one of the synthetic market."""
    real = Path(os.environ.get("TRADING_BOT_TAPES", "")) / TAPE_NAME
    with tempfile.TemporaryDirectory() as name:
        symbols = TAPE_SYMBOLS if real.is_file() else SYMBOLS
        tape = real if real.is_file() else _made(Path(name) / "tape.jsonl")
        found = [_read_through(tape, symbols) for _ in range(TRIES)]
    books, took = found[0][0], statistics.median(seconds for _, seconds in found)
    lines = f"{books:,} book messages of {'a recording' if tape == real else 'a made one'}"
    return ("book messages, tape to engine", f"{books / took:,.0f}/s", lines, ">= 50,000")


def _read_through(tape: Path, symbols: tuple[str, ...]) -> tuple[int, float]:
    """Return how many book messages an opened recording has, and how long it takes from file to engine."""
    market = TapeMarket(tape, symbols)
    engine = _engine(market, [], footprint=False)
    books, now = 0, market_start(f"tape:{tape}") or START
    began = time.perf_counter()
    while not engine.ended:
        now += 1.0
        for event in market.step(now):
            engine.on_event(event)
            books += isinstance(event, BookDelta | BookSnapshot)
        engine.drain()
    return books, time.perf_counter() - began


def _made(tape: Path) -> Path:
    """Write down an hour of a synthetic market."""
    market = SyntheticMarket(SYMBOLS, seed=1, start=START)
    events = market.begin(START)
    events += [event for minute in range(1, 61) for event in market.step(START + 60 * minute)]
    with tape.open("wb") as file:
        for event in events:
            if isinstance(event, BookDelta):
                told: dict[str, object] = {
                    "feed": "book",
                    "side": event.side,
                    "price": event.price,
                    "qty": event.size,
                }
            elif isinstance(event, BookSnapshot):
                told = {"feed": "book_snapshot", "bids": _told(event.bids), "asks": _told(event.asks)}
            else:
                continue
            message = told | {"product_id": event.symbol, "timestamp": int(1000 * event.ts)}
            file.write(orjson.dumps({"received_at": event.ts, "message": message}) + b"\n")
    return tape


def _told(levels: tuple[tuple[float, float], ...]) -> list[dict[str, float]]:
    return [{"price": price, "qty": size} for price, size in levels]


def _pairs() -> Row:
    """Place and cancel in the engine alone, without journal and sockets."""
    market = SyntheticMarket(SYMBOLS, seed=1, start=START)
    engine = _engine(market, market.begin(START))
    touch = engine.core.contracts["PF_XBTUSD"].touch(Side.BUY)
    if touch is None:
        raise RuntimeError("the market has no bids")
    form = {"orderType": "post", "symbol": "PF_XBTUSD", "side": "buy", "size": "0.001"}
    form["limitPrice"] = str(round(0.95 * touch[0]))
    began = time.perf_counter()
    for number in range(PAIRS):
        mine = {"cliOrdId": f"b{number}"}
        engine.request(START + 0.002 * number, "sendorder", form | mine)
        engine.request(START + 0.002 * number, "cancelorder", mine)
        engine.drain()
    rate = PAIRS / (time.perf_counter() - began)
    return ("sendorder + cancelorder, engine alone", f"{rate:,.0f} pairs/s", "", "")


def _engine(market: Market, first: list[MarketEvent], *, footprint: bool = True) -> Engine:
    state = ExchangeState(memory_s=5.0)
    engine = Engine(
        market.instruments(),
        state=state,
        journal=Nowhere(),
        seed="1",
        taken=market.taken,
        footprint=footprint,
    )
    engine.open(START, balance_usd=Decimal(10_000))
    for event in first:
        engine.on_event(event)
    return engine
