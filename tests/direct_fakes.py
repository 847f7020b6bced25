"""The same paper exchange twice: asked over real HTTP by ccxt, and asked in its own process."""

import asyncio
import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import requests

from src.exchange.kraken import KrakenExchange
from src.exchange.session import ExchangeSession
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import Market
from src.exchange.simulator.latency import steady, ways
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.server import Loudspeaker, start_serving
from src.exchange.simulator.service import Publisher, Service
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.websocket import Hub
from src.market.kraken_public import KrakenPublic
from src.market.poller import PublicVenue
from src.records.operations import ExchangeEndpoint
from src.simulation.clock import VirtualClock
from src.simulation.venue import DirectVenue, direct_exchange
from tests.paper_exchange_fakes import FakeJournal

START = 1_795_330_000.0
SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_DOGEUSD")
SECRET = base64.b64encode(bytes(range(64))).decode()


class Silence:
    """Tells nobody."""

    def publish(self, _messages: object) -> None:
        """Forget what was said."""


@dataclass
class Paper:
    """An exchange with its market, and how the bot sees it."""

    clock: VirtualClock
    service: Service
    journal: FakeJournal
    exchange: ExchangeSession
    public: PublicVenue


def a_market(seed: int = 5) -> SyntheticMarket:
    return SyntheticMarket(SYMBOLS, seed=seed, start=START, messages_per_s=1.0)


def a_service(
    market: Market,
    *,
    clock: VirtualClock,
    journal: FakeJournal | None = None,
    publisher: Publisher | None = None,
    footprint: bool = True,
) -> Service:
    """Return an exchange that has begun."""
    engine = Engine(
        market.instruments(),
        state=ExchangeState(memory_s=5.0),
        journal=FakeJournal() if journal is None else journal,
        seed="7",
        taken=market.taken,
        footprint=footprint,
    )
    engine.open(clock.now(), balance_usd=Decimal(10_000))
    service = Service(engine, market, clock, Silence() if publisher is None else publisher)
    service.begin()
    return service


def direct(*, latency_s: float = 0.0) -> Paper:
    """Return an exchange in this process."""
    clock, journal = VirtualClock(START), FakeJournal()
    service = a_service(a_market(), clock=clock, journal=journal)
    exchange = direct_exchange(service, clock, away=ways(steady(latency_s), seed="7"))
    return Paper(clock, service, journal, exchange, DirectVenue(service))


@contextmanager
def over_http() -> Iterator[Paper]:
    """Serve an exchange on loopback until the block is left; its market moves only when it is asked."""
    clock, journal = VirtualClock(START), FakeJournal()
    service = a_service(a_market(), clock=clock, journal=journal)
    with served(service) as endpoint, requests.Session() as session:
        session.trust_env = False

        def get(url: str, params: object) -> bytes:
            answer = session.get(url, params=params, timeout=10)  # type: ignore[arg-type] # as handed in
            answer.raise_for_status()
            return answer.content

        exchange = KrakenExchange(url=endpoint.url, api_key="key", api_secret=SECRET, clock=clock)
        try:
            yield Paper(clock, service, journal, exchange, KrakenPublic(endpoint.url, get))
        finally:
            exchange.close()


@contextmanager
def served(service: Service) -> Iterator[ExchangeEndpoint]:
    """Answer for a service over HTTP on loopback until the block is left, in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    endpoint = ExchangeEndpoint(
        ts=service.clock.now(),
        url=f"http://127.0.0.1:{listening.getsockname()[1]}",
        api_key="key",
        api_secret=SECRET,
        admin_token="token",
    )
    with listening, _serving(service, endpoint, listening):
        yield endpoint


@contextmanager
def _serving(service: Service, endpoint: ExchangeEndpoint, listening: socket.socket) -> Iterator[None]:
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve(stop: asyncio.Event) -> None:
        hub = Hub(
            service.engine.core,
            key="key",
            secret=SECRET,
            account="paper",
            ticker_every_s=1.0,
            real=service.clock.real,
        )
        if isinstance(service._publisher, Loudspeaker):
            service._publisher.hub = hub
        runner = await start_serving(service, hub, endpoint, listening)
        ready.set()
        await stop.wait()
        await runner.cleanup()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop)), name="served")
    thread.start()
    try:
        assert ready.wait(20)
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
