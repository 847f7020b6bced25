"""The ensemble predictor: answers every signal with how likely it is to win."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from src.clock import Clock, Every
from src.learning.ensemble import Ensemble
from src.learning.ensemble_case import Resolved, is_win, resolved
from src.records.base import Line, Record
from src.records.ensemble import EnsembleState
from src.records.outcomes import SignalOutcome
from src.records.policies import Components, EnsembleRules
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.errors import CorruptDocument
from src.store.files import Files, Incoming, Outgoing, Page
from src.store.jsonl import Durability, read_tail
from src.store.opened import stands
from src.store.paths import Home

NAME = "ensemble_predictor"
BATCH = 500
"""Signals a step, so that the loop beats while it catches up."""
REMEMBERED = 2_000
"""Newest lines of its own output that a start looks at: the newest of every symbol are among them."""
OUTCOMES = 50_000
"""Newest outcomes that a start without a memory learns from."""
KEPT_EVERY_REAL_S = 60.0
"""What is known is much to write; what came after it is soon read again."""

_log = logging.getLogger(__name__)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """Where the memory of the ensemble is kept, by which rules it was learned, and when to keep it."""

    page: Page[EnsembleState]
    rules: EnsembleRules
    due: Callable[[], bool]


class EnsemblePredictor:
    """The worker behind ``logs/ensemble_predictions.jsonl``.

    ``written`` is the newest part of its own output, oldest first: no signal is answered again. The ensemble
    comes with what earlier runs have taught it, and what it knows is kept together with how far was read: after
    a crash what came later is read again, answered signals too, and leads to the same.
    """

    def __init__(
        self,
        *,
        signals: Incoming[Signal],
        outcomes: Incoming[SignalOutcome],
        predictions: Outgoing[Prediction],
        ensemble: Ensemble,
        keeping: Keeping,
        written: Iterable[WrittenPrediction] = (),
        watched: tuple[Path, ...] = (),
    ) -> None:
        self._signals = signals
        self._outcomes = outcomes
        self._predictions = predictions
        self._ensemble = ensemble
        self._keeping = keeping
        self._written = _Written(written)
        self._watched = watched
        self._now: float | None = None
        self._kept_at = 0
        self.handled = 0
        self.outputs = 0
        self.last_event_ts: float | None = None

    def step(self, now: float) -> int:
        """Answer every signal that has arrived since the last step; return how many records were handled.

        Outcomes are heard first, so that a signal is answered with all that was known at its time.
        """
        self._now = None
        heard = self._outcomes.read_new(BATCH)
        for outcome in heard:
            known = resolved(outcome)
            if known is not None:
                self._ensemble.hear(known)
        arrived = self._signals.read_new(BATCH) if len(heard) < BATCH else []
        for signal in arrived:
            self._answer(signal, now)
            self.last_event_ts = signal.ts
        self.handled += len(heard) + len(arrived)
        self._now = now
        return len(heard) + len(arrived)

    def save(self) -> None:
        """Sync what was written, and keep what is known if it is time for that."""
        self._predictions.sync()
        if self._keeping.due():
            self._keep()

    def close(self) -> None:
        """Keep what is known, unless a step broke off, and let go of the files."""
        self._keep()
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
            self._ensemble.recall(signal)
            return
        prediction = self._ensemble.predict(signal, now=now)
        self._predictions.append(prediction)
        self._written.add(prediction.symbol, prediction.ts, prediction.signal_id)
        self.outputs += 1

    def _keep(self) -> None:
        if self._now is None or self._kept_at == self.handled:
            return
        state = EnsembleState(
            ts=self._now,
            rules=self._keeping.rules,
            signals=self._signals.place(),
            outcomes=self._outcomes.place(),
            memory=self._ensemble.memory(),
        )
        self._keeping.page.write(state)
        self._kept_at = self.handled


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


def build_ensemble_predictor(home: Home, clock: Clock, files: Files) -> EnsemblePredictor:
    """Return the predictor of a home: its files opened, its memory found, or else the past learned again.

    The ensemble's rules are those of the start: what it has learned rests on them.
    Raises ConfigError where ``configs/components.json`` is broken.
    """
    rules = files.config(home.components, Components).load().ensemble
    page = files.document(_state_path(home), EnsembleState, writer=NAME, durable=False)
    state = _usable_state(page, rules, home)
    outcomes: Incoming[SignalOutcome] = files.reader(
        home.signal_outcomes, SignalOutcome, place=None if state is None else state.outcomes
    )
    signals: Incoming[Signal] = files.reader(
        home.predictive_signals, Signal, place=None if state is None else state.signals
    )
    ensemble = Ensemble(rules)
    if state is None:
        outcomes.skip_to_end()
        hear_again(ensemble, home)
    else:
        ensemble.restore(state.memory)
    return EnsemblePredictor(
        signals=signals,
        outcomes=outcomes,
        predictions=files.writer(home.ensemble_predictions, writer=NAME, durability=Durability.KNOWLEDGE),
        ensemble=ensemble,
        keeping=Keeping(page=page, rules=rules, due=Every(KEPT_EVERY_REAL_S, clock)),
        written=read_tail(home.ensemble_predictions, WrittenPrediction, REMEMBERED),
        watched=(home.predictive_signals, home.signal_outcomes),
    )


def hear_again(ensemble: Ensemble, home: Home) -> None:
    """Have a fresh ensemble hear the newest outcomes; it learns from them as it reads the signals again."""
    for past in read_tail(home.signal_outcomes, PastOutcome, OUTCOMES):
        if past.horizons.hour is not None:
            ensemble.hear(Resolved(past.ts, past.signal_id, is_win(past.horizons.hour.return_bps)))


def _usable_state(page: Page[EnsembleState], rules: EnsembleRules, home: Home) -> EnsembleState | None:
    """Return what was kept, if it is by these rules and reading can go on from where it had come."""
    try:
        state = page.read()
        if state is None or state.rules != rules:
            return None
        Ensemble(rules).restore(state.memory)
    except (CorruptDocument, KeyError, ValueError) as error:
        _log.error("ensemble_state_unusable error=%r", error)
        return None
    found = stands(home.predictive_signals, state.signals) and stands(home.signal_outcomes, state.outcomes)
    return state if found else None


def _state_path(home: Home) -> Path:
    return home.positions / f"{NAME}.json"
