import pytest

from src.audit.rulings import AT_LEAST, AT_MOST, BY_POLICY, KELLY, contradiction, decides
from src.conviction_gate import CHECKS, check_name
from src.records.decisions import Verdict
from src.records.enums import Ruling


def verdict(
    check: str, ruling: str, measured: float | None, required: float | None, **more: object
) -> Verdict:
    reason, factor = str(more.get("reason", "")), float(str(more.get("factor", 1.0)))
    return Verdict(
        check=check,
        ruling=Ruling(ruling),
        measured=measured,
        required=required,
        unit=str(more.get("unit", "")),
        reason=reason,
        size_factor=factor,
    )


@pytest.mark.parametrize(
    "honest",
    [
        verdict("ofi", "PASS", 0.5, 0.5),
        verdict("ofi", "BLOCK", 0.4, 0.5),
        verdict("ofi", "BLOCK", None, 0.5),
        verdict("ofi", "ERROR", None, None),
        verdict("fees", "PASS", 1.0, 5.0, reason="switched_off"),
        verdict("correlation", "RESIZE", 2.0, 1.0, factor=0.5),
        verdict("correlation", "BLOCK", 2.0, 1.0),
        verdict("pre_entry.spread", "PASS", 2.0, 2.0),
        verdict("pre_entry.age", "BLOCK", -1.0, 0.0, reason="from_the_future"),
        verdict("pre_entry.cooldown", "PASS", None, 60.0, reason="never_traded"),
        verdict("kelly", "PASS", 2.0, 0.0, unit="bps"),
        verdict("kelly", "BLOCK", 0.0, 0.0, unit="bps", reason="no_edge_in_evidence"),
        verdict("kelly", "PASS", 5.0, 100.0, unit="usd", reason="no_evidence_yet"),
        verdict("kelly", "BLOCK", 20.0, 100.0, unit="usd", reason="shadow_without_evidence"),
        verdict("risk.gap", "RESIZE", 0.2, 0.15, factor=0.5),
        verdict("unheard_of", "PASS", 9.0, 1.0),
    ],
)
def test_honest_rulings_contradict_nothing(honest: Verdict) -> None:
    assert contradiction(honest) is None


@pytest.mark.parametrize(
    "wrong",
    [
        verdict("ofi", "PASS", 0.4, 0.5),
        verdict("ofi", "PASS", None, 0.5),
        verdict("ofi", "BLOCK", 0.6, 0.5),
        verdict("ofi", "PASS", 0.6, 0.5, factor=0.5),
        verdict("correlation", "PASS", 2.0, 1.0),
        verdict("correlation", "RESIZE", 2.0, 1.0),
        verdict("correlation", "RESIZE", 0.5, 1.0, factor=0.5),
        verdict("pre_entry.spread", "PASS", 3.0, 2.0),
        verdict("pre_entry.freeze", "PASS", 1.0, 0.0),
        verdict("pre_entry.age", "PASS", -1.0, 0.0, reason="from_the_future"),
        verdict("kelly", "PASS", 0.0, 0.0, unit="bps"),
        verdict("kelly", "PASS", 200.0, 100.0, unit="usd"),
        verdict("risk.liquidation", "PASS", 50.0, 100.0, unit="bps"),
        verdict("unheard_of", "PASS", None, 1.0),
    ],
)
def test_rulings_against_their_numbers_are_contradictions(wrong: Verdict) -> None:
    assert contradiction(wrong) is not None


def test_every_check_of_the_gate_is_known_here() -> None:
    asked = {*map(check_name, CHECKS), "size"}
    assert asked <= AT_LEAST | AT_MOST | BY_POLICY | {KELLY}, (
        "say in src/audit/rulings.py how the new check compares"
    )
    assert not AT_LEAST & AT_MOST
    assert not decides(verdict("unheard_of", "PASS", 9.0, 1.0))
