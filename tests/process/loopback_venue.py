"""A venue on loopback whose connections and numbering can be broken, and a feature builder's shell that follows it."""

import http
import random
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import orjson
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from src.market.feed_process import FeedProcess, build_feature_builder
from src.records.features import Features
from src.records.settings import BotSettings
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.market_fakes import START, RandomSymbol, bars, ticker

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
CONFIG = Path(__file__).parents[2] / "configs" / "bot.json"


class FastClock:
    """Market time that runs fast from a full hour."""

    def __init__(self, *, speed: float, origin: float = START) -> None:
        self.speed = speed
        self._origin = origin
        self._began = time.monotonic()

    def now(self) -> float:
        return self._origin + self.speed * (time.monotonic() - self._began)

    def real(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


class Venue:
    """A venue that answers the public questions, and whose connections and numbering can be broken."""

    def __init__(self, clock: FastClock) -> None:
        self.clock = clock
        self.break_connections = threading.Event()
        self.skip_number = threading.Event()
        self.requests: list[dict[str, object]] = []
        self._books = {symbol: RandomSymbol(symbol, random.Random(5)) for symbol in SYMBOLS}
        self._server: Server = serve(
            self._feed, "127.0.0.1", 0, process_request=self._answer, compression=None
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        if request.path.startswith("/ws/"):
            return None
        body = orjson.dumps(self._public(request.path))
        headers = Headers([("Content-Length", str(len(body))), ("Connection", "close")])
        return Response(http.HTTPStatus.OK, "OK", headers, body)

    def _public(self, path: str) -> dict[str, object]:
        if "/charts/" in path:
            resolution = 60 if path.split("?", maxsplit=1)[0].endswith("/1m") else 900
            found = bars(1, count=2000, resolution_s=resolution)
            candles = [
                {
                    "time": int(bar.ts * 1000),
                    **{n: str(bar.close) for n in ("open", "high", "low", "close")},
                    "volume": "1",
                }
                for bar in found
            ]
            return {"candles": candles, "more_candles": False}
        if "historicalfundingrates" in path:
            rates = [
                {
                    "timestamp": f"2023-11-{day:02}T{hour:02}:00:00Z",
                    "fundingRate": 1,
                    "relativeFundingRate": 1e-6 * hour,
                }
                for day in range(1, 14)
                for hour in range(24)
            ]
            return {"result": "success", "rates": rates}
        rows = [
            {"symbol": s, "markPrice": 1000, "indexPrice": 1000, "fundingRate": 0.01, "openInterest": 5}
            for s in SYMBOLS
        ]
        return {"result": "success", "tickers": rows}

    def _feed(self, connection: ServerConnection) -> None:
        self.break_connections.clear()
        try:
            self._talk(connection)
        except ConnectionClosed:
            return

    def _talk(self, connection: ServerConnection) -> None:
        connection.send('{"event":"info","version":1}')
        subscribed: set[str] = set()
        while not self.break_connections.is_set():
            try:
                request = orjson.loads(connection.recv(timeout=0.01))
                self.requests.append(request)
                self._subscribe(connection, request, subscribed)
            except TimeoutError:
                pass
            for symbol in sorted(subscribed):
                book = self._books[symbol]
                if self.skip_number.is_set():
                    self.skip_number.clear()
                    book.seq += 1
                for message in book.turn():
                    connection.send(orjson.dumps(message).decode())
                connection.send(orjson.dumps(ticker(symbol, mark=float(book.mid))).decode())

    def _subscribe(
        self, connection: ServerConnection, request: dict[str, object], subscribed: set[str]
    ) -> None:
        products = request["product_ids"]
        assert isinstance(products, list)
        if request["feed"] != "book" or request["event"] != "subscribe":
            return
        for symbol in products:
            subscribed.add(symbol)
            connection.send(orjson.dumps(self._books[symbol].snapshot()).decode())


def made_home(root: Path) -> Home:
    home = Home(root)
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    return home


def made_settings() -> BotSettings:
    raw = {k: v for k, v in orjson.loads(CONFIG.read_bytes()).items() if not k.startswith("_")}
    return msgspec.convert({**raw, "symbols": SYMBOLS, "leader": SYMBOLS[0]}, BotSettings)


@contextmanager
def running(root: Path, venue: Venue, clock: FastClock) -> Iterator[FeedProcess]:
    home, settings = made_home(root), made_settings()
    process = build_feature_builder(
        home, settings, venue.url, clock, files=disk_files(home, settings), rng=random.Random(1)
    )
    try:
        yield process
    finally:
        process.save()
        process.close()


def drive(
    process: FeedProcess, clock: FastClock, enough: Callable[[], bool], *, within_s: float = 30.0
) -> None:
    ends = time.monotonic() + within_s
    while not enough():
        assert time.monotonic() < ends, "the promise was not kept in time"
        select.select(process.fds(), [], [], 0.05)
        process.step(clock.now())


def written(root: Path) -> list[Features]:
    return list(read_all(Home(root).windows, Features))
