"""The bot in one process beside the daemon: it hears again what the daemon's builder recorded, and is compared."""

import math
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from src.cli.configs import load_all
from src.cli.options import project_root
from src.exchange.simulator.checkpoint import Checkpoint
from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.service import Service
from src.market.feed_process import open_builder
from src.market.heard import hear_again
from src.records.base import Line
from src.records.decisions import Decision, Verdict
from src.records.enums import Ruling
from src.records.features import Features
from src.records.operations import TapeLine
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.records.simulation import Resolution
from src.simulation.bench import Bench
from src.simulation.clock import VirtualClock
from src.simulation.exchange_side import ExchangeSide
from src.simulation.memory import RunMemory
from src.simulation.opening import stepped_settings
from src.simulation.plan import Plan
from src.simulation.venue import direct_exchange
from src.situation import NOT_RECONCILED
from src.store.home import prepare_home
from src.store.jsonl import read_all
from src.store.paths import Home
from src.store.tape import TapeReader

L = TypeVar("L", bound=Line)

AGES = ("pre_entry.age", "pre_entry.features_age")
"""What these checks measure is how long after the window's close the gate was asked."""
OF_THE_SIGNAL = ("prediction", "score", "ofi")
"""What these checks compare is in the signal and its prediction alone."""
LEARNED = {"large_buy_usd": 0.0, "large_sell_usd": 0.0, "large_trade_usd": None}
"""Which trade is a large one is learned from all trades since the builder began to listen."""
STAMP_S = 0.001
"""Messages tell their time in whole milliseconds."""


class PacedClock(VirtualClock):
    """A clock that stands until it is moved, of a market that is said to run fast."""

    def __init__(self, now: float, *, speed: float) -> None:
        super().__init__(now)
        self._speed = speed

    @property
    def speed(self) -> float:
        """Return how many market seconds pass in a real one."""
        return self._speed

    def real(self) -> float:
        """Return the real seconds that market time has taken."""
        return self.now() / self._speed


class Nobody:
    """Who listens to the exchange's feed: the builder hears the recording."""

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Hear nothing."""


@dataclass(frozen=True)
class Written:
    """What a bot wrote of a market, in the order in which it did; recording times are taken out."""

    features: list[bytes]
    signals: list[bytes]
    predictions: list[bytes]
    decisions: dict[str, Decision]

    def signal_ids(self) -> set[str]:
        """Return the ids of all signals."""
        return {msgspec.json.decode(signal, type=Signal).signal_id for signal in self.signals}


def written(home: Home, *, until: float) -> Written:
    """Return what a home holds of windows that closed by ``until``."""
    return Written(
        features=[_told(each) for each in _lines(home.windows, Features, until)],
        signals=[_told(each) for each in _lines(home.predictive_signals, Signal, until)],
        predictions=[_told(each) for each in _lines(home.ensemble_predictions, Prediction, until)],
        decisions={
            d.signal_id: d for d in _lines(home.decisions, Decision, math.inf) if d.signal_ts <= until
        },
    )


def rehearsed(daemon: Home, folder: Path, *, market: str, speed: float, until: float) -> Home:
    """Live a daemon's recording again in one process; return the home that it was lived in."""
    home = _home_like(daemon, folder)
    settings = stepped_settings(load_all(home))
    lines: Iterator[TapeLine] = iter(TapeReader(daemon.market_tape))
    started = next(lines)
    assert started.message == {"feed": "session", "event": "started"}
    clock = PacedClock(started.received_at, speed=speed)
    plan = Plan(
        home=home,
        settings=settings,
        market=market,
        resolution=Resolution.MESSAGES,
        seed=1,
        start=started.received_at,
        end=until,
    )
    bench = Bench(plan, clock, RunMemory(home))
    made = Checkpoint(home, market=market, seed=plan.seed).market(settings, now=clock.now())
    side = ExchangeSide(plan, made, files=bench.files, now=clock.now())
    service = Service(side.engine, made, clock, Nobody())
    service.begin()
    builder, outputs = open_builder(home, settings, clock, files=bench.files)
    bench.open(direct_exchange(service, clock))

    def close_windows(since: float, now: float) -> None:
        first = math.floor(since / settings.window_s) + 1
        for number in range(first, math.floor(now / settings.window_s) + 1):
            close = number * settings.window_s
            clock.advance_to(close)
            builder.step(close)
            bench.answer()

    at = started.received_at
    for line in lines:
        if line.received_at > until:
            break
        close_windows(at, line.received_at)
        hear_again(builder, line)
        at = line.received_at
    close_windows(at, until)
    bench.close_stages()
    side.close(clock.now())
    outputs.close()
    bench.close()
    return home


