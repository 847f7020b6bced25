"""How much a kind of trade is worth, and what becomes of one that nothing is known of."""

from decimal import Decimal

import pytest

from src.conviction_gate import decide
from src.gates.base import GateContext
from src.gates.kelly import kelly_share, lower_bound_bps
from src.records.decisions import Decision
from src.records.enums import Ruling
from src.records.learning import KindEvidence
from src.records.policies import Switch
from tests.gate_fakes import EDGE, LOT, a_context, a_policy, a_prediction, a_signal, replaced, some_evidence

KIND = "OFI|LONG"


def known(**changes: object) -> GateContext:
    return a_context(evidence=some_evidence(**{KIND: replaced(EDGE, **changes)}))


def decided(context: GateContext) -> Decision:
    signal = a_signal()
    return decide(signal, a_prediction(signal), context)


def factor(decision: Decision, name: str) -> float | None:
    return next((f.value for f in decision.size_factors if f.name == name), None)


def test_share_is_a_quarter_of_kellys_shrunk_by_its_uncertainty() -> None:
    evidence = KindEvidence(
        signals=400, blocks=40, mean_bps=20.0, deviation_bps=80.0, standard_error_bps=10.0
    )
    shrinkage = 20.0**2 / (20.0**2 + 10.0**2)
    assert kelly_share(evidence) == pytest.approx(0.25 * shrinkage * 0.0020 / 0.0080**2)


def test_share_is_nothing_where_the_gain_may_be_luck() -> None:
    assert kelly_share(replaced(EDGE, mean_bps=8.0, standard_error_bps=5.0)) == 0
    assert kelly_share(replaced(EDGE, mean_bps=-20.0)) == 0


@pytest.mark.parametrize(
    "young", [{"blocks": 11}, {"standard_error_bps": None}, {"deviation_bps": 0.0}], ids=str
)
def test_share_is_unknown_before_there_are_enough_blocks(young: dict[str, object]) -> None:
    assert lower_bound_bps(replaced(EDGE, **young)) is None
    assert kelly_share(replaced(EDGE, **young)) is None


def test_the_share_caps_the_size() -> None:
    decision = decided(known(mean_bps=10.0, deviation_bps=2000.0, standard_error_bps=1.0))
    cap = factor(decision, "kelly_usd")
    assert cap is not None
    assert cap == pytest.approx(10_000 * 0.25 * 100 / 101 * 0.0010 / 0.2**2)
    assert cap - float(LOT.step) * 2000 < decision.size_usd <= cap


def test_a_kind_that_has_not_earned_its_keep_is_blocked() -> None:
    decision = decided(known(mean_bps=5.0, standard_error_bps=5.0))
    assert not decision.should_trade
    verdict = next(v for v in decision.verdicts if v.check == "kelly")
    assert (verdict.ruling, verdict.reason) == (Ruling.BLOCK, "no_edge_in_evidence")
    assert verdict.measured == pytest.approx(5.0 - 1.645 * 5.0)


@pytest.mark.parametrize(
    "evidence", [None, some_evidence(**{KIND: replaced(EDGE, blocks=3)})], ids=["none", "young"]
)
def test_without_evidence_the_smallest_order_is_traded(evidence: object) -> None:
    decision = decided(a_context(evidence=evidence))
    assert decision.should_trade
    assert decision.size_usd == pytest.approx(float(LOT.step) * 2000)
    assert factor(decision, "smallest_order_usd") == pytest.approx(2.0)
    verdict = next(v for v in decision.verdicts if v.check == "kelly")
    assert (verdict.ruling, verdict.reason) == (Ruling.PASS, "no_evidence_yet")


def test_learning_may_cost_no_more_than_its_budget() -> None:
    context = a_context(evidence=None, realised_usd={KIND: -100.0})
    assert decided(context).should_trade
    spent = decided(a_context(evidence=None, realised_usd={KIND: -100.01}))
    assert spent.blocked_by == ("kelly",)
    verdict = next(v for v in spent.verdicts if v.check == "kelly")
    assert (verdict.measured, verdict.required) == (100.01, 100.0)
    assert decided(a_context(evidence=None, realised_usd={"OFI|SHORT": -500.0})).should_trade


def test_shadow_records_what_it_would_have_traded() -> None:
    decision = decided(a_context(evidence=None, trades_without_evidence=False))
    assert decision.blocked_by == ("kelly",)
    verdict = next(v for v in decision.verdicts if v.check == "kelly")
    assert (verdict.reason, verdict.unit) == ("shadow_without_evidence", "usd")
    assert verdict.measured == pytest.approx(2.0)


def test_switched_off_it_neither_blocks_nor_caps() -> None:
    context = a_context(policies=a_policy(kelly=Switch.OFF), evidence=None, trades_without_evidence=False)
    decision = decided(context)
    assert decision.should_trade
    assert decision.size_usd > 1_000
    assert Decimal(str(decision.size_usd)) % Decimal(2) == 0
