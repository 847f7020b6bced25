"""The statistics of the model core: what real markets show, and an edge that is there only when it is asked for."""

import dataclasses
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest

from src.exchange.simulator.markets.character import LEADER_VOLATILITY, character
from src.exchange.simulator.markets.core import BLOCK_MINUTES, FLOW_STAY, Block, ModelCore
from tests.simulator_market_fakes import Floats

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD", "PF_SOLUSD", "PF_DOTUSD")
HOURS = 2400


@dataclass(frozen=True)
class Sample:
    log_price: Floats
    flow: Floats
    sigma: Floats
    premium: Floats
    liquidations: Floats
    open_interest: Floats
    regime: Floats

    @property
    def returns(self) -> Floats:
        return np.diff(self.log_price, axis=0)


def _sample(*, edge: bool) -> Sample:
    core = ModelCore(SYMBOLS, seed=11, edge=edge)
    state = core.origin(120_000)
    blocks: list[Block] = []
    for _ in range(HOURS * 60 // BLOCK_MINUTES):
        block, state = core.advance(state)
        blocks.append(block)
    return Sample(
        log_price=np.vstack([blocks[0].log_price[:1], *(block.log_price[1:] for block in blocks)]),
        flow=np.vstack([block.flow for block in blocks]),
        sigma=np.vstack([block.sigma for block in blocks]),
        premium=np.vstack([block.premium[1:] for block in blocks]),
        liquidations=np.vstack([block.liquidations for block in blocks]),
        open_interest=np.vstack([block.open_interest[1:] for block in blocks]),
        regime=np.vstack([block.regime for block in blocks]),
    )


@pytest.fixture(scope="module")
def with_edge() -> Sample:
    return _sample(edge=True)


@pytest.fixture(scope="module")
def without_edge() -> Sample:
    return _sample(edge=False)


def test_a_block_follows_from_its_state_alone_and_joins_the_one_before() -> None:
    core = ModelCore(SYMBOLS, seed=1, edge=True)
    first, state = core.advance(core.origin(1000))
    second, _ = core.advance(state)
    again, _ = ModelCore(SYMBOLS, seed=1, edge=True).advance(state)
    assert np.array_equal(second.log_price, again.log_price)
    assert np.array_equal(second.log_price[0], first.log_price[-1])
    assert np.allclose(second.premium[0], first.premium[-1])


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_block_is_the_same_after_a_rehearsal_at_other_prices(blocks: int) -> None:
    rehearsed, fresh = (ModelCore(SYMBOLS, seed=1, edge=True) for _ in range(2))
    last = rehearsed.rehearse(rehearsed.origin(1000), blocks=blocks)
    assert last.number == 1000 + blocks - 1
    start = msgspec.structs.replace(fresh.origin(1000), log_price=(1.1, 2.3, 3.7, 5.9))
    states = [start, start]
    for _ in range(4):
        told = [core.advance(state) for core, state in zip((rehearsed, fresh), states, strict=True)]
        states = [state for _, state in told]
        assert states[0] == states[1]
        for field in dataclasses.fields(Block):
            one, other = (getattr(block, field.name) for block, _ in told)
            assert np.array_equal(one, other), field.name


def test_a_rehearsal_of_another_past_is_forgotten() -> None:
    rehearsed, fresh = (ModelCore(SYMBOLS, seed=1, edge=True) for _ in range(2))
    rehearsed.rehearse(rehearsed.origin(1000), blocks=2)
    later = fresh.origin(2000)
    (one, _), (other, _) = rehearsed.advance(later), fresh.advance(later)
    assert np.array_equal(one.log_price, other.log_price)


def test_tails_are_fat_and_volatility_is_near_its_typical_value(without_edge: Sample) -> None:
    returns = without_edge.returns
    kurtosis = ((returns - returns.mean(axis=0)) ** 4).mean(axis=0) / returns.var(axis=0) ** 2
    assert (kurtosis > 6.0).all()
    typical = np.array([character(symbol).daily_volatility for symbol in SYMBOLS])
    assert returns.std(axis=0) * np.sqrt(1440) == pytest.approx(typical, rel=0.2)


def test_volatility_clusters_for_hours(without_edge: Sample) -> None:
    size = np.abs(without_edge.returns[:, 0])
    for lag, least in ((5, 0.1), (60, 0.08), (180, 0.05)):
        assert np.corrcoef(size[lag:], size[:-lag])[0, 1] > least


def test_prices_move_together_as_their_betas_say(without_edge: Sample) -> None:
    correlation = np.corrcoef(without_edge.returns.T)
    loads = np.array([character(symbol).correlation for symbol in SYMBOLS])
    expected = np.outer(loads, loads)
    off = ~np.eye(len(SYMBOLS), dtype=bool)
    assert correlation[off] == pytest.approx(expected[off], abs=0.08)
    assert LEADER_VOLATILITY > 0


def test_all_four_regimes_occur_and_stay_for_hours(without_edge: Sample) -> None:
    regime = without_edge.regime[:, 0]
    assert set(regime.tolist()) == {0, 1, 2, 3}
    stays = len(regime) / (1 + np.count_nonzero(np.diff(regime)))
    assert 4 * 60 < stays < 16 * 60
    calm, stormy = without_edge.sigma[regime < 2].mean(), without_edge.sigma[regime >= 2].mean()
    assert stormy > 1.4 * calm


def test_flow_persists_for_half_an_hour(without_edge: Sample) -> None:
    flow = without_edge.flow[:, 1]
    expected = (1 - 1 / FLOW_STAY) ** 30
    assert np.corrcoef(flow[30:], flow[:-30])[0, 1] == pytest.approx(expected, abs=0.12)


def _forward_bps(sample: Sample, minutes: int) -> tuple[float, float]:
    """Return the mean forward return in the direction of full flow, and its standard error by day."""
    moved = 1e4 * (sample.log_price[1 + minutes :] - sample.log_price[1:-minutes])
    flow = sample.flow[: len(moved)]
    strong = np.abs(flow) > 0.8
    days = np.arange(len(moved)) // 1440
    sums = np.array([(moved * np.sign(flow) * strong)[days == day].sum() for day in range(days[-1] + 1)])
    counts = np.array([strong[days == day].sum() for day in range(days[-1] + 1)])
    mean = sums.sum() / counts.sum()
    error = np.sqrt(((sums - mean * counts) ** 2).sum()) / counts.sum()
    return float(mean), float(error)


def test_with_the_edge_full_flow_is_followed_by_a_move_of_known_size(with_edge: Sample) -> None:
    mean, error = _forward_bps(with_edge, 60)
    assert 35.0 < mean < 60.0
    assert mean - 4 * error > 14.0
    quarter, _ = _forward_bps(with_edge, 15)
    assert 14.0 < quarter < mean


def test_without_the_edge_flow_says_nothing_of_later_moves(without_edge: Sample) -> None:
    for minutes in (1, 15, 60):
        mean, error = _forward_bps(without_edge, minutes)
        assert abs(mean) < 3 * error


def test_without_the_edge_past_returns_and_regimes_say_nothing_of_later_ones(without_edge: Sample) -> None:
    hourly = np.diff(without_edge.log_price[::60], axis=0)
    bound = 4 / np.sqrt(len(hourly))
    for lag in (1, 2, 4, 8):
        assert abs(np.corrcoef(hourly[lag:, 0], hourly[:-lag, 0])[0, 1]) < bound


def test_premiums_are_small_positive_on_average_and_persistent(with_edge: Sample) -> None:
    premium = with_edge.premium[:, 0]
    assert 0 < premium.mean() < 3e-4
    assert 1e-4 < premium.std() < 6e-4
    assert np.corrcoef(premium[60:], premium[:-60])[0, 1] > 0.7


def test_liquidations_follow_sharp_moves_against_the_liquidated(without_edge: Sample) -> None:
    returns = without_edge.returns
    moved = np.array([returns[minute - 4 : minute + 1].sum(axis=0) for minute in range(4, len(returns))])
    forced = without_edge.liquidations[4:]
    hit = forced != 0
    assert 0.002 < hit.mean() < 0.03
    assert (np.sign(moved[hit]) == np.sign(forced[hit])).mean() > 0.95
    after = hit[1:][hit[:-1]].mean()
    assert after > 10 * hit.mean()


def test_open_interest_falls_with_liquidations_and_stays_in_bounds(without_edge: Sample) -> None:
    change = np.diff(without_edge.open_interest, axis=0)
    hit = np.abs(without_edge.liquidations[1:]) >= 2
    assert change[hit].mean() < change[~hit].mean() - 1e-3
    assert np.abs(without_edge.open_interest).max() < 1.0
