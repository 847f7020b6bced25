"""The paper exchange as a process: market, engine, books and both faces, moved by one loop."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from src.clock import Clock
from src.exchange.simulator.admin import AdminFace
from src.exchange.simulator.checkpoint import Checkpoint
from src.exchange.simulator.collateral import by_wire_name
from src.exchange.simulator.endpoint import LOOPBACK, endpoint_file, keep_endpoint, known_port
from src.exchange.simulator.engine import Engine
from src.exchange.simulator.errors import PortInUse
from src.exchange.simulator.events import Market
from src.exchange.simulator.fault_file import FaultFile, fault_file
from src.exchange.simulator.fault_plan import FaultPlan
from src.exchange.simulator.fault_replies import FaultyReplies
from src.exchange.simulator.faults import FaultDesk
from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.http import HttpFace
from src.exchange.simulator.journal import Books
from src.exchange.simulator.latency import Ways, ways
from src.exchange.simulator.markets.factory import open_live_market
from src.exchange.simulator.markets.spec import SYNTHETIC
from src.exchange.simulator.remoteness import Remoteness
from src.exchange.simulator.service import Service
from src.exchange.simulator.websocket import HEARTBEAT_S, Hub
from src.records.operations import ExchangeEndpoint
from src.records.settings import BotSettings
from src.store.disk_files import DiskFiles
from src.store.errors import WriteFailed
from src.store.paths import Home

log = logging.getLogger(__name__)
STEP_S = 0.01
"""Real seconds between two looks at the market when it runs fast; twice that at its own speed."""
CHECKPOINT_EVERY_S = 5.0
ORDER_MEMORY_S = 5.0
"""Real seconds for which an ended order is remembered by ``orders/status``."""
TICKER_EVERY_S = 1.0
TICKER_EVERY_REAL_S = 0.2


@dataclass(frozen=True, slots=True)
class ExchangeRun:
    """What a paper exchange is started with."""

    home: Home
    clock: Clock
    settings: BotSettings
    market: str
    """``synthetic``, ``tape:FILE``, ``kraken`` or ``kraken:URL``."""
    seed: int
    port: int | None = None
    """None takes the port of the last start, or any free one; 0 any free one."""
    faults: Path | None = None
    """The plan of faults; None is ``run/faults/paper_exchange.json``."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the loop has done since it began."""

    events: int
    """Market events handled."""
    last_event_ts: float
    """Market time up to which everything is handled."""


class Loudspeaker:
    """Hands the feed to the hub, which is built after the service that it listens to."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Tell the listeners, once there can be some."""
        if self.hub is not None:
            self.hub.publish(messages)


def run_paper_exchange(
    run: ExchangeRun,
    *,
    stopped: Callable[[], bool],
    on_serving: Callable[[ExchangeEndpoint], None] = lambda _: None,
    on_pulse: Callable[[Pulse], None] = lambda _: None,
) -> None:
    """Serve until ``stopped``; raises PortInUse, MarketSpecError or any error of the store.

    ``on_serving`` is called once requests are answered, ``on_pulse`` after each round of the loop.
    """
    known = endpoint_file(run.home).read()
    listening = _listen(known_port(known) if run.port is None else run.port)
    with listening:
        asyncio.run(_run(run, listening, stopped=stopped, on_serving=on_serving, on_pulse=on_pulse))


async def _run(
    run: ExchangeRun,
    listening: socket.socket,
    *,
    stopped: Callable[[], bool],
    on_serving: Callable[[ExchangeEndpoint], None],
    on_pulse: Callable[[Pulse], None],
) -> None:
    checkpoint = Checkpoint(run.home, market=run.market, seed=run.seed)
    live = open_live_market(run.market, symbols=run.settings.symbols, clock=run.clock)
    market = live or checkpoint.market(run.settings, now=run.clock.now())
    books = Books(
        run.home.paper_exchange,
        files=DiskFiles(run.home, run.settings, run.clock),
        memory_s=ORDER_MEMORY_S * run.clock.speed,
    )
    try:
        service, loudspeaker = _service(run, market, books)
        endpoint = keep_endpoint(
            endpoint_file(run.home).read(), port=listening.getsockname()[1], ts=run.clock.now()
        )
        away = ways(run.settings.paper.latency, seed=str(run.seed))
        hub = _hub(service, endpoint, run.clock, away)
        loudspeaker.hub = hub
        desk = FaultDesk(service)
        plans = FaultFile(fault_file(run.home) if run.faults is None else run.faults, desk)
        plans.read()
        runner = await start_serving(service, hub, endpoint, listening, faults=desk, away=away)
        try:
            endpoint_file(run.home).write(endpoint)
            on_serving(endpoint)
            await _keep_stepping(service, hub, books, checkpoint, plans, stopped=stopped, on_pulse=on_pulse)
            _note(lambda: books.snapshot(run.clock.now()))
        finally:
            await hub.close()
            await runner.cleanup()
            _note(lambda: checkpoint.save(market))
    finally:
        books.close()
        if live is not None:
            live.close()


