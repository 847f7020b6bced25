"""The desk of a bot that does not run, opened in this process to carry a command out."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext

import msgspec

from src.cli.clock_file import start_clock
from src.cli.configs import load_all
from src.clock import AnchoredClock
from src.command_desk import CommandDesk
from src.exchange.desk import TradingDesk
from src.exchange.errors import ExchangeFault
from src.exchange.kraken import KrakenExchange
from src.exchange.renewed_keys import keys_reloader
from src.exchange.simulator.server import ExchangeRun, run_paper_exchange
from src.exchange.venue import open_venue
from src.futures_portfolio_tracker import open_desk
from src.records.exchange_journal import MarketCheckpoint
from src.records.operations import ClockAnchor, Health, HomeIdentity
from src.records.settings import BotSettings
from src.store.commands import CommandBox
from src.store.disk_files import DiskFiles
from src.store.document import DocumentFile
from src.store.home import identity_file
from src.store.paths import Home

SERVES_WITHIN_S = 30.0


@contextmanager
def own_commands(home: Home, box: CommandBox, *, needs_market: bool) -> Iterator[Callable[[], None]]:
    """Give a step of desk and commands; the caller holds the home's lock.

    A paper exchange is part of its bot: it is served here as long as it is needed.

    Raises:
        ExchangeFault: the exchange cannot be reached, or nobody knows which one it is.
        CorruptLine: a file of money cannot be read.
    """
    identity, health = identity_file(home).read(), DocumentFile(home.health, Health, writer="cli").read()
    if identity is None or health is None:
        raise ExchangeFault(f"{home.root}: no bot has lived here")
    known = DocumentFile(home.clock, ClockAnchor, writer="cli").read()
    speed = 1.0 if known is None else known.speed
    clock = AnchoredClock(start_clock(home, market=health.market, speed=speed, writer="cli"))
    settings, seed = _as_it_ran(home, load_all(home))
    run = ExchangeRun(home=home, clock=clock, settings=settings, market=health.market, seed=seed)
    serves = needs_market and identity.mode == "paper"
    with ExitStack() as open_still:
        open_still.enter_context(_served(run) if serves else nullcontext())
        desk, commands = _opened(home, box, identity, settings, clock)
        open_still.enter_context(closing(desk))

        def step() -> None:
            if needs_market:
                desk.step(clock.now())
            commands.step(clock.now())

        yield step


def _opened(
    home: Home, box: CommandBox, identity: HomeIdentity, settings: BotSettings, clock: AnchoredClock
) -> tuple[TradingDesk, CommandDesk]:
    venue = open_venue(identity.mode, home)
    exchange = KrakenExchange(url=venue.url, api_key=venue.api_key, api_secret=venue.api_secret, clock=clock)
    files = DiskFiles(home, settings, clock)
    desk = open_desk(
        home,
        exchange,
        files=files,
        settings=settings,
        instance=identity.instance,
        speed=clock.speed,
        now=clock.now(),
    )
    commands = CommandDesk(
        box=box,
        desk=desk,
        freeze=files.freeze(),
        reload_keys=keys_reloader(exchange, mode=identity.mode, home=home),
        real_second=clock.speed,
    )
    return desk, commands


def _as_it_ran(home: Home, settings: BotSettings) -> tuple[BotSettings, int]:
    """Return the settings with the symbols of the market as it was made, and its seed.

    Other symbols would make the market anew, with other prices.
    """
    path = home.paper_exchange / "market.json"
    known = DocumentFile(path, MarketCheckpoint, writer="paper_exchange").read()
    if known is None:
        return settings, 1
    symbols = known.synthetic.symbols
    leader = settings.leader if settings.leader in symbols else symbols[0]
    return msgspec.structs.replace(settings, symbols=symbols, leader=leader), known.seed


@contextmanager
def _served(run: ExchangeRun) -> Iterator[None]:
    """Serve the paper exchange in a thread; ExchangeFault where it does not."""
    serving, stopping = threading.Event(), threading.Event()
    faults: list[BaseException] = []

    def body() -> None:
        try:
            run_paper_exchange(run, stopped=stopping.is_set, on_serving=lambda _: serving.set())
        except Exception as fault:  # noqa: BLE001 - a thread's border: told to the one who waits for it
            faults.append(fault)
        serving.set()

    thread = threading.Thread(target=body, name="paper_exchange", daemon=True)
    thread.start()
    try:
        if not serving.wait(SERVES_WITHIN_S) or faults:
            raise ExchangeFault(f"the paper exchange does not serve: {faults[0] if faults else 'no answer'}")
        yield
    finally:
        stopping.set()
        thread.join(SERVES_WITHIN_S)
