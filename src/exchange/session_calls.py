"""The requests of a session: budgets, patience, the venue's time, and what a broken answer means."""

import random
import statistics
from collections import deque
from collections.abc import Callable, Mapping

from src.clock import Clock
from src.exchange import kraken_answers as answers
from src.exchange import kraken_verdicts as verdicts
from src.exchange.base import Answer, Outcome
from src.exchange.budget import Budget
from src.exchange.errors import BudgetSpent, NoAnswer
from src.exchange.patience import MAINTENANCE, OWN_BUDGET_SPENT, Patience, turned_away, waits_for
from src.exchange.session_wire import Endpoint, HistoryEndpoint, Wire

_KEPT_BY_READS = 100
"""Units that only exits, stops and cancels may spend."""
_KEPT_BY_ENTRIES = 200
"""The same, and enough to read fills and orders back after an entry."""
_COST_OF_ACTING = 10


class Calls:
    """Asks a venue, never more than its budgets allow, and leaves it alone once it turns requests away."""

    def __init__(self, wire: Wire, *, clock: Clock, seed: str) -> None:
        """Take the wire; ``seed`` is of the chance that spreads the waits."""
        self._wire = wire
        self._clock = clock
        self._trading = Budget(limit=500, window_s=10.0)
        self._history = Budget(limit=100, window_s=600.0)
        self._patience = Patience(rng=random.Random(seed))  # noqa: S311 - spreads waits, guards no secret
        self._offsets: deque[float] = deque(maxlen=5)

    @property
    def objection(self) -> str | None:
        """Return why the venue turns requests away now; None where it does not."""
        return self._patience.reason

    def server_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``: the median offset of the last five answers."""
        return now + (statistics.median(self._offsets) if self._offsets else 0.0)

    def must_wait(self, *, urgent: bool) -> bool:
        """Return whether an order would not even be sent now, because the venue turns requests away."""
        return self._patience.must_wait(self._clock.real(), urgent=urgent)

    def close(self) -> None:
        """Give back the connections."""
        self._wire.close()

    def speak_through(self, wire: Wire) -> None:
        """Ask through another wire from now on; what was held against the old one's key is forgotten."""
        self._wire.close()
        self._wire = wire
        self._patience.answered()

    def ask(self, endpoint: Endpoint, params: Mapping[str, str], *, cost: int) -> Mapping[str, object]:
        """Return a complete answer that says success.

        Raises:
            NoAnswer: there was none; BudgetSpent where it was not even asked.
        """
        real_now = self._clock.real()
        self._wait_if_told(private=cost > 0)
        if cost and not self._trading.spend(cost, real_now=real_now, keep=_KEPT_BY_READS):
            raise BudgetSpent(f"{cost} units")
        before = self._clock.now()
        raw = self._raw(endpoint, params)
        if raw.get("result") != "success":
            raise NoAnswer("no success in the answer")
        self._note_time(raw.get("serverTime"), midpoint=(before + self._clock.now()) / 2)
        if cost:
            self._patience.answered()
        return raw

    def ask_history(
        self, endpoint: HistoryEndpoint, params: Mapping[str, str], *, tokens: int, keep: int = 0
    ) -> Mapping[str, object]:
        """Return an answer of the history service, if ``keep`` tokens are left after it; NoAnswer as in ``ask``."""
        self._wait_if_told(private=True)
        if not self._history.spend(tokens, real_now=self._clock.real(), keep=keep):
            raise BudgetSpent(f"{tokens} history tokens")
        return self._raw(endpoint, params)

    def act(
        self,
        endpoint: Endpoint,
        params: Mapping[str, str],
        read: Callable[[object], Answer],
        *,
        urgent: bool,
    ) -> Answer:
        """Send an order or a cancel once; an answer that is neither a known yes nor a known no is UNKNOWN.

        What is ``urgent`` may spend what is kept for it, and waits little.
        """
        real_now = self._clock.real()
        if self._patience.must_wait(real_now, urgent=urgent):
            return Answer(Outcome.NO, None, waits_for(self._patience.reason))
        keep = 0 if urgent else _KEPT_BY_ENTRIES
        if not self._trading.spend(_COST_OF_ACTING, real_now=real_now, keep=keep):
            return Answer(Outcome.NO, None, OWN_BUDGET_SPENT)
        try:
            answer = read(self._wire.call(endpoint, params))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong around a sent order, it may be live
            self._note_refusal()
            word = verdicts.refusal(self._wire.refusal())
            if word is not None:
                return Answer(Outcome.NO, None, word)
            beneath = fault.__cause__ if isinstance(fault, NoAnswer) else None
            return Answer(Outcome.UNKNOWN, None, type(beneath or fault).__name__)
        self._patience.answered()
        return answer

    def _wait_if_told(self, *, private: bool) -> None:
        waits = private or self._patience.reason == MAINTENANCE
        if waits and self._patience.must_wait(self._clock.real()):
            raise NoAnswer(f"waits for {self._patience.reason}")

    def _raw(self, endpoint: Endpoint, params: Mapping[str, str]) -> Mapping[str, object]:
        try:
            raw = self._wire.call(endpoint, params)
        except NoAnswer:
            self._note_refusal()
            raise
        if not isinstance(raw, Mapping):
            raise NoAnswer("the answer is no object")
        return raw

    def _note_refusal(self) -> None:
        reason = turned_away(verdicts.error_word(self._wire.refusal()), self._wire.status())
        if reason is not None:
            self._patience.refused(reason, self._clock.real())

    def _note_time(self, text: object, *, midpoint: float) -> None:
        try:
            self._offsets.append(answers.seconds(text) - midpoint)
        except (TypeError, ValueError) as fault:
            raise NoAnswer("no serverTime in the answer") from fault
