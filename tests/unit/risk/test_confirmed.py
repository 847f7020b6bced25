"""Hard limits loosen only by a start with confirmation."""

from pathlib import Path

import pytest

from src.records.risk import ConfirmedLimits
from src.records.settings import RiskLimits
from src.risk.confirmed import LimitsLoosened, confirm_limits, loosened
from src.store.document import DocumentFile
from src.store.errors import CorruptDocument
from src.store.paths import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.run.mkdir()
    return home


def in_force(home: Home) -> RiskLimits:
    known = DocumentFile(home.limits, ConfirmedLimits, writer="main").read()
    assert known is not None
    return known.limits


def test_a_looser_limit_is_refused_and_named_with_both_values(home: Home) -> None:
    confirm_limits(home, RiskLimits(max_equity_usd=500.0), confirmed=False, ts=1.0)
    looser = RiskLimits(drawdown_share=0.3, daily_loss_share=0.01)
    with pytest.raises(LimitsLoosened, match=r"drawdown_share 0\.2 -> 0\.3; max_equity_usd 500 -> no limit"):
        confirm_limits(home, looser, confirmed=False, ts=2.0)
    assert in_force(home).drawdown_share == RiskLimits().drawdown_share


def test_a_tighter_limit_counts_at_once_and_is_then_the_one_to_keep(home: Home) -> None:
    confirm_limits(home, RiskLimits(), confirmed=False, ts=1.0)
    confirm_limits(home, RiskLimits(leverage=1.0), confirmed=False, ts=2.0)
    with pytest.raises(LimitsLoosened, match="leverage 1 -> 2"):
        confirm_limits(home, RiskLimits(), confirmed=False, ts=3.0)


def test_confirmation_lets_a_looser_limit_in(home: Home) -> None:
    confirm_limits(home, RiskLimits(), confirmed=False, ts=1.0)
    confirm_limits(home, RiskLimits(leverage=5.0), confirmed=True, ts=2.0)
    assert in_force(home).leverage == 5.0


def test_limits_that_cannot_be_read_are_no_limits_to_pass(home: Home) -> None:
    home.limits.write_text("{")
    with pytest.raises(CorruptDocument):
        confirm_limits(home, RiskLimits(), confirmed=False, ts=1.0)


@pytest.mark.parametrize(("old", "new", "count"), [(None, 5.0, 0), (5.0, None, 1), (5.0, 5.0, 0)])
def test_no_limit_is_the_loosest(old: float | None, new: float | None, count: int) -> None:
    assert len(loosened(RiskLimits(max_equity_usd=old), RiskLimits(max_equity_usd=new))) == count
