"""What the bot sees on bars: features of prices live, everything else is absent and its components abstain."""

from pathlib import Path

import pytest

from src.components.registry import ask_all
from src.exchange.simulator.markets.bars_market import BarsMarket
from src.exchange.simulator.markets.bars_spec import BarsSpec, DeclaredBook
from src.market.quotes import Bar as Quoted
from src.records.enums import Vote
from src.records.features import Features
from tests.bars_fakes import START, in_ms, walk, write_csv
from tests.market_fakes import Collected, make_builder
from tests.signals_fakes import project_components

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
DAY_S = 86_400
DAYS = 8
"""Hourly correlations need two days of history, the median of volatility some hours; a month is not needed."""


def features_on(
    folder: Path, *, bar_s: int, window_s: float, windows: int, book: DeclaredBook | None = None
) -> list[Features]:
    """Return the features of the last windows of some days of bars, the days before told as candles."""
    for seed, symbol in enumerate(SYMBOLS):
        write_csv(folder / f"{symbol}.csv", in_ms(walk(DAYS * DAY_S // bar_s, bar_s=bar_s, seed=seed)))
    market = BarsMarket(BarsSpec(folder, book=book), SYMBOLS, window_s=window_s)
    collected = Collected()
    builder = make_builder(collected, window_s=window_s, symbols=SYMBOLS, leader=SYMBOLS[0])
    end = START + DAYS * DAY_S
    now = end - windows * window_s
    market.begin(now)
    for symbol in SYMBOLS:
        for resolution_s in (900, 60):
            told = market.candles(symbol, kind="trade", resolution_s=resolution_s, start=START, end=now)
            bars = [Quoted(bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in told]
            builder.on_candles(now, symbol, bars, resolution_s=resolution_s)
    while now < end:
        now += window_s
        builder.on_windows(now, market.close(now))
    return collected.lines[-len(SYMBOLS) :]


def voters(features: Features) -> set[str]:
    return {
        vote.name
        for vote in ask_all(features, project_components().components)
        if vote.vote is not Vote.ABSTAIN
    }


def test_on_minutes_the_components_of_prices_vote_and_the_others_abstain(tmp_path: Path) -> None:
    leader, other = features_on(tmp_path, bar_s=60, window_s=60.0, windows=70)
    assert voters(leader) == {"hurst", "volatility_skew"}
    assert voters(other) == {"hurst", "volatility_skew", "lead_lag"}
    for features in (leader, other):
        assert features.mid == features.mark is not None
        assert features.regime is not None
        assert features.volatility_1h_bps is not None
        assert features.return_1h_bps is not None
        assert features.correlation_with_leader is not None
        for absent in [
            "bid",
            "ask",
            "spread_bps",
            "bid_depth_usd",
            "ask_depth_usd",
            "imbalance",
            "micro_price",
            "index",
            "ofi",
            "ofi_z",
            "funding_rate",
            "funding_z",
            "open_interest",
            "open_interest_change_1h",
            "taker_buy_share",
            "large_net_usd_1h",
            "large_total_usd_1h",
            "long_liquidations_usd_1h",
            "short_liquidations_usd_1h",
            "book_age_s",
        ]:
            assert getattr(features, absent) is None, absent
        assert {"no_book", "no_book_events", "no_trades", "trades_5m", "funding"} <= set(features.incomplete)


@pytest.mark.parametrize("bar_s", [300, 900])
def test_on_longer_bars_what_needs_minutes_is_absent_too(tmp_path: Path, bar_s: int) -> None:
    leader, other = features_on(tmp_path, bar_s=bar_s, window_s=float(bar_s), windows=20)
    assert voters(leader) == voters(other) == {"hurst", "volatility_skew"}
    assert other.volatility_1h_bps is None
    assert other.regime is None
    assert "candles_1m" in other.incomplete


def test_on_hours_no_component_votes(tmp_path: Path) -> None:
    leader, other = features_on(tmp_path, bar_s=3600, window_s=3600.0, windows=20)
    assert voters(leader) == voters(other) == set()
    assert "candles_15m" in other.incomplete


def test_a_declared_book_tells_a_spread_and_depth_but_no_flow(tmp_path: Path) -> None:
    book = DeclaredBook(spread_bps=4.0, depth_usd=10_000.0)
    _, other = features_on(tmp_path, bar_s=60, window_s=300.0, windows=40, book=book)
    assert other.spread_bps == pytest.approx(4.0, abs=2.1), "a tick of a cent is one bp of 100 dollars"
    assert other.bid_depth_usd == pytest.approx(10_000.0, rel=1e-2)
    assert other.mid is not None
    assert (other.ofi, other.taker_buy_share, other.imbalance, other.micro_price) == (None,) * 4
    assert "declared_book" in other.incomplete
    assert "no_book" not in other.incomplete
    assert voters(other) == {"hurst", "volatility_skew", "lead_lag"}
