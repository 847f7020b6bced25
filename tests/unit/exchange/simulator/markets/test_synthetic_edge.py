"""What the bot can measure: order-flow imbalance of a minute against what the price does afterwards."""

import numpy as np
import pytest

from src.exchange.simulator.markets.synthetic import SyntheticMarket
from tests.simulator_market_fakes import START, TEN, Floats, Windows, measure

HOURS = 14
ROUND_TRIP_BPS = 14.0


def _windows(*, edge: bool) -> Windows:
    market = SyntheticMarket(TEN, seed=22, start=START, messages_per_s=2.0, edge=edge)
    return measure(market, start=START, minutes=HOURS * 60)


@pytest.fixture(scope="session")
def with_edge() -> Windows:
    return _windows(edge=True)


@pytest.fixture(scope="session")
def without_edge() -> Windows:
    return _windows(edge=False)


def _strong(windows: Windows) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.abs(np.nan_to_num(windows.z)) > 1.5


def _t_by_block(values: Floats) -> float:
    """Return the t-statistic of a sum whose independent parts are blocks of four hours."""
    blocks = np.array([values[place : place + 240].sum() for place in range(0, len(values), 240)])
    return float(blocks.sum() / np.sqrt((blocks**2).sum()))


def test_strong_flow_is_as_frequent_as_on_real_markets(with_edge: Windows) -> None:
    assert 0.08 < _strong(with_edge)[30:].mean() < 0.18


def test_with_the_edge_a_taker_who_follows_strong_flow_for_an_hour_wins_clearly(with_edge: Windows) -> None:
    forward = 1e4 * with_edge.forward(60) * np.sign(with_edge.z)
    gains = forward[_strong(with_edge) & ~np.isnan(forward)]
    assert 22.0 < gains.mean() < 60.0
    assert gains.mean() > 1.5 * ROUND_TRIP_BPS


def test_with_the_edge_the_gain_grows_with_the_holding_time(with_edge: Windows) -> None:
    strong = _strong(with_edge)
    means = [np.nanmean((with_edge.forward(h) * np.sign(with_edge.z))[strong]) for h in (1, 15, 60)]
    assert means[0] < means[1] < means[2]


def test_without_the_edge_the_flow_of_a_window_says_nothing_of_later_returns(without_edge: Windows) -> None:
    for minutes in (1, 15, 60):
        product = np.nan_to_num(without_edge.z * without_edge.forward(minutes)).sum(axis=1)
        assert abs(_t_by_block(product)) < 2.5


@pytest.mark.parametrize("edge", [True, False])
def test_flow_and_price_move_together_within_a_window(edge: bool, request: pytest.FixtureRequest) -> None:
    windows: Windows = request.getfixturevalue("with_edge" if edge else "without_edge")
    moved = np.diff(np.log(windows.mid), axis=0)[30:]
    assert 0.3 < np.corrcoef(windows.z[31:].ravel(), moved.ravel())[0, 1] < 0.8
