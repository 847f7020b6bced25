"""The members of the ensemble: each has an opinion on a signal, and learns one outcome at a time."""

import math
import operator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from src.learning.ensemble_case import INPUTS, Case
from src.records.ensemble import MemberMemory, TestedMemory

FAIR = 0.5
"""What every member believes before it has evidence."""
_MAX_LOG_ODDS = 4.0
_ALL = "all"


class Opinion(NamedTuple):
    """What one member says of one signal."""

    win_probability: float | None
    """None where it has nothing to go by."""
    confidence: float
    """0..1."""
    evidence: int
    """Resolved outcomes that it rests on."""


UNHEARD = Opinion(win_probability=None, confidence=0.0, evidence=0)
"""The opinion of a member that has nothing to go by."""


class Member(Protocol):
    """One voice of the ensemble."""

    def opinion(self, case: Case) -> Opinion:
        """Return what it says of a signal."""

    def learn(self, case: Case, *, won: bool) -> None:
        """Take in the outcome of a signal."""

    def memory(self) -> MemberMemory:
        """Return what it has learned."""

    def recall(self, memory: MemberMemory) -> None:
        """Know again what it had learned; KeyError or ValueError for what is no memory of its kind."""


@dataclass(slots=True)
class Tested:
    """How often something won, and over how many time blocks: the blocks are the evidence."""

    outcomes: int = 0
    wins: int = 0
    blocks: int = 0
    _newest_block: int = -1

    def add(self, case: Case, *, won: bool) -> None:
        """Count an outcome; outcomes of one block together count as one piece of evidence."""
        self.outcomes += 1
        self.wins += won
        block = case.block
        if block > self._newest_block:
            self._newest_block = block
            self.blocks += 1

    def trust(self, prior_blocks: float) -> float:
        """Return the share of belief that the evidence has earned against the prior, 0..1."""
        return self.blocks / (self.blocks + prior_blocks)

    def opinion(self, prior_blocks: float) -> Opinion:
        """Return the win rate, shrunk to even odds as a Beta prior worth ``prior_blocks`` would."""
        if not self.outcomes:
            return UNHEARD
        trust = self.trust(prior_blocks)
        rate = self.wins / self.outcomes
        return Opinion(FAIR + trust * (rate - FAIR), trust, self.outcomes)

    def memory(self) -> TestedMemory:
        """Return what was counted."""
        return TestedMemory(
            outcomes=self.outcomes, wins=self.wins, blocks=self.blocks, newest_block=self._newest_block
        )

    @classmethod
    def recalled(cls, memory: TestedMemory) -> "Tested":
        """Return the counts as they were."""
        return cls(memory.outcomes, memory.wins, memory.blocks, memory.newest_block)


@dataclass(slots=True)
class Votes:
    """The prior: agreement of the components and of the order flow is worth something, until evidence speaks.

    It is a claim that the loop tests: on a market where neither tells anything it costs fees until then.
    """

    slope: float
    flow_slope: float
    prior_blocks: float
    _seen: Tested = field(default_factory=Tested)

    def opinion(self, case: Case) -> Opinion:
        """Return the logistic map of what speaks for the signal; its claim fades as evidence comes in."""
        doubt = 1 - self._seen.trust(self.prior_blocks)
        claim = self.slope * case.agreement + self.flow_slope * case.aligned_ofi
        return Opinion(_logistic(doubt * claim), case.spoken, 0)

    def learn(self, case: Case, *, won: bool) -> None:
        """Count the evidence that others learn from."""
        self._seen.add(case, won=won)

    def memory(self) -> MemberMemory:
        """Return what was counted."""
        return MemberMemory(tested={_ALL: self._seen.memory()})

    def recall(self, memory: MemberMemory) -> None:
        """Know the counts again."""
        self._seen = Tested.recalled(memory.tested[_ALL])


