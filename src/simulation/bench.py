"""What every leg has, whatever its market: files, stages, the learner's turn."""

from src.continuous_learning_controller import run_learning_cycle
from src.data_enrichment_layer import open_rows
from src.exchange.base import Exchange
from src.learning.evidence import Evidence, Lookback
from src.records.learning import LearningState
from src.records.ledger import LedgerEntry, PositionClosed
from src.records.outcomes import EnrichedDecision
from src.simulation.clock import VirtualClock
from src.simulation.files import SteppedFiles
from src.simulation.learning import LearningTurn
from src.simulation.memory import RunMemory
from src.simulation.plan import BOOT, Pace, Plan
from src.simulation.stages import Stages
from src.store.files import Incoming


class Bench:
    """The stages behind the builder, with their files and the learner beside them."""

    def __init__(self, plan: Plan, clock: VirtualClock, memory: RunMemory) -> None:
        self.files = SteppedFiles(plan.home, plan.settings, clock, boot=BOOT)
        self._plan = plan
        self._clock = clock
        self._evidence = memory.evidence()
        self._stages: Stages
        self._learning: LearningTurn
        self._trades = 0

    def open(self, exchange: Exchange) -> None:
        """Build the stages on an exchange, and let them find what is known of the past."""
        plan = self._plan
        self._stages = Stages(plan, clock=self._clock, files=self.files, exchange=exchange)
        state = self.files.document(plan.home.learning_state, LearningState, writer="learning")
        self._learning = LearningTurn(
            every_s=plan.settings.learning_every_s,
            started_ts=plan.start,
            last=state.read(),
            run_cycle=self._run_cycle,
        )
        self._ledger: Incoming[LedgerEntry] = self.files.reader(plan.home.fills, LedgerEntry)
        self._ledger.skip_to_end()
        self._resolved: Incoming[EnrichedDecision] = self.files.reader(
            plan.home.enriched_decisions, EnrichedDecision
        )
        self._resolved.skip_to_end()
        self._stages.settle()

    def answer(self) -> None:
        """Let the stages answer what is new, and the learner take its turn if it is due."""
        self._stages.settle()
        for row in self._resolved.read_new():
            self._evidence.add(row)
        self._learning.take(self._clock.now())

    def pace(self, ts: float, *, windows: int, messages: int) -> Pace:
        """Return how far the run has come."""
        self._trades += sum(isinstance(entry, PositionClosed) for entry in self._ledger.read_new())
        equity = self._stages.desk.equity_usd()
        return Pace(
            ts=ts,
            windows=windows,
            messages=messages,
            trades=self._trades,
            equity_usd=None if equity is None else float(equity),
        )

    def close_stages(self) -> None:
        """Let the stages save and let go of their files."""
        self._stages.close()

    def close(self) -> None:
        """Bring everything to the disk, and let go of it."""
        self.files.close()

    def _run_cycle(self, now: float) -> LearningState:
        """Run a cycle on what is remembered, and bring the disk up to it for whoever looks at the home."""
        plan = self._plan
        self._stages.save()
        state = run_learning_cycle(
            plan.home, plan.settings, now, plan.seed, files=self.files, evidence=self._looked_back
        )
        self.files.flush()
        return state

    def _looked_back(self, lookback: Lookback) -> Evidence:
        return self._evidence.evidence(lookback, also=open_rows(self._plan.home, self.files))
