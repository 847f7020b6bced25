"""The resolver: it queues every signal for the gate and follows it, traded or not, to its outcome."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from src.clock import Clock, Every
from src.learning.arrivals import Arrivals
from src.learning.pending import PendingQueue
from src.learning.price_tape import PriceTape, WindowMid
from src.learning.recent_ids import NamedLine, RecentIds
from src.learning.resolution import Resolution
from src.learning.resolver_parts import ResolverInputs, ResolverMemory, ResolverOutputs, ResolverTimes
from src.learning.streams import R, Source
from src.learning.tracking import OutcomeRules
from src.records.base import Line
from src.records.decisions import Decision
from src.records.outcomes import PendingEvent, PendingPut, PendingSignal, PendingSignals
from src.records.predictions import Prediction
from src.records.settings import BotSettings
from src.records.signals import Signal
from src.store.errors import CorruptDocument
from src.store.files import Files, Incoming, Outgoing, Page, Retention
from src.store.jsonl import Durability, read_all, read_tail
from src.store.paths import Home

L = TypeVar("L", bound=Line)
_log = logging.getLogger(__name__)
_CHUNK = 2000
_PRICES_KEPT_S = 4500.0
"""More than the longest horizon: an engine that lags still finds the prices of its signals."""
_PATIENCE_REAL_S = 30.0
_SNAPSHOT_EVERY_REAL_S = 10.0
_REMEMBERED = 20_000
_WRITER = "resolver"
_JOURNAL = Retention(segment_bytes=8 * 1024 * 1024, segments=8)


class SignalOutcomeTracker:
    """The worker behind the pending queue, ``signals_universe.jsonl`` and ``logs/signal_outcomes.jsonl``."""

    def __init__(
        self,
        *,
        inputs: ResolverInputs,
        outputs: ResolverOutputs,
        memory: ResolverMemory,
        times: ResolverTimes,
        rules: OutcomeRules,
        snapshot_due: Callable[[], bool],
        watched: tuple[Path, ...] = (),
    ) -> None:
        self._in = inputs
        self._out = outputs
        self._rules = rules
        self._snapshot_due = snapshot_due
        self._watched = watched
        self._prices = PriceTape()
        self._arrivals = Arrivals(times.prediction_wait_s)
        self._resolution = Resolution(
            memory=memory,
            outputs=outputs,
            prices=self._prices,
            rules=rules,
            signal_ttl_s=times.signal_ttl_s,
        )
        self._backlog = False
        self._recalled = False
        self.handled = 0
        self.last_event_ts: float | None = None

    @property
    def outputs(self) -> int:
        """Return how many lines were written since this process started."""
        return self._resolution.written

    def step(self, now: float) -> int:
        """Handle what is new and what has fallen due; return how many records were handled."""
        self._backlog = False
        handled = self._take_signals() + self._take_predictions()
        for signal, prediction in self._arrivals.take_ready(now, all_read=not self._backlog):
            self._resolution.queue(signal, prediction, now)
        handled += self._take_decisions()
        if not self._backlog:
            self._resolution.expire_undecided(now)
        new_prices = self._take_windows(now)
        handled += new_prices
        self._resolution.settle_due(now, recording_read=not self._backlog)
        if new_prices:
            self._prices.forget_before(min([self._prices.newest_ts - _PRICES_KEPT_S, *self._needed_ts()]))
        if not handled and not self._arrivals.signals_waiting and self._snapshot_due():
            self._resolution.picture(now)  # only when nobody waits: it takes long once thousands are pending
        self.handled += handled
        return handled

    def save(self) -> None:
        """Save the places of everything that is answered; what waits in memory keeps its place."""
        for sink in (self._out.journal, self._out.universe, self._out.outcomes):
            sink.sync()
        if not self._arrivals.signals_waiting:
            self._in.signals.save()
            if not self._arrivals.predictions_waiting:
                self._in.predictions.save()
        self._in.decisions.save()
        self._in.windows.save()

    def close(self) -> None:
        """Save, and let go of every file."""
        self.save()
        for source in (self._in.signals, self._in.predictions, self._in.decisions, self._in.windows):
            source.close()
        for sink in (self._out.journal, self._out.universe, self._out.outcomes):
            sink.close()

    def inputs(self) -> tuple[Path, ...]:
        """Return the files whose change is work."""
        return self._watched

    def fds(self) -> tuple[int, ...]:
        """Return the descriptors whose readiness is work: none."""
        return ()

    def backlog(self) -> bool:
        """Return whether input is waiting that the last step did not reach."""
        return self._backlog

    def _take_signals(self) -> int:
        signals = self._chunk(self._in.signals)
        for signal in signals:
            self._note(signal.recorded_at)
            if not self._resolution.is_known(signal.signal_id, signal.ts):
                self._arrivals.add_signal(signal)
        return len(signals)

    def _take_predictions(self) -> int:
        predictions = self._chunk(self._in.predictions)
        for prediction in predictions:
            if not self._resolution.is_known(prediction.signal_id, prediction.ts):
                self._arrivals.add_prediction(prediction)
        return len(predictions)

    def _take_decisions(self) -> int:
        decisions = self._chunk(self._in.decisions)
        for decision in decisions:
            self._note(decision.ts)
            self._resolution.decide(decision)
        return len(decisions)

    def _take_windows(self, now: float) -> int:
        if not self._recalled:
            self._recall_prices(now)
        windows = self._chunk(self._in.windows)
        for window in windows:
            self._note(window.ts)
            self._prices.add(window)
        return len(windows)

    def _recall_prices(self, now: float) -> None:
        """Read again the prices that open horizons, or signals still to come, may need."""
        self._recalled = True
        since = now - self._rules.tolerance_s - self._rules.patience_s
        for window in self._in.recall(min([since, *self._needed_ts()])):
            self._prices.add(window)

    def _needed_ts(self) -> list[float]:
        oldest = self._resolution.oldest_ts()
        followed = [] if oldest is None else [oldest]
        return followed + self._arrivals.signal_times()

    def _chunk(self, source: Source[R]) -> list[R]:
        records = source.read_new(_CHUNK)
        self._backlog = self._backlog or len(records) == _CHUNK
        return records

    def _note(self, ts: float) -> None:
        if self.last_event_ts is None or ts > self.last_event_ts:
            self.last_event_ts = ts


def build_signal_resolver(
    home: Home, settings: BotSettings, clock: Clock, files: Files
) -> SignalOutcomeTracker:
    """Return the resolver of a home, knowing what its own files remember."""
    windows = home.windows
    snapshot = files.document(home.pending_signals, PendingSignals, writer=_WRITER)
    return SignalOutcomeTracker(
        inputs=ResolverInputs(
            signals=_reader(files, home, home.predictive_signals, Signal),
            predictions=_reader(files, home, home.ensemble_predictions, Prediction),
            decisions=_reader(files, home, home.decisions, Decision),
            windows=_reader(files, home, windows, WindowMid),
            recall=lambda since: _windows_since(windows, since),
        ),
        outputs=ResolverOutputs(
            journal=_writer(files, home.pending_journal, _JOURNAL),
            universe=_writer(files, home.signals_universe),
            outcomes=_writer(files, home.signal_outcomes),
            snapshot=snapshot,
        ),
        memory=recall_memory(home, snapshot),
        times=ResolverTimes(
            prediction_wait_s=settings.prediction_wait_s * clock.speed, signal_ttl_s=settings.signal_ttl_s
        ),
        rules=OutcomeRules(
            leader=settings.leader,
            tolerance_s=OutcomeRules.tolerance_of(settings.window_s),
            patience_s=_PATIENCE_REAL_S * clock.speed,
            cost_bps=settings.costs.round_trip_bps,
        ),
        snapshot_due=Every(_SNAPSHOT_EVERY_REAL_S, clock),
        watched=(home.predictive_signals, home.ensemble_predictions, home.decisions, windows),
    )


def recall_memory(home: Home, snapshot: Page[PendingSignals]) -> ResolverMemory:
    """Return what the resolver's own files say of its queue and of the ids that it has written."""
    memory = ResolverMemory(
        queue=PendingQueue(_last_pending(snapshot)),
        in_universe=_recent(home.signals_universe),
        resolved=_recent(home.signal_outcomes),
        queued=_recent(home.signal_outcomes),
    )
    events: Iterable[PendingEvent] = read_all(home.pending_journal, PendingEvent)
    for event in events:
        memory.queue.apply(event)
        if isinstance(event, PendingPut):
            memory.queued.add(event.signal_id, event.signal.ts)
    for pending in memory.queue.pending.values():
        memory.queued.add(pending.signal.signal_id, pending.signal.ts)
    return memory


