"""Signals that wait for their prediction, and predictions that came before their signal was seen."""

from collections import OrderedDict

from src.records.predictions import Prediction
from src.records.signals import Signal

_EARLY_KEPT = 20_000


class Arrivals:
    """What has come of signals and predictions and is not yet in the queue of the gate."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._signals: OrderedDict[str, Signal] = OrderedDict()
        self._early: OrderedDict[str, Prediction] = OrderedDict()

    @property
    def signals_waiting(self) -> bool:
        """Return whether a signal was read that is not yet queued."""
        return bool(self._signals)

    @property
    def predictions_waiting(self) -> bool:
        """Return whether a prediction was read whose signal was not."""
        return bool(self._early)

    def signal_times(self) -> list[float]:
        """Return the decision points of the waiting signals."""
        return [signal.ts for signal in self._signals.values()]

    def add_signal(self, signal: Signal) -> None:
        """Let a signal wait for its prediction."""
        self._signals.setdefault(signal.signal_id, signal)

    def add_prediction(self, prediction: Prediction) -> None:
        """Keep a prediction for its signal."""
        self._early.setdefault(prediction.signal_id, prediction)
        if len(self._early) > _EARLY_KEPT:
            self._early.popitem(last=False)

    def take_ready(self, now: float, *, all_read: bool) -> list[tuple[Signal, Prediction | None]]:
        """Take the signals whose prediction is there, or has not come in time.

        While there is more to read, time alone lets no signal go without its prediction.
        """
        ready: list[tuple[Signal, Prediction | None]] = []
        for signal_id, signal in list(self._signals.items()):
            prediction = self._early.pop(signal_id, None)
            waited_out = all_read and now >= signal.recorded_at + self._wait_s
            if prediction is not None or waited_out:
                del self._signals[signal_id]
                ready.append((signal, prediction))
        self._forget_early(now)
        return ready

    def _forget_early(self, now: float) -> None:
        while self._early and next(iter(self._early.values())).recorded_at + 10 * self._wait_s < now:
            self._early.popitem(last=False)
