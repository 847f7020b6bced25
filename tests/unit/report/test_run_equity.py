from decimal import Decimal

import pytest

from src.records.enums import Side
from src.records.ledger import LedgerEntry, LedgerOpened
from src.report.performance_equity import EquityCurve, EquityFold
from tests.trade_fakes import DECIDED, SYMBOL, a_fill, booked, some_funding

OPENED = LedgerOpened(ts=DECIDED - 100, balance_usd=Decimal(1000))
BUY = a_fill(Side.BUY, "2", "100")
SELL = a_fill(Side.SELL, "2", "110")


def curve_of(
    entries: list[LedgerEntry],
    mids: list[tuple[float, float]],
    *,
    since: float = DECIDED - 1000,
    until: float = DECIDED + 1000,
) -> EquityCurve:
    fold = EquityFold(entries, since_ts=since, until_ts=until, points=2000)
    for ts, mid in mids:
        fold.price(ts, SYMBOL, mid)
    return fold.finish()


def test_equity_is_cash_plus_what_is_open_at_the_mid() -> None:
    entries = booked([OPENED, BUY, some_funding("0.5"), SELL])
    curve = curve_of(
        entries, [(DECIDED, 100.0), (DECIDED + 60, 90.0), (DECIDED + 360, 105.0), (DECIDED + 660, 120.0)]
    )
    assert [value for _, value in curve.points] == [
        1000.0,
        1000.0 - 1 - 20,
        1000.0 - 1 + 10 + 0.5,
        1000.0 + 20 - 2 + 0.5,
    ]
    assert (curve.start_usd, curve.end_usd, curve.samples) == (1000.0, 1018.5, 4)


def test_drawdown_is_against_the_highest_so_far() -> None:
    entries = booked([OPENED, a_fill(Side.BUY, "10", "100", fee_usd=Decimal(0))])
    mids = [
        (DECIDED, 100.0),
        *((DECIDED + 60 * n, mid) for n, mid in enumerate((110.0, 99.0, 104.0, 120.0, 114.0), 1)),
    ]
    curve = curve_of(entries, mids)
    assert [value for _, value in curve.points] == [1000.0, 1100.0, 990.0, 1040.0, 1200.0, 1140.0]
    assert curve.worst_drawdown_usd == pytest.approx(-110.0)
    assert curve.worst_drawdown_percent == pytest.approx(-10.0)
    assert curve.worst_ts == DECIDED + 120
    assert curve.longest_under_s == 180.0
    assert min(value for _, value in curve.drawdown) == pytest.approx(-10.0)


def test_what_is_booked_after_the_last_window_still_counts() -> None:
    curve = curve_of(booked([OPENED, BUY, SELL]), [(DECIDED, 100.0), (DECIDED + 60, 101.0)])
    assert curve.end_usd == 1018.0


def test_moments_of_several_symbols_are_one_sample() -> None:
    fold = EquityFold([OPENED], since_ts=0.0, until_ts=9e9, points=10)
    for symbol in ("A", "B", "C"):
        fold.price(DECIDED, symbol, 1.0)
    assert fold.finish().samples == 1


def test_nothing_is_said_before_the_account_was_opened_or_outside_the_span() -> None:
    assert curve_of([], [(DECIDED, 100.0)]).points == ()
    early = curve_of([OPENED], [(DECIDED - 200, 100.0), (DECIDED, 100.0)])
    assert [ts for ts, _ in early.points] == [DECIDED]
    some = curve_of([OPENED], [(DECIDED + n, 100.0) for n in range(10)], since=DECIDED + 2, until=DECIDED + 4)
    assert [ts for ts, _ in some.points] == [DECIDED + 2, DECIDED + 3, DECIDED + 4]


def test_position_without_a_price_leaves_a_gap_and_no_guess() -> None:
    fold = EquityFold(booked([OPENED, BUY]), since_ts=0.0, until_ts=9e9, points=10)
    fold.price(DECIDED, "PF_OTHER", 1.0)
    fold.price(DECIDED + 60, "PF_OTHER", 1.0)
    fold.price(DECIDED + 120, SYMBOL, 100.0)
    assert [ts for ts, _ in fold.finish().points] == [DECIDED, DECIDED + 120]
