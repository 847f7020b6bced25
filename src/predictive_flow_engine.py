"""The predictive engine: from each window of the market, at most one signal a strategy."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from src.components.registry import ask_all
from src.components.tally import Tally, tally
from src.records.base import Line
from src.records.enums import Direction, Strategy
from src.records.features import Features
from src.records.learning import SignalWeights
from src.records.policies import Components, SignalRules
from src.records.signals import ComponentVote, Signal, signal_id
from src.store.files import Files, Incoming, Outgoing
from src.store.jsonl import Durability, read_tail
from src.store.paths import Home

NAME = "predictive_engine"
BOOK_GAP = "book_gap"
OFI, SENTIMENT = Strategy.OFI, Strategy.SENTIMENT
LONG, SHORT = Direction.LONG, Direction.SHORT
BATCH = 500
"""Windows a step, so that the loop beats while it catches up."""
REMEMBERED = 2_000
"""Newest lines of its own output that a start looks at: the newest window of every symbol is among them."""


class WrittenSignal(Line, frozen=True, kw_only=True):
    """What a start needs of a signal that was written before."""

    symbol: str
    strategy: Strategy


class PredictiveEngine:
    """The worker behind ``logs/predictive_signals.jsonl``.

    ``components`` returns the config in force; ``changed_weights`` returns the learned weights whenever they
    have changed, else None; ``written`` is the newest part of its own output: no signal is written again.
    """

    def __init__(
        self,
        *,
        windows: Incoming[Features],
        signals: Outgoing[Signal],
        components: Callable[[], Components],
        changed_weights: Callable[[], SignalWeights | None],
        written: Iterable[WrittenSignal] = (),
        watched: tuple[Path, ...] = (),
    ) -> None:
        self._windows = windows
        self._signals = signals
        self._components = components
        self._changed_weights = changed_weights
        self._learned: dict[str, float] | None = None
        self._watched = watched
        self._written = _Written(written)
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None

    def step(self, now: float) -> int:
        """Form the signals of the windows that have arrived since the last step; return how many windows."""
        settings = self._components()
        weights = self._weights(settings)
        arrived = self._windows.read_new(BATCH)
        for features in arrived:
            if not self._written.is_past(features.symbol, features.ts):
                for signal in signals_of(features, settings=settings, weights=weights, now=now):
                    self._write(signal)
            self.last_event_ts = features.ts
            self.handled += 1
        return len(arrived)

    def save(self) -> None:
        """Sync what was written, then keep the place in what was read."""
        self._signals.sync()
        self._windows.save()

    def close(self) -> None:
        """Let go of the files."""
        self._windows.close()
        self._signals.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change should wake it."""
        return self._watched

    def fds(self) -> tuple[int, ...]:
        """Return no descriptors: it lives on files."""
        return ()

    def backlog(self) -> bool:
        """Return whether windows are waiting."""
        return self._windows.behind()

    def _write(self, signal: Signal) -> None:
        if self._written.has(signal.symbol, signal.strategy, signal.ts):
            return
        self._signals.append(signal)
        self._written.add(signal.symbol, signal.strategy, signal.ts)
        self.outputs += 1

    def _weights(self, settings: Components) -> Mapping[str, float]:
        changed = self._changed_weights()
        if changed is not None:
            self._learned = changed.weights
        return settings.weights() if self._learned is None else self._learned


class _Written:
    """Which signals stand in the file: all that are older than a symbol's newest ones, and those."""

    def __init__(self, lines: Iterable[WrittenSignal]) -> None:
        self._newest: dict[str, float] = {}
        self._strategies: dict[str, set[Strategy]] = {}
        for line in lines:
            self.add(line.symbol, line.strategy, line.ts)

    def add(self, symbol: str, strategy: Strategy, ts: float) -> None:
        """Take note of a signal; those of one symbol come in the order of time."""
        if ts != self._newest.get(symbol):
            self._newest[symbol] = ts
            self._strategies[symbol] = set()
        self._strategies[symbol].add(strategy)

    def is_past(self, symbol: str, ts: float) -> bool:
        """Return whether a later window of this symbol has been answered."""
        newest = self._newest.get(symbol)
        return newest is not None and ts < newest

    def has(self, symbol: str, strategy: Strategy, ts: float) -> bool:
        """Return whether this signal has been written."""
        return self._newest.get(symbol) == ts and strategy in self._strategies[symbol]


def signals_of(
    features: Features, *, settings: Components, weights: Mapping[str, float], now: float
) -> list[Signal]:
    """Return the signals of one window, at most one a strategy; none without a price.

    A gap in the book makes its order flow unknown.
    """
    price = features.mid
    if price is None or price <= 0:
        return []
    if BOOK_GAP in features.incomplete:
        features = msgspec.structs.replace(features, ofi=None)
    rules = settings.signals
    votes = ask_all(features, settings.components)
    count = tally(votes, weights, confident_above=rules.vote_confidence)
    directions = (
        (OFI, _ofi_direction(features.ofi, rules)),
        (SENTIMENT, _sentiment_direction(count, rules)),
    )
    return [
        _signal(features, price, strategy, direction, count=count, votes=votes, now=now)
        for strategy, direction in directions
        if direction is not None
    ]


def _ofi_direction(ofi: float | None, rules: SignalRules) -> Direction | None:
    if ofi is None or ofi == 0 or abs(ofi) < rules.ofi_floor:
        return None
    return LONG if ofi > 0 else SHORT


def _sentiment_direction(count: Tally, rules: SignalRules) -> Direction | None:
    lead = count.long_confidence - count.short_confidence
    if lead == 0 or abs(lead) < rules.sentiment_floor:
        return None
    direction, confident = (LONG, count.long_votes) if lead > 0 else (SHORT, count.short_votes)
    return direction if confident >= rules.sentiment_votes else None


def _signal(
    features: Features,
    price: float,
    strategy: Strategy,
    direction: Direction,
    *,
    count: Tally,
    votes: tuple[ComponentVote, ...],
    now: float,
) -> Signal:
    ts, symbol = features.ts, features.symbol
    confidence, opposing = count.long_confidence, count.short_confidence
    if direction is SHORT:
        confidence, opposing = opposing, confidence
    return Signal(
        ts=ts,
        signal_id=signal_id(symbol=symbol, strategy=strategy, ts=ts),
        recorded_at=now,
        symbol=symbol,
        strategy=strategy,
        direction=direction,
        confidence=confidence,
        opposing_confidence=opposing,
        ofi=features.ofi,
        price=price,
        volatility_1h_bps=features.volatility_1h_bps,
        regime=features.regime,
        coverage=count.coverage,
        votes=votes,
    )


def build_predictive_engine(home: Home, files: Files) -> PredictiveEngine:
    """Return the engine of a home, its files opened and its place found.

    Raises ConfigError where ``configs/components.json`` is broken.
    """
    components = files.config(home.components, Components)
    components.load()
    weights = files.document(home.weights, SignalWeights, writer=NAME)
    windows: Incoming[Features] = files.reader(
        home.windows, Features, cursor=home.positions / f"{NAME}.windows.json"
    )
    return PredictiveEngine(
        windows=windows,
        signals=files.writer(home.predictive_signals, writer=NAME, durability=Durability.KNOWLEDGE),
        components=components.current,
        changed_weights=weights.read_if_changed,
        written=read_tail(home.predictive_signals, WrittenSignal, REMEMBERED),
        watched=(home.windows,),
    )
