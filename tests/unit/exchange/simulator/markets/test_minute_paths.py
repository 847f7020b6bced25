"""Within a minute: the fair price meets the core's, contracts walk together, forced trades push on for a while."""

import math

import numpy as np
import pytest

from src.exchange.simulator.instruments import INSTRUMENTS
from src.exchange.simulator.markets.minute import MinuteFacts, MinutePlan, common_path, plan_minute
from src.exchange.simulator.markets.stream import Funding, SymbolStream

XBT = "PF_XBTUSD"
PRICE, SIGMA = 84_000.0, 7e-4


def plan(*, minute: int = 100, load: float = 0.9, liquidations: int = 0, own: int = 0) -> MinutePlan:
    facts = MinuteFacts(
        minute=minute,
        log_start=math.log(PRICE),
        log_end=math.log(PRICE) + 1e-4,
        sigma=SIGMA,
        activity=1.0,
        flow=0.0,
        premium_start=0.0,
        premium_end=0.0,
        open_interest=0.0,
        liquidations=liquidations,
    )
    return plan_minute(
        facts,
        chance=np.random.default_rng([own, minute]),
        actions_per_s=4.0,
        reference_offset_s=0.5,
        common=common_path(np.random.default_rng(minute)),
        load=load,
    )


def strayed(told: MinutePlan) -> float:
    """Return where the middle of the minute's path stands over its straight line, in its standard deviations."""
    share = (np.array(told.ts) - told.facts.start) / 60.0
    middle = int(np.argmin(np.abs(share - 0.5)))
    line = told.facts.log_start + share[middle] * 1e-4
    return float(
        (math.log(told.fair[middle]) - line) / (SIGMA * math.sqrt(share[middle] * (1 - share[middle])))
    )


def test_common_path_begins_and_ends_at_nothing() -> None:
    path = common_path(np.random.default_rng(1))
    assert path[0] == 0.0
    assert path[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("load", [0.0, 0.6, 0.95])
def test_path_within_a_minute_is_as_wide_whatever_its_share_of_the_market(load: float) -> None:
    away = np.array([strayed(plan(minute=minute, load=load)) for minute in range(1500)])
    assert away.std() == pytest.approx(1.0, abs=0.08)


def test_contracts_walk_together_within_a_minute_as_their_loads_say() -> None:
    first, second = (
        np.array([strayed(plan(minute=minute, load=0.8, own=own)) for minute in range(1500)])
        for own in (1, 2)
    )
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.64, abs=0.08)


@pytest.mark.parametrize(("liquidations", "side"), [(-5, -1.0), (5, 1.0)])
def test_forced_trades_push_the_price_on_and_it_comes_back(liquidations: int, side: float) -> None:
    stream = SymbolStream(INSTRUMENTS[XBT], actions_per_s=4.0)
    calm = plan()
    stream.begin_minute(plan(liquidations=liquidations), Funding(0.0, 0.0))
    stream.restock()
    stream.run(math.inf)
    state = stream.state()
    assert state.shift * side > 0.0
    fading = [abs(stream._shift_at(state.shift_ts + after)) for after in (0.0, 45.0, 300.0)]
    assert fading[1] < 0.5 * fading[0]
    assert fading[2] < 0.01 * fading[0]
    stream = SymbolStream(INSTRUMENTS[XBT], actions_per_s=4.0)
    stream.begin_minute(calm, Funding(0.0, 0.0))
    stream.restock()
    stream.run(math.inf)
    assert stream.state().shift == 0.0
