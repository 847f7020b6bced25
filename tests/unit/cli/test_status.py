import json
from decimal import Decimal
from pathlib import Path

import pytest

from src.records.decisions import Decision
from src.records.enums import Direction, OrderPurpose
from src.records.learning import LearningState
from src.records.ledger import Positions, PositionView
from src.records.operations import ConfigFault, WorkerState
from src.records.orders import OrderIntent, OrderUpdate
from src.store.document import DocumentFile
from src.store.lock import HomeLock
from src.store.paths import Home
from tests.cli_fakes import PROCESSES, a, a_home, a_worker, append, asked, report_health


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = a_home(tmp_path / "home")
    report_health(made)
    return made


def hold(home: Home, **changes: object) -> None:
    view = a(PositionView, symbol="PF_ETHUSD", direction=Direction.SHORT, entry_price=Decimal("2681.5"))
    picture = a(
        Positions,
        warnings=(),
        equity_usd=Decimal("10012.5"),
        open_positions=(a(PositionView, **{**_plain(view), **changes}),),
    )
    DocumentFile(home.positions_futures, Positions, writer="test").write(picture)


def _plain(view: PositionView) -> dict[str, object]:
    return {name: getattr(view, name) for name in view.__struct_fields__}


def test_home_that_never_ran_says_so_and_is_no_fault(tmp_path: Path) -> None:
    result = asked("status", "--home", tmp_path / "nothing")
    assert result.exit_code == 0
    assert "never run" in result.stdout
    assert not (tmp_path / "nothing").exists()


def test_bot_that_was_stopped_is_shown_as_not_running(home: Home) -> None:
    result = asked("status", "--home", home.root)
    assert result.exit_code == 0
    assert "paper on synthetic, not running; entries off" in result.stdout
    assert "Processes" not in result.stdout


def test_running_bot_shows_every_process_with_its_progress(home: Home) -> None:
    with HomeLock(home):
        result = asked("status", "--home", home.root)
    assert result.exit_code == 0
    assert "running (pid 76); entries allowed" in result.stdout
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    for name in PROCESSES:
        assert "ready" in rows[name]
        assert "1,234" in rows[name]


def test_freeze_is_shown_with_its_reasons(home: Home) -> None:
    report_health(home, entries_allowed=False, freeze_reasons=("crash_loop:signal_resolver", "maintenance"))
    with HomeLock(home):
        result = asked("status", "--home", home.root)
    assert "frozen: crash_loop:signal_resolver; maintenance" in result.stdout


@pytest.mark.parametrize("state", [WorkerState.FAILED, WorkerState.HUNG])
def test_process_that_is_down_is_a_fault(home: Home, state: WorkerState) -> None:
    report_health(home, workers=(a_worker("main"), a_worker("ensemble_predictor", state=state)))
    with HomeLock(home):
        result = asked("status", "--home", home.root)
    assert result.exit_code == 1
    assert f"ensemble_predictor is {state.value.lower()}" in result.stdout


def test_broken_edit_is_a_fault_with_its_place(home: Home) -> None:
    fault = a(ConfigFault, file="configs/exits.json", line=3, column=9, key="targets", rule="expected a list")
    report_health(home, config_faults=(fault,))
    with HomeLock(home):
        result = asked("status", "--home", home.root)
    assert result.exit_code == 1
    assert "configs/exits.json:3:9 targets: expected a list" in result.stdout


def test_position_without_a_stop_is_a_fault(home: Home) -> None:
    hold(home, stop=None)
    with HomeLock(home):
        result = asked("status", "--home", home.root)
    assert result.exit_code == 1
    assert "PF_ETHUSD has no stop on the exchange" in result.stdout


def test_positions_are_shown_whether_or_not_it_runs(home: Home) -> None:
    hold(home)
    result = asked("status", "--home", home.root)
    assert result.exit_code == 0
    assert "Equity 10,012.50 USD" in result.stdout
    (row,) = (line for line in result.stdout.splitlines() if "PF_ETHUSD" in line)
    assert "SHORT" in row
    assert "2681.5" in row


def test_funnel_counts_decisions_orders_and_fills(home: Home) -> None:
    trades = a(Decision, should_trade=True, size_usd=100.0, verdicts=(), blocked_by=())
    blocked = a(Decision, blocked_by=("fees", "ofi"))
    append(home.decisions, trades, blocked, blocked)
    entry = a(OrderIntent, purpose=OrderPurpose.ENTRY, cli_ord_id="entry")
    stop = a(OrderIntent, purpose=OrderPurpose.STOP, cli_ord_id="stop")
    filled = a(OrderUpdate, cli_ord_id="entry", filled=Decimal(1))
    append(home.orders, entry, filled, stop)
    funnel = json.loads(asked("status", "--home", home.root, "--json").stdout)["funnel"]
    assert funnel == {
        "decisions": 3,
        "passed": 1,
        "entries": 1,
        "filled": 1,
        "blocked_by": {"fees": 2, "ofi": 2},
    }
    assert "fees 2, ofi 2" in asked("status", "--home", home.root).stdout


def test_last_learning_cycle_is_shown(home: Home) -> None:
    assert "no cycle yet" in asked("status", "--home", home.root).stdout
    state = a(LearningState, cycles=3, cycle_id="cycle-3", summary="no change: no evidence")
    DocumentFile(home.learning_state, LearningState, writer="test").write(state)
    assert "cycle 3 (cycle-3)" in asked("status", "--home", home.root).stdout


def test_json_holds_the_same_facts_for_a_script(home: Home) -> None:
    hold(home, stop=None)
    with HomeLock(home):
        result = asked("status", "--home", home.root, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert told["running"] is True
    assert told["faults"] == ["PF_ETHUSD has no stop on the exchange"]
    assert [worker["name"] for worker in told["health"]["workers"]] == list(PROCESSES)
    assert told["positions"]["equity_usd"] == "10012.5"
    assert told["learning"] is None


def test_fees_that_are_not_the_configured_ones_are_a_fault_that_freezes_nothing(home: Home) -> None:
    words = "fees_above_configured: 0.4000 USD over 4, expected 0.2000"
    DocumentFile(home.positions_futures, Positions, writer="test").write(
        a(Positions, open_positions=(), warnings=(words,))
    )
    with HomeLock(home):
        result = asked("status", "--home", home.root, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["faults"]) == (1, [words])
    assert told["health"]["entries_allowed"] is True


def test_json_of_a_home_that_never_ran_is_json(tmp_path: Path) -> None:
    told = json.loads(asked("status", "--home", tmp_path / "nothing", "--json").stdout)
    assert (told["running"], told["health"], told["faults"]) == (False, None, [])


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_document_that_cannot_be_read_is_a_fault_and_hides_nothing_else(
    home: Home, options: tuple[str, ...]
) -> None:
    home.positions_futures.write_text("{")
    with HomeLock(home):
        result = asked("status", "--home", home.root, *options)
    assert result.exit_code == 1
    assert "positions_futures.json" in result.stdout
    assert "ensemble_predictor" in result.stdout
