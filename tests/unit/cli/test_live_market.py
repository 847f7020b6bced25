"""The word ``kraken`` on the command lines: where it is taken, and where it is refused with what to do instead."""

from pathlib import Path

import pytest

from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.spec import (
    KRAKEN_URL,
    content_hash,
    is_kraken,
    kraken_url,
    market_end,
    market_start,
    market_symbols,
    refuse_bars,
    refuse_pace,
)
from tests.cli_fakes import asked


@pytest.mark.parametrize(
    ("spec", "url"),
    [
        ("kraken", KRAKEN_URL),
        ("kraken:https://demo-futures.kraken.com", "https://demo-futures.kraken.com"),
        ("kraken:http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
    ],
)
def test_a_live_market_has_a_place_and_neither_begin_nor_end(spec: str, url: str) -> None:
    assert is_kraken(spec)
    assert kraken_url(spec) == url
    assert [of(spec) for of in (market_start, market_end, market_symbols, content_hash)] == [None] * 4
    refuse_bars(spec)
    refuse_pace(spec, 1.0)
    refuse_pace("synthetic", 60.0)


@pytest.mark.parametrize(
    "spec", ["kraken:", "kraken:127.0.0.1", "kraken:ftp://x", "kraken:http://", "kraken:http://x?y"]
)
def test_what_is_no_place_is_refused(spec: str) -> None:
    with pytest.raises(MarketSpecError, match="not the URL"):
        market_start(spec)


def test_a_live_market_goes_at_its_own_speed(tmp_path: Path) -> None:
    result = asked("paper-exchange", "--home", tmp_path / "home", "--market", "kraken", "--speed", "2")
    assert result.exit_code == 2
    assert "its own speed" in result.output


def test_a_live_market_cannot_be_simulated(tmp_path: Path) -> None:
    for more in ((), ("--days", "1"), ("--resolution", "messages", "--days", "1")):
        result = asked("simulate", "--home", tmp_path / "home", "--market", "kraken", *more)
        assert result.exit_code == 2
        assert "src.run --market kraken" in result.output
