"""The window market's promises: the same whatever was asked, the core's prices, a book and a path that fit."""

from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.events import BookSnapshot, Reference
from src.exchange.simulator.instruments import UnknownInstrumentError, instrument
from src.exchange.simulator.markets.core import BLOCK_S
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.windows import SyntheticWindows
from src.market.closed_window import ClosedWindow
from tests.simulator_market_fakes import START, TEN

TWO = ("PF_XBTUSD", "PF_DOGEUSD")
KINDS: tuple[Literal["mark", "spot"], ...] = ("mark", "spot")
SPAN = BLOCK_S * 1.5
"""Over the edge of a block at least once."""


def _market(symbols: tuple[str, ...] = TWO, *, window_s: float = 60.0, edge: bool = True) -> SyntheticWindows:
    return SyntheticWindows(symbols, seed=5, start=START, window_s=window_s, edge=edge)


def _stepped(market: SyntheticWindows, start: float, end: float, *, window_s: float) -> list[ClosedWindow]:
    market.begin(start)
    windows: list[ClosedWindow] = []
    for number in range(1, round((end - start) / window_s) + 1):
        windows += market.close(start + number * window_s)
    return windows


@pytest.fixture(scope="module")
def whole() -> list[ClosedWindow]:
    return _stepped(_market(), START, START + SPAN, window_s=60.0)


@settings(max_examples=8, deadline=None)
@given(minute=st.integers(0, round(SPAN / 60) - 1), asked=st.booleans())
def test_whoever_begins_later_sees_the_same_windows(
    whole: list[ClosedWindow], minute: int, *, asked: bool
) -> None:
    market = _market()
    begin = START + 60.0 * minute
    market.begin(begin)
    if asked:
        market.shown(TWO[0])
        market.path(TWO[1])
        market.drift_bps(TWO[0], START, begin + 3600.0)
        market.candles(TWO[0], kind="mark", resolution_s=900, start=START - 86400.0, end=begin)
    later = [window for number in (1, 2, 3) for window in market.close(begin + 60.0 * number)]
    place = 2 * minute
    assert later[: len(whole) - place] == whole[place : place + 6]


def test_a_symbol_does_not_depend_on_which_others_trade(whole: list[ClosedWindow]) -> None:
    alone = _stepped(_market(("PF_DOGEUSD",)), START, START + SPAN, window_s=60.0)
    together = [window for window in whole if window.symbol == "PF_DOGEUSD"]
    for one, other in zip(alone, together, strict=True):
        assert (one.shape.bid, one.shape.ask, one.sums.trades) == (
            other.shape.bid,
            other.shape.ask,
            other.sums.trades,
        )
        assert one.sums.ofi_net == pytest.approx(other.sums.ofi_net, rel=1e-6), "up to the last bits of a sum"


def test_another_seed_is_another_market(whole: list[ClosedWindow]) -> None:
    other = SyntheticWindows(TWO, seed=6, start=START, window_s=60.0)
    assert _stepped(other, START, START + 600.0, window_s=60.0) != whole[:20]


