"""What the paper exchange remembers over millions of market events, engine and market in one process of their own."""

import multiprocessing
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import orjson
import psutil

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.service import Service
from src.exchange.simulator.state import ExchangeState
from src.exchange.simulator.websocket import Hub
from src.records.exchange_journal import JournalEntry
from src.simulation.clock import VirtualClock

ROOT = Path(__file__).resolve().parents[1]
START = 1_795_330_000.0
SYMBOLS = tuple(orjson.loads((ROOT / "configs" / "bot.json").read_bytes())["symbols"])
MARKS = (1_000_000, 5_000_000, 10_000_000)
STEP_S = 30.0


class Nowhere:
    """A journal that keeps nothing."""

    def append(self, record: JournalEntry) -> int:
        """Forget an entry."""
        return record.number


def rows() -> list[tuple[str, str, str, str]]:
    """Return the resident memory after so many market events, traded on all the while."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found, orders = pool.apply(_lived)
    told = ", ".join(f"{found[mark]:.0f}" for mark in MARKS)
    after = ", ".join(f"{mark / 1e6:.0f} M" for mark in MARKS)
    growth = found[MARKS[-1]] - found[MARKS[1]]
    beside = f"{growth:+.1f} MiB over the last half; {orders:,} orders on the way"
    return [(f"memory after {after} market events", f"{told} MiB", beside, "flat")]


def _lived() -> tuple[dict[int, float], int]:
    """Return the resident memory in MiB at each mark, and how many orders were executed or placed."""
    clock = VirtualClock(START)
    service, process = _service(clock), psutil.Process(os.getpid())
    found: dict[int, float] = {}
    for round_trip in _forms():
        clock.advance_by(STEP_S)
        for form in round_trip:
            service.request("sendorder", form)
        service.request("cancelallorders", {})
        for mark in MARKS:
            if mark not in found and service.events >= mark:
                found[mark] = process.memory_info().rss / 2**20
        if len(found) == len(MARKS):
            break
    return found, service.engine.core.state.issued


def _service(clock: VirtualClock) -> Service:
    market = SyntheticMarket(SYMBOLS, seed=1, start=START)
    state = ExchangeState(memory_s=5.0)
    engine = Engine(market.instruments(), state=state, journal=Nowhere(), seed="1", taken=market.taken)
    engine.open(START, balance_usd=Decimal(1_000_000))
    hub = Hub(engine.core, key="", secret="", account="paper", ticker_every_s=1.0, real=clock.real)
    service = Service(engine, market, clock, hub)
    service.begin()
    return service


def _forms() -> Iterator[tuple[dict[str, str], ...]]:
    """Yield, without end, an entry, an exit and a stop a round, one symbol after the other."""
    number = 0
    while True:
        for symbol in SYMBOLS:
            number += 1
            kinds = (("mkt", "buy"), ("mkt", "sell"), ("stp", "buy"))
            yield tuple(_form(symbol, kind, side, f"{kind}{side}{number}") for kind, side in kinds)


def _form(symbol: str, kind: str, side: str, cli_ord_id: str) -> dict[str, str]:
    form = {"symbol": symbol, "orderType": kind, "side": side, "size": "1", "cliOrdId": cli_ord_id}
    return form if kind == "mkt" else form | {"stopPrice": "999999", "triggerSignal": "mark"}
