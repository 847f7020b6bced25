"""A decision made once more from the records alone: the same context must give the same decision, bit for bit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from src.conviction_gate import decide
from src.gates.base import GateContext
from src.gates.facts import RulesOfFacts, context_of, with_entry
from src.records.base import Record
from src.records.decisions import Decision
from src.records.features import Features
from src.records.gate_facts import GateFacts
from src.records.learning import EdgeEvidence, SignalWeights
from src.records.policies import SignalPolicies
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.rules_in_force import CORRUPT, MISSING
from src.store.config_check import TextFaults, check_text
from src.store.jsonl_seek import read_since
from src.store.paths import Home
from src.store.versions import EVIDENCE, POLICIES, WEIGHTS, Versions

R = TypeVar("R", bound=Record)
_SLACK_S = 3600.0
"""How far a line may stand from its place in the order of time."""


class NotOnRecord(LookupError):
    """Something that a decision rests on is no longer on file."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A signal as the gate was asked about it."""

    signal: Signal
    prediction: Prediction | None
    """None where none came in time."""


class RulesOnRecord:
    """The policies, weights and evidence that decisions were made by, from the folder of kept versions."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._policies: dict[str, SignalPolicies] = {}
        self._documents: dict[str, Record] = {}

    def of(self, facts: GateFacts) -> RulesOfFacts:
        """Return the rules that facts name; NotOnRecord where a version is not kept."""
        return RulesOfFacts(
            policies=self._policies_of(facts.policies_version),
            weights=self.weights(facts.weights_version),
            evidence=self._document(EVIDENCE, facts.evidence_version, EdgeEvidence),
        )

    def weights(self, version: str) -> SignalWeights | None:
        """Return the weights of a version, None where there were none; NotOnRecord where it is not kept."""
        return self._document(WEIGHTS, version, SignalWeights)

    def _policies_of(self, version: str) -> SignalPolicies:
        if version not in self._policies:
            try:
                self._policies[version] = check_text(self._content(POLICIES, version), SignalPolicies)
            except TextFaults as error:
                raise NotOnRecord(f"the policies {version} cannot be read") from error
        return self._policies[version]

    def _document(self, kind: str, version: str, record: type[R]) -> R | None:
        if version in {MISSING, CORRUPT}:
            return None
        known = self._documents.get(version)
        if isinstance(known, record):
            return known
        try:
            read = msgspec.json.decode(self._content(kind, version), type=record)
        except msgspec.MsgspecError as error:
            raise NotOnRecord(f"the version {version} cannot be read") from error
        self._documents[version] = read
        return read

    def _content(self, kind: str, version: str) -> bytes:
        content = Versions(self._home.versions, kind).read(version)
        if content is None:
            raise NotOnRecord(f"the {kind} {version} are not kept")
        return content


def decided_again(
    facts: GateFacts,
    rules: RulesOfFacts,
    market: Mapping[str, Features],
    asked: Iterable[Asked],
    *,
    facts_seq: int,
) -> Iterator[Decision]:
    """Yield the decisions on the signals that were asked about in one situation, in their order."""
    context: GateContext = context_of(facts, rules, market)
    for each in asked:
        decision = decide(each.signal, each.prediction, context, facts_seq=facts_seq)
        yield decision
        if decision.should_trade:
            context = with_entry(context, decision)


def recomputed(home: Home, decision: Decision) -> Decision:
    """Return the decision as the records of a home give it once more; NotOnRecord where one of them is gone."""
    if decision.facts_seq is None:
        raise NotOnRecord("the decision names no facts")
    facts = _facts(home, decision, decision.facts_seq)
    group = _same_situation(home, decision, decision.facts_seq)
    asked = [_asked(home, each) for each in group]
    again = decided_again(
        facts, RulesOnRecord(home).of(facts), _market(home, facts), asked, facts_seq=decision.facts_seq
    )
    return list(again)[-1]


def _facts(home: Home, decision: Decision, seq: int) -> GateFacts:
    since, until = decision.ts - _SLACK_S, decision.ts + _SLACK_S
    lines = read_since(home.gate_facts, GateFacts, since, until=until, holding=[f'"seq":{seq},'.encode()])
    found = next((facts for facts in lines if facts.ts == decision.ts), None)
    if found is None:
        raise NotOnRecord(f"line {seq} of {home.gate_facts.name} is not kept")
    return found


def _same_situation(home: Home, decision: Decision, seq: int) -> list[Decision]:
    """Return the decisions of a situation up to this one."""
    group = []
    text = f'"facts_seq":{seq}'.encode()
    for each in read_since(
        home.decisions, Decision, decision.ts - _SLACK_S, until=decision.ts, holding=[text]
    ):
        if each.facts_seq == seq and each.ts == decision.ts:
            group.append(each)
        if each.signal_id == decision.signal_id:
            return group
    raise NotOnRecord(f"the decisions of line {seq} are not kept")


def _asked(home: Home, decision: Decision) -> Asked:
    since, text = decision.signal_ts - _SLACK_S, f'"{decision.signal_id}"'.encode()
    signal = next(read_since(home.predictive_signals, Signal, since, holding=[text]), None)
    if signal is None:
        raise NotOnRecord(f"the signal {decision.signal_id} is not kept")
    if decision.win_probability is None:
        return Asked(signal, None)
    prediction = next(read_since(home.ensemble_predictions, Prediction, since, holding=[text]), None)
    if prediction is None:
        raise NotOnRecord(f"the prediction of {decision.signal_id} is not kept")
    return Asked(signal, prediction)


def _market(home: Home, facts: GateFacts) -> dict[str, Features]:
    missing = dict(facts.windows)
    found: dict[str, Features] = {}
    if missing:
        since, until = min(missing.values()) - 0.0005, max(missing.values()) + 0.0005
        for window in read_since(home.windows, Features, since, until=until):
            if missing.get(window.symbol) == window.ts:
                found[window.symbol] = window
    if len(found) < len(missing):
        raise NotOnRecord(f"windows of {sorted(missing.keys() - found.keys())} are not kept")
    return {symbol: found[symbol] for symbol in facts.windows}
