"""The feature builder's process shell against a venue on loopback, over real HTTP and websocket."""

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
import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from src.market.feature_files import FeatureFiles
from src.market.feed_process import FeedProcess, build_feature_builder, websocket_url
from src.records.features import Features
from src.records.settings import BotSettings
from src.store.errors import DiskFull
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


@pytest.fixture
def clock() -> FastClock:
    return FastClock(speed=120.0)


@pytest.fixture
def venue(clock: FastClock) -> Iterator[Venue]:
    made = Venue(clock)
    yield made
    made.close()


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


def test_features_of_a_live_venue_reach_the_files(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 8)
        assert process.handled > 50
        assert process.last_event_ts is not None
    lines = written(tmp_path)
    assert {line.symbol for line in lines} == set(SYMBOLS)
    last = lines[-1]
    assert None not in (last.mid, last.mark, last.funding_z, last.hurst, last.volatility_median_bps)
    assert last.recorded_at >= last.ts
    shown = orjson.loads(Home(tmp_path).features(last.symbol).read_bytes())
    assert (shown["ts"], shown["symbol"]) == (last.ts, last.symbol)
    tape = [orjson.loads(line) for line in Home(tmp_path).market_tape.read_bytes().splitlines()]
    assert {line["message"]["feed"] for line in tape} >= {"book_snapshot", "book", "ticker"}
    assert [line["received_at"] for line in tape] == sorted(line["received_at"] for line in tape)


def test_lost_connection_is_flagged_and_made_again(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 4)
        venue.break_connections.set()
        drive(process, clock, lambda: not venue.break_connections.is_set())
        goal = process.outputs + 8
        drive(process, clock, lambda: process.outputs >= goal)
    lines = written(tmp_path)
    assert any("book_gap" in line.incomplete for line in lines)
    assert lines[-1].mid is not None
    assert "book_gap" not in lines[-1].incomplete


def test_gap_in_the_numbering_brings_a_new_snapshot(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 4)
        asked = len(venue.requests)
        venue.skip_number.set()
        drive(process, clock, lambda: len(venue.requests) >= asked + 2)
        goal = process.outputs + 6
        drive(process, clock, lambda: process.outputs >= goal)
        assert process.dropped["book_gap"] == 1
    assert [request["event"] for request in venue.requests[asked:]] == ["unsubscribe", "subscribe"]
    assert written(tmp_path)[-1].mid is not None


def test_restarted_process_stays_warm_and_repeats_nothing(
    tmp_path: Path, venue: Venue, clock: FastClock
) -> None:
    for goal in (4, 6):
        with running(tmp_path, venue, clock) as process:
            drive(process, clock, lambda enough=goal, p=process: p.outputs >= enough)
    lines = written(tmp_path)
    keys = [(line.symbol, line.ts) for line in lines]
    assert len(keys) == len(set(keys))
    counted = [line.ofi_windows for line in lines if line.symbol == SYMBOLS[0]]
    assert counted == sorted(counted)
    assert counted[-1] >= 2


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://127.0.0.1:80", "ws://127.0.0.1:80/ws/v1"),
        ("https://futures.kraken.com/", "wss://futures.kraken.com/ws/v1"),
    ],
)
def test_websocket_is_where_the_venue_is(endpoint: str, expected: str) -> None:
    assert websocket_url(endpoint) == expected


def test_endpoint_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="ftp"):
        websocket_url("ftp://host")


def test_full_disk_costs_the_recording_and_nothing_else(tmp_path: Path) -> None:
    class FullTape:
        def append(self, _received_at: float, _message: bytes) -> None:
            raise DiskFull("no space")

        def work(self) -> bool:
            return False

        def close(self) -> None:
            """Hold nothing."""

    home, settings = made_home(tmp_path), made_settings()
    files = FeatureFiles(home, settings, disk_files(home, settings))
    assert files._tape is not None
    files._tape.close()
    files._tape = FullTape()
    for _ in range(3):
        files.append(START, b"{}")
    assert files.unrecorded == 3
    files.save()
    files.close()


def test_dead_thread_ends_the_process(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        process.step(clock.now())
        process._poller.close()
        with pytest.raises(RuntimeError, match="thread"):
            process.step(clock.now())
