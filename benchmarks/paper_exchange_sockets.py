"""The paper exchange over real sockets: pairs of orders a second, and what it adds to a bare server's answer."""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import msgspec
import orjson
import psutil

from benchmarks.paper_exchange_children import echo, listeners, stay_on
from src.exchange.simulator.auth import signature
from src.records.operations import ExchangeEndpoint
from src.store.home import prepare_home

ROOT = Path(__file__).resolve().parents[1]
SYMBOLS = tuple(orjson.loads((ROOT / "configs" / "bot.json").read_bytes())["symbols"])
SPEED = 60.0
PAIRS = 400
ROUNDS = 3
LISTENERS = 5
SERVER_CORE, CLIENT_CORE = 0, 1
SYNCS = 200
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
Row = tuple[str, str, str, str]


class Client:
    """One client that signs, asks and waits, and remembers how long it waited."""

    def __init__(self, session: aiohttp.ClientSession, endpoint: ExchangeEndpoint) -> None:
        self._session = session
        self._endpoint = endpoint
        self._price = 0
        self._sent = 0
        self.send_ms: list[float] = []
        self.echo_ms: list[float] = []
        self.reply = b""

    async def begin(self) -> None:
        """Look up a price at which nothing trades."""
        url = f"{self._endpoint.url}/derivatives/api/v3/tickers/PF_XBTUSD"
        async with self._session.get(url) as answer:
            self._price = round(float((await answer.json())["ticker"]["bid"]) * 0.95)

    async def pair(self) -> None:
        """Send an order and cancel it."""
        self._sent += 1
        mine = f"b{self._sent}"
        form = f"orderType=post&symbol=PF_XBTUSD&side=buy&size=0.001&limitPrice={self._price}&cliOrdId={mine}"
        before = time.perf_counter()
        self.reply = await self._post("sendorder", form)
        self.send_ms.append(1000 * (time.perf_counter() - before))
        await self._post("cancelorder", f"cliOrdId={mine}")

    async def echoed(self, url: str) -> None:
        """Have a bare server answer the same."""
        before = time.perf_counter()
        async with self._session.post(url, headers=self._headers("sendorder", "a=b")) as answer:
            await answer.read()
        self.echo_ms.append(1000 * (time.perf_counter() - before))

    async def _post(self, name: str, form: str) -> bytes:
        url = f"{self._endpoint.url}/derivatives/api/v3/{name}?{form}"
        async with self._session.post(url, headers=self._headers(name, form)) as answer:
            body = await answer.read()
        if b'"placed"' not in body and b'"cancelled"' not in body:
            raise RuntimeError(f"{name} was refused: {body.decode()}")
        return body

    def _headers(self, name: str, form: str) -> dict[str, str]:
        signed = signature(f"{form}/api/v3/{name}".encode(), self._endpoint.api_secret)
        return {"APIKey": self._endpoint.api_key, "Authent": signed}


def rows() -> list[Row]:
    """Return what was measured; the server has one core, its clients the other."""
    stay_on(CLIENT_CORE)
    with tempfile.TemporaryDirectory() as name:
        disk_ms = _sync_ms(Path(name))
        with running(Path(name)) as (endpoint, process):
            disk, _, _ = asyncio.run(_pairs(endpoint, process))
            cpu = _cpu_share(process)
            streaming = _streaming(endpoint)
            share, memory = cpu(), process.memory_info().rss / 2**20
    with tempfile.TemporaryDirectory(dir=MEMORY_DISK) as name, running(Path(name)) as (endpoint, process):
        apart, bare, work_ms = asyncio.run(_pairs(endpoint, process))
        still = _streaming(endpoint)
    sync = f"a bare fdatasync takes {statistics.median(disk_ms):.2f} ms, p99 {_p99(disk_ms):.1f}"
    beside = f"{bare:,.0f} echoes/s; a pair costs the server {work_ms:.2f} ms of its core"
    load = f"server {100 * share:.0f} % of a core, {memory:.0f} MiB"
    return [
        (
            "signed sendorder + cancelorder, disk apart",
            f"{apart:,.0f} pairs/s",
            beside,
            ">= 300",
        ),
        ("the same, journal on this disk", f"{disk:,.0f} pairs/s", sync, ""),
        (f"{LISTENERS} listeners at {SPEED:.0f}x, disk apart: sendorder over echo, p99", *still, "<= 10 ms"),
        ("the same, journal on this disk", streaming[0], f"{streaming[1]}; {load}", ""),
    ]


