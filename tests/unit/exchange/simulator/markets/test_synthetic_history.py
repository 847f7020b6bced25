"""Bars, funding and gaps of the synthetic market."""

import time
from itertools import pairwise

import numpy as np
import pytest

from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketTrade, Reference
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from tests.simulator_market_fakes import START, TEN

ONE = ("PF_ETHUSD",)
DAY = 86_400.0


def _market(now: float = START, *, lived: float = 0.0) -> SyntheticMarket:
    market = SyntheticMarket(ONE, seed=3, start=now)
    for minute in range(int(lived // 60)):
        market.step(now + 60.0 * (minute + 1))
    market.step(now + lived)
    return market


def _candles(market: SyntheticMarket, resolution_s: int, *, start: float, end: float, kind: str = "trade"):  # type: ignore[no-untyped-def] # noqa: ANN202 # a short hand of these tests
    return market.candles("PF_ETHUSD", kind=kind, resolution_s=resolution_s, start=start, end=end)  # type: ignore[arg-type] # the literal is a parameter here


@pytest.mark.parametrize("kind", ["trade", "mark", "spot"])
def test_thirty_days_of_sound_minutes_lie_behind_the_start(kind: str) -> None:
    candles = _candles(_market(), 60, start=START - 30 * DAY, end=START, kind=kind)
    assert len(candles) == 30 * 1440
    assert [candle.ts for candle in candles] == [START - 30 * DAY + 60 * place for place in range(30 * 1440)]
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert (candle.volume > 0) == (kind == "trade")


@pytest.mark.parametrize("resolution_s", [300, 900, 3600, 14_400, 86_400])
def test_coarser_bars_are_made_of_the_minutes(resolution_s: int) -> None:
    market = _market(START + 1234.0, lived=700.0)
    minutes = _candles(market, 60, start=START - 2 * DAY, end=START + DAY)
    for bar in _candles(market, resolution_s, start=START - DAY, end=START + DAY):
        inside = [minute for minute in minutes if bar.ts <= minute.ts < bar.ts + resolution_s]
        assert (bar.open, bar.close) == (inside[0].open, inside[-1].close)
        assert bar.high == max(minute.high for minute in inside)
        assert bar.low == min(minute.low for minute in inside)
        assert bar.volume == pytest.approx(sum(minute.volume for minute in inside))
        assert bar.ts % resolution_s == 0


def test_lived_bars_are_those_of_the_trades() -> None:
    market = SyntheticMarket(ONE, seed=3, start=START)
    trades = [event for event in market.step(START + 500.0) if isinstance(event, MarketTrade)]
    for candle in _candles(market, 60, start=START, end=START + 500.0):
        prices = [trade.price for trade in trades if candle.ts <= trade.ts < candle.ts + 60]
        assert (candle.open, candle.close) == (prices[0], prices[-1])
        assert (candle.low, candle.high) == (min(prices), max(prices))


def test_the_price_goes_on_from_the_history() -> None:
    market = _market()
    last = _candles(market, 60, start=START - 60.0, end=START)[-1]
    shown = market.begin(START)[0]
    assert isinstance(shown, BookSnapshot)
    assert abs((shown.bids[0][0] + shown.asks[0][0]) / 2 / last.close - 1) < 1e-3


def test_history_does_not_change_when_the_market_goes_on() -> None:
    short, long = _market(), _market(lived=400.0)
    ask = {"start": START - DAY, "end": START - 60.0}
    assert _candles(short, 60, **ask) == _candles(long, 60, **ask)
    assert short.funding_history("PF_ETHUSD", until=START) == long.funding_history("PF_ETHUSD", until=START)


def test_no_bar_tells_the_future() -> None:
    market = _market(START + 1234.0)
    for kind in ("trade", "mark", "spot"):
        candles = _candles(market, 60, start=START, end=START + DAY, kind=kind)
        assert candles[-1].ts <= START + 1234.0


def test_funding_is_hourly_settled_and_follows_the_premium() -> None:
    market = _market(START + 1234.0)
    points = market.funding_history("PF_ETHUSD", until=START + 10 * DAY)
    assert len(points) >= 30 * 24 - 1
    assert {later.ts - sooner.ts for sooner, later in pairwise(points)} == {3600.0}
    assert points[-1].ts <= START + 1234.0
    marks = {c.ts: c for c in _candles(market, 3600, start=START - DAY, end=START, kind="mark")}
    spots = {c.ts: c for c in _candles(market, 3600, start=START - DAY, end=START, kind="spot")}
    for point in points[-20:]:
        opened = point.ts - 3600.0
        assert point.rate == pytest.approx(point.relative_rate * spots[opened].open)
        before = marks[opened - 3600.0].close / spots[opened - 3600.0].close - 1
        assert abs(point.relative_rate - before / 8) < 5e-5
    live = market.begin(START + 1234.0)[1]
    assert isinstance(live, Reference)
    assert live.funding_rate is not None


def test_the_running_hours_rate_is_the_one_that_is_settled_later() -> None:
    market = _market(START + 1234.0)
    live = market.begin(START + 1234.0)[1]
    assert isinstance(live, Reference)
    market.step(START + 3700.0)
    assert market.funding_history("PF_ETHUSD", until=START + 3700.0)[-1].rate == live.funding_rate


@pytest.mark.parametrize("gap", [700.0, 5 * 3600.0, 3 * DAY, 45 * DAY])
def test_a_gap_is_leapt_over_quickly_to_where_the_core_says(gap: float) -> None:
    market = _market(START + 30.0)
    began = time.perf_counter()
    events = market.step(START + 30.0 + gap)
    assert time.perf_counter() - began < 2.0
    assert isinstance(events[0], BookSnapshot)
    assert events[0].ts == (START + 30.0 + gap) // 60 * 60
    assert len(events) < 2_000
    candles = _candles(market, 60, start=START + 30.0 + gap - 7200.0, end=START + gap)
    steps = np.diff([candle.ts for candle in candles])
    assert set(steps.tolist()) == {60.0}
    mid = (events[0].bids[0][0] + events[0].asks[0][0]) / 2
    assert abs(mid / candles[-1].close - 1) < 0.01


def test_a_leap_arrives_at_the_price_that_living_arrives_at() -> None:
    lived, leapt = _market(lived=1800.0), _market()
    leapt.step(START + 1800.0)
    one, other = lived.begin(START + 1800.0)[1], leapt.begin(START + 1800.0)[1]
    assert isinstance(one, Reference)
    assert isinstance(other, Reference)
    assert one.index == pytest.approx(other.index, rel=1e-9)
    assert one.mark == pytest.approx(other.mark, rel=1e-3)


def test_a_resumed_market_after_a_long_pause_keeps_its_history() -> None:
    market = _market(lived=90.0)
    state = market.state()
    resumed = SyntheticMarket.resume(state)
    ask = {"start": START - 5 * DAY, "end": START - 60.0}
    assert _candles(resumed, 60, **ask) == _candles(market, 60, **ask)
    resumed.step(START + 2 * DAY + 90.0)
    assert len(_candles(resumed, 3600, start=START - DAY, end=START + 2 * DAY)) == 73


def test_after_weeks_the_state_begins_later_and_still_resumes_exactly() -> None:
    market = _market()
    market.step(START + 40 * DAY)
    assert market.state().origin.block > _market().state().origin.block
    resumed = SyntheticMarket.resume(market.state())
    assert resumed.step(START + 40 * DAY + 90.0) == market.step(START + 40 * DAY + 90.0)


def test_a_resolution_must_be_whole_minutes() -> None:
    with pytest.raises(ValueError, match="whole minutes"):
        _candles(_market(), 45, start=START, end=START)


def test_ten_symbols_start_quickly_and_run_fast() -> None:
    began = time.perf_counter()
    market = SyntheticMarket(TEN, seed=1, start=START)
    assert time.perf_counter() - began < 4.0
    began = time.perf_counter()
    count = sum(len(market.step(START + 60.0 * minute)) for minute in range(1, 41))
    assert count / (time.perf_counter() - began) > 20_000
    assert any(isinstance(event, BookDelta) for event in market.step(START + 2460.0))
