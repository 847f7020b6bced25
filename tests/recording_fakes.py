"""A bot's own recorder at a paper exchange whose time the test moves: what it wrote down, message by message."""

import random
import select
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import requests

from src.exchange.simulator.events import Market
from src.exchange.simulator.server import Loudspeaker
from src.exchange.simulator.service import Service
from src.market.feed_process import FeedProcess, build_feature_builder
from src.simulation.clock import VirtualClock
from src.store.home import prepare_home
from src.store.tape import TapeReader
from tests.direct_fakes import a_service, served
from tests.files_fakes import disk_files
from tests.paper_exchange_server import ROOT, bot_settings

Message = dict[str, object]
PATIENCE_S = 15.0
STEP_S = 1.0


class HeldClock(VirtualClock):
    """Market time that the test moves; machines are bounded by real seconds."""

    def real(self) -> float:
        return time.monotonic()


class Recorder:
    """The feature builder's process, and what it has written into its recording."""

    def __init__(self, process: FeedProcess, clock: HeldClock) -> None:
        self.process = process
        self.clock = clock
        self.newest: dict[tuple[str, str], int] = {}
        """The highest number by feed and symbol."""
        self.feeds: set[tuple[str, str]] = set()
        self._write = process._files.append
        assert process._tape is not None
        process._files.append = process._tape._append = self._append  # type: ignore[method-assign] # looks on

    def until(self, enough: Callable[[], bool]) -> None:
        """Let the recorder work until what is awaited stands in its recording."""
        ends = time.monotonic() + PATIENCE_S
        while not enough():
            assert time.monotonic() < ends, (self.newest, self.feeds)
            select.select(self.process.fds(), [], [], 0.01)
            self.process.step(self.clock.now())

    def _append(self, received_at: float, message: bytes) -> None:
        self._write(received_at, message)
        told = msgspec.json.decode(message)
        feed, symbol = told["feed"], str(told.get("product_id"))
        self.feeds.add((feed, symbol))
        key = (feed.removesuffix("_snapshot"), symbol)
        numbers = [told.get("seq", 0), *(trade["seq"] for trade in told.get("trades", ()))]
        self.newest[key] = max(*numbers, self.newest.get(key, 0))


def record(
    root: Path,
    market: Market,
    *,
    start: float,
    seconds: float,
    joins_after_s: float = 0.0,
    segment_mib: float = 64.0,
) -> list[tuple[float, Message]]:
    """Return what a bot records of an exchange that begins at ``start``, so many seconds from its connection on."""
    clock = HeldClock(start)
    symbols = tuple(spec.symbol for spec in market.instruments())
    settings = bot_settings(symbols)
    kept = msgspec.structs.replace(
        settings.recording, keep_messages=True, segment_mib=segment_mib, keep_segments=1000
    )
    settings = msgspec.structs.replace(settings, recording=kept)
    home = prepare_home(root, ROOT / "configs")
    service = a_service(market, clock=clock, publisher=Loudspeaker())
    clock.advance_by(joins_after_s)
    service.step()
    ends = clock.now() + seconds
    with served(service) as endpoint, requests.Session() as session:
        session.trust_env = False
        process = build_feature_builder(
            home,
            settings,
            endpoint.url,
            clock,
            files=disk_files(home, settings),
            rng=random.Random(1),
            requests_per_s=1000.0,
        )
        try:
            recorder = Recorder(process, clock)
            recorder.until(lambda: _answered(recorder, symbols))
            while clock.now() < ends:
                clock.advance_by(STEP_S)
                session.get(f"{endpoint.url}/derivatives/api/v3/instruments", timeout=10).raise_for_status()
                recorder.until(lambda: _heard_all(recorder, service))
                process.save()
            session.get(f"{endpoint.url}/derivatives/api/v3/instruments", timeout=10)
            _drain(process, clock)
        finally:
            process.close()
    return [(line.received_at, line.message) for line in TapeReader(home.market_tape)]


def _answered(recorder: Recorder, symbols: tuple[str, ...]) -> bool:
    wanted = {(feed, symbol) for feed in ("book_snapshot", "ticker", "polled_funding") for symbol in symbols}
    return wanted <= recorder.feeds and not recorder.process.backlog()


def _heard_all(recorder: Recorder, service: Service) -> bool:
    """Return whether the newest numbers of the exchange stand in the recording."""
    contracts = service.engine.core.contracts
    return all(
        recorder.newest.get(("book", symbol), 0) >= contract.book_seq
        and recorder.newest.get(("trade", symbol), 0) >= contract.trade_seq
        for symbol, contract in contracts.items()
    )


def _drain(process: FeedProcess, clock: HeldClock) -> None:
    """Take what is still on its way behind the newest number."""
    quiet = 0
    while quiet < 5:
        select.select(process.fds(), [], [], 0.02)
        quiet = quiet + 1 if process.step(clock.now()) == 0 else 0
