"""Bars as a market of windows: what they tell, what they leave out, and what a user may declare."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from src.exchange.simulator.events import BookSnapshot, Candle, Reference
from src.exchange.simulator.instruments import UnknownInstrumentError, instrument
from src.exchange.simulator.markets import bars_windows
from src.exchange.simulator.markets.bars_market import BarsMarket
from src.exchange.simulator.markets.bars_spec import BarsSpec, DeclaredBook
from src.exchange.simulator.markets.errors import BarsError
from src.market.closed_window import ClosedWindow
from tests.bars_fakes import START, Bar, in_ms, walk, write_csv

XBT = "PF_XBTUSD"
BOOK = DeclaredBook(spread_bps=4.0, depth_usd=10_000.0)


def market(
    folder: Path,
    bars: list[Bar],
    *,
    window_s: float = 60.0,
    book: DeclaredBook | None = None,
    symbol: str = XBT,
) -> BarsMarket:
    path = write_csv(folder / f"{symbol}.csv", in_ms(bars))
    return BarsMarket(BarsSpec(path, book=book), (symbol,), window_s=window_s)


def closes(made: BarsMarket, *, window_s: float, until: float) -> dict[float, ClosedWindow]:
    """Return every window that there is, by its end."""
    found = {}
    ts = START // window_s * window_s
    made.begin(ts)
    while ts < until:
        ts += window_s
        for window in made.close(ts):
            found[ts] = window
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    kept=st.lists(st.booleans(), min_size=3, max_size=90),
    bar_s=st.sampled_from([30, 60, 300]),
    bars_a_window=st.integers(1, 12),
    page_bars=st.integers(1, 40),
)
def test_windows_are_sums_of_whole_bars_and_holes_stay_holes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kept: list[bool],
    bar_s: int,
    bars_a_window: int,
    page_bars: int,
) -> None:
    monkeypatch.setattr(bars_windows, "PAGE_BARS", page_bars)
    window_s = float(bar_s * bars_a_window)
    there = [True, True, *kept]
    bars = [bar for bar, is_there in zip(walk(len(there), bar_s=bar_s), there, strict=True) if is_there]
    made = market(tmp_path, bars, window_s=window_s)
    by_time = {bar[0]: bar for bar in bars}
    end = bars[-1][0] + bar_s
    found = closes(made, window_s=window_s, until=end + window_s)
    for close in np.arange(START // window_s * window_s + window_s, end + window_s, window_s):
        times = [close - window_s + n * bar_s for n in range(bars_a_window)]
        inside = [by_time[ts] for ts in times if ts in by_time]
        window = found.pop(float(close), None)
        assert (window is not None) == (times[-1] in by_time)
        if window is None:
            continue
        sums = window.sums
        assert (sums.open, sums.close) == (inside[0][1], inside[-1][4])
        assert (sums.high, sums.low) == (max(bar[2] for bar in inside), min(bar[3] for bar in inside))
        assert window.shape.mid == window.mark == inside[-1][4]
        assert ("partial_window" in window.faults) == (len(inside) < bars_a_window)
        minutes = [(bar[0] + bar_s, bar[4]) for bar in inside if (bar[0] + bar_s) % 60 == 0]
        assert list(window.minute_mids) == (minutes if window_s > 60 else [])
    assert not found


def test_what_bars_do_not_tell_is_absent(tmp_path: Path) -> None:
    (window,) = closes(market(tmp_path, walk(2)), window_s=60.0, until=START + 60).values()
    shape, sums = window.shape, window.sums
    assert (shape.bid, shape.ask, shape.spread_bps, shape.imbalance, shape.micro_price) == (None,) * 5
    assert (shape.bid_depth_usd, shape.ask_depth_usd) == (None, None)
    assert (window.index, window.funding_rate, window.open_interest, window.book_age_s) == (None,) * 4
    assert (sums.book_events, sums.trades, sums.large_trade_usd) == (0, 0, None)
    assert window.faults == {"no_book", "no_book_events", "no_trades"}


def test_a_market_stands_wherever_it_is_told_to_and_tells_the_same(tmp_path: Path) -> None:
    bars = [bar for n, bar in enumerate(walk(400, bar_s=60)) if n % 11]
    told = closes(market(tmp_path, bars, window_s=120.0), window_s=120.0, until=START + 24_000)
    made = market(tmp_path, bars, window_s=120.0)
    for ts in (START + 12_000, START + 240, START + 23_760):
        made.begin(ts)
        expected = told.get(ts + 120.0)
        assert made.close(ts + 120) == ([] if expected is None else [expected])
    with pytest.raises(ValueError, match="no window of 120 s closes"):
        made.begin(START + 60)


def test_symbols_may_begin_and_end_at_different_times(tmp_path: Path) -> None:
    write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(walk(10)))
    write_csv(tmp_path / "PF_ETHUSD.csv", in_ms(walk(10, start=START + 300)))
    made = BarsMarket(BarsSpec(tmp_path), (XBT, "PF_ETHUSD"), window_s=60.0)
    assert made.end == START + 900
    made.begin(START)
    assert [w.symbol for w in made.close(START + 60)] == [XBT]
    assert [w.symbol for w in made.close(START + 360)] == [XBT, "PF_ETHUSD"]
    assert [w.symbol for w in made.close(START + 900)] == ["PF_ETHUSD"]
    assert made.close(START + 960) == []


def test_windows_must_be_made_of_whole_bars(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match="bars of 300 s: window_s must be a multiple of that, not 60"):
        market(tmp_path, walk(5, bar_s=300), window_s=60.0)


def test_candles_are_whole_closed_and_in_the_span_that_was_asked_for(tmp_path: Path) -> None:
    bars = [bar for n, bar in enumerate(walk(60)) if n not in {4, 29, 40}]
    made = market(tmp_path, bars)
    made.begin(START + 55 * 60)
    minutes = made.candles(XBT, kind="trade", resolution_s=60, start=START + 120.0, end=START + 600.0)
    assert minutes == [Candle(*bar) for bar in bars if START + 120 <= bar[0] <= START + 600]
    fifteens = made.candles(XBT, kind="mark", resolution_s=900, start=0.0, end=1e12)
    assert [candle.ts for candle in fifteens] == [START, START + 1800], (
        "one lacks its last bar, one is not over"
    )
    first = [bar for bar in bars if bar[0] < START + 900]
    assert fifteens[0].open == first[0][1]
    assert fifteens[0].close == first[-1][4]
    assert fifteens[0].volume == pytest.approx(sum(bar[5] for bar in first), abs=1e-12)
    assert made.candles(XBT, kind="spot", resolution_s=60, start=0.0, end=1e12) == []
    assert made.candles(XBT, kind="trade", resolution_s=30, start=0.0, end=1e12) == []
    assert made.candles(XBT, kind="trade", resolution_s=60, start=1e12, end=2e12) == []
    with pytest.raises(ValueError, match="above 0"):
        made.candles(XBT, kind="trade", resolution_s=0, start=0.0, end=1.0)


def test_there_is_no_funding_and_no_stranger(tmp_path: Path) -> None:
    made = market(tmp_path, walk(5))
    assert made.funding_history(XBT, until=1e12) == []
    with pytest.raises(UnknownInstrumentError):
        made.funding_history("PF_ETHUSD", until=1e12)
    with pytest.raises(UnknownInstrumentError):
        made.shown("PF_ETHUSD")


def test_a_listed_contract_keeps_its_facts_with_a_tick_as_fine_as_the_prices(tmp_path: Path) -> None:
    listed = instrument(XBT)
    (spec,) = market(tmp_path, walk(5)).instruments()
    assert spec.tick_size == Decimal("0.01")
    assert (spec.base, spec.size_decimals, spec.margin_levels) == ("BTC", 4, listed.margin_levels)
    whole: list[Bar] = [(START + 60.0 * n, 100.0, 100.0, 100.0, 100.0, 1.0) for n in range(3)]
    (spec,) = market(tmp_path, whole).instruments()
    assert spec.tick_size == listed.tick_size


@pytest.mark.parametrize(
    ("price", "tick", "decimals"), [(42_000.5, "0.1", 4), (3.25, "0.01", 0), (0.000_012_34, "1E-8", -5)]
)
def test_an_unlisted_contract_has_steps_worth_a_few_dollars(
    tmp_path: Path, price: float, tick: str, decimals: int
) -> None:
    bars: list[Bar] = [(START + 60.0 * n, price, price, price, price, 1.0) for n in range(3)]
    (spec,) = market(tmp_path, bars, symbol="PF_NEWUSD").instruments()
    assert (spec.base, spec.tick_size, spec.size_decimals) == ("NEW", Decimal(tick), decimals)
    assert 1 <= 10.0**-decimals * price < 10
    assert 9_000_000 < float(spec.max_position) * price <= 10_000_000


def test_without_a_declared_book_there_is_none_to_trade_with(tmp_path: Path) -> None:
    made = market(tmp_path, walk(5))
    made.begin(START + 60)
    assert made.shown(XBT) is None
    assert all(isinstance(event, Reference) for event in made.path(XBT))


def test_a_declared_book_stands_around_the_close(tmp_path: Path) -> None:
    bars = walk(5)
    made = market(tmp_path, bars, book=BOOK)
    made.begin(START)
    assert made.shown(XBT) is None, "no bar has ended"
    (window,) = made.close(START + 60)
    shown = made.shown(XBT)
    assert shown is not None
    book, reference = shown
    ((bid, bid_size),), ((ask, ask_size),) = book.bids, book.asks
    assert reference.mark == window.shape.mid == bars[0][4]
    assert (window.shape.bid, window.shape.ask) == (bid, ask)
    assert window.shape.bid_depth_usd == pytest.approx(10_000.0, rel=1e-3) == bid * bid_size
    assert window.shape.ask_depth_usd == pytest.approx(10_000.0, rel=1e-3) == ask * ask_size
    assert (window.shape.imbalance, window.shape.micro_price) == (None, None)
    assert window.faults == {"declared_book", "no_book_events", "no_trades"}


def test_a_depth_below_the_smallest_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BarsError, match=r"depth_usd=0\.001 is less than the smallest size of PF_XBTUSD"):
        market(tmp_path, walk(5), book=DeclaredBook(1.0, 0.001))


def test_in_a_hole_nothing_stands_in_the_book(tmp_path: Path) -> None:
    bars = [bar for n, bar in enumerate(walk(6)) if n != 3]
    made = market(tmp_path, bars, book=BOOK)
    made.begin(START + 240)
    shown = made.shown(XBT)
    assert shown is not None
    assert (shown[0].bids, shown[0].asks) == ((), ())
    assert shown[1].mark == bars[2][4]
    assert made.path(XBT) == (BookSnapshot(START + 240.0, XBT, (), ()),)
    made.close(START + 300)
    assert len(made.path(XBT)) >= 8