@pytest.mark.parametrize("minutes", [5, 7, 60])
def test_a_longer_window_is_the_sum_of_its_minutes(whole: list[ClosedWindow], minutes: int) -> None:
    length = 60.0 * minutes
    begin = (START // length + 1) * length
    long = _stepped(_market(window_s=length), begin, begin + 3 * length, window_s=length)
    first = round((begin - START) / 60.0) * 2
    for place, window in enumerate(long):
        number, column = divmod(place, 2)
        start = first + 2 * minutes * number
        parts = whole[start + column : start + 2 * minutes : 2]
        assert window.sums.book_events == sum(part.sums.book_events for part in parts)
        assert window.sums.trades == sum(part.sums.trades for part in parts)
        for name in ("ofi_net", "ofi_sum_squares", "buy_volume", "sell_volume", "large_buy_usd"):
            assert getattr(window.sums, name) == pytest.approx(
                sum(getattr(part.sums, name) for part in parts), rel=1e-9, abs=1e-9
            )
        assert window.sums.open == parts[0].sums.open
        assert window.sums.high == max(part.sums.high or 0.0 for part in parts)
        assert window.sums.low == min(part.sums.low or 0.0 for part in parts)
        assert window.shape == parts[-1].shape
        assert window.minute_mids == tuple(pair for part in parts for pair in part.minute_mids)


def test_windows_join_and_hold_their_own_bounds(whole: list[ClosedWindow]) -> None:
    for before, now in zip(whole[:-2], whole[2:], strict=True):
        assert now.sums.open == pytest.approx(before.sums.close, rel=1e-12)
    for window in whole:
        sums, shape = window.sums, window.shape
        assert sums.low is not None
        assert sums.high is not None
        assert sums.close is not None
        assert sums.open is not None
        assert shape.bid is not None
        assert shape.ask is not None
        assert sums.low <= min(sums.open, sums.close) * (1 + 1e-12)
        assert sums.high >= max(sums.open, sums.close) * (1 - 1e-12)
        assert shape.bid < sums.close < shape.ask
        assert sums.ofi_net**2 <= sums.book_events * sums.ofi_sum_squares * (1 + 1e-9)
        assert sums.large_buy_usd <= sums.buy_volume * sums.close * 1.01 + 1e-9
        assert sums.large_sell_usd <= sums.sell_volume * sums.close * 1.01 + 1e-9
        assert window.ticker_age_s is not None
        assert 0.0 <= window.ticker_age_s <= 5.0
        assert not window.faults


def test_bars_and_funding_are_those_of_the_message_market() -> None:
    lived = SyntheticMarket(TWO, seed=5, start=START)
    lived.step(START + 3600.0)
    told = _market()
    told.begin(START + 3600.0)
    for symbol in TWO:
        for kind in KINDS:
            ours, theirs = (
                market.candles(
                    symbol, kind=kind, resolution_s=900, start=START - 30 * 86400.0, end=START + 3600.0
                )
                for market in (told, lived)
            )
            assert len(ours) > 2800
            assert ours == theirs
        until = START + 3600.0
        assert told.funding_history(symbol, until=until) == lived.funding_history(symbol, until=until)


def test_no_bar_is_told_before_it_has_ended() -> None:
    market = _market()
    market.begin(START + 1000 * 60.0)
    bars = market.candles(TWO[0], kind="trade", resolution_s=900, start=START, end=START + 86400.0)
    assert bars[0].ts == START
    assert bars[-1].ts + 900 <= START + 1000 * 60.0 < bars[-1].ts + 1800


def test_the_closing_mids_are_the_cores_prices_up_to_the_spread(whole: list[ClosedWindow]) -> None:
    market = _market()
    market.begin(START + SPAN)
    for column, symbol in enumerate(TWO):
        bars = market.candles(symbol, kind="mark", resolution_s=60, start=START, end=START + SPAN)
        fair = np.array([bar.close for bar in bars])
        mids = np.array([window.sums.close for window in whole[column::2]], dtype=float)
        spreads = np.array([window.shape.spread_bps for window in whole[column::2]], dtype=float)
        apart = np.abs(1e4 * np.log(mids / fair))
        assert np.median(apart) < np.median(spreads)


def test_the_shown_book_is_the_one_that_the_window_told() -> None:
    market = _market(TEN)
    market.begin(START)
    for number in (1, 2, 3):
        for window in market.close(START + 60.0 * number):
            shown = market.shown(window.symbol)
            assert shown is not None
            book, reference = shown
            shape = window.shape
            _check_ladder(book)
            assert (book.bids[0][0], book.asks[0][0]) == (shape.bid, shape.ask)
            assert sum(price * size for price, size in book.bids[:5]) == pytest.approx(shape.bid_depth_usd)
            assert sum(price * size for price, size in book.asks[:5]) == pytest.approx(shape.ask_depth_usd)
            assert (reference.mark, reference.index) == (window.mark, window.index)
            assert reference.funding_rate is not None
            assert reference.funding_rate / reference.index == pytest.approx(window.funding_rate)
            assert reference.open_interest == window.open_interest


def _check_ladder(book: BookSnapshot) -> None:
    spec = instrument(book.symbol)
    assert len(book.bids) >= 8
    assert len(book.asks) >= 8
    assert book.bids[0][0] < book.asks[0][0]
    for levels, sign in ((book.bids, -1), (book.asks, 1)):
        prices = [price for price, _ in levels]
        assert prices == sorted(set(prices), reverse=sign < 0)
        for price, size in levels:
            assert abs(price / float(spec.tick_size) - round(price / float(spec.tick_size))) < 1e-6
            steps = size * 10.0**spec.size_decimals
            assert steps >= 1 - 1e-6
            assert abs(steps - round(steps)) < 1e-6 * max(1.0, steps)


@pytest.mark.parametrize("window_s", [60.0, 300.0])
def test_the_path_goes_through_the_windows_extremes_in_order_of_time(window_s: float) -> None:
    market = _market(window_s=window_s)
    market.begin(START)
    for number in range(1, 30):
        ts = START + window_s * number
        closed = market.close(ts)
        for window in closed:
            events = market.path(window.symbol)
            assert market.path(window.symbol) == events
            times = [event.ts for event in events]
            assert times == sorted(times)
            assert times[0] > ts - window_s
            assert times[-1] == ts
            books = [event for event in events if isinstance(event, BookSnapshot)]
            assert len(books) == sum(isinstance(event, Reference) for event in events) == 4
            mids = [(book.bids[0][0] + book.asks[0][0]) / 2 for book in books]
            assert mids[0] == pytest.approx(window.sums.open)
            assert max(mids) == pytest.approx(window.sums.high)
            assert min(mids) == pytest.approx(window.sums.low)
            assert mids[-1] == pytest.approx(window.sums.close)
            for book in books:
                _check_ladder(book)


def test_the_planted_drift_is_there_with_the_edge_and_only_then() -> None:
    with_edge, without = _market(), _market(edge=False)
    hours = [START + 3600.0 * hour for hour in range(49)]
    drifts = [with_edge.drift_bps(TWO[1], a, b) for a, b in pairwise(hours)]
    assert max(map(abs, drifts)) > 20.0
    assert sum(drifts) == pytest.approx(with_edge.drift_bps(TWO[1], START, hours[-1]))
    assert without.drift_bps(TWO[1], START, hours[-1]) == 0.0


def test_the_planted_drift_is_the_difference_that_the_edge_makes_to_the_price() -> None:
    end = START + 86400.0
    prices = []
    for edge in (True, False):
        market = _market(edge=edge)
        market.begin(end)
        bars = market.candles(TWO[0], kind="mark", resolution_s=60, start=START, end=end)
        prices.append((bars[0].open, bars[-1].close))
    (with_open, with_close), (open_, close) = prices
    difference = 1e4 * np.log(with_close / with_open * open_ / close)
    assert difference == pytest.approx(_market().drift_bps(TWO[0], START, end), abs=1e-6)


def test_what_cannot_be_asked_is_refused() -> None:
    for window_s in (30.0, 90.0, 7200.0):
        with pytest.raises(ValueError, match="whole minutes"):
            _market(window_s=window_s)
    with pytest.raises(UnknownInstrumentError):
        _market(("PF_NOTHING",))
    market = _market(window_s=300.0)
    with pytest.raises(ValueError, match="no window"):
        market.begin(START + 60.0)
    market.begin(START + 600.0)
    with pytest.raises(ValueError, match="is over"):
        market.close(START + 300.0)
    with pytest.raises(UnknownInstrumentError):
        market.shown("PF_NOTHING")
    assert market.end is None
    assert [spec.symbol for spec in market.instruments()] == list(TWO)
