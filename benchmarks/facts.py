"""The facts of real markets in a day of the synthetic one, beside the bands and, where there is one, a recording."""

import os
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.market_facts import FACTS, Day, Fact
from benchmarks.market_watch import watch
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
SEEDS = (1, 2)
START = 1_789_992_000.0
DAY_S = 86_400
TAPE = "btc_eth_perp_20240808.jsonl.gz"


def main() -> None:
    """Measure, and print the table."""
    began = time.perf_counter()
    days = [synthetic_day(seed) for seed in SEEDS]
    lived_s = time.perf_counter() - began
    recorded = recorded_minutes()
    table = Table(
        title=f"facts of a day, {', '.join(SYMBOLS)}, edge off ({lived_s:.0f} s for {len(days)} days)"
    )
    for column in ("fact", "band", *(f"seed {seed}" for seed in SEEDS), "recording", "source of the band"):
        table.add_column(column)
    for fact in FACTS:
        told = "" if recorded is None else _told(fact, recorded)
        band = f"{fact.low:g} to {fact.high:g}"
        table.add_row(fact.name, band, *(_judged(fact, day) for day in days), told, fact.source)
    Console().print(table)


def synthetic_day(seed: int) -> Day:
    """Return a day of the message market."""
    market = SyntheticMarket(SYMBOLS, seed=seed, start=START, edge=False)
    return watch(market, start=START, seconds=DAY_S)


def recorded_minutes() -> Day | None:
    """Return the real recording, if ``TRADING_BOT_TAPES`` names the folder that has it."""
    path = Path(os.environ.get("TRADING_BOT_TAPES", "")) / TAPE
    if not path.exists():
        return None
    start, end = tape_span(path)
    return watch(TapeMarket(path, SYMBOLS, start_at=start), start=start, seconds=int(end - start))


def _judged(fact: Fact, day: Day) -> str:
    shown = f"{fact.measure(day):.3g}"
    return shown if fact.holds(day) else f"[red]{shown}[/red]"


def _told(fact: Fact, recorded: Day) -> str:
    """Return a fact of a recording of some minutes; empty where that is too short, or does not tell it."""
    return f"{fact.measure(recorded):.3g}" if fact.in_minutes else ""
