"""The join: one row a signal, when its outcome and its trade are known."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.data_enrichment_layer import resolved_rows
from src.learning.enrichment import LONGEST_TRADE_S, Enrichment
from src.learning.executions import Executions, Stage
from src.learning.recent_ids import RecentIds
from src.records.enums import Disposition
from src.records.ledger import ClosingRevised, FillSettled, PositionClosed
from src.records.orders import OrderState
from src.records.outcomes import SignalOutcome
from src.records.signals import Signal
from tests.learning_fakes import (
    T0,
    make_close,
    make_decision,
    make_fill,
    make_intent,
    make_signal,
    make_update,
)
from tests.resolver_fakes import Bot, fates, lines_of

NOW = T0 + 3700


def _outcome(signal: Signal, disposition: Disposition) -> SignalOutcome:
    return SignalOutcome(
        ts=signal.ts + 3600,
        signal_id=signal.signal_id,
        signal_ts=signal.ts,
        symbol=signal.symbol,
        strategy=signal.strategy,
        direction=signal.direction,
        disposition=disposition,
        blocked_by=(),
        price_at_signal=100.0,
        cost_bps=14.0,
        horizons=dict.fromkeys(("1m", "5m", "15m", "30m", "1h")),
        ev_contribution_bps=None,
        votes={"funding": 1},
    )


@pytest.fixture
def join() -> Enrichment:
    return Enrichment(None, RecentIds())


def test_a_blocked_signal_carries_signal_decision_and_outcome(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.run()
    bot.close()
    rows = {row.signal_id: row for row in lines_of(bot.home)["rows"]}
    row = rows[fates()["blocked"].signal_id]
    assert row.disposition is Disposition.BLOCKED
    assert (row.score, row.weights_version, row.policies_version) == (0.3, "aaaaaaaaaaaa", "bbbbbbbbbbbb")
    assert row.regime == fates()["blocked"].regime
    assert set(row.vote_confidences) == set(row.votes)
    assert row.counterfactual_net_bps["1h"] is not None
    assert row.cost_bps == 14.0
    assert rows[fates()["expired"].signal_id].score is None


def test_a_traded_signal_waits_for_its_close(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.run(until=70)
    bot.tracker.save()
    bot.enrichment.save()
    signal = fates()["open"]
    assert signal.signal_id not in {row.signal_id for row in lines_of(bot.home)["rows"]}
    assert signal.ts in [row.signal_ts for row in resolved_rows(bot.home)]
    bot.world("fills", make_close(signal, ts=T0 + 4800))
    bot.step()
    bot.close()
    row = {row.signal_id: row for row in lines_of(bot.home)["rows"]}[signal.signal_id]
    assert row.execution is not None
    assert row.execution.net_bps == pytest.approx(90.0)
    assert row.execution.size_usd == 500.0


def test_passed_by_the_gate_and_never_filled_is_not_filled(join: Enrichment) -> None:
    never_sent, refused = make_signal(), make_signal(symbol="PF_XBTUSD")
    for signal in (never_sent, refused):
        join.add_signal(signal)
        join.add_decision(make_decision(signal, trade=True))
    join.executions.add_order(make_intent(refused))
    join.executions.add_order(make_update(refused, OrderState.REJECTED))
    for signal in (never_sent, refused):
        row = join.add_outcome(_outcome(signal, Disposition.EXECUTED), NOW)
        assert row is not None
        assert row.disposition is Disposition.NOT_FILLED
        assert row.execution is None


def test_an_unresolved_entry_waits_until_it_is_known(join: Enrichment) -> None:
    signal = make_signal()
    join.add_signal(signal)
    join.executions.add_order(make_intent(signal))
    join.executions.add_order(make_update(signal, OrderState.UNKNOWN))
    assert join.add_outcome(_outcome(signal, Disposition.EXECUTED), NOW) is None
    assert join.take_finished(NOW) == []
    join.executions.add_order(make_update(signal, OrderState.NOT_PLACED, ts=NOW))
    assert join.take_finished(NOW + 10) == []
    [row] = join.take_finished(NOW + 301)
    assert row.disposition is Disposition.NOT_FILLED


def test_a_trade_without_end_becomes_a_row_after_its_longest_life(join: Enrichment) -> None:
    signal = make_signal()
    join.add_signal(signal)
    join.executions.add_ledger(make_fill(signal))
    assert join.add_outcome(_outcome(signal, Disposition.EXECUTED), NOW) is None
    assert join.take_finished(T0 + LONGEST_TRADE_S) == []
    [row] = join.take_finished(T0 + LONGEST_TRADE_S + 1)
    assert row.disposition is Disposition.EXECUTED
    assert row.execution is None


@pytest.mark.parametrize("restarted", [False, True])
def test_a_closed_trade_waits_for_its_fees_and_takes_their_correction(*, restarted: bool) -> None:
    join, signal = Enrichment(None, RecentIds()), make_signal()
    join.add_signal(signal)
    fill = msgspec.structs.replace(make_fill(signal), fee_estimated=True)
    closed = make_close(signal, ts=NOW)
    join.executions.add_ledger(fill)
    join.executions.add_ledger(closed)
    assert join.add_outcome(_outcome(signal, Disposition.EXECUTED), NOW) is None
    if restarted:
        join = Enrichment(join.state(NOW), RecentIds())
    settled = FillSettled(
        ts=NOW + 5,
        fill_id=fill.fill_id,
        symbol=fill.symbol,
        fee_usd=fill.fee_usd + 1,
        rounding_usd=Decimal(0),
    )
    join.executions.add_ledger(settled)
    assert join.take_finished(NOW + 5) == []  # the closing's own line is still to come
    join.executions.add_ledger(_revised(closed, fees="1.5", net="3.5"))
    [row] = join.take_finished(NOW + 5)
    assert row.execution is not None
    assert (row.execution.fees_usd, row.execution.net_pnl_usd) == (1.5, 3.5)
    assert row.execution.net_bps == pytest.approx(70.0)


def test_a_fee_that_was_right_and_one_that_is_never_told_let_the_row_go(join: Enrichment) -> None:
    fill = msgspec.structs.replace(make_fill(make_signal()), fee_estimated=True)
    assert fill.signal_id is not None
    trades = join.executions
    trades.add_ledger(fill)
    trades.add_ledger(make_close(make_signal(), ts=NOW))
    assert trades.stage(fill.signal_id, NOW + 1799)[0] is Stage.GOING_ON
    assert trades.stage(fill.signal_id, NOW + 1800)[0] is Stage.CLOSED
    trades.add_ledger(
        FillSettled(ts=NOW, fill_id=fill.fill_id, symbol="", fee_usd=fill.fee_usd, rounding_usd=Decimal(0))
    )
    assert trades.stage(fill.signal_id, NOW)[0] is Stage.CLOSED


def test_a_correction_after_the_row_brings_nothing_back(join: Enrichment) -> None:
    join.executions.add_ledger(_revised(make_close(make_signal(), ts=NOW), fees="1", net="4"))
    assert join.executions.entries() == ()


def _revised(closed: PositionClosed, *, fees: str, net: str) -> ClosingRevised:
    return ClosingRevised(
        ts=closed.ts + 5,
        position_id=closed.position_id,
        signal_id=closed.signal_id,
        symbol=closed.symbol,
        fees_usd=Decimal(fees),
        funding_usd=Decimal(0),
        net_pnl_usd=Decimal(net),
    )


def test_a_repeated_outcome_makes_no_second_row(join: Enrichment) -> None:
    signal = make_signal()
    join.add_signal(signal)
    row = join.add_outcome(_outcome(signal, Disposition.BLOCKED), NOW)
    assert row is not None
    join.forget(row)
    join.add_signal(signal)
    assert join.add_outcome(_outcome(signal, Disposition.BLOCKED), NOW) is None
    assert join.unjoined == 0


def test_an_outcome_without_its_signal_is_counted(join: Enrichment) -> None:
    assert join.add_outcome(_outcome(make_signal(), Disposition.BLOCKED), NOW) is None
    assert join.unjoined == 1


def test_memory_is_bounded_by_time(join: Enrichment) -> None:
    for number in range(100):
        join.add_signal(make_signal(ts=T0 + number))
        join.executions.add_order(make_intent(make_signal(ts=T0 + number)))
    join.forget_before(T0 + 3 * LONGEST_TRADE_S)
    state = join.state(T0)
    assert (state.since_ts, state.entries) == (None, ())


def test_a_partial_fill_told_by_the_answer_counts_as_open() -> None:
    signal = make_signal()
    executions = Executions()
    executions.add_order(make_intent(signal))
    executions.add_order(make_update(signal, OrderState.ACKED, filled="2"))
    assert executions.stage(signal.signal_id, T0 + 9999) == (Stage.GOING_ON, None)
