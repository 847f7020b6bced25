"""The window layer against the message market, both through the real feature builder, on the same prices.

A statistic is taken of each symbol of each seed on both sides. The mean of the paired differences may be four of its
standard errors (from the spread of the differences over the pairs: their chance is independent given the prices) plus
the stated share of the statistic's own size, which is how far the layer is allowed to be from the messages for good:
``docs/synthetic_market.md`` tells what was measured. The seeds are none of those that the constants were measured with.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from tests.simulator_market_fakes import TEN
from tests.window_market_fakes import (
    Floats,
    Series,
    features_of_messages,
    features_of_windows,
    flow_of,
)

pytestmark = pytest.mark.timeout(300)

SEEDS = (201, 202, 203, 204)
MINUTES = 420
WARM = 60
STANDARD_ERRORS = 4.0
Statistic = Callable[[Series], float]


@dataclass(frozen=True)
class Pairs:
    messages: list[Series]
    windows: list[Series]


@pytest.fixture(scope="session")
def pairs() -> Pairs:
    messages: list[Series] = []
    windows: list[Series] = []
    for seed in SEEDS:
        flow = flow_of(TEN, seed=seed, minutes=MINUTES)
        lived = features_of_messages(TEN, seed=seed, minutes=MINUTES)
        told = features_of_windows(TEN, seed=seed, minutes=MINUTES)
        messages += [_derived(lived, symbol, flow[symbol]) for symbol in TEN]
        windows += [_derived(told, symbol, flow[symbol]) for symbol in TEN]
    return Pairs(messages, windows)


def _derived(features: dict[str, Series], symbol: str, flow: Floats) -> Series:
    """Return a symbol's columns after the warming, with those that follow from others."""
    own = features[symbol]
    volume = own["buys"] + own["sells"]
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = own | {
            "flow": flow,
            "score": own["net"] / np.sqrt(own["squares"]),
            "moved": 1e4 * np.log(own["mid"] / own["open"]),
            "range": 1e4 * np.log(own["high"] / own["low"]),
            "volume": volume,
            "taken": own["buys"] / volume,
            "large_share": own["large"] / (volume * own["mid"]),
            "log_spread": np.log(own["spread"]),
            "log_depth": np.log(own["bid_depth"]),
            "log_squares": np.log(own["squares"]),
            "off_mark": 1e4 * (own["mark"] / own["mid"] - 1.0),
            "basis": 1e4 * (own["mark"] / own["index"] - 1.0),
            "others": np.mean(
                [
                    other["net"] / np.sqrt(other["squares"])
                    for name, other in features.items()
                    if name != symbol
                ],
                axis=0,
            ),
        }
    for minutes in (1, 15, 60):
        later = np.full_like(own["mid"], np.nan)
        later[:-minutes] = 1e4 * np.log(own["mid"][minutes:] / own["mid"][:-minutes])
        columns[f"after_{minutes}"] = later
    planted = np.concatenate([[0.0], np.cumsum(1.5 * flow)])
    columns["planted_60"] = np.full_like(own["mid"], np.nan)
    columns["planted_60"][:-60] = planted[61:] - planted[1:-60]
    return {name: values[WARM:] for name, values in columns.items()}


def mean(name: str) -> Statistic:
    return lambda s: float(np.nanmean(s[name]))


def deviation(name: str) -> Statistic:
    return lambda s: float(np.nanstd(s[name]))


def quantile(name: str, share: float) -> Statistic:
    return lambda s: float(np.nanquantile(s[name], share))


def size_quantile(name: str, share: float) -> Statistic:
    return lambda s: float(np.nanquantile(np.abs(s[name]), share))


def beyond(name: str, limit: float) -> Statistic:
    return lambda s: float(np.nanmean(np.abs(s[name]) > limit))


def correlation(first: str, second: str, *, lag: int = 0) -> Statistic:
    def of(s: Series) -> float:
        x, y = s[first][: len(s[first]) - lag], s[second][lag:]
        known = np.isfinite(x) & np.isfinite(y)
        return float(np.corrcoef(x[known], y[known])[0, 1])

    return of


def calm_correlation(first: str, second: str) -> Statistic:
    def of(s: Series) -> float:
        calm = np.abs(s["flow"]) < 0.5
        return correlation(first, second)({first: s[first][calm], second: s[second][calm]})

    return of


def gain(name: str) -> Statistic:
    def of(s: Series) -> float:
        later = s[name]
        strong = (np.abs(s["z"]) > 1.5) & np.isfinite(later)
        return float(np.mean(later[strong] * np.sign(s["z"][strong]))) if strong.any() else np.nan

    return of


