"""Market messages one by one: what making or reading, engine, feed and feature builder cost each, in one process."""

import os
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import orjson
from rich.console import Console
from rich.table import Table

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import Market
from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.service import Service
from src.exchange.simulator.state import ExchangeState
from src.market.feature_builder import FeatureBuilder
from src.market.wire import WireMessage
from src.records.exchange_journal import JournalEntry
from src.records.features import Features
from src.simulation.clock import VirtualClock
from src.simulation.feed import DirectFeed

ROOT = Path(__file__).resolve().parents[1]
START = 1_795_330_020.0
SYMBOLS = tuple(orjson.loads((ROOT / "configs" / "bot.json").read_bytes())["symbols"])
TAPE_SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
TAPE_NAME = "btc_eth_perp_20240808.jsonl.gz"
SECONDS = 1800
TRIES = 3
BAR = 100_000


class Stretch(NamedTuple):
    """A market, when it begins, and how long it is lived."""

    make: Callable[[], Market]
    start: float
    seconds: int
    symbols: tuple[str, ...]
    footprint: bool


class Nowhere:
    """A journal and a writer of lines that keep nothing."""

    def append(self, record: JournalEntry | Features) -> int:
        """Forget it."""
        del record
        return 1


class Nobody:
    """Who does not listen to the feed."""

    def publish(self, messages: Iterable[FeedMessage]) -> None:
        """Hear nothing."""


def run() -> list[tuple[str, ...]]:
    """Return a row a market: messages, what each part costs a message, and messages a second."""
    rows = [_row("synthetic, 10 symbols", _synthetic())]
    recording = _recording()
    if recording is not None:
        rows.append(_row("recording, 2 symbols", recording))
    return rows


def _synthetic() -> Stretch:
    return Stretch(lambda: SyntheticMarket(SYMBOLS, seed=1, start=START), START, SECONDS, SYMBOLS, True)


def _recording() -> Stretch | None:
    path = Path(os.environ.get("TRADING_BOT_TAPES", "")) / TAPE_NAME
    if not path.is_file():
        return None
    first = TapeMarket(path, TAPE_SYMBOLS).step(float("inf"))
    seconds = int(first[-1].ts - first[0].ts)
    return Stretch(lambda: TapeMarket(path, TAPE_SYMBOLS), first[0].ts, seconds, TAPE_SYMBOLS, False)


def _row(name: str, stretch: Stretch) -> tuple[str, ...]:
    market = min(_market_alone(stretch) for _ in range(TRIES))
    engine = min(_lived(stretch, heard=False) for _ in range(TRIES))
    feed = min(_lived(stretch, heard=True) for _ in range(TRIES))
    whole = min(_lived(stretch, heard=True, built=True) for _ in range(TRIES))
    parts = (market, engine - market, feed - engine, whole - feed)
    return (name, *(f"{1e6 * part:.2f}" for part in parts), f"{1 / whole:,.0f}", f"{BAR:,}")


def _market_alone(stretch: Stretch) -> float:
    market, count = stretch.make(), 0
    market.begin(stretch.start)
    began = time.process_time()
    for second in range(1, stretch.seconds + 1):
        count += len(market.step(stretch.start + second))
    return (time.process_time() - began) / count


def _lived(stretch: Stretch, *, heard: bool, built: bool = False) -> float:
    market, clock = stretch.make(), VirtualClock(stretch.start)
    engine = Engine(
        market.instruments(),
        state=ExchangeState(memory_s=5.0),
        journal=Nowhere(),
        seed="1",
        taken=market.taken,
        footprint=stretch.footprint,
    )
    engine.open(stretch.start, balance_usd=Decimal(10_000))
    builder = _builder(stretch.symbols)
    feed = DirectFeed(engine.core, symbols=stretch.symbols, hear=builder.on_wire if built else _forget)
    service = Service(engine, market, clock, feed if heard else Nobody())
    service.begin()
    if heard:
        feed.subscribe(stretch.start)
    began = time.process_time()
    for second in range(1, stretch.seconds + 1):
        clock.advance_to(stretch.start + second)
        service.step()
        if built:
            builder.step(clock.now())
    return (time.process_time() - began) / service.events


def _builder(symbols: tuple[str, ...]) -> FeatureBuilder:
    return FeatureBuilder(
        symbols=symbols, leader=symbols[0], window_s=60.0, windows=Nowhere(), publish=lambda _: None
    )


def _forget(_at: float, _wire: WireMessage) -> None:
    return None


def main() -> None:
    """Print the table."""
    columns = (
        "market",
        "made or read us",
        "engine us",
        "feed us",
        "builder us",
        "messages/s of one core",
        "bar",
    )
    table = Table(*columns, title="Market messages in one process")
    rows: list[tuple[str, ...]] = run()
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
