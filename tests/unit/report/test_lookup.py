"""Finding one signal's records among those of others."""

from decimal import Decimal
from pathlib import Path

import pytest

from src.records.ledger import ClosingRevised, FillBooked, PositionClosed
from src.records.signals import signal_id
from src.report.lookup import find
from src.report.names import SignalName, decision_ts
from src.report.nearest import Last, nearest, newest
from src.report.telling import tell
from tests.cli_fakes import a_home, append
from tests.explain_fakes import BLOCKED, TRADED, WAITING, told_home
from tests.gate_fakes import NOON, SYMBOL, a_signal, replaced


def test_every_record_of_the_signal_is_found_and_no_other(tmp_path: Path) -> None:
    found = find(told_home(tmp_path), TRADED.signal_id)
    assert found.anything
    named = (found.signal, found.prediction, found.queued, found.decision, found.outcome)
    assert {record.signal_id for record in named if record is not None} == {TRADED.signal_id}
    assert all(record is not None for record in named)
    assert len(found.orders) == 7
    assert len(found.fills) == 2
    assert found.closed is not None
    assert found.as_of == NOON + 7200


def test_ledger_lines_of_others_are_left_out(tmp_path: Path) -> None:
    found = find(told_home(tmp_path), TRADED.signal_id)
    assert [type(entry) for entry in found.ledger] == [FillBooked, FillBooked, PositionClosed]


def test_line_that_was_written_late_is_found(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    late = a_signal(ts=NOON)
    append(home.predictive_signals, *(a_signal(ts=NOON + 60 * n) for n in range(1, 30)), late)
    assert find(home, late.signal_id).signal == late


def test_signal_whose_log_is_gone_is_read_from_the_queue(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    home.predictive_signals.unlink()
    assert find(home, TRADED.signal_id).signal == TRADED


def test_name_that_begins_like_another_is_another(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    assert not find(home, TRADED.signal_id[:-1]).anything


def test_broken_document_is_named(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    home.positions_futures.write_text("{")
    found = find(home, TRADED.signal_id)
    assert len(found.unreadable) == 1
    assert "positions_futures.json" in found.unreadable[0]


def test_empty_home_holds_nothing(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    assert not find(home, TRADED.signal_id).anything
    assert nearest(home, TRADED.signal_id) == ()
    assert all(newest(home, last) is None for last in Last)


def test_newest_of_each_kind_is_found(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    assert newest(home, Last.SIGNAL) == WAITING.signal_id
    assert newest(home, Last.BLOCKED) == BLOCKED.signal_id
    assert newest(home, Last.EXECUTED) == TRADED.signal_id
    assert newest(home, Last.LOSS) is None


def test_correction_of_a_closing_is_found_with_it_and_may_make_it_a_loss(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    closed = find(home, TRADED.signal_id).closed
    assert closed is not None
    revised = ClosingRevised(
        ts=closed.ts + 60,
        position_id=closed.position_id,
        signal_id=closed.signal_id,
        symbol=closed.symbol,
        fees_usd=closed.fees_usd + closed.net_pnl_usd + 1,
        funding_usd=closed.funding_usd,
        net_pnl_usd=Decimal(-1),
    )
    append(home.fills, revised)
    found = find(home, TRADED.signal_id)
    assert found.closed == revised.applied_to(closed)
    trade = tell(found).trade
    assert trade is not None
    assert trade.net_usd == -1
    assert newest(home, Last.LOSS) == TRADED.signal_id


def test_nearest_names_are_of_the_same_symbol_and_nearest_in_time(tmp_path: Path) -> None:
    home = told_home(tmp_path)
    other = replaced(a_signal(ts=NOON + 1), symbol="PF_XBTUSD", signal_id="PF_XBTUSD-OFI-1")
    append(home.predictive_signals, other)
    asked = signal_id(symbol=SYMBOL, strategy=TRADED.strategy, ts=NOON + 31)
    assert nearest(home, asked) == (BLOCKED.signal_id, TRADED.signal_id)
    assert nearest(home, "PF_NONE-OFI-1800014401000")[0] == "PF_XBTUSD-OFI-1"
    assert WAITING.signal_id in nearest(home, "nonsense")


def test_name_tells_symbol_strategy_and_decision_point() -> None:
    name = SignalName.parse(TRADED.signal_id)
    assert (name.symbol, name.strategy, name.ts) == (SYMBOL, TRADED.strategy, NOON)
    assert decision_ts("external-17") is None
    for wrong in ("", "A-OFI", "A-XXX-1", "A-OFI-1x", "-OFI-1"):
        with pytest.raises(ValueError, match="not a signal's name"):
            SignalName.parse(wrong)
