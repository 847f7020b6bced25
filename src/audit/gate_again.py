"""The gate asked again about every decision, from the records alone, read alongside."""

from collections import deque
from collections.abc import Iterator

from src.conviction_gate import decide
from src.gates.base import GateContext
from src.gates.facts import context_of, with_entry
from src.recomputation import NotOnRecord, RulesOnRecord
from src.records.decisions import Decision
from src.records.features import Features
from src.records.gate_facts import GateFacts
from src.records.predictions import Prediction
from src.records.signals import Signal

_REMEMBERED = 4
"""Windows of a symbol: one that the gate used is at most so many older than the newest that is read."""


class GateAgain:
    """Makes decisions once more, in the order in which they were made; each situation is set up once."""

    def __init__(
        self, facts: Iterator[tuple[int, GateFacts]], windows: Iterator[Features], rules: RulesOnRecord
    ) -> None:
        """Take both files from their beginnings."""
        self._facts = facts
        self._windows = windows
        self._rules = rules
        self._recent: dict[str, deque[Features]] = {}
        self._reached = 0
        """Number of the newest line of facts that was read."""
        self._seq: int | None = None
        self._context: GateContext | None = None

    def __call__(self, decision: Decision, signal: Signal, prediction: Prediction | None) -> Decision | None:
        """Return the decision made again; None where the records do not suffice."""
        if decision.facts_seq is None:
            return None
        if decision.facts_seq != self._seq:
            self._seq, self._context = decision.facts_seq, self._situation(decision.facts_seq)
        if self._context is None:
            return None
        again = decide(signal, prediction, self._context, facts_seq=decision.facts_seq)
        if decision.should_trade:
            self._context = with_entry(self._context, decision)
        return again

    def drain(self) -> None:
        """Read the rest of the facts, for the proof of their file alone."""
        for _ in self._facts:
            pass

    def _situation(self, seq: int) -> GateContext | None:
        facts = self._line(seq)
        if facts is None:
            return None
        market = {}
        for symbol, ts in facts.windows.items():
            window = self._window(symbol, ts)
            if window is None:
                return None
            market[symbol] = window
        try:
            return context_of(facts, self._rules.of(facts), market)
        except NotOnRecord:
            return None

    def _line(self, seq: int) -> GateFacts | None:
        while self._reached < seq:
            found = next(self._facts, None)
            if found is None:
                return None
            self._reached = found[0]
            if found[0] == seq:
                return found[1]
        return None

    def _window(self, symbol: str, ts: float) -> Features | None:
        while True:
            recent = self._recent.get(symbol, ())
            if recent and recent[-1].ts >= ts:
                return next((window for window in recent if window.ts == ts), None)
            window = next(self._windows, None)
            if window is None:
                return None
            self._recent.setdefault(window.symbol, deque(maxlen=_REMEMBERED)).append(window)
