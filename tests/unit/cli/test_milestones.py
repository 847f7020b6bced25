from pathlib import Path

import pytest

from src.cli.milestones import Tally
from src.records.decisions import Decision
from src.records.enums import HORIZONS_S, Disposition, OrderPurpose
from src.records.learning import AuditKind, LearningAudit
from src.records.ledger import ClosingRevised, PositionClosed
from src.records.operations import WorkerState
from src.records.orders import OrderIntent, OrderState, OrderUpdate
from src.records.outcomes import EnrichedDecision, Execution, HorizonOutcome, SignalOutcome
from src.records.predictions import Prediction
from src.records.signals import Signal
from src.store.paths import Home
from tests.cli_fakes import PROCESSES, a, a_home, a_worker, append, report_health


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path)


def seen(tally: Tally) -> dict[str, int]:
    return {milestone.name: milestone.seen for milestone in tally.update()}


def reached(tally: Tally) -> set[str]:
    return {milestone.name for milestone in tally.update() if milestone.reached}


def test_new_home_has_reached_nothing(home: Home) -> None:
    tally = Tally(home)
    assert set(seen(tally).values()) == {0}
    assert reached(tally) == set()


def test_processes_count_once_they_have_produced(home: Home) -> None:
    tally = Tally(home)
    starting = a_worker("signal_resolver", state=WorkerState.ALIVE)
    report_health(home, workers=(*map(a_worker, PROCESSES[:5]), starting))
    assert seen(tally)["processes ready"] == 5
    report_health(home)
    assert reached(tally) == {"processes ready"}


def test_signals_predictions_and_decisions_are_counted_as_they_come(home: Home) -> None:
    tally = Tally(home)
    append(home.predictive_signals, a(Signal), a(Signal))
    append(home.ensemble_predictions, a(Prediction))
    blocked = a(Decision, blocked_by=("fees",))
    append(home.decisions, blocked, a(Decision, should_trade=True, size_usd=5.0, verdicts=()))
    assert seen(tally)["signals blocked by the gate"] == 1
    append(home.decisions, blocked)
    assert seen(tally)["signals blocked by the gate"] == 2
    counts = tally.counts
    assert (counts.signals, counts.predictions, counts.decisions, counts.passed) == (2, 1, 3, 1)


def test_only_stops_that_the_exchange_took_count(home: Home) -> None:
    tally = Tally(home)
    append(
        home.orders,
        a(OrderIntent, purpose=OrderPurpose.ENTRY, cli_ord_id="entry"),
        a(OrderUpdate, state=OrderState.ACKED, cli_ord_id="entry"),
        a(OrderIntent, purpose=OrderPurpose.STOP, cli_ord_id="stop"),
        a(OrderUpdate, state=OrderState.UNKNOWN, cli_ord_id="stop"),
    )
    assert seen(tally)["stops accepted by the exchange"] == 0
    append(home.orders, a(OrderUpdate, state=OrderState.ACKED, cli_ord_id="stop"))
    assert seen(tally)["stops accepted by the exchange"] == 1
    assert tally.counts.entries == 1


def test_round_trips_bring_their_money_along(home: Home) -> None:
    tally = Tally(home)
    closed = a(PositionClosed)
    append(home.fills, closed, closed, closed)
    assert "round trips closed" in reached(tally)
    assert tally.counts.net_pnl_usd == pytest.approx(3 * float(closed.net_pnl_usd))


def test_money_of_a_round_trip_is_what_was_told_last(home: Home) -> None:
    tally = Tally(home)
    append(home.fills, a(PositionClosed, position_id="one"), a(PositionClosed, position_id="two"))
    tally.update()
    before = tally.counts.net_pnl_usd
    told = a(PositionClosed).net_pnl_usd
    append(home.fills, a(ClosingRevised, position_id="one", net_pnl_usd=told - 3))
    tally.update()
    assert tally.counts.net_pnl_usd == pytest.approx(before - 3)
    assert tally.counts.closed == 2


def test_outcome_counts_as_whole_only_with_all_its_horizons(home: Home) -> None:
    tally = Tally(home)
    horizons: dict[str, HorizonOutcome | None] = dict.fromkeys(HORIZONS_S, a(HorizonOutcome))
    append(home.signal_outcomes, a(SignalOutcome, horizons={**horizons, "1h": None}))
    assert seen(tally)["outcomes at all five horizons"] == 0
    append(home.signal_outcomes, a(SignalOutcome, horizons=horizons))
    assert seen(tally)["outcomes at all five horizons"] == 1


def test_blocked_and_traded_rows_are_told_apart(home: Home) -> None:
    tally = Tally(home)
    append(home.enriched_decisions, a(EnrichedDecision, disposition=Disposition.BLOCKED, execution=None))
    assert reached(tally) == {"blocked signals with a counterfactual"}
    traded = a(EnrichedDecision, disposition=Disposition.EXECUTED, execution=a(Execution))
    append(home.enriched_decisions, traded)
    assert "enriched decisions of trades" in reached(tally)


def test_learned_versions_count_once_decisions_name_them(home: Home) -> None:
    tally = Tally(home)
    name = "learned versions that decisions name"
    append(home.learning_audit, a(LearningAudit, cycle_id="0", kind=AuditKind.NO_CHANGE))
    for number in ("1", "2"):
        versions = {"weights_version": f"w{number}", "policies_version": f"p{number}"}
        append(home.learning_audit, a(LearningAudit, cycle_id=number, kind=AuditKind.CHANGE, **versions))
    assert seen(tally)["learning cycles"] == 3
    assert tally.counts.changes == 2
    append(home.decisions, a(Decision, weights_version="w1", policies_version="p1"))
    assert seen(tally)[name] == 1
    append(home.decisions, a(Decision, weights_version="w1", policies_version="p2"))
    assert name not in reached(tally)
    append(home.decisions, a(Decision, weights_version="w2", policies_version="p2"))
    assert name in reached(tally)
