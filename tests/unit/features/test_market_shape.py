"""Formulas over the book, trades, funding, open interest, and the regime."""

import random

import numpy as np
import pytest

from src.features import book_shape, flow, funding, open_interest, regime
from src.records.enums import Regime

QUOTE = (99.0, 3.0, 101.0, 1.0)


def test_shape_of_a_known_book() -> None:
    assert book_shape.mid_price(QUOTE) == 100
    assert book_shape.spread_bps(QUOTE) == pytest.approx(200)
    assert book_shape.micro_price(QUOTE) == pytest.approx((101 * 3 + 99 * 1) / 4)
    assert book_shape.depth_usd([(99.0, 3.0), (98.0, 1.0)]) == 99 * 3 + 98
    assert book_shape.imbalance([(99.0, 3.0)], [(101.0, 1.0)]) == 0.5


def test_imbalance_of_an_empty_book_is_unknown() -> None:
    assert book_shape.imbalance([], []) is None


def test_taker_share_without_trades_is_unknown() -> None:
    assert flow.taker_buy_share(0.0, 0.0) is None
    assert flow.taker_buy_share(3.0, 1.0) == 0.75


def test_large_threshold_starts_at_the_quantile_and_stays_there() -> None:
    rng = random.Random(7)
    values = [rng.lognormvariate(5, 1) for _ in range(5000)]
    threshold = flow.first_threshold(values[:50])
    assert threshold is not None
    above = 0
    for value in values[50:]:
        above += value > threshold
        threshold = flow.next_threshold(threshold, value)
    assert above / 4950 == pytest.approx(flow.LARGE_SHARE, abs=0.01)


def test_large_threshold_needs_trades() -> None:
    assert flow.first_threshold([1.0] * 49) is None
    assert flow.first_threshold([float(value) for value in range(1, 101)]) == 95.0


def test_funding_is_relative_to_the_index() -> None:
    assert funding.relative_rate(0.912482213835, 83764.3) == pytest.approx(0.00001089345, rel=1e-6)


def test_funding_z_is_the_distance_in_deviations() -> None:
    history = np.array([1.0, 2.0, 3.0] * 20)
    expected = (4.0 - 2.0) / history.std(ddof=1)
    usual = funding.usual(history)
    assert usual is not None
    assert funding.z_score(4.0, usual) == pytest.approx(expected)
    assert funding.usual(history[:47]) is None
    assert funding.usual(np.ones(60)) is None


def test_open_interest_change_is_a_fraction() -> None:
    assert open_interest.change(110.0, 100.0) == pytest.approx(0.1)
    assert open_interest.change(None, 100.0) is None
    assert open_interest.change(1.0, 0.0) is None


def look(previous: regime.RegimeState | None, ts: float, vol: float, trend: float) -> regime.RegimeState:
    return regime.next_regime(previous, ts=ts, volatility_bps=vol, median_bps=100.0, trend_bps=trend)


def test_regime_names_volatility_and_trend() -> None:
    assert look(None, 0, 101, 1).regime is Regime.WILD_UP
    assert look(None, 0, 99, 1).regime is Regime.QUIET_UP
    assert look(None, 0, 101, -1).regime is Regime.WILD_DOWN
    assert look(None, 0, 99, -1).regime is Regime.QUIET_DOWN


def test_regime_stays_four_hours_and_within_its_bands() -> None:
    quiet = look(None, 0.0, 90, 10)
    assert look(quiet, 4 * 3600 - 1, 300, 10) is quiet
    assert look(quiet, 4 * 3600, 105, -40) is quiet
    changed = look(quiet, 4 * 3600, 111, 10)
    assert changed == regime.RegimeState(Regime.WILD_UP, 4 * 3600)
    assert look(changed, 8 * 3600, 95, 10) is changed
    assert look(changed, 8 * 3600, 89, -60).regime is Regime.QUIET_DOWN
