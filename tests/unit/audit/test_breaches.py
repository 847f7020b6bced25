"""An entry while a hard limit is breached is refuted."""

from pathlib import Path

from src.audit import claims
from src.audit.breaches import Breaches
from src.audit.findings import Findings
from src.audit.orders import OrderAudit
from src.records.enums import OrderPurpose
from src.records.orders import CancelIntent, OrderIntent
from src.records.risk import Limit, RiskCleared, RiskLatched, RiskState
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.audit_fakes import audited, copy_of, refuted
from tests.cli_fakes import a, append

CLEAR = RiskCleared(ts=20.0, reason="seen", command_id="c", index=1.0)


def latch(ts: float) -> RiskLatched:
    return RiskLatched(ts=ts, limit=Limit.DRAWDOWN, state=RiskState.HALTED, measured=0.3, allowed=0.2)


def test_a_breach_stands_from_its_line_to_its_clearing() -> None:
    breaches = Breaches([latch(10.0), latch(12.0), CLEAR, latch(30.0)])
    stood = {ts: breaches.at(ts) is not None for ts in (9.0, 10.0, 11.0, 15.0, 20.0, 25.0, 30.0, 31.0)}
    assert [ts for ts, there in stood.items() if there] == [11.0, 15.0, 31.0]


def test_an_entry_during_a_breach_is_refuted(lived: Home, tmp_path: Path) -> None:
    assert audited(lived).proven[claims.WITHIN_LIMITS] > 0
    home = copy_of(lived, tmp_path / "copy")
    first = next(event for event in read_all(home.orders, OrderIntent) if event.purpose is OrderPurpose.ENTRY)
    home.risk.unlink(missing_ok=True)
    append(home.risk, latch(first.ts - 1))
    assert refuted(home)[claims.WITHIN_LIMITS].found == "drawdown_share"


def test_an_order_of_somebody_else_that_was_cancelled_needs_no_intent_of_ours() -> None:
    findings = Findings()
    audit = OrderAudit(
        file="logs/orders.jsonl", trades=None, instance="abc", decided_since=None, findings=findings
    )
    audit.read([(1, a(CancelIntent, foreign=True))])
    assert not findings.violations
    audit.read([(2, a(CancelIntent, foreign=False))])
    assert findings.violations
