"""When the learner of a stepped run takes its turn."""

from collections.abc import Callable

from src.records.learning import LearningState


class LearningTurn:
    """Runs a cycle when it is due, as the daemon's schedule does, between two steps of the stages."""

    def __init__(
        self,
        *,
        every_s: float,
        started_ts: float,
        last: LearningState | None,
        run_cycle: Callable[[float], LearningState],
    ) -> None:
        """Take the cadence; ``last`` is the state that the last cycle left, ``started_ts`` the run's beginning."""
        self._every_s = every_s
        self._run_cycle = run_cycle
        self._due_ts = (started_ts if last is None else last.last_started_ts) + every_s

    def take(self, now: float) -> LearningState | None:
        """Run a cycle if one is due at ``now``; return its state."""
        if now < self._due_ts:
            return None
        self._due_ts = now + self._every_s
        return self._run_cycle(now)