def _service(run: ExchangeRun, market: Market, books: Books) -> tuple[Service, Loudspeaker]:
    loudspeaker = Loudspeaker()
    engine = Engine(
        market.instruments(),
        state=books.state,
        journal=books,
        seed=str(run.seed),
        taken=market.taken,
        footprint=run.market == SYNTHETIC,
    )
    paper = run.settings.paper
    engine.open(
        run.clock.now(),
        balance_usd=Decimal(str(paper.starting_balance_usd)),
        currencies=by_wire_name(paper.collateral),
    )
    service = Service(engine, market, run.clock, loudspeaker)
    service.begin()
    return service, loudspeaker


def _hub(service: Service, endpoint: ExchangeEndpoint, clock: Clock, away: Ways) -> Hub:
    return Hub(
        service.engine.core,
        key=endpoint.api_key,
        secret=endpoint.api_secret,
        account="paper",
        ticker_every_s=max(TICKER_EVERY_S, TICKER_EVERY_REAL_S * clock.speed),
        real=clock.real,
        way=away.market_data,
    )


async def start_serving(
    service: Service,
    hub: Hub,
    endpoint: ExchangeEndpoint,
    listening: socket.socket,
    *,
    faults: FaultDesk | None = None,
    away: Ways | None = None,
) -> web.AppRunner:
    """Begin to answer on a listening socket; the caller cleans the runner up.

    Without ``faults`` it is an exchange that nothing is wrong with, and that never says "too much"; without
    ``away`` requests and answers travel in no time.
    """
    desk = FaultDesk(service, FaultPlan(rate_limit="off")) if faults is None else faults
    hub.faults = desk.stream
    app = HttpFace(service, endpoint, desk.server_time).application(hub.serve)
    app.middlewares.insert(0, FaultyReplies(desk, endpoint, service.clock.real).answer)
    if away is not None and not (away.request.instant and away.answer.instant):
        app.middlewares.insert(0, Remoteness(away).answer)
    AdminFace(service, desk, token=endpoint.admin_token).add_routes(app)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    return runner


async def _keep_stepping(
    service: Service,
    hub: Hub,
    books: Books,
    checkpoint: Checkpoint,
    plans: FaultFile,
    *,
    stopped: Callable[[], bool],
    on_pulse: Callable[[Pulse], None],
) -> None:
    clock = service.clock
    step_s = STEP_S if clock.speed > 1 else 2 * STEP_S
    beaten = saved = clock.real()
    ended = False
    while not stopped():
        if service.failure is not None:
            raise service.failure
        service.step()
        if service.engine.ended and not ended:
            ended = True
            log.info("market_ended", extra={"facts": {"market_ts": service.engine.core.now}})
        on_pulse(Pulse(events=service.events, last_event_ts=service.engine.core.now))
        real = clock.real()
        if real - beaten >= HEARTBEAT_S:
            hub.beat()
            _note(lambda: books.snapshot_if_due(clock.now()))
            plans.look()
            beaten = real
        if real - saved >= CHECKPOINT_EVERY_S:
            _note(lambda: checkpoint.save(service.market))
            saved = real
        await asyncio.sleep(step_s)


def _note(write: Callable[[], None]) -> None:
    """Write what only shortens the next start; with a full disk the journal alone is enough for it."""
    try:
        write()
    except WriteFailed as error:
        log.warning("note_not_written", extra={"facts": {"error": error}})


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {port} on {LOOPBACK} is taken by another program") from error
        raise
    listening.setblocking(False)
    return listening
