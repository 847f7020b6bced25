"""Blocks, attribution, max-T: what is there is found, what is not is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.learning.attribution import Attributed, estimate
from src.learning.blocks import Blocks, BlockSums, standard_error
from src.learning.counterfactual import calibrate
from src.learning.max_t import draw_signs, judge_family, step_down
from tests.evidence_fakes import evidence_of, make_row
from tests.learning_fakes import (
    T0,
)


def _cell(values: list[float], *, per_block: int = 10) -> Attributed:
    sums = np.array(values) * per_block
    residual = _sums(sums, len(values) * per_block)
    return Attributed(residual, _sums(np.zeros(len(values)), residual.signals))


def _sums(sums: np.ndarray, signals: int) -> BlockSums:
    return BlockSums(sums, signals, len(sums), float(signals))


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-100, 100)), min_size=1, max_size=60))
def test_block_sums_are_the_sums_of_their_signals(pairs: list[tuple[int, float]]) -> None:
    block = np.array([place for place, _ in pairs])
    values = np.array([value for _, value in pairs])
    mask = values > -50
    sums = Blocks(block).sums(values, mask)
    assert sums.sums.sum() == pytest.approx(values[mask].sum())
    assert sums.signals == int(mask.sum())
    assert sums.active == len(set(block[mask]))
    for place, number in enumerate(np.unique(block)):
        assert sums.sums[place] == pytest.approx(values[mask & (block == number)].sum())


def test_the_standard_error_is_over_blocks_and_not_over_signals() -> None:
    equal = _sums(np.array([10.0, 10.0, 10.0]), 300)
    assert standard_error(equal) == 0.0
    spread = _sums(np.array([0.0, 20.0]), 20)
    assert standard_error(spread) == pytest.approx(np.sqrt(2 * 200) / 20)
    assert standard_error(_sums(np.array([1.0]), 5)) is None


def test_timing_is_shrunk_by_its_own_error_and_the_residual_is_not() -> None:
    rng = np.random.default_rng(1)
    residual = _sums(rng.normal(50, 10, 42), 420)
    noisy = _sums(rng.normal(0, 3000, 42), 420)
    plain = float(residual.sums.sum()) / 420
    timing = float(noisy.sums.sum()) / 420
    shrunk = estimate(Attributed(residual, noisy), tau_bps=6.0)
    assert abs(shrunk.mean_bps - plain) < abs(timing) / 5
    total = estimate(Attributed(residual, noisy), tau_bps=1e9)
    assert total.mean_bps == pytest.approx(plain + timing)


def test_a_strong_effect_is_found_among_noise() -> None:
    rng = np.random.default_rng(2)
    cells = [_cell(list(rng.normal(0, 10, 42))) for _ in range(15)]
    cells.append(_cell(list(rng.normal(8, 10, 42))))
    tested = judge_family(cells, draw_signs(42, flips=499, seed=1), side=1, alpha=0.02, tau_bps=6.0)
    assert tested[-1].rejected
    assert tested[-1].statistic > tested[-1].critical_value
    assert sum(each.rejected for each in tested) == 1
    other_side = judge_family(cells, draw_signs(42, flips=499, seed=1), side=-1, alpha=0.02, tau_bps=6.0)
    assert not other_side[-1].rejected


def test_false_claims_stay_at_alpha_over_many_seeds() -> None:
    runs, false = 300, 0
    for seed in range(runs):
        rng = np.random.default_rng(10_000 + seed)
        shared = rng.standard_t(4, 42) * 10
        cells = [_cell(list(shared * (column % 2) + rng.normal(0, 10, 42))) for column in range(16)]
        tested = judge_family(cells, draw_signs(42, flips=199, seed=seed), side=-1, alpha=0.05, tau_bps=6.0)
        false += any(each.rejected for each in tested)
    assert false / runs <= 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / runs)


def test_step_down_gives_monotone_p_values_and_keeps_the_order_given() -> None:
    rng = np.random.default_rng(3)
    null = rng.normal(size=(499, 5))
    observed = np.array([1.0, 6.0, -2.0, 5.0, 0.0])
    tested = step_down(observed, null, alpha=0.05)
    assert [each.statistic for each in tested] == list(observed)
    assert [each.rejected for each in tested] == [False, True, False, True, False]
    by_strength = sorted(tested, key=lambda each: -each.statistic)
    assert [each.p_value for each in by_strength] == sorted(each.p_value for each in tested)


def test_a_family_without_eligible_claims_claims_nothing() -> None:
    assert judge_family([], draw_signs(4, flips=99, seed=1), side=1, alpha=0.05, tau_bps=6.0) == []


def test_the_same_seed_draws_the_same_signs() -> None:
    assert np.array_equal(draw_signs(7, flips=99, seed=5), draw_signs(7, flips=99, seed=5))
    assert set(np.unique(draw_signs(7, flips=99, seed=5))) == {-1.0, 1.0}


def test_the_counterfactual_is_calibrated_by_executed_trades_only_with_enough_blocks() -> None:
    rng = np.random.default_rng(4)
    rows = [
        make_row(ts=T0 + 1440 * number, net=10.0, executed=2.0 + float(rng.normal(0, 1)))
        for number in range(300)
    ]
    evidence = evidence_of(rows)
    assert calibrate(evidence, minimum_blocks=12, tau_bps=6.0).shift_bps == pytest.approx(-8.0, abs=0.3)
    assert calibrate(evidence, minimum_blocks=1000, tau_bps=6.0).shift_bps == 0.0
    none = evidence_of([make_row(ts=T0)])
    assert calibrate(none, minimum_blocks=1, tau_bps=6.0).shift_bps == 0.0


def test_columns_hold_each_signal_once_in_the_order_of_time() -> None:
    rows = [make_row(ts=T0 + offset, net=offset) for offset in (60, 0, 60, 120)]
    evidence = evidence_of(rows)
    assert list(evidence.ts) == [T0, T0 + 60, T0 + 120]
    assert evidence.data_hash() == evidence_of(rows[::-1]).data_hash()
    assert len(evidence_of([])) == 0
