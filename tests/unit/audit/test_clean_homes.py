"""An audit refutes nothing of what honest runs wrote, however they were made."""

from pathlib import Path

import pytest

from src.audit import claims
from src.records.simulation import Resolution
from src.store.segments import closed_segments
from tests.audit_fakes import TRADES, a_lived_home, audited
from tests.simulation_fakes import change, fresh_home, live, live_on, plan_of


@pytest.mark.parametrize("seed", [2, 3])
def test_stepped_runs_are_clean(tmp_path: Path, seed: int) -> None:
    findings = audited(a_lived_home(tmp_path / "home", seed=seed))
    assert not findings.violations
    assert not findings.open


def test_a_run_that_was_gone_on_with_and_rotated_is_clean(tmp_path: Path) -> None:
    home = fresh_home(
        tmp_path / "home",
        symbols=["PF_XBTUSD"],
        window_s=300,
        log_segment_mib=0.02,
        keep_log_segments=2,
    )
    change(home.policies, **TRADES)
    live(plan_of(home, days=0.1, leg_windows=10))
    live_on(home, days=0.2)
    assert closed_segments(home.decisions)
    assert min(closed_segments(home.predictive_signals)) > 1
    findings = audited(home)
    assert not findings.violations
    assert findings.proven[claims.HAS_SIGNAL]


def test_a_run_of_messages_is_clean(tmp_path: Path) -> None:
    home = fresh_home(tmp_path / "home", symbols=["PF_XBTUSD", "PF_ETHUSD"], window_s=60)
    change(home.policies, **TRADES)
    change(home.exits, minimum_hold_s=60, maximum_hold_s=300)
    live(plan_of(home, days=0.02, resolution=Resolution.MESSAGES))
    findings = audited(home)
    assert not findings.violations
    assert findings.proven[claims.HAS_SIGNAL]


def test_an_empty_home_claims_nothing(tmp_path: Path) -> None:
    findings = audited(fresh_home(tmp_path / "home"))
    assert not findings.violations
    assert not findings.proven