@dataclass(slots=True)
class Patterns:
    """Signals like this one: same strategy, direction, regime and strength of the order flow."""

    prior_blocks: float
    _known: dict[str, Tested] = field(default_factory=dict)

    def opinion(self, case: Case) -> Opinion:
        """Return the shrunken win rate of the signal's pattern."""
        return self._known.get(case.pattern, _UNTESTED).opinion(self.prior_blocks)

    def learn(self, case: Case, *, won: bool) -> None:
        """Count an outcome for its pattern."""
        self._known.setdefault(case.pattern, Tested()).add(case, won=won)

    def memory(self) -> MemberMemory:
        """Return what was counted of each pattern."""
        return MemberMemory(tested={pattern: known.memory() for pattern, known in self._known.items()})

    def recall(self, memory: MemberMemory) -> None:
        """Know the counts again."""
        self._known = {pattern: Tested.recalled(known) for pattern, known in memory.tested.items()}


@dataclass(slots=True)
class BaseRate:
    """Signals at large."""

    prior_blocks: float
    _all: Tested = field(default_factory=Tested)

    def opinion(self, _case: Case) -> Opinion:
        """Return the shrunken win rate of all signals."""
        return self._all.opinion(self.prior_blocks)

    def learn(self, case: Case, *, won: bool) -> None:
        """Count an outcome."""
        self._all.add(case, won=won)

    def memory(self) -> MemberMemory:
        """Return what was counted."""
        return MemberMemory(tested={_ALL: self._all.memory()})

    def recall(self, memory: MemberMemory) -> None:
        """Know the counts again."""
        self._all = Tested.recalled(memory.tested[_ALL])


@dataclass(slots=True)
class Logistic:
    """A logistic regression on votes, order flow, volatility and trend, one gradient step an outcome.

    Steps shrink by each coefficient's own past gradients (AdaGrad: Duchi, Hazan, Singer 2011), with an L2
    pull to zero; the forecast is shrunk by the blocks of evidence, as the other members' are.
    """

    prior_blocks: float
    learning_rate: float
    l2: float
    _coefficients: list[float] = field(default_factory=lambda: [0.0] * len(INPUTS))
    _squares: list[float] = field(default_factory=lambda: [1.0] * len(INPUTS))
    _seen: Tested = field(default_factory=Tested)

    def opinion(self, case: Case) -> Opinion:
        """Return the regression's forecast."""
        if not self._seen.outcomes:
            return UNHEARD
        trust = self._seen.trust(self.prior_blocks)
        return Opinion(_logistic(trust * self._log_odds(case)), trust, self._seen.outcomes)

    def learn(self, case: Case, *, won: bool) -> None:
        """Step the coefficients towards the outcome."""
        error = _logistic(self._log_odds(case)) - won
        coefficients, squares = self._coefficients, self._squares
        for i, value in enumerate(case.inputs):
            if value == 0.0:
                continue
            gradient = error * value + self.l2 * coefficients[i]
            squares[i] += gradient * gradient
            coefficients[i] -= self.learning_rate * gradient / math.sqrt(squares[i])
        self._seen.add(case, won=won)

    def memory(self) -> MemberMemory:
        """Return coefficients, step sizes and counts."""
        return MemberMemory(
            tested={_ALL: self._seen.memory()},
            coefficients=tuple(self._coefficients),
            squares=tuple(self._squares),
        )

    def recall(self, memory: MemberMemory) -> None:
        """Know them again; ValueError where they are of other inputs."""
        if not len(memory.coefficients) == len(memory.squares) == len(INPUTS):
            raise ValueError(f"{len(memory.coefficients)} coefficients for {len(INPUTS)} inputs")
        self._coefficients, self._squares = list(memory.coefficients), list(memory.squares)
        self._seen = Tested.recalled(memory.tested[_ALL])

    def _log_odds(self, case: Case) -> float:
        return math.fsum(map(operator.mul, self._coefficients, case.inputs))


_UNTESTED = Tested()


def _logistic(log_odds: float) -> float:
    if not -_MAX_LOG_ODDS < log_odds < _MAX_LOG_ODDS:
        log_odds = max(-_MAX_LOG_ODDS, min(_MAX_LOG_ODDS, log_odds))
    return 1 / (1 + math.exp(-log_odds))
