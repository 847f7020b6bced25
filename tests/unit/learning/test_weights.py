"""Hedge: it follows what is right, never beyond its floor and its step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.learning.weights import BlockGains, HedgeRules, block_gains, clamped, gain_scores, hedge, rounded
from src.records.enums import COMPONENTS
from tests.evidence_fakes import evidence_of, make_row
from tests.learning_fakes import (
    T0,
)

RULES = HedgeRules(expected_blocks=42, share=0.01, floor=0.25, step=0.25)
EVEN = np.full(10, 0.1)


def _gains(matrix: np.ndarray) -> BlockGains:
    return BlockGains(matrix - matrix.mean(axis=1, keepdims=True), len(matrix))


distributions = st.lists(st.floats(0.02, 1.0), min_size=10, max_size=10).map(
    lambda values: np.array(values) / sum(values)
)


@given(distributions, distributions)
def test_weights_stay_within_step_and_floor_and_sum_to_one(current: np.ndarray, target: np.ndarray) -> None:
    weights = clamped(target, current, RULES)
    assert weights.sum() == pytest.approx(1.0, abs=1e-9)
    assert np.all(weights <= np.maximum(current * 1.25, 0.025) + 1e-12)
    assert np.all(weights >= np.minimum(np.maximum(current * 0.75, 0.025), current * 1.25) - 1e-12)


@given(distributions)
def test_rounded_weights_sum_to_one_exactly(weights: np.ndarray) -> None:
    assert sum(rounded(weights).values()) == pytest.approx(1.0, abs=1e-12)
    assert list(rounded(weights)) == list(COMPONENTS)


def test_hedge_follows_the_component_that_is_right() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(0, 10, (42, 10))
    matrix[:, 3] += 15
    weights = hedge(_gains(matrix), EVEN, RULES)
    assert int(np.argmax(weights)) == 3
    assert weights[3] > 0.3
    assert weights.sum() == pytest.approx(1.0)


def test_hedge_moves_little_on_noise() -> None:
    moves = []
    for seed in range(60):
        matrix = np.random.default_rng(seed).normal(0, 10, (42, 10))
        moves.append(np.abs(clamped(hedge(_gains(matrix), EVEN, RULES), EVEN, RULES) - EVEN).sum() / 2)
    assert np.count_nonzero(moves) <= 8
    assert np.mean(moves) < 0.02


def test_without_differences_the_defaults_stay() -> None:
    default = np.array([0.22, 0.20, 0.16, 0.08, 0.08, 0.06, 0.06, 0.05, 0.05, 0.04])
    assert hedge(_gains(np.zeros((42, 10))), default, RULES) == pytest.approx(default)
    assert gain_scores(_gains(np.zeros((1, 10))), caution=2.0)[1] == 0.0


def test_a_component_that_was_wrong_for_long_recovers() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.normal(0, 5, (84, 10))
    matrix[:42, 0] -= 10
    matrix[42:, 0] += 20
    rules = HedgeRules(expected_blocks=84, share=0.01, floor=0.25, step=0.25)
    assert hedge(_gains(matrix[:42]), EVEN, rules)[0] < 0.05
    assert hedge(_gains(matrix), EVEN, rules)[0] > 0.2


def test_gains_are_votes_times_price_moves_and_costs_do_not_count() -> None:
    rows = [
        make_row(ts=T0 + 60 * number, net=6.0 - 14.0, votes={"funding": 1, "hurst": -1})
        for number in range(10)
    ]
    gains = block_gains(evidence_of(rows))
    funding, hurst = COMPONENTS.index("funding"), COMPONENTS.index("hurst")
    assert gains.centred[0, funding] == pytest.approx(6.0)
    assert gains.centred[0, hurst] == pytest.approx(-6.0)
    assert gains.signals == 10