def _last_pending(file: Page[PendingSignals]) -> dict[str, PendingSignal]:
    """Return the last picture of the queue; the journal alone tells it where that was broken by hand."""
    try:
        snapshot = file.read()
    except CorruptDocument as error:
        _log.error("pending_snapshot_corrupt error=%s", error)
        return {}
    return {} if snapshot is None else snapshot.pending


def _recent(path: Path) -> RecentIds:
    lines: list[NamedLine] = read_tail(path, NamedLine, _REMEMBERED)
    recent = RecentIds()
    for line in lines:
        recent.add(line.signal_id, line.signal_ts)
    if len(lines) == _REMEMBERED:
        recent.assume_seen_until(lines[0].signal_ts)
    return recent


def _windows_since(path: Path, since: float) -> list[WindowMid]:
    count = 1024
    while True:
        windows: list[WindowMid] = read_tail(path, WindowMid, count)
        if len(windows) < count or windows[0].ts < since:
            return windows
        count *= 4


def _reader(files: Files, home: Home, path: Path, record_type: type[L]) -> Incoming[L]:
    return files.reader(path, record_type, cursor=home.positions / f"signal_resolver.{path.stem}.json")


def _writer(files: Files, path: Path, retention: Retention | None = None) -> Outgoing[Any]:
    return files.writer(path, writer=_WRITER, durability=Durability.KNOWLEDGE, retention=retention)
