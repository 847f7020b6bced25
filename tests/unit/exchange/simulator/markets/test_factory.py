"""The word on the command line becomes a market, or an error that says what to write instead."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from src.exchange.simulator.instruments import INSTRUMENTS, instrument
from src.exchange.simulator.markets.character import CHARACTERS
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.factory import make_market, make_window_market
from src.exchange.simulator.markets.spec import (
    content_hash,
    market_end,
    market_start,
    market_symbols,
    refuse_bars,
)
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.markets.window_market import WindowMarket
from src.exchange.simulator.markets.windows import SyntheticWindows
from src.records.settings import PaperExchange
from tests.bars_fakes import START as BARS_START
from tests.bars_fakes import in_ms, walk, write_csv, write_frame
from tests.simulator_market_fakes import START, snapshot_line, write_tape

PAPER = PaperExchange(starting_balance_usd=10_000.0, edge=True, messages_per_s=2.0)
ONE = ("PF_XBTUSD",)


def test_synthetic_begins_at_any_time() -> None:
    market = make_market("synthetic", symbols=ONE, seed=1, start=START, settings=PAPER)
    assert isinstance(market, SyntheticMarket)
    assert market_start("synthetic") is None


def test_a_tape_begins_where_it_begins(tmp_path: Path) -> None:
    spec = (
        f"tape:{write_tape(tmp_path / 't.jsonl', [snapshot_line(7.5, ONE[0], [(1.0, 1.0)], [(2.0, 1.0)])])}"
    )
    assert isinstance(make_market(spec, symbols=ONE, seed=1, start=7.5, settings=PAPER), TapeMarket)
    assert market_start(spec) == 7.5
    assert market_symbols(spec) == ONE
    assert market_symbols("synthetic") is None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("kraken", "virtual time"),
        ("nonsense", "unknown market"),
        ("tape:", "tape:FILE"),
        ("tape:/nowhere", "read"),
    ],
)
def test_what_cannot_be_made_is_refused(spec: str, says: str) -> None:
    with pytest.raises(MarketSpecError, match=says):
        make_market(spec, symbols=ONE, seed=1, start=START, settings=PAPER)
    if spec == "kraken":
        return
    with pytest.raises(MarketSpecError, match=says):
        market_start(spec)


def test_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(MarketSpecError, match="PF_NOPEUSD"):
        make_market("synthetic", symbols=("PF_NOPEUSD",), seed=1, start=START, settings=PAPER)


def windows(spec: str, *, window_s: float = 60.0, symbols: tuple[str, ...] = ONE) -> WindowMarket:
    return make_window_market(
        spec, symbols=symbols, seed=1, start=START, window_s=window_s, settings=PAPER, scratch=None
    )


def test_the_synthetic_market_comes_in_windows_too() -> None:
    assert isinstance(windows("synthetic"), SyntheticWindows)
    with pytest.raises(MarketSpecError, match="PF_NOPEUSD"):
        windows("synthetic", symbols=("PF_NOPEUSD",))
    with pytest.raises(MarketSpecError, match="window"):
        windows("synthetic", window_s=7.0)


def test_bars_begin_and_end_with_their_first_and_last_bar(tmp_path: Path) -> None:
    write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(walk(30)))
    write_frame(tmp_path / "ETH_USDT-5m.feather", walk(12, bar_s=300, start=BARS_START + 600))
    spec = f"bars:{tmp_path}?spread_bps=2&depth_usd=1000"
    assert market_start(spec) == BARS_START
    assert market_end(spec) == BARS_START + 600 + 3600
    assert market_symbols(spec) == ("PF_ETHUSD", "PF_XBTUSD")
    market = windows(spec)
    assert market.end == BARS_START + 1800
    market.begin(BARS_START)
    assert [window.symbol for window in market.close(BARS_START + 60.0)] == ["PF_XBTUSD"]
    assert market.shown("PF_XBTUSD") is not None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("bars:", "name the bars"),
        ("bars:/nowhere", "no such file"),
        ("bars:/nowhere?spread=2", "no option"),
        ("tape:/nowhere", "message by message"),
        ("kraken", "virtual time"),
        ("nonsense", "unknown market"),
    ],
)
def test_what_cannot_be_made_in_windows_is_refused(spec: str, says: str) -> None:
    with pytest.raises(MarketSpecError, match=says):
        windows(spec)


def test_bars_are_no_market_to_live_message_by_message(tmp_path: Path) -> None:
    spec = f"bars:{write_csv(tmp_path / 'PF_XBTUSD.csv', in_ms(walk(3)))}"
    with pytest.raises(MarketSpecError, match="bars are for `simulate`"):
        make_market(spec, symbols=ONE, seed=1, start=START, settings=PAPER)
    with pytest.raises(MarketSpecError, match="bars are for `simulate`"):
        refuse_bars(spec)
    many = [(*row, "SOL/USD") for row in in_ms(walk(3))]
    path = write_csv(tmp_path / "all.csv", many, ("date", "open", "high", "low", "close", "volume", "symbol"))
    assert market_symbols(f"bars:{path}") == ("PF_SOLUSD",)
    refuse_bars("synthetic")
    refuse_bars("tape:x")


def test_a_market_of_files_is_known_by_their_bytes(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "PF_XBTUSD.csv", in_ms(walk(3)))
    own = hashlib.sha256(path.read_bytes()).hexdigest()
    assert content_hash("synthetic") is None
    assert content_hash(f"tape:{path}") == content_hash(f"bars:{path}") == own
    folder = content_hash(f"bars:{tmp_path}")
    assert folder not in {None, own}
    (tmp_path / "notes.txt").write_text("no bars")
    assert content_hash(f"bars:{tmp_path}") == folder
    write_csv(tmp_path / "PF_ETHUSD.csv", in_ms(walk(3, seed=2)))
    assert content_hash(f"bars:{tmp_path}") != folder
    for spec in ("nonsense", "tape:/nowhere", "bars:/nowhere"):
        with pytest.raises(MarketSpecError):
            content_hash(spec)


def test_who_asks_for_no_bars_and_no_live_market_does_not_load_their_readers() -> None:
    program = (
        "import sys; import src.exchange.simulator.markets.factory, src.exchange.simulator.markets.spec; "
        "sys.exit(bool({'pyarrow', 'requests', 'websockets'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_listed_contract_has_a_character_and_the_defaults_are_listed() -> None:
    assert set(INSTRUMENTS) == set(CHARACTERS)
    assert len(INSTRUMENTS) >= 20
    settings = json.loads((Path(__file__).parents[5] / "configs" / "bot.json").read_text(encoding="utf-8"))
    assert set(settings["symbols"]) <= set(INSTRUMENTS)


@pytest.mark.parametrize("symbol", sorted(INSTRUMENTS))
def test_margin_rises_with_the_position(symbol: str) -> None:
    levels = instrument(symbol).margin_levels
    assert levels[0][0] == 0
    assert list(levels) == sorted(levels)
    for _, initial, maintenance in levels:
        assert 0 < maintenance < initial <= 1
