"""The ensemble predictor: answers every signal with how likely it is to win."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from src.learning.ensemble import Ensemble
from src.learning.ensemble_case import PastSignal, Resolved, is_win, resolved
from src.records.base import Line, Record
from src.records.outcomes import SignalOutcome
from src.records.policies import Components
from src.records.predictions import Prediction
from src.records.settings import BotSettings
from src.records.signals import Signal
from src.store.config import ConfigFile
from src.store.jsonl import Durability, JsonlReader, JsonlWriter, read_all, read_tail
from src.store.paths import Home

NAME = "ensemble_predictor"
BATCH = 500
"""Signals a step, so that the loop beats while it catches up."""
REMEMBERED = 2_000
"""Newest lines of its own output that a start looks at: the newest of every symbol are among them."""
OUTCOMES = 50_000
"""Newest outcomes that a start learns from."""


class WrittenPrediction(Line, frozen=True, kw_only=True):
    """What a start needs of a prediction that was written before."""

    signal_id: str
    symbol: str


class _Return(Record, frozen=True, kw_only=True):
    return_bps: float


class _HoldingHorizon(Record, frozen=True, kw_only=True):
    hour: _Return | None = msgspec.field(name="1h", default=None)


class PastOutcome(Line, frozen=True, kw_only=True):
    """What a start needs of a ``SignalOutcome`` that was written before."""

    signal_id: str
    horizons: _HoldingHorizon


class EnsemblePredictor:
    """The worker behind ``logs/ensemble_predictions.jsonl``.

    ``written`` is the newest part of its own output, oldest first: no signal is answered again. The ensemble
    comes with what earlier runs have taught it.
    """

    def __init__(
        self,
        *,
        signals: JsonlReader[Signal],
        outcomes: JsonlReader[SignalOutcome],
        predictions: JsonlWriter[Prediction],
        ensemble: Ensemble,
        written: Iterable[WrittenPrediction] = (),
        watched: tuple[Path, ...] = (),
    ) -> None:
        self._signals = signals
        self._outcomes = outcomes
        self._predictions = predictions
        self._ensemble = ensemble
        self._written = _Written(written)
        self._watched = watched
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None

    def step(self, now: float) -> int:
        """Answer every signal that has arrived since the last step; return how many records were handled.

        Outcomes are heard first, so that a signal is answered with all that was known at its time.
        """
        heard = self._outcomes.read_new(BATCH)
        for outcome in heard:
            known = resolved(outcome)
            if known is not None:
                self._ensemble.hear(known)
        arrived = self._signals.read_new(BATCH)
        for signal in arrived:
            self._answer(signal, now)
            self.last_event_ts = signal.ts
        self.handled += len(heard) + len(arrived)
        return len(heard) + len(arrived)

    def save(self) -> None:
        """Sync what was written, then keep the place in what was read."""
        self._predictions.sync()
        self._signals.save()

    def close(self) -> None:
        """Let go of the files."""
        self._signals.close()
        self._outcomes.close()
        self._predictions.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change should wake it."""
        return self._watched

    def fds(self) -> tuple[int, ...]:
        """Return no descriptors: it lives on files."""
        return ()

    def backlog(self) -> bool:
        """Return whether signals or outcomes are waiting."""
        return self._signals.behind() or self._outcomes.behind()

    def _answer(self, signal: Signal, now: float) -> None:
        if self._written.has(signal):
            return
        prediction = self._ensemble.predict(signal, now=now)
        self._predictions.append(prediction)
        self._written.add(prediction.symbol, prediction.ts, prediction.signal_id)
        self.outputs += 1


class _Written:
    """Which signals are answered: all that are older than a symbol's newest answered ones, and those."""

    def __init__(self, lines: Iterable[WrittenPrediction]) -> None:
        self._newest: dict[str, float] = {}
        self._ids: dict[str, set[str]] = {}
        for line in lines:
            self.add(line.symbol, line.ts, line.signal_id)

    def add(self, symbol: str, ts: float, signal_id: str) -> None:
        """Take note of an answer; those of one symbol come in the order of time."""
        if ts != self._newest.get(symbol):
            self._newest[symbol] = ts
            self._ids[symbol] = set()
        self._ids[symbol].add(signal_id)

    def has(self, signal: Signal) -> bool:
        """Return whether this signal has been answered."""
        newest = self._newest.get(signal.symbol)
        if newest is None or signal.ts > newest:
            return False
        return signal.ts < newest or signal.signal_id in self._ids[signal.symbol]


def build_ensemble_predictor(home: Home, settings: BotSettings) -> EnsemblePredictor:
    """Return the predictor of a home: its files opened, its place found, the past learned again.

    The ensemble's rules are those of the start: what it has learned rests on them.
    Raises ConfigError where ``configs/components.json`` is broken.
    """
    rules = ConfigFile(home.components, Components).load().ensemble
    outcomes = JsonlReader[SignalOutcome](home.signal_outcomes, SignalOutcome, quarantine=home.quarantine)
    outcomes.skip_to_end()
    signals = JsonlReader[Signal](
        home.predictive_signals,
        Signal,
        cursor=home.positions / f"{NAME}.signals.json",
        quarantine=home.quarantine,
    )
    predictions = JsonlWriter[Prediction](
        home.ensemble_predictions,
        writer=NAME,
        durability=Durability.KNOWLEDGE,
        quarantine=home.quarantine,
        segment_bytes=int(settings.log_segment_mib * 1024 * 1024),
        keep_segments=settings.keep_log_segments,
    )
    written = read_tail(home.ensemble_predictions, WrittenPrediction, REMEMBERED)
    return EnsemblePredictor(
        signals=signals,
        outcomes=outcomes,
        predictions=predictions,
        ensemble=taught(Ensemble(rules), home, last=written[-1] if written else None),
        written=written,
        watched=(home.predictive_signals, home.signal_outcomes),
    )


def taught(ensemble: Ensemble, home: Home, *, last: WrittenPrediction | None) -> Ensemble:
    """Teach a fresh ensemble what it knew when it wrote its last prediction; return it.

    The newest outcomes and the answered signals are read again in their order, so that the next prediction is
    the one that would have come without a restart; a signal that still waits is not read ahead of its turn.
    """
    for past in read_tail(home.signal_outcomes, PastOutcome, OUTCOMES):
        if past.horizons.hour is not None:
            ensemble.hear(Resolved(past.ts, past.signal_id, is_win(past.horizons.hour.return_bps)))
    if last is not None:
        for signal in read_all(home.predictive_signals, PastSignal):
            if signal.ts <= last.ts:
                ensemble.recall(signal)
    return ensemble
