"""The ring of a symbol's order flow against the formula over a plain list."""

import math
import random

import pytest

from src.features import ofi
from src.market.flow_scale import FlowScale, ScaleWeights


def slow_scale(flows: list[float]) -> float:
    newest = flows[-ofi.EXACT_WINDOWS :]
    weights = [0.5 ** (age / ofi.HALF_LIFE_WINDOWS) for age in range(len(newest))][::-1]
    top = math.fsum(weight * flow * flow for weight, flow in zip(weights, newest, strict=True))
    return math.sqrt(top / math.fsum(weights))


@pytest.mark.parametrize("count", [30, 31, 240, 1999, 2000, 2001, 3999, 4500])
def test_scale_equals_the_formula_over_the_newest_windows(count: int) -> None:
    rng = random.Random(count)
    flows = [rng.gauss(0, 1.3) for _ in range(count)]
    scale = FlowScale(ScaleWeights())
    for flow in flows:
        scale.append(flow)
    assert scale.scale() == pytest.approx(slow_scale(flows))
    assert scale.count == min(count, 2000)


def test_scale_after_a_restart_is_the_same_to_the_last_bit() -> None:
    rng = random.Random(1)
    flows = [rng.gauss(0, 1.3) for _ in range(5210)]
    weights = ScaleWeights()
    straight = FlowScale(weights)
    for flow in flows:
        straight.append(flow)
    for begin in (0, 1, 5210 - 2001, 5210 - 2000):
        again = FlowScale(ScaleWeights())
        for flow in flows[begin:]:
            again.append(flow)
        assert again.scale() == straight.scale()


def test_scale_needs_thirty_windows() -> None:
    scale = FlowScale(ScaleWeights())
    for _ in range(29):
        scale.append(1.0)
    assert scale.scale() is None
    scale.append(1.0)
    assert scale.scale() == pytest.approx(1.0)
