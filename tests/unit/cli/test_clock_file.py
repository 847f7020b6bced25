from pathlib import Path

import orjson
import pytest

from src.cli.clock_file import market_now, refuse_ended_market, start_clock
from src.exchange.simulator.markets.errors import MarketSpecError
from src.store.errors import CorruptDocument
from src.store.paths import Home
from tests.cli_fakes import a_home

TOLERANCE_S = 30.0
"""Of real time: how long a test may be held up between two looks at a clock."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path / "home")


@pytest.fixture
def tape(tmp_path: Path) -> str:
    path = tmp_path / "tape.jsonl"
    message = {"feed": "trade", "product_id": "PF_XBTUSD", "side": "buy", "price": 1.0, "qty": 1.0}
    with path.open("wb") as lines:
        for at in (1000.0, 2000.0):
            lines.write(orjson.dumps({"received_at": at, "message": message}) + b"\n")
    return f"tape:{path}"


def test_new_home_on_a_recording_begins_where_the_recording_begins(home: Home, tape: str) -> None:
    anchor = start_clock(home, market=tape, speed=2.0, writer="test")
    assert (anchor.market_origin, anchor.speed) == (1000.0, 2.0)
    assert 1000.0 <= market_now(home) < 1000.0 + 2 * TOLERANCE_S


def test_new_home_on_a_synthetic_market_begins_now(home: Home) -> None:
    anchor = start_clock(home, market="synthetic", speed=60.0, writer="test")
    assert anchor.market_origin == pytest.approx(anchor.wall_origin, abs=TOLERANCE_S)


def test_home_goes_on_from_its_own_clock_at_the_new_speed(home: Home, tape: str) -> None:
    first = start_clock(home, market=tape, speed=1.0, writer="test")
    second = start_clock(home, market=tape, speed=5.0, writer="test")
    assert first.market_origin < second.market_origin < first.market_origin + TOLERANCE_S
    assert second.speed == 5.0


def test_home_without_a_clock_has_the_machines_time(home: Home) -> None:
    assert market_now(home) > 1_700_000_000
    assert not home.clock.exists()


def test_market_that_is_none_is_refused(home: Home) -> None:
    with pytest.raises(MarketSpecError, match="moon"):
        start_clock(home, market="moon", speed=1.0, writer="test")
    assert not home.clock.exists()


def test_broken_clock_is_a_named_error_and_is_kept(home: Home) -> None:
    home.clock.write_text("{")
    with pytest.raises(CorruptDocument, match=r"clock\.json"):
        start_clock(home, market="synthetic", speed=1.0, writer="test")
    assert len(list(home.quarantine.iterdir())) == 1


def test_recording_that_is_over_is_refused_with_both_times_and_what_to_do(tape: str) -> None:
    refuse_ended_market(tape, 1999.0)
    with pytest.raises(MarketSpecError, match=r"1970-01-01 00:33:20.*00:33:40.*--home"):
        refuse_ended_market(tape, 2020.0)


def test_synthetic_market_never_ends() -> None:
    refuse_ended_market("synthetic", 1e12)
