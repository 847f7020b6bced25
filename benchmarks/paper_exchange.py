"""The paper exchange: events through the engine, orders over HTTP, and what a fast market costs."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec
import orjson
import psutil
from rich.console import Console
from rich.table import Table

from src.exchange.simulator.auth import signature
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import BookDelta, MarketEvent, MarketTrade
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_journal import JournalEntry
from src.records.operations import ExchangeEndpoint
from src.store.home import prepare_home

ROOT = Path(__file__).resolve().parents[1]
START = 1_795_330_000.0
SYMBOLS = tuple(orjson.loads((ROOT / "configs" / "bot.json").read_bytes())["symbols"])
SPEED = 60.0
PAIRS = 400
LISTEN_S = 8.0


class Row(NamedTuple):
    """One measured thing beside its baseline."""

    what: str
    ours: str
    baseline: str
    bar: str


class Nowhere:
    """A journal that keeps nothing."""

    def append(self, record: JournalEntry) -> int:
        """Forget an entry."""
        return record.number


def run() -> list[Row]:
    """Return what was measured; takes about 20 seconds."""
    rows = [engine_events()]
    with tempfile.TemporaryDirectory() as name:
        rows += over_sockets(Path(name))
    return rows


def engine_events() -> Row:
    """Feed an hour of ten symbols to the engine; the baseline keeps the same books in plain dicts."""
    market = SyntheticMarket(SYMBOLS, seed=1, start=START)
    first = market.begin(START)
    events = [event for minute in range(1, 61) for event in market.step(START + 60 * minute)]
    ours = statistics.median(_through_engine(market, first, events) for _ in range(3))
    plain = statistics.median(_through_dicts(events) for _ in range(3))
    return Row(
        "events through the engine",
        f"{len(events) / ours:,.0f}/s",
        f"{len(events) / plain:,.0f}/s in plain dicts",
        "",
    )


def _through_engine(market: SyntheticMarket, first: list[MarketEvent], events: list[MarketEvent]) -> float:
    state = ExchangeState(memory_s=5.0)
    engine = Engine(market.instruments(), state=state, journal=Nowhere(), seed="1", taken=market.taken)
    engine.open(START, balance_usd=Decimal(10_000))
    for event in first:
        engine.on_event(event)
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


def over_sockets(folder: Path) -> list[Row]:
    """Start the exchange as a process at 60 times the market's speed, trade on it and listen to it."""
    home = prepare_home(folder / "home", ROOT / "configs")
    plan = folder / "faults.json"
    plan.write_text('{"rate_limit": "off"}', "utf-8")
    command = "import typer; from src.cli.paper_exchange import paper_exchange; typer.run(paper_exchange)"
    server = subprocess.Popen(
        [sys.executable, "-c", command, "--home", str(home.root), f"--speed={SPEED}", f"--faults={plan}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        if server.stdout is None or not server.stdout.readline():
            raise RuntimeError("the paper exchange did not start")
        endpoint = msgspec.json.decode(home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint)
        return asyncio.run(_measured(endpoint, psutil.Process(server.pid)))
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=15)


async def _measured(endpoint: ExchangeEndpoint, server: psutil.Process) -> list[Row]:
    async with aiohttp.ClientSession() as session:
        return [*await _pairs(session, endpoint), await _listening(session, endpoint, server)]


async def _pairs(session: aiohttp.ClientSession, endpoint: ExchangeEndpoint) -> list[Row]:
    async with session.get(f"{endpoint.url}/derivatives/api/v3/tickers/PF_XBTUSD") as answer:
        price = round(float((await answer.json())["ticker"]["bid"]) * 0.95)
    took = []
    began = time.perf_counter()
    for number in range(PAIRS):
        before = time.perf_counter()
        form = f"orderType=post&symbol=PF_XBTUSD&side=buy&size=0.001&limitPrice={price}&cliOrdId=b{number}"
        await _post(session, endpoint, "sendorder", form)
        took.append(1000 * (time.perf_counter() - before))
        await _post(session, endpoint, "cancelorder", f"cliOrdId=b{number}")
    rate = PAIRS / (time.perf_counter() - began)
    p99 = statistics.quantiles(took, n=100)[98]
    return [
        Row(
            "signed sendorder + cancelorder",
            f"{rate:,.0f} pairs/s",
            f"{await _bare(session, endpoint):,.0f} GET/s",
            ">= 300",
        ),
        Row("sendorder, p99", f"{p99:.1f} ms", f"{statistics.median(took):.1f} ms p50", "<= 10 ms"),
    ]


async def _bare(session: aiohttp.ClientSession, endpoint: ExchangeEndpoint) -> float:
    began = time.perf_counter()
    for _ in range(PAIRS):
        async with session.get(f"{endpoint.url}/derivatives/api/v3/instruments/status") as answer:
            await answer.read()
    return PAIRS / (time.perf_counter() - began)


async def _post(session: aiohttp.ClientSession, endpoint: ExchangeEndpoint, name: str, form: str) -> None:
    signed = signature(f"{form}/api/v3/{name}".encode(), endpoint.api_secret)
    headers = {"APIKey": endpoint.api_key, "Authent": signed}
    async with session.post(f"{endpoint.url}/derivatives/api/v3/{name}?{form}", headers=headers) as answer:
        shape = await answer.json()
    if shape["result"] != "success" or "Status" not in str(shape):
        raise RuntimeError(f"{name} was refused: {shape}")


async def _listening(
    session: aiohttp.ClientSession, endpoint: ExchangeEndpoint, server: psutil.Process
) -> Row:
    async with session.ws_connect(endpoint.url.replace("http", "ws") + "/ws/v1", max_msg_size=0) as socket:
        for feed in ("book", "trade", "ticker"):
            await socket.send_json({"event": "subscribe", "feed": feed, "product_ids": list(SYMBOLS)})
        await asyncio.sleep(1.0)
        before, began, heard = server.cpu_times(), time.perf_counter(), 0
        while time.perf_counter() - began < LISTEN_S:
            await socket.receive()
            heard += 1
        after, elapsed = server.cpu_times(), time.perf_counter() - began
    share = (after.user + after.system - before.user - before.system) / elapsed
    memory = server.memory_full_info().pss / 2**20
    return Row(
        f"{len(SYMBOLS)} symbols at {SPEED:.0f}x to one listener",
        f"{100 * share:.1f} % of a core",
        f"{heard / elapsed:,.0f} messages/s, {memory:.0f} MiB PSS, {os.cpu_count()} cores",
        "",
    )


def main() -> None:
    """Print the table."""
    table = Table("what", "ours", "beside", "bar", title="Paper exchange")
    for row in run():
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
