"""When the next learning cycle is due, and its start."""

from src.records.learning import LearningState
from src.store.document import DocumentFile
from src.store.paths import Home
from src.supervision.supervisor import ProcessSpec, Supervisor


class LearningSchedule:
    """Starts a learning cycle when the last one's state says so; one at a time, never two for one interval."""

    def __init__(
        self, *, home: Home, spec: ProcessSpec, every_s: float, supervisor: Supervisor, started_ts: float
    ) -> None:
        self._state: DocumentFile[LearningState] = DocumentFile(
            home.learning_state, LearningState, writer="learning", quarantine=home.quarantine
        )
        self._spec = spec
        self._every_s = every_s
        self._supervisor = supervisor
        last = self._state.read()
        self._due_ts = started_ts + every_s if last is None else last.last_started_ts + every_s

    def start_if_due(self, now: float) -> bool:
        """Start a cycle if it is due at ``now`` (market time); return whether one was started.

        However far the clock jumped ahead, one cycle is started; when it stepped back, none is until its time.
        """
        if now < self._due_ts or self._supervisor.runs(self._spec.name):
            return False
        self._due_ts = now + self._every_s
        self._supervisor.start(self._spec)
        return True