RELATIVE: list[tuple[str, Statistic, float]] = [
    ("deviation of the self-normalised flow", deviation("score"), 0.04),
    ("its far tail", size_quantile("score", 0.99), 0.05),
    ("its middle", size_quantile("score", 0.5), 0.05),
    ("deviation of z", deviation("z"), 0.03),
    ("strong z", beyond("z", 1.5), 0.05),
    ("very strong z", beyond("z", 2.5), 0.15),
    ("deviation of the window's return", deviation("moved"), 0.02),
    ("range", mean("range"), 0.03),
    ("deviation of the range", deviation("range"), 0.06),
    ("wide ranges", quantile("range", 0.95), 0.05),
    ("spread", mean("spread"), 0.06),
    ("usual spread", quantile("spread", 0.5), 0.06),
    ("wide spread", quantile("spread", 0.9), 0.06),
    ("deviation of the log depth", deviation("log_depth"), 0.06),
    ("deviation of the imbalance", deviation("imbalance"), 0.06),
    ("distance of micro price and mid", size_quantile("micro", 0.75), 0.08),
    ("distance of mark and mid", size_quantile("off_mark", 0.75), 0.12),
    ("deviation of the basis", deviation("basis"), 0.03),
    ("changes of the best level", mean("events"), 0.03),
    ("their deviation", deviation("events"), 0.03),
    ("trades", mean("trades"), 0.03),
    ("deviation of trades", deviation("trades"), 0.04),
    ("volume", mean("volume"), 0.04),
    ("deviation of volume", deviation("volume"), 0.06),
    ("deviation of the bought share", deviation("taken"), 0.05),
    ("deviation of the bought share over five minutes", deviation("buy_share"), 0.05),
    ("large share", mean("large_share"), 0.10),
    ("age of the book", mean("book_age"), 0.08),
]
ABSOLUTE: list[tuple[str, Statistic, float]] = [
    ("log depth", mean("log_depth"), 0.04),
    ("log squares", mean("log_squares"), 0.05),
    ("flow with the window's return", correlation("score", "moved"), 0.03),
    ("the same without episodes", calm_correlation("score", "moved"), 0.03),
    ("flow with the hidden flow", correlation("score", "flow"), 0.03),
    ("flow with what takers bought", correlation("score", "taken"), 0.05),
    ("imbalance with the flow", correlation("imbalance", "score"), 0.08),
    ("imbalance with the hidden flow", correlation("imbalance", "flow"), 0.04),
    ("bought share with the return", correlation("taken", "moved"), 0.06),
    ("volume with the range", correlation("volume", "range"), 0.06),
    ("flow across symbols", correlation("score", "others"), 0.04),
    ("flow with the next window's", correlation("score", "score", lag=1), 0.04),
    ("flow with that five windows on", correlation("score", "score", lag=5), 0.04),
    ("bought share with the next window's", correlation("taken", "taken", lag=1), 0.05),
    ("spread with the next window's", correlation("log_spread", "log_spread", lag=1), 0.04),
    ("depth with the next window's", correlation("log_depth", "log_depth", lag=1), 0.08),
    ("flow with the next window's return", correlation("score", "after_1"), 0.03),
    ("flow with the next hour's return", correlation("score", "after_60"), 0.03),
    ("gain in bps of a minute after strong flow", gain("after_1"), 0.2),
    ("gain in bps of a quarter after strong flow", gain("after_15"), 0.5),
    ("gain in bps of an hour after strong flow", gain("after_60"), 1.0),
    ("planted gain in bps of an hour after strong flow", gain("planted_60"), 0.8),
    ("bought share", mean("taken"), 0.02),
]


def _differences(pairs: Pairs, statistic: Statistic) -> tuple[Floats, Floats]:
    lived = np.array([statistic(series) for series in pairs.messages])
    told = np.array([statistic(series) for series in pairs.windows])
    known = np.isfinite(lived) & np.isfinite(told)
    return lived[known], told[known]


def _excess(lived: Floats, told: Floats, *, allowed: float) -> float:
    """Return by how much the difference is beyond its allowance and its chance."""
    difference = told - lived
    error = float(difference.std(ddof=1)) / math.sqrt(len(difference))
    return abs(float(difference.mean())) - STANDARD_ERRORS * error - allowed


@pytest.mark.parametrize(("name", "statistic", "share"), RELATIVE, ids=[row[0] for row in RELATIVE])
def test_sizes_and_tails_are_those_of_the_messages(
    pairs: Pairs, name: str, statistic: Statistic, share: float
) -> None:
    lived, told = _differences(pairs, statistic)
    scale = np.mean(np.abs(lived))
    assert _excess(lived / scale, told / scale, allowed=share) <= 0.0, (name, lived.mean(), told.mean())


@pytest.mark.parametrize(("name", "statistic", "allowed"), ABSOLUTE, ids=[row[0] for row in ABSOLUTE])
def test_relations_and_the_edge_are_those_of_the_messages(
    pairs: Pairs, name: str, statistic: Statistic, allowed: float
) -> None:
    lived, told = _differences(pairs, statistic)
    assert _excess(lived, told, allowed=allowed) <= 0.0, (name, lived.mean(), told.mean())


def test_prices_are_those_of_the_messages_up_to_the_spread(pairs: Pairs) -> None:
    for lived, told in zip(pairs.messages, pairs.windows, strict=True):
        apart = np.abs(1e4 * np.log(told["mid"] / lived["mid"]))
        assert np.quantile(apart, 0.9) < 2.0 * np.quantile(lived["spread"], 0.9)
        assert np.allclose(told["funding"], lived["funding"], rtol=2e-3, atol=1e-9)
        assert np.allclose(told["open_interest"], lived["open_interest"], rtol=1e-9)


def test_liquidations_are_of_the_same_minutes_and_on_average_as_large(pairs: Pairs) -> None:
    lived = np.concatenate(
        [one["liquidations"] / np.mean(one["volume"] * one["mid"]) for one in pairs.messages]
    )
    told = np.concatenate(
        [one["liquidations"] / np.mean(one["volume"] * one["mid"]) for one in pairs.windows]
    )
    assert np.array_equal(lived > 0.0, told > 0.0)
    difference = (told - lived)[lived > 0.0]
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    assert abs(difference.mean()) < STANDARD_ERRORS * error + 0.05 * lived[lived > 0.0].mean()
