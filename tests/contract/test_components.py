"""Every component keeps the promises of the family."""

import inspect
import math
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.components.base import Component
from src.components.registry import REGISTRY
from src.records.enums import COMPONENTS, Vote
from src.records.features import Features
from src.records.policies import THRESHOLDS
from src.records.signals import ComponentVote
from tests.signals_fakes import QUIET, project_components, window

SETTINGS = project_components().components
EVERY = pytest.mark.parametrize("component", REGISTRY, ids=lambda component: component.name)

ANY_NUMBER = st.one_of(
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e100, max_value=1e100),
    st.sampled_from([0.0, 0.1, 0.5, 1.0, -1.0, 20.0, 80.0, 1e-12]),
)
FIELDS = sorted({need for component in REGISTRY for need in component.needs})
ANY_FEATURES = st.fixed_dictionaries(
    {name: st.one_of(st.none(), st.integers(-60, 60)) if "minutes" in name else ANY_NUMBER for name in FIELDS}
)

STEPS = st.integers(-64, 64)
PLAUSIBLE = st.fixed_dictionaries(
    {
        "long_liquidations_usd_1h": st.integers(0, 200).map(lambda n: n * 1024.0),
        "short_liquidations_usd_1h": st.integers(0, 200).map(lambda n: n * 1024.0),
        "large_net_usd_1h": STEPS.map(lambda n: n * 1024.0),
        "large_total_usd_1h": st.integers(0, 64).map(lambda n: n * 1024.0),
        "funding_rate": STEPS.map(lambda n: n / 2**18),
        "hurst": st.integers(0, 64).map(lambda n: n / 64),
        "trend_bps": STEPS.map(float),
        "lead_lag_minutes": st.integers(0, 15),
        "lead_lag_correlation": STEPS.map(lambda n: n / 64),
        "leader_return_bps": STEPS.map(float),
        "ofi": STEPS.map(lambda n: n / 64),
        "ofi_previous": STEPS.map(lambda n: n / 64),
        "return_window_bps": STEPS.map(float),
        "fear_greed": st.integers(0, 100).map(float),
        "open_interest_change_1h": STEPS.map(lambda n: n / 1024),
        "return_1h_bps": STEPS.map(lambda n: n * 4.0),
        "skew": STEPS.map(lambda n: n / 16),
        "skew_quantile": st.integers(0, 64).map(lambda n: n / 64),
    }
)


def test_the_registry_holds_the_ten_components_in_their_order() -> None:
    assert tuple(component.name for component in REGISTRY) == COMPONENTS


@EVERY
def test_each_missing_input_makes_it_abstain_and_say_so(component: Component) -> None:
    for need in component.needs:
        vote = ask(component, window(**{need: None}))
        assert (vote.vote, vote.confidence, vote.source) == (Vote.ABSTAIN, 0.0, "none")
        assert vote.reason == f"missing:{need}"


@EVERY
def test_it_needs_nothing_that_it_does_not_name(component: Component) -> None:
    unknown: dict[str, Any] = {
        field.name: None
        for field in msgspec.structs.fields(Features)
        if field.name
        not in {*component.needs, "ts", "symbol", "window_s", "recorded_at", "sums", "ofi_windows"}
    }
    vote = ask(component, window(**{**unknown, "incomplete": ()}))
    assert vote == ask(component, QUIET)
    assert vote.vote is not Vote.ABSTAIN


@EVERY
@given(changes=ANY_FEATURES)
def test_on_any_features_it_answers_within_bounds(component: Component, changes: dict[str, Any]) -> None:
    vote = ask(component, window(**changes))
    assert vote.name == component.name
    assert 0 <= vote.confidence <= 1
    assert all(math.isfinite(value) for value in vote.values.values())
    assert vote.reason
    if vote.vote.sign == 0:
        assert vote.confidence == 0
    assert (vote.vote is Vote.ABSTAIN) == any(changes[need] is None for need in component.needs)


@EVERY
@given(changes=PLAUSIBLE)
def test_in_the_mirrored_market_it_votes_the_other_way(component: Component, changes: dict[str, Any]) -> None:
    vote, mirrored = ask(component, window(**changes)), ask(component, window(**mirror(changes)))
    assert mirrored.vote.sign == -vote.vote.sign
    assert mirrored.confidence == pytest.approx(vote.confidence)
    assert mirrored.vote.value.startswith("STRONG") == vote.vote.value.startswith("STRONG")


@EVERY
def test_it_reads_every_threshold_it_is_given_and_no_other(component: Component) -> None:
    read: set[str] = set()

    class Watched(dict[str, float]):
        def __getitem__(self, key: str) -> float:
            read.add(key)
            return super().__getitem__(key)

    thresholds = Watched(SETTINGS[component.name].thresholds)
    for features in telling_windows():
        component.vote(features, thresholds)
    assert read == THRESHOLDS[component.name]


@EVERY
def test_its_module_says_what_each_threshold_means(component: Component) -> None:
    text = inspect.getmodule(component.vote).__doc__ or ""
    assert all(name in text for name in THRESHOLDS[component.name])


@EVERY
def test_the_shipped_thresholds_can_fire_on_both_sides(component: Component) -> None:
    signs = {ask(component, features).vote.sign for features in telling_windows()}
    assert signs == {-1, 0, 1}


def ask(component: Component, features: Features) -> ComponentVote:
    return component.vote(features, SETTINGS[component.name].thresholds)


def mirror(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the market in which every buyer is a seller."""
    same = {
        "large_total_usd_1h",
        "hurst",
        "lead_lag_minutes",
        "lead_lag_correlation",
        "open_interest_change_1h",
    }
    turned = {name: value if name in same else -value for name, value in changes.items()}
    turned["long_liquidations_usd_1h"] = changes["short_liquidations_usd_1h"]
    turned["short_liquidations_usd_1h"] = changes["long_liquidations_usd_1h"]
    turned["fear_greed"] = 100 - changes["fear_greed"]
    turned["skew_quantile"] = 1 - changes["skew_quantile"]
    return turned


def telling_windows() -> Iterator[Features]:
    """Yield windows that between them reach every branch of every component."""
    base: dict[str, Any] = {
        "long_liquidations_usd_1h": 0.0,
        "short_liquidations_usd_1h": 0.0,
        "fear_greed": 50.0,
        "skew_quantile": 0.5,
    }
    for size in (0.0, 0.3, 0.5, 0.7, 1.0):
        changes = base | {
            "short_liquidations_usd_1h": size * 8e4,
            "long_liquidations_usd_1h": size * 2e4,
            "large_net_usd_1h": size * 1e5,
            "large_total_usd_1h": 1e5,
            "funding_rate": -size * 1.4e-4,
            "hurst": 0.5 + size / 5,
            "trend_bps": size * 80,
            "lead_lag_minutes": 3 if size > 0.5 else 1,
            "lead_lag_correlation": 0.8,
            "leader_return_bps": size * 40,
            "ofi": size,
            "ofi_previous": 0.98 if size == 1 else 0.1,
            "return_window_bps": size * 20,
            "fear_greed": 50 - 46 * size,
            "open_interest_change_1h": 0.05 * (0.5 - size),
            "return_1h_bps": size * 150,
            "skew": -2 * size,
            "skew_quantile": 0.5 - size / 2,
        }
        yield window(**changes)
        yield window(**mirror(changes))
        yield window(
            **changes | {"hurst": 0.4, "lead_lag_minutes": 0, "open_interest_change_1h": 0.05 * size}
        )
        yield window(**(changes | {"hurst": 0.5}))
