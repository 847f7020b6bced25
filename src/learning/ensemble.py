"""The ensemble: what its members say of a signal, blended; what came of it, handed back to them in order."""

import heapq
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from src.learning.ensemble_case import Case, Resolved, awaited, awaited_case, case_of, heard_outcome
from src.learning.ensemble_members import FAIR, BaseRate, Logistic, Member, Opinion, Patterns, Votes
from src.records.ensemble import EnsembleMemory
from src.records.policies import EnsembleRules
from src.records.predictions import MemberForecast, Prediction
from src.records.signals import Signal

PRIOR = "votes"
"""The member that speaks before there is evidence."""
MAX_WAITING = 50_000
"""Signals whose outcome is awaited; beyond this the oldest is forgotten."""


class Ensemble:
    """A forecast of whether signals win, learned from the outcomes of earlier ones.

    An outcome is learned from just before the first signal that is younger than it, so no prediction rests on
    what was not yet known at its decision point, nor on which of the two came first where they share an instant;
    the order in which outcomes are heard does not matter.
    """

    def __init__(self, rules: EnsembleRules) -> None:
        self._weights = rules.weights
        self._members = members_of(rules)
        self._waiting: OrderedDict[str, Case] = OrderedDict()
        self._heard: list[Resolved] = []
        self._evidence = 0

    def hear(self, outcome: Resolved) -> None:
        """Take note of an outcome; it is learned from when its time has come."""
        heapq.heappush(self._heard, outcome)

    def recall(self, signal: Signal) -> None:
        """Take in a signal that was answered before, as ``predict`` would, without an answer."""
        self._learn_until(signal.ts)
        self._await(case_of(signal))

    def predict(self, signal: Signal, *, now: float) -> Prediction:
        """Return the forecast for a signal, and wait for its outcome; ``now`` is when it is recorded."""
        self._learn_until(signal.ts)
        case = case_of(signal)
        self._await(case)
        opinions = {name: member.opinion(case) for name, member in self._members.items()}
        blend = blended(opinions, self._weights)
        return Prediction(
            ts=signal.ts,
            signal_id=signal.signal_id,
            recorded_at=now,
            symbol=signal.symbol,
            direction=signal.direction,
            win_probability=blend.win_probability,
            confidence=blend.confidence,
            size_multiplier=size_multiplier(blend.win_probability, blend.confidence),
            evidence=self._evidence,
            members=blend.members,
        )

    def memory(self) -> EnsembleMemory:
        """Return everything that the next prediction rests on beside its signal."""
        return EnsembleMemory(
            evidence=self._evidence,
            members={name: member.memory() for name, member in self._members.items()},
            waiting=tuple(awaited(case) for case in self._waiting.values()),
            heard=tuple(heard_outcome(outcome) for outcome in sorted(self._heard)),
        )

    def restore(self, memory: EnsembleMemory) -> None:
        """Take in the memory of an ensemble with the same rules; later predictions are those it would have made.

        Raises KeyError or ValueError for a memory that is none of this ensemble.
        """
        self._evidence = memory.evidence
        for name, member in self._members.items():
            member.recall(memory.members[name])
        self._waiting = OrderedDict((each.signal_id, awaited_case(each)) for each in memory.waiting)
        self._heard = [Resolved(each.ts, each.signal_id, each.won) for each in memory.heard]

    def _learn_until(self, ts: float) -> None:
        while self._heard and self._heard[0].ts < ts:
            outcome = heapq.heappop(self._heard)
            case = self._waiting.pop(outcome.signal_id, None)
            if case is None:
                continue
            self._evidence += 1
            for member in self._members.values():
                member.learn(case, won=outcome.won)

    def _await(self, case: Case) -> None:
        self._waiting[case.signal_id] = case
        if len(self._waiting) > MAX_WAITING:
            self._waiting.popitem(last=False)


class Blend(NamedTuple):
    """What the members amount to."""

    win_probability: float
    confidence: float
    members: tuple[MemberForecast, ...]


def members_of(rules: EnsembleRules) -> dict[str, Member]:
    """Return fresh members by name."""
    prior = rules.prior_blocks
    return {
        "votes": Votes(slope=rules.votes_slope, flow_slope=rules.flow_slope, prior_blocks=prior),
        "pattern": Patterns(prior_blocks=prior),
        "logistic": Logistic(prior_blocks=prior, learning_rate=rules.learning_rate, l2=rules.l2),
        "base_rate": BaseRate(prior_blocks=prior),
    }


def blended(opinions: Mapping[str, Opinion], weights: Mapping[str, float]) -> Blend:
    """Return the prior's opinion plus the mean of those that rest on evidence, as distances from even odds.

    Each opinion is already shrunk by what it has earned: the prior's claim fades by the share of belief that the
    evidence gains, so nothing is weighed down twice. A member without a probability has no say; the confidence is
    the sum of weight x confidence. ValueError where nobody has a say.
    """
    shared, spoken = 0.0, False
    for name, opinion in opinions.items():
        if opinion.win_probability is not None:
            spoken = True
            shared += 0.0 if name == PRIOR else weights[name]
    if not spoken:
        raise ValueError("no member of the ensemble has a say")
    lean = confidence = 0.0
    forecasts = []
    for name, (win_probability, sure, evidence) in opinions.items():
        say = 0.0
        if win_probability is not None:
            say = 1.0 if name == PRIOR else weights[name] / shared
            lean += say * (win_probability - FAIR)
            confidence += weights[name] * sure
        forecasts.append(
            MemberForecast(
                name=name, win_probability=win_probability, confidence=sure, weight=say, evidence=evidence
            )
        )
    return Blend(min(1.0, max(0.0, FAIR + lean)), min(1.0, confidence), tuple(forecasts))


def size_multiplier(win_probability: float, confidence: float) -> float:
    """Return what the forecast would size by, 0.5..2: more above 0.55, less below 0.45."""
    p, sure = win_probability, confidence > 0.5
    if p > 0.65 and sure:
        size = 1.5 + 2.5 * (p - 0.65)
    elif p > 0.55:
        size = 1 + 2.5 * (p - 0.55)
    elif p < 0.35 and sure:
        size = 0.5
    elif p < 0.45:
        size = 0.5 + 2.5 * (p - 0.35)
    else:
        size = 1.0
    return min(2.0, max(0.5, size))
