"""The small parts of the markets, each against the slow and obvious way."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.instruments import INSTRUMENTS
from src.exchange.simulator.markets.bars import MinuteBars, aggregate
from src.exchange.simulator.markets.chance import Chance
from src.exchange.simulator.markets.ladder import Ladder, Scale
from src.exchange.simulator.markets.recursions import Fading, held


def test_chance_is_the_same_in_any_order_of_asking() -> None:
    forward, backward = Chance(3), Chance(3)
    ahead = [forward.generator("a", number).random() for number in range(4)]
    behind = [backward.generator("a", number).random() for number in (3, 2, 1, 0)]
    assert ahead == behind[::-1]
    assert len({*ahead, forward.generator("b", 0).random(), Chance(4).generator("a", 0).random()}) == 6


def test_fading_is_the_recursion_it_says() -> None:
    shocks = np.random.default_rng(1).standard_normal((50, 3))
    fading = Fading(7.0, 50)
    value = np.array([1.0, -2.0, 0.5])
    path = fading.path(value, shocks)
    for row, shock in zip(path, shocks, strict=True):
        value = fading.keep * value + shock
        assert row == pytest.approx(value)
    assert fading.keep**7 == pytest.approx(0.5)


def test_held_values_change_only_when_redrawn() -> None:
    redrawn = np.array([[False], [True], [False], [False], [True]])
    fresh = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    assert held(np.array([9.0]), redrawn, fresh)[:, 0].tolist() == [9.0, 2.0, 2.0, 2.0, 5.0]


@given(
    symbol=st.sampled_from(sorted(INSTRUMENTS)),
    ticks=st.integers(1, 10_000_000),
    steps=st.integers(0, 10_000_000),
)
def test_scaled_floats_are_the_nearest_to_the_decimal(symbol: str, ticks: int, steps: int) -> None:
    spec = INSTRUMENTS[symbol]
    scale = Scale(spec)
    assert scale.price(ticks) == float(spec.tick_size * ticks)
    assert scale.size(steps) == float(Decimal(1).scaleb(-spec.size_decimals) * steps)


@pytest.mark.parametrize("side", ["buy", "sell"])
@given(changes=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=40))
def test_a_ladder_is_a_sorted_dictionary(side: str, changes: list[tuple[int, int]]) -> None:
    ladder = Ladder("buy" if side == "buy" else "sell")
    plain: dict[int, int] = {}
    for ticks, size in changes:
        ladder.put(ladder.sign * ticks, size)
        plain[ticks] = size
    plain = {ticks: size for ticks, size in plain.items() if size}
    assert ladder.levels() == tuple(sorted(plain.items(), reverse=side == "buy"))
    for ticks in range(13):
        assert ladder.size_at(ladder.sign * ticks) == plain.get(ticks, 0)
    other = Ladder(ladder.side)
    other.load(ladder.levels())
    assert other.levels() == ladder.levels()


def test_bars_keep_the_newest_and_refuse_a_hole() -> None:
    bars = MinuteBars(keep=32)
    for minute in range(100):
        bars.extend(1000 + minute, np.full((1, 5), float(minute)))
    first, rows = bars.between(0.0, 1e9)
    assert rows[-1, 0] == 99.0
    assert first == 1100 - len(rows)
    assert 32 <= len(rows) <= 34
    with pytest.raises(ValueError, match="was next"):
        bars.extend(1102, np.zeros((1, 5)))


def test_minutes_without_a_trade_make_no_bar() -> None:
    rows = np.array([[1.0, 2.0, 0.5, 1.5, 3.0], [math.nan] * 5, [1.5, 1.6, 1.4, 1.5, 0.1]])
    minutes = aggregate(10, rows, resolution_s=60)
    assert [candle.ts for candle in minutes] == [600.0, 720.0]
    (bar,) = aggregate(10, rows, resolution_s=3600)
    assert (bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume) == (0.0, 1.0, 2.0, 0.5, 1.5, 3.1)
    assert aggregate(10, rows[1:2], resolution_s=60) == []
