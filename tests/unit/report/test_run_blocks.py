import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.report.performance import BlockTally, student_quantile

VALUES = st.lists(st.tuples(st.integers(0, 20), st.floats(-1e3, 1e3)), min_size=1, max_size=60)


def tally_of(values: list[tuple[int, float]]) -> BlockTally:
    tally = BlockTally(10.0)
    for block, value in values:
        tally.add(block * 10.0 + 3.0, value)
    return tally


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)],
)
def test_student_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert student_quantile(degrees) == pytest.approx(quantile, abs=0.004)


def test_interval_is_the_one_worked_out_by_hand() -> None:
    estimate = tally_of([(0, 1.0), (0, 3.0), (1, 5.0), (2, -1.0)]).estimate()
    assert (estimate.count, estimate.blocks, estimate.mean) == (4, 3, 2.0)
    error = math.sqrt((0.0**2 + 3.0**2 + 3.0**2) * 3 / 2) / 4
    assert estimate.low == pytest.approx(2.0 - student_quantile(2) * error)
    assert estimate.high == pytest.approx(2.0 + student_quantile(2) * error)


def test_a_block_copied_many_times_over_is_still_one_block() -> None:
    once = tally_of([(0, 1.0), (1, 2.0), (2, 4.0)]).estimate()
    often = tally_of([(0, 1.0), (1, 2.0), (2, 4.0)] * 50).estimate()
    assert often.mean == pytest.approx(once.mean)
    assert often.low == pytest.approx(once.low)


def test_nothing_is_claimed_from_nothing_or_from_one_block() -> None:
    assert tally_of([]).estimate().mean is None
    alone = tally_of([(0, 1.0), (0, 2.0)]).estimate()
    assert (alone.mean, alone.low, alone.high, alone.sign) == (1.5, None, None, 0)


def test_too_few_blocks_have_an_interval_but_no_sign() -> None:
    few = tally_of([(block, 5.0 + block / 100) for block in range(11)]).estimate()
    enough = tally_of([(block, 5.0 + block / 100) for block in range(12)]).estimate()
    assert few.low is not None
    assert (few.claimable, few.sign) == (False, 0)
    assert (enough.claimable, enough.sign) == (True, 1)
    assert tally_of([(block, -5.0 + block / 100) for block in range(12)]).estimate().sign == -1


@given(VALUES, st.randoms(use_true_random=False))
def test_mean_is_the_plain_one_in_whatever_order(
    values: list[tuple[int, float]], chance: random.Random
) -> None:
    estimate = tally_of(values).estimate()
    mixed = list(values)
    chance.shuffle(mixed)
    assert estimate.mean == pytest.approx(sum(value for _, value in values) / len(values), abs=1e-9)
    assert tally_of(mixed).estimate().low == pytest.approx(estimate.low, abs=1e-6)
    assert estimate.blocks == len({block for block, _ in values})


@given(VALUES, VALUES)
def test_tallies_that_are_put_together_are_one(
    some: list[tuple[int, float]], others: list[tuple[int, float]]
) -> None:
    whole = tally_of(some)
    whole.include(tally_of(others))
    expected = tally_of(some + others).estimate()
    assert whole.estimate().mean == pytest.approx(expected.mean, abs=1e-9)
    assert (whole.count, whole.estimate().blocks) == (expected.count, expected.blocks)


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = random.Random(7)
    inside = 0
    for _ in range(400):
        tally = BlockTally(1.0)
        for block in range(20):
            shared = chance.gauss(0, 3)
            for _ in range(chance.randint(1, 8)):
                tally.add(block, 2.0 + shared + chance.gauss(0, 1))
        estimate = tally.estimate()
        assert estimate.low is not None
        assert estimate.high is not None
        inside += estimate.low <= 2.0 <= estimate.high
    assert 0.91 <= inside / 400 <= 0.98
