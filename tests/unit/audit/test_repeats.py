"""The gate asked again: what the audit makes of whoever can repeat a decision from its record."""

import msgspec

from src.audit import claims
from src.records.decisions import Decision
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.paths import Home
from tests.audit_fakes import audited


def faithful(decision: Decision, signal: Signal, prediction: Prediction | None) -> Decision | None:
    assert decision.signal_id == signal.signal_id
    assert prediction is None or prediction.win_probability == decision.win_probability
    return decision


def at_a_loss(_decision: Decision, _signal: Signal, _prediction: Prediction | None) -> Decision | None:
    return None


def of_another_mind(decision: Decision, _signal: Signal, _prediction: Prediction | None) -> Decision | None:
    return msgspec.structs.replace(decision, score=decision.score + 1e-12)


def test_a_decision_that_comes_out_the_same_is_proven(lived: Home) -> None:
    findings = audited(lived, repeat=faithful)
    assert findings.proven[claims.REPEATS] == findings.proven[claims.DECIDED_ONCE] > 0


def test_a_record_that_does_not_suffice_is_not_decided(lived: Home) -> None:
    findings = audited(lived, repeat=at_a_loss)
    assert not findings.violations
    assert claims.REPEATS in {claim for claim, _ in findings.open}


def test_a_decision_that_comes_out_otherwise_is_caught_to_the_last_bit(lived: Home) -> None:
    findings = audited(lived, repeat=of_another_mind)
    assert findings.refuted[claims.REPEATS] > 0
    assert findings.violations[0].found == "another score"