def timeless(decision: Decision) -> bytes:
    """Return a decision without when it was made: its time, the two ages that were measured from it, and with whom.

    How many signals were there when the gate looked decides how many lines of facts there are.
    """
    verdicts = tuple(
        msgspec.structs.replace(verdict, measured=None) if verdict.check in AGES else verdict
        for verdict in decision.verdicts
    )
    return msgspec.json.encode(msgspec.structs.replace(decision, ts=0.0, facts_seq=None, verdicts=verdicts))


def without_market(decision: Decision) -> bytes:
    """Return what of a decision rests on nothing but its signal and the prediction."""
    verdicts = tuple(verdict for verdict in decision.verdicts if verdict.check in OF_THE_SIGNAL)
    bare = {
        "cost_bps": None,
        "expected_edge_bps": None,
        "size_usd": 0.0,
        "size_factors": (),
        "blocked_by": (),
    }
    return timeless(msgspec.structs.replace(decision, should_trade=False, verdicts=verdicts, **bare))


def is_late(decision: Decision) -> bool:
    """Return whether the gate saw a later window than the signal's own, or found its signal too old."""
    seen_later = window_seen(decision) > decision.signal_ts + STAMP_S
    return seen_later or any(verdict_of(decision, check).ruling is not Ruling.PASS for check in AGES)


def is_unready(decision: Decision) -> bool:
    """Return whether the gate was asked before the desk had first compared its books with the exchange's."""
    return any(verdict.reason == NOT_RECONCILED for verdict in decision.verdicts)


def verdict_of(decision: Decision, check: str) -> Verdict:
    """Return what one check said."""
    return next(verdict for verdict in decision.verdicts if verdict.check == check)


def window_seen(decision: Decision) -> float:
    """Return the close of the window that the gate had before it, from the age that it measured of it."""
    age = verdict_of(decision, "pre_entry.features_age").measured
    assert age is not None
    return decision.ts - age


def own_window(features: Features) -> bytes:
    """Return what a window shows of its own messages, without what is known of the past."""
    shape = (features.mid, features.bid, features.ask, features.spread_bps, features.bid_depth_usd)
    more = (features.ask_depth_usd, features.imbalance, features.micro_price)
    return msgspec.json.encode((msgspec.structs.replace(features.sums, **LEARNED), shape, more))


class Delays:
    """Which windows of a symbol a message left, entered or passed on its way from the market to the builder."""

    def __init__(self, daemon: Home, *, window_s: float) -> None:
        self.touched: set[tuple[str, float]] = set()
        """Windows by symbol and close. A message that is stamped at the very boundary may belong to either side."""
        self.trades: Counter[tuple[str, float]] = Counter()
        """How many trades were on their way at a boundary."""
        self.uncertain: set[tuple[str, float]] = set()
        """Boundaries at which a trade is stamped, so that nobody can tell on which side it was made."""
        for line in TapeReader(daemon.market_tape):
            message = line.message
            stamp = message.get("timestamp", message.get("time"))
            if message.get("feed") in {"book", "trade"} and isinstance(stamp, int):
                self._take(message, stamp / 1000 / window_s, line.received_at / window_s, window_s)

    def _take(self, message: dict[str, object], spoken: float, heard: float, window_s: float) -> None:
        symbol, margin = str(message["product_id"]), STAMP_S / window_s
        first, last = math.floor(spoken - margin), math.floor(heard)
        if first != last:
            self.touched |= {(symbol, (number + 1) * window_s) for number in range(first, last + 1)}
        if message["feed"] == "trade":
            self.trades.update(
                (symbol, number * window_s) for number in range(math.floor(spoken) + 1, last + 1)
            )
            if first != math.floor(spoken + margin):
                self.uncertain.add((symbol, math.floor(spoken + margin) * window_s))


def _lines(path: Path, record_type: type[L], until: float) -> Iterator[L]:
    return (line for line in read_all(path, record_type) if line.ts <= until)


def _told(line: Features | Signal | Prediction) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(line, recorded_at=0.0))


def _home_like(daemon: Home, folder: Path) -> Home:
    home = prepare_home(folder, project_root() / "configs")
    flags = [daemon.freeze_flag] if daemon.freeze_flag.exists() else []
    for path in (*daemon.configs.glob("*.json"), daemon.weights, *flags):
        shutil.copyfile(path, folder / path.relative_to(daemon.root))
    return home
