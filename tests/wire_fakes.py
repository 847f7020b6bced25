"""An exchange over real HTTP whose market and clock obey the test, and a relay that spoils its answers."""

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import ccxt
import msgspec
import orjson
import requests

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import (
    BookSnapshot,
    InstrumentSpec,
    MarketEvent,
    MarketTrade,
    Reference,
    WireSide,
)
from src.exchange.simulator.server import Loudspeaker
from src.exchange.simulator.service import Service
from src.exchange.simulator.state import ExchangeState
from src.records.operations import ExchangeEndpoint
from src.simulation.clock import VirtualClock
from tests.direct_fakes import served
from tests.paper_exchange_fakes import SPECS, START, XBT, FakeJournal, ScriptedMarket, spec
from tests.paper_exchange_server import ccxt_client

S = "BTC/USD:USD"
PEPE = "PF_PEPEUSD"
Spoil = Callable[[str, bytes], bytes | None]
"""Gets path and answer of a request; returns what the client receives, None to hang up without a word."""


class ToldMarket(ScriptedMarket):
    """A market that does only what it is told, at the next request."""

    def instruments(self) -> tuple[InstrumentSpec, ...]:
        meme = spec(PEPE, tick="0.0000000001", size_decimals=-3)
        return (*SPECS, replace(meme, max_position=Decimal(10**9)))

    def begin(self, now: float) -> list[MarketEvent]:
        meme = Reference(now, PEPE, 0.00001, 0.00001, None, None, 1000.0)
        return [*super().begin(now), meme]

    def tell(self, event: MarketEvent) -> None:
        self._events.append(event)


@dataclass
class Relay:
    """A server between client and exchange that notes what passes and can spoil the answers."""

    url: str
    seen: list[str] = field(default_factory=list)
    """Method and target of each request, as received."""
    spoil: Spoil | None = None
    cut_bytes: int = 0
    """So much at the end of each answer is promised and never sent."""

    def calls(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(path in target for target in self.seen)


@dataclass
class Wire:
    """An exchange, what moves it, and an unmodified client of it."""

    clock: VirtualClock
    market: ToldMarket
    service: Service
    journal: FakeJournal
    endpoint: ExchangeEndpoint
    client: ccxt.krakenfutures

    @property
    def xbt(self) -> Contract:
        return self.service.engine.core.contracts[XBT]

    def book(self, *, bids: Iterable[tuple[float, float]], asks: Iterable[tuple[float, float]]) -> None:
        self.market.tell(BookSnapshot(self.clock.now(), XBT, tuple(bids), tuple(asks)))

    def trade(self, side: str, price: float, size: float) -> None:
        word: WireSide = "buy" if side == "buy" else "sell"
        self.market.tell(MarketTrade(self.clock.now(), XBT, word, price, size, "fill"))

    def mark(self, mark: float, *, rate: float | None = None, index: float | None = None) -> None:
        index = mark if index is None else index
        self.market.tell(Reference(self.clock.now(), XBT, mark, index, rate, rate, 1000.0))

    def send(self, order_type: str, side: str, size: str, **params: str) -> dict[str, object]:
        """Send an order in the wire's own words and return its sendStatus."""
        form = {"symbol": XBT, "orderType": order_type, "side": side, "size": size} | params
        status: dict[str, object] = self.client.privatePostSendorder(form)["sendStatus"]
        return status

    def flex(self) -> dict[str, float]:
        account: dict[str, float] = self.client.privateGetAccounts()["accounts"]["flex"]
        return account

    def size(self) -> Decimal:
        return self.service.engine.core.state.account.size_of(XBT)


@contextmanager
def wired(*, balance: str = "10000") -> Iterator[Wire]:
    """Serve an exchange until the block is left."""
    clock, market, journal = VirtualClock(START), ToldMarket(), FakeJournal()
    engine = Engine(
        market.instruments(),
        state=ExchangeState(memory_s=5.0),
        journal=journal,
        seed="7",
        taken=market.taken,
    )
    engine.open(clock.now(), balance_usd=Decimal(balance))
    service = Service(engine, market, clock, Loudspeaker())  # type: ignore[arg-type] # a fake of few words
    service.begin()
    with served(service) as endpoint:
        client = ccxt_client(endpoint)
        client.load_markets()
        try:
            yield Wire(clock, market, service, journal, endpoint, client)
        finally:
            client.close()


@contextmanager
def relayed(wire: Wire) -> Iterator[tuple[Relay, ccxt.krakenfutures]]:
    """Put a relay before the exchange; yields it with a client that reaches the exchange only through it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    relay = Relay(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.daemon_threads = True
    server.relay = relay  # type: ignore[attr-defined] # handed to the handlers this way
    server.upstream = wire.endpoint.url.removeprefix("http://")  # type: ignore[attr-defined] # the same
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="relay")
    thread.start()
    client = ccxt_client(msgspec.structs.replace(wire.endpoint, url=relay.url))
    try:
        client.load_markets()
        yield relay, client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join(10)


def order_faults(wire: Wire, **plan: object) -> None:
    """Order a plan of faults; any plan puts the budgets in force unless it says otherwise."""
    answer = requests.post(
        f"{wire.endpoint.url}/admin/faults",
        json=plan,
        headers={"Authorization": f"Bearer {wire.endpoint.admin_token}"},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text


def changed(path: str, change: Callable[[dict[str, object]], object]) -> Spoil:
    """Return a spoiler that changes the JSON answers of one path."""

    def spoil(target: str, body: bytes) -> bytes:
        if path not in target:
            return body
        shape = orjson.loads(body)
        change(shape)
        return orjson.dumps(shape)

    return spoil


def replaced(path: str, body: bytes | None) -> Spoil:
    """Return a spoiler that puts something else in the place of one path's answers."""
    return lambda target, answer: body if path in target else answer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_PUT(self) -> None:
        self._pass_on()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        relay: Relay = self.server.relay  # type: ignore[attr-defined] # set where it is made
        relay.seen.append(f"{self.command} {self.path}")
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=10)  # type: ignore[attr-defined] # the same
        upstream.request(self.command, self.path, body=sent, headers=dict(self.headers))
        answer = upstream.getresponse()
        body: bytes | None = answer.read()
        upstream.close()
        if relay.spoil is not None and body is not None:
            body = relay.spoil(self.path, body)
        self.close_connection = True
        if body is None:
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - relay.cut_bytes])
