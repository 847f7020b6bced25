import random

import pytest

from src.records.enums import HORIZONS_S, Disposition
from src.report.performance_outcomes import OutcomeNumbers, OutcomeRow, OutcomeTally, TradedView

COST = 14.0


def row(
    place: int,
    *,
    hour: float | None = 0.0,
    odds: float | None = 0.5,
    disposition: Disposition = Disposition.BLOCKED,
    blocked_by: tuple[str, ...] = ("fees",),
    traded: float | None = None,
) -> OutcomeRow:
    nets: dict[str, float | None] = dict.fromkeys(HORIZONS_S, None if hour is None else hour - COST)
    return OutcomeRow(
        ts=place * 3600.0 + 4000,
        signal_id=f"signal-{place}",
        signal_ts=place * 3600.0,
        disposition=disposition,
        blocked_by=blocked_by,
        win_probability=odds,
        counterfactual_net_bps=nets,
        execution=None if traded is None else TradedView(net_bps=traded),
        cost_bps=COST,
    )


def numbers_of(rows: list[OutcomeRow]) -> OutcomeNumbers:
    tally = OutcomeTally(block_s=3600.0)
    for each in rows:
        tally.add(each)
    return tally.numbers()


def test_traded_and_blocked_are_kept_apart_by_horizon() -> None:
    rows = [row(n, hour=20.0) for n in range(3)]
    rows += [
        row(n, hour=-6.0, disposition=Disposition.EXECUTED, blocked_by=(), traded=-9.0) for n in range(5)
    ]
    numbers = numbers_of(rows)
    assert numbers.by_group["BLOCKED"]["1h"].mean == 6.0
    assert numbers.by_group["EXECUTED"]["5m"].mean == -20.0
    assert (numbers.traded.mean, numbers.traded.count) == (-9.0, 5)
    assert numbers.dispositions == {"EXECUTED": 5, "BLOCKED": 3}
    assert numbers.mean_cost_bps == COST


def test_horizon_without_a_price_is_left_out_and_not_zero() -> None:
    numbers = numbers_of([row(0, hour=30.0), row(1, hour=None)])
    assert (numbers.by_group["BLOCKED"]["1h"].mean, numbers.by_group["BLOCKED"]["1h"].count) == (16.0, 1)
    assert numbers.resolved == 2


def test_check_is_judged_by_what_it_alone_blocked() -> None:
    numbers = numbers_of([row(0, hour=4.0), row(1, hour=90.0, blocked_by=("ofi", "fees")), row(2, hour=34.0)])
    assert set(numbers.alone) == {"fees"}
    assert numbers.alone["fees"].mean == 5.0


def test_odds_that_come_true_lie_on_the_diagonal() -> None:
    chance = random.Random(3)
    rows = []
    for place in range(4000):
        odds = chance.uniform(0.4, 0.6)
        rows.append(row(place, odds=odds, hour=10.0 if chance.random() < odds else -10.0))
    calibration = numbers_of(rows).calibration
    assert calibration.count == 4000
    assert sum(group.realised.count for group in calibration.groups) == 4000
    for group in calibration.groups:
        assert group.realised.mean == pytest.approx(group.predicted, abs=0.12)
        assert group.realised.count >= 200
    assert calibration.brier is not None
    assert calibration.brier_base is not None
    assert calibration.brier < calibration.brier_base


def test_price_that_did_not_move_is_no_win_and_unpredicted_signals_are_not_judged() -> None:
    calibration = numbers_of([row(0, hour=0.0), row(1, hour=1e-9), row(2, odds=None)]).calibration
    assert (calibration.count, calibration.base_rate) == (2, 0.5)
    assert calibration.brier == pytest.approx(0.25)


def test_nothing_resolved_says_nothing() -> None:
    numbers = numbers_of([])
    assert (numbers.resolved, numbers.mean_cost_bps, numbers.calibration.groups) == (0, None, ())