@contextmanager
def running(folder: Path) -> Iterator[tuple[ExchangeEndpoint, psutil.Process]]:
    """Have the exchange serve at 60 times the market's speed from a process of its own until the block is left."""
    home = prepare_home(folder / "home", ROOT / "configs")
    plan = folder / "faults.json"
    plan.write_text('{"rate_limit": "off"}', "utf-8")
    command = "import typer; from src.cli.paper_exchange import paper_exchange; typer.run(paper_exchange)"
    options = ["--home", str(home.root), f"--speed={SPEED}", f"--faults={plan}", "--latency=off"]
    server = subprocess.Popen(
        [sys.executable, "-c", command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        if server.stdout is None or not server.stdout.readline():
            raise RuntimeError("the paper exchange did not start")
        process = psutil.Process(server.pid)
        process.cpu_affinity([SERVER_CORE])
        yield msgspec.json.decode(home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint), process
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=15)


async def _pairs(endpoint: ExchangeEndpoint, server: psutil.Process) -> tuple[float, float, float]:
    """Return the median of pairs and of echoes a second, and what a pair costs the server, in milliseconds."""
    pairs, echoes, works = [], [], []
    async with aiohttp.ClientSession() as session:
        client = Client(session, endpoint)
        await client.begin()
        await client.pair()
        with echo(client.reply, core=SERVER_CORE) as url:
            for _ in range(ROUNDS):
                began, share = time.perf_counter(), _cpu_share(server)
                for _ in range(PAIRS):
                    await client.pair()
                works.append(1000 * share() * (time.perf_counter() - began) / PAIRS)
                between = time.perf_counter()
                for _ in range(PAIRS):
                    await client.echoed(url)
                pairs.append(PAIRS / (between - began))
                echoes.append(PAIRS / (time.perf_counter() - between))
    return statistics.median(pairs), statistics.median(echoes), statistics.median(works)


def _streaming(endpoint: ExchangeEndpoint) -> tuple[str, str]:
    """Return the overhead of a sendorder while listeners hear everything, and what was heard."""
    url = endpoint.url.replace("http", "ws") + "/ws/v1"
    began = time.perf_counter()
    with listeners(url, SYMBOLS, count=LISTENERS, core=CLIENT_CORE) as heard:
        client = asyncio.run(_beside_an_echo(endpoint))
        elapsed = time.perf_counter() - began
    ours, bare = _p99(client.send_ms), _p99(client.echo_ms)
    told = f"{ours:.1f} and {bare:.1f} ms, p50 {statistics.median(client.send_ms):.1f} and "
    told += f"{statistics.median(client.echo_ms):.1f} ms; {sum(heard) / elapsed:,.0f} messages/s"
    return f"{ours - bare:.1f} ms", told


async def _beside_an_echo(endpoint: ExchangeEndpoint) -> Client:
    async with aiohttp.ClientSession() as session:
        client = Client(session, endpoint)
        await client.begin()
        await client.pair()
        with echo(client.reply, core=SERVER_CORE) as url:
            for _ in range(ROUNDS * PAIRS):
                await client.pair()
                await client.echoed(url)
                await asyncio.sleep(0.002)
    return client


def _sync_ms(folder: Path) -> list[float]:
    """Return how long the disk takes to keep as much as an entry of the journal."""
    took = []
    with (folder / "sync").open("ab", buffering=0) as file:
        for _ in range(SYNCS):
            before = time.perf_counter()
            file.write(bytes(600))
            os.fdatasync(file.fileno())
            took.append(1000 * (time.perf_counter() - before))
    return took


def _cpu_share(process: psutil.Process) -> Callable[[], float]:
    """Return what tells the share of a core that a process has used since now."""
    first, began = process.cpu_times(), time.perf_counter()

    def told() -> float:
        last = process.cpu_times()
        used: float = last.user + last.system - first.user - first.system
        return used / (time.perf_counter() - began)

    return told


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
