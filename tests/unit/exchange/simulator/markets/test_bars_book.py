"""A declared book, and the way through a bar that it is told along."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import BookSnapshot, InstrumentSpec, Reference
from src.exchange.simulator.instruments import instrument
from src.exchange.simulator.markets.bars_book import BookMaker
from src.exchange.simulator.markets.bars_market import BarsMarket
from src.exchange.simulator.markets.bars_path import way_through
from src.exchange.simulator.markets.bars_series import ROW
from src.exchange.simulator.markets.bars_spec import BarsSpec, DeclaredBook
from src.exchange.simulator.state import ExchangeState
from tests.bars_fakes import START, Bar, in_ms, write_csv
from tests.paper_exchange_fakes import FakeJournal

XBT = "PF_XBTUSD"


@given(
    price=st.floats(0.02, 9e4).map(lambda price: round(price, 2)),
    spread_bps=st.floats(0.01, 1000.0),
    tick=st.sampled_from(["0.01", "0.05", "0.5"]),
)
def test_a_declared_spread_is_rounded_outwards_by_less_than_a_tick(
    price: float, spread_bps: float, tick: str
) -> None:
    spec: InstrumentSpec = replace(instrument(XBT), tick_size=Decimal(tick))
    quote = BookMaker(spec, DeclaredBook(spread_bps, 1e9), highest=9e4).quote(price)
    half, step = spread_bps / 2e4, float(tick)
    dust = 1e-5 * step
    assert step <= quote.bid + dust
    assert quote.bid < quote.ask
    assert price * (1 - half) - step - dust <= quote.bid <= max(step, price * (1 - half)) + dust
    assert price * (1 + half) - dust <= quote.ask <= max(price * (1 + half), quote.bid) + step + dust
    assert Decimal(repr(quote.bid)) % Decimal(tick) == 0
    assert Decimal(repr(quote.ask)) % Decimal(tick) == 0


def way(*bars: Bar, bar_s: int = 60) -> list[tuple[float, float]]:
    return way_through(np.array(list(bars), dtype=ROW), bar_s=bar_s)


def corners(moments: list[tuple[float, float]]) -> list[float]:
    """Return the prices where the way turns, with its ends."""
    prices = [price for _, price in moments]
    inner = [
        now
        for before, now, after in zip(prices, prices[1:], prices[2:], strict=False)
        if (now - before) * (after - now) < 0
    ]
    return [prices[0], *inner, prices[-1]]


def test_a_falling_bar_goes_by_its_high_first_a_rising_one_by_its_low() -> None:
    assert corners(way((START, 100.0, 102.0, 97.0, 98.0, 1.0))) == [100.0, 102.0, 97.0, 98.0]
    assert corners(way((START, 100.0, 102.0, 97.0, 101.0, 1.0))) == [100.0, 97.0, 102.0, 101.0]
    assert corners(way((START, 100.0, 102.0, 97.0, 100.0, 1.0))) == [100.0, 97.0, 102.0, 100.0]


def test_several_bars_tell_their_extremes_in_their_own_order() -> None:
    first: Bar = (START, 100.0, 105.0, 99.0, 104.0, 1.0)
    second: Bar = (START + 60.0, 104.0, 104.0, 95.0, 96.0, 1.0)
    assert corners(way(first, second)) == [100.0, 105.0, 95.0, 96.0]
    assert corners(way(second, (START + 120.0, *first[1:]))) == [104.0, 95.0, 105.0, 104.0]


@given(
    st.lists(st.tuples(*[st.floats(1.0, 200.0)] * 4).map(sorted), min_size=1, max_size=6),
    st.integers(0, 2**31),
)
def test_the_way_stays_in_the_bars_and_goes_on_in_time(ranges: list[list[float]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    bars: list[Bar] = []
    for n, (low, one, other, high) in enumerate(ranges):
        opened, closed = (one, other) if rng.integers(2) else (other, one)
        bars.append((float(START + 60 * n), opened, high, low, closed, 1.0))
    moments = way(*bars)
    times = [ts for ts, _ in moments]
    prices = [price for _, price in moments]
    assert times == sorted(set(times))
    assert times[0] > START
    assert times[-1] == START + 60 * len(bars)
    assert (prices[0], prices[-1]) == (bars[0][1], bars[-1][4])
    lowest, highest = min(bar[3] for bar in bars), max(bar[2] for bar in bars)
    assert min(prices) == lowest
    assert max(prices) == highest


def test_no_bars_no_way() -> None:
    assert way() == []


def hear_nothing(symbol: str, side: str, *, price: float, size: float) -> None:
    """Windows do not feel what we take."""
    assert symbol
    assert side
    assert price * size > 0


def trading_on(folder: Path, bars: list[Bar]) -> tuple[BarsMarket, Engine, ExchangeState]:
    path = write_csv(folder / "PF_XBTUSD.csv", in_ms(bars))
    market = BarsMarket(BarsSpec(path, book=DeclaredBook(2.0, 5_000.0)), (XBT,), window_s=60.0)
    market.begin(START + 60.0)
    state = ExchangeState(memory_s=5.0)
    engine = Engine(
        market.instruments(),
        state=state,
        journal=FakeJournal(),
        seed="1",
        taken=hear_nothing,
    )
    engine.open(START + 60.0, balance_usd=Decimal(10_000))
    for event in market.shown(XBT) or ():
        engine.on_event(event)
    return market, engine, state


def send(engine: Engine, kind: str, side: str, size: str, **more: str) -> None:
    form = {"symbol": XBT, "orderType": kind, "side": side, "size": size} | more
    engine.request(START + 60.5, "sendorder", form)


def live(market: BarsMarket, engine: Engine, ts: float, *, through: tuple[float, ...] = ()) -> None:
    market.close(ts)
    for event in market.path(XBT, through=through):
        engine.on_event(event)


def test_an_order_fills_at_the_declared_book_and_no_further_than_its_depth(tmp_path: Path) -> None:
    bars: list[Bar] = [
        (START, 1000.0, 1000.0, 1000.0, 1000.0, 1.0),
        (START + 60.0, 1000.0, 1000.0, 1000.0, 1000.0, 1.0),
    ]
    _, engine, state = trading_on(tmp_path, bars)
    send(engine, "mkt", "buy", "7")
    ((price, size),) = [(fill.price, fill.size) for fill in state.fills]
    assert price == Decimal(1001), "half a spread of 2 bps, rounded to the tick of 1 dollar"
    assert size == Decimal("4.9950"), "5,000 dollars' worth"


@pytest.mark.parametrize("falls_to", [950.0, 900.0])
def test_a_stop_is_met_on_the_way_and_not_at_the_end_of_the_range(tmp_path: Path, falls_to: float) -> None:
    bars: list[Bar] = [
        (START, 1000.0, 1000.0, 1000.0, 1000.0, 1.0),
        (START + 60.0, 1000.0, 1000.0, falls_to, falls_to, 1.0),
    ]
    market, engine, state = trading_on(tmp_path, bars)
    send(engine, "mkt", "buy", "1")
    send(engine, "stp", "sell", "1", stopPrice="980", triggerSignal="mark", reduceOnly="true")
    live(market, engine, START + 120.0, through=(980.0,))
    assert state.fills[-1].price == Decimal(979), "half the spread below the stop, on the tick of 1 dollar"


def test_a_stop_behind_a_gap_fills_at_the_open(tmp_path: Path) -> None:
    bars: list[Bar] = [
        (START, 1000.0, 1000.0, 1000.0, 1000.0, 1.0),
        (START + 60.0, 940.0, 990.0, 930.0, 985.0, 1.0),
    ]
    market, engine, state = trading_on(tmp_path, bars)
    send(engine, "mkt", "buy", "1")
    send(engine, "stp", "sell", "1", stopPrice="980", triggerSignal="mark", reduceOnly="true")
    live(market, engine, START + 120.0)
    assert float(state.fills[-1].price) == 939.0


@given(seed=st.integers(0, 2**31), count=st.integers(2, 30))
def test_fills_lie_in_the_recorded_range_and_the_declared_spread(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    bars: list[Bar] = []
    for n in range(count + 1):
        low, one, other, high = sorted(np.round(1000.0 + 30.0 * rng.standard_normal(4)).tolist())
        bars.append((float(START + 60 * n), one, high, low, other, 1.0))
    market, engine, state = trading_on(tmp_path_factory.mktemp("bars"), bars)
    for n in range(1, count + 1):
        side = "buy" if n % 2 else "sell"
        send(engine, "mkt", side, "1")
        send(
            engine,
            "stp",
            side,
            "1",
            stopPrice=str(int(1000 + 20 * rng.standard_normal())),
            triggerSignal="mark",
        )
        send(engine, "lmt", side, "1", limitPrice=str(int(1000 + 20 * rng.standard_normal())))
        live(market, engine, START + 60.0 * (n + 1))
    lowest, highest = min(bar[3] for bar in bars), max(bar[2] for bar in bars)
    assert state.fills
    for fill in state.fills:
        assert lowest * (1 - 1e-4) - 1.0 <= float(fill.price) <= highest * (1 + 1e-4) + 1.0


def test_the_book_is_told_before_what_its_price_triggers(tmp_path: Path) -> None:
    bars: list[Bar] = [(START + 60.0 * n, 1000.0, 1010.0, 990.0, 1005.0, 1.0) for n in range(3)]
    market, _, _ = trading_on(tmp_path, bars)
    market.close(START + 120.0)
    path = market.path(XBT)
    for book, reference in zip(path[::2], path[1::2], strict=True):
        assert isinstance(book, BookSnapshot)
        assert isinstance(reference, Reference)
        assert book.bids[0][0] <= reference.mark <= book.asks[0][0]
