"""The word on the command line becomes a market, or an error that says what to write instead."""

import json
from pathlib import Path

import pytest

from src.exchange.simulator.instruments import INSTRUMENTS, instrument
from src.exchange.simulator.markets.character import CHARACTERS
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.factory import make_market
from src.exchange.simulator.markets.spec import market_start
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from src.records.settings import PaperExchange
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


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("kraken", "not available yet"),
        ("nonsense", "unknown market"),
        ("tape:", "tape:FILE"),
        ("tape:/nowhere", "read"),
    ],
)
def test_what_cannot_be_made_is_refused(spec: str, says: str) -> None:
    with pytest.raises(MarketSpecError, match=says):
        make_market(spec, symbols=ONE, seed=1, start=START, settings=PAPER)
    with pytest.raises(MarketSpecError, match=says):
        market_start(spec)


def test_an_unknown_symbol_is_refused() -> None:
    with pytest.raises(MarketSpecError, match="PF_NOPEUSD"):
        make_market("synthetic", symbols=("PF_NOPEUSD",), seed=1, start=START, settings=PAPER)


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
