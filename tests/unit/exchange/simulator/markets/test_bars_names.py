"""Pairs, file names and options as users write them."""

from pathlib import Path

import pytest

from src.exchange.simulator.markets.bars_names import symbol_of
from src.exchange.simulator.markets.bars_spec import BarsSpec, DeclaredBook, bars_spec
from src.exchange.simulator.markets.errors import MarketSpecError


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("PF_XBTUSD", "PF_XBTUSD"),
        ("pf_ethusd", "PF_ETHUSD"),
        ("PF_XBTUSD-1m-2024", "PF_XBTUSD"),
        ("BTC/USD:USD", "PF_XBTUSD"),
        ("BTC/USDT:USDT", "PF_XBTUSD"),
        ("XBT/USD", "PF_XBTUSD"),
        ("ETH/USDC", "PF_ETHUSD"),
        ("BTC_USDT_USDT-5m-futures", "PF_XBTUSD"),
        ("DOGE_USDT-1h", "PF_DOGEUSD"),
        ("SOL-USD", "PF_SOLUSD"),
        ("BTCUSDT-1m-2024-01", "PF_XBTUSD"),
        ("1000PEPE_USDT_USDT-1h-futures", "PF_1000PEPEUSD"),
        (" BTC/USD ", "PF_XBTUSD"),
        ("ETH/BTC", None),
        ("candles", None),
        ("USD", None),
        ("PF_", None),
        ("PF_ETHBTC", None),
        ("", None),
    ],
)
def test_a_pair_with_the_dollar_is_a_symbol(name: str, symbol: str | None) -> None:
    assert symbol_of(name) == symbol


def test_a_path_alone_declares_nothing() -> None:
    assert bars_spec("bars:a/b.csv") == BarsSpec(Path("a/b.csv"), timeframe=None, book=None)


def test_options_stand_behind_the_path() -> None:
    asked = bars_spec("bars:folder?spread_bps=2&depth_usd=5e4&timeframe=5m")
    assert asked == BarsSpec(Path("folder"), timeframe="5m", book=DeclaredBook(2.0, 50_000.0))


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("bars:", "name the bars"),
        ("bars:?timeframe=5m", "name the bars"),
        ("bars:f?spread=2", "'spread=2' is no option"),
        ("bars:f?spread_bps", "'spread_bps' is no option"),
        ("bars:f?spread_bps=", "is no option"),
        ("bars:f?spread_bps=1&spread_bps=2", "is no option"),
        ("bars:f?spread_bps=2", "declare spread_bps and depth_usd"),
        ("bars:f?depth_usd=2", "declare spread_bps and depth_usd"),
        ("bars:f?spread_bps=0&depth_usd=1", "spread_bps is a number above 0, not '0'"),
        ("bars:f?spread_bps=nan&depth_usd=1", "spread_bps is a number above 0"),
        ("bars:f?spread_bps=x&depth_usd=1", "spread_bps is a number above 0, not 'x'"),
        ("bars:f?spread_bps=2&depth_usd=inf", "depth_usd is a number above 0"),
        ("bars:f?spread_bps=1001&depth_usd=1", "at most 1000"),
        ("bars:f?timeframe=five", "timeframe is a number and one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: str, says: str) -> None:
    with pytest.raises(MarketSpecError, match=says):
        bars_spec(spec)
