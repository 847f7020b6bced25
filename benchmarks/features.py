"""Market messages and windows to features: what a message costs, what the close of a window costs."""

import random
import time
from collections.abc import Callable

import orjson
from rich.console import Console
from rich.table import Table

from src.features.ofi import EXACT_WINDOWS
from src.market.feature_builder import FeatureBuilder
from src.market.kept_windows import KeptWindow
from src.market.wire import Decoder, WireDelta, WireSnapshot
from src.records.features import Features
from tests.market_fakes import START, Collected, kept, make_builder, random_market, seed_history
from tests.window_fakes import told

SYMBOLS = tuple(f"PF_{number}USD" for number in range(10))
MESSAGES_BAR = 20_000
CLOSE_BAR_MS = 30.0
DELTA_BAR_US = 3.0
WINDOWS = ((60.0, 2000, 40.0), (900.0, 600, 190.0), (3600.0, 300, None))
"""Length of a window in seconds, how many of them, and the most that one of a symbol may cost in microseconds."""

Row = tuple[str, str, str, str]


def main() -> None:
    """Measure, and print the table."""
    table = Table(title=f"market messages to features, {len(SYMBOLS)} symbols")
    for column in ("what", "result", "against its baseline", "bar"):
        table.add_column(column)
    for row in run():
        table.add_row(*row)
    Console().print(table)


def run() -> list[Row]:
    """Return one row a measurement: what, the result, the ratio to its baseline, the bar."""
    return [_messages(), _deltas(), *_closes(), *(_windows(*case) for case in WINDOWS)]


def _messages() -> Row:
    market = [
        (at, orjson.dumps(m)) for at, m in random_market(seed=1, seconds=3600, every_s=0.4, symbols=SYMBOLS)
    ]
    parsing = _seconds(lambda: [orjson.loads(message) for _, message in market])
    builder = make_builder(Collected(), symbols=SYMBOLS, leader=SYMBOLS[0])
    ours = _seconds(lambda: [builder.on_message(at, message) for at, message in market])
    rate = len(market) / ours
    return (
        "messages through the builder, windows closed on the way",
        f"{rate:,.0f}/s",
        f"{ours / parsing:.1f} x orjson.loads alone",
        f">= {MESSAGES_BAR:,}/s",
    )


def _deltas() -> Row:
    """Hand in typed book changes, as a market in the same process does."""
    decoder = Decoder()
    market = random_market(seed=4, seconds=3600, every_s=0.4, symbols=SYMBOLS)
    wires = [decoder.decode(orjson.dumps(message)) for _, message in market]
    builder = make_builder(Collected(), symbols=SYMBOLS, leader=SYMBOLS[0])
    for wire in wires:
        if isinstance(wire, WireSnapshot):
            builder.on_wire(START, wire)
    deltas = [wire for wire in wires if isinstance(wire, WireDelta)]
    cost = 1e6 * _seconds(lambda: [builder.on_wire(START, delta) for delta in deltas]) / len(deltas)
    return "a typed book change", f"{cost:.2f} us", "", f"<= {DELTA_BAR_US:.0f} us"


def _windows(window_s: float, count: int, bar_us: float | None) -> Row:
    """Hand in whole windows, as a market that counts in windows does; every series is full."""
    market = list(told(count, window_s=window_s, symbols=SYMBOLS))
    builder = make_builder(Collected(), window_s=window_s, symbols=SYMBOLS, leader=SYMBOLS[0])
    seed_history(builder, symbols=SYMBOLS)
    cost = _seconds(lambda: [builder.on_windows(ts, windows) for ts, windows in market])
    return (
        f"a window of {window_s:.0f} s told whole, per symbol",
        f"{1e6 * cost / count / len(SYMBOLS):.1f} us",
        "",
        "" if bar_us is None else f"<= {bar_us:.0f} us",
    )


def _closes() -> list[Row]:
    """Close windows with every series full; once a quarter of an hour the bars are read again."""
    builder = make_builder(Collected(), symbols=SYMBOLS, leader=SYMBOLS[0])
    builder.restore(_full_history())
    seed_history(builder, symbols=SYMBOLS)
    costs = _close_costs(builder)
    return [
        ("close of a window, all series full, median", f"{costs[len(costs) // 2]:.1f} ms", "", ""),
        ("the same, slowest (new bars)", f"{costs[-1]:.1f} ms", "", f"<= {CLOSE_BAR_MS:.0f} ms"),
    ]


def _close_costs(builder: FeatureBuilder) -> list[float]:
    costs = []
    close = START + 60
    for at, message in random_market(seed=2, seconds=7200, symbols=SYMBOLS):
        if at >= close:
            costs.append(1e3 * _seconds(lambda end=close: builder.step(end)))
            close += 60
        builder.on_message(at, message)
    return sorted(costs)


def _full_history() -> list[KeptWindow]:
    collected = Collected()
    builder = make_builder(collected, symbols=SYMBOLS, leader=SYMBOLS[0])
    for at, message in random_market(seed=3, seconds=300, symbols=SYMBOLS):
        builder.on_message(at, message)
        builder.step(at)
    last: dict[str, Features] = collected.published
    rng = random.Random(1)
    windows = []
    for back in range(EXACT_WINDOWS, 0, -1):
        for window in kept(list(last.values())):
            moved = KeptWindow(
                ts=START - 60 * back,
                symbol=window.symbol,
                window_s=60.0,
                sums=window.sums,
                mid=1000.0 * (1 + rng.gauss(0, 0.001)),
                ofi=rng.uniform(-1, 1),
                open_interest=1000.0,
                regime=window.regime,
                incomplete=(),
            )
            windows.append(moved)
    return windows


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
