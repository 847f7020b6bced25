"""Orders and fills over real HTTP are those of an exchange in the same process, byte by byte, at equal latencies."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from src.exchange.kraken import KrakenWire
from src.exchange.session import ExchangeSession
from src.exchange.session_wire import Endpoint
from src.exchange.simulator.latency import Ways
from src.exchange.simulator.service import Service
from src.records.ledger import FillBooked, LedgerEntry, PositionClosed
from src.records.simulation import Resolution
from src.simulation.clock import VirtualClock
from src.simulation.memory import RunMemory
from src.simulation.message_leg import MessageLeg, ReachesExchange
from src.simulation.opening import begin, known_run
from src.simulation.run import SteppedRun
from src.simulation.venue import direct_exchange
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.direct_fakes import served
from tests.simulation_fakes import bytes_of, change, fresh_home, plan_of

SYMBOLS = ["PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD"]
HOURS = 1.25
LEG_WINDOWS = 39
"""So that the run restarts on the way, with positions open."""


class Loopback:
    """Reaches exchanges over HTTP, as far away as it is told, until it is closed."""

    def __init__(self) -> None:
        self.calls = 0
        self._open = ExitStack()

    def __call__(self, service: Service, clock: VirtualClock, /, *, away: Ways) -> ExchangeSession:
        """Serve the exchange in a thread, and return a session with it."""
        endpoint = self._open.enter_context(served(service))
        wire = KrakenWire(url=endpoint.url, api_key="key", api_secret=endpoint.api_secret, deadline_s=10.0)
        self._open.callback(wire.close)
        return ExchangeSession(_FarWire(wire, clock, away=away, owner=self), clock=clock)

    def close(self) -> None:
        """End the servers."""
        self._open.close()


class _FarWire:
    """A wire on which the market lives on while a question travels, and while its answer does."""

    def __init__(self, wire: KrakenWire, clock: VirtualClock, *, away: Ways, owner: Loopback) -> None:
        self._wire = wire
        self._clock = clock
        self._away = away
        self._owner = owner

    def call(self, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        """Return what the other end answers when the question arrives."""
        self._owner.calls += 1
        self._clock.advance_by(self._away.request.takes(self._clock.now()))
        try:
            return self._wire.call(endpoint, params)
        finally:
            self._clock.advance_by(self._away.answer.takes(self._clock.now()))

    def refusal(self) -> str | None:
        """Return the newest answer as it came."""
        return self._wire.refusal()

    def status(self) -> int | None:
        """Return the HTTP status of the newest answer."""
        return self._wire.status()

    def close(self) -> None:
        """Leave the wire to the loopback: it outlives a leg by nothing."""


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    made = Loopback()
    yield made
    made.close()


def traded(folder: Path, reach_exchange: ReachesExchange) -> Home:
    """Live an hour and a quarter of a market, every message of it, with rules under which the bot trades."""
    home = fresh_home(folder, symbols=SYMBOLS)
    change(home.policies, fee_gate="off", kelly="off", long_ofi_requirement=0.3, short_ofi_requirement=0.3)
    change(home.exits, minimum_hold_s=60, maximum_hold_s=600)
    plan = plan_of(home, days=HOURS / 24, leg_windows=LEG_WINDOWS, resolution=Resolution.MESSAGES)
    begin(plan, edge=plan.settings.paper.edge)
    memory = RunMemory(home)
    run = SteppedRun(
        plan,
        known_run(home),
        open_leg=lambda plan, clock, since: MessageLeg(
            plan, clock, since, memory=memory, reach_exchange=reach_exchange
        ),
    )
    assert run.go(on_pace=lambda _: None, stopped=lambda: False).finished
    return home


def test_a_run_over_http_writes_the_bytes_of_a_run_in_one_process(tmp_path: Path, loopback: Loopback) -> None:
    direct = traded(tmp_path / "direct", direct_exchange)
    over_http = traded(tmp_path / "over_http", loopback)

    assert bytes_of(over_http) == bytes_of(direct)
    assert loopback.calls > 200, "little was asked over the wire"
    entries: list[LedgerEntry] = list(read_all(direct.fills, LedgerEntry))
    assert sum(isinstance(entry, FillBooked) for entry in entries) > 10, "a run without trades proves little"
    assert sum(isinstance(entry, PositionClosed) for entry in entries) > 3
