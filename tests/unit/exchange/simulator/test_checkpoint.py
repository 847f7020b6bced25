import logging
from pathlib import Path

import msgspec
import pytest

from src.exchange.simulator.checkpoint import Checkpoint
from src.exchange.simulator.events import BookDelta, MarketEvent
from src.exchange.simulator.markets.errors import MarketSpecError
from src.store.paths import Home
from tests.paper_exchange_server import NOW, bot_settings

SETTINGS = bot_settings(("PF_XBTUSD",))


def events(steps: list[MarketEvent]) -> list[MarketEvent]:
    return [event for event in steps if isinstance(event, BookDelta)]


def test_a_market_goes_on_exactly_where_it_was_noted(tmp_path: Path) -> None:
    first = Checkpoint(Home(tmp_path), market="synthetic", seed=1)
    market = first.market(SETTINGS, now=NOW)
    market.step(NOW + 30)
    first.save(market)
    lived = events(market.step(NOW + 90))
    again = Checkpoint(Home(tmp_path), market="synthetic", seed=1).market(SETTINGS, now=NOW + 90)
    assert events(again.step(NOW + 90)) == lived
    assert lived


def test_a_market_that_died_before_its_first_note_goes_on_too(tmp_path: Path) -> None:
    market = Checkpoint(Home(tmp_path), market="synthetic", seed=1).market(SETTINGS, now=NOW)
    again = Checkpoint(Home(tmp_path), market="synthetic", seed=1).market(SETTINGS, now=NOW + 90)
    assert events(again.step(NOW + 90)) == events(market.step(NOW + 90))


def test_a_home_keeps_the_seed_of_its_market(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = Checkpoint(Home(tmp_path), market="synthetic", seed=1)
    market = first.market(SETTINGS, now=NOW)
    first.save(market)
    second = Checkpoint(Home(tmp_path), market="synthetic", seed=2)
    with caplog.at_level(logging.WARNING):
        again = second.market(SETTINGS, now=NOW + 60)
    assert second.seed == 1
    assert "market_keeps_its_seed" in caplog.text
    assert events(again.step(NOW + 60)) == events(market.step(NOW + 60))


def test_other_symbols_make_it_anew_and_say_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = Checkpoint(Home(tmp_path), market="synthetic", seed=1)
    first.save(first.market(SETTINGS, now=NOW))
    other = msgspec.structs.replace(SETTINGS, symbols=("PF_XBTUSD", "PF_ETHUSD"))
    with caplog.at_level(logging.WARNING):
        market = Checkpoint(Home(tmp_path), market="synthetic", seed=1).market(other, now=NOW)
    assert len(market.instruments()) == 2
    assert "market_made_anew" in caplog.text


def test_a_market_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarketSpecError):
        Checkpoint(Home(tmp_path), market="magic", seed=1).market(SETTINGS, now=NOW)
