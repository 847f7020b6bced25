"""The feature builder's process shell against a venue on loopback, over real HTTP and websocket."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from src.market.feature_files import FeatureFiles
from src.market.feed_process import websocket_url
from src.store.errors import DiskFull
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.market_fakes import START
from tests.process.loopback_venue import (
    SYMBOLS,
    FastClock,
    Venue,
    drive,
    made_home,
    made_settings,
    running,
    written,
)


@pytest.fixture
def clock() -> FastClock:
    return FastClock(speed=120.0)


@pytest.fixture
def venue(clock: FastClock) -> Iterator[Venue]:
    made = Venue(clock)
    yield made
    made.close()


def test_features_of_a_live_venue_reach_the_files(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 8)
        assert process.handled > 50
        assert process.last_event_ts is not None
    lines = written(tmp_path)
    assert {line.symbol for line in lines} == set(SYMBOLS)
    last = lines[-1]
    assert None not in (last.mid, last.mark, last.funding_z, last.hurst, last.volatility_median_bps)
    assert last.recorded_at >= last.ts
    shown = orjson.loads(Home(tmp_path).features(last.symbol).read_bytes())
    assert (shown["ts"], shown["symbol"]) == (last.ts, last.symbol)
    tape = [orjson.loads(line) for line in Home(tmp_path).market_tape.read_bytes().splitlines()]
    assert {line["message"]["feed"] for line in tape} >= {"book_snapshot", "book", "ticker"}
    assert [line["received_at"] for line in tape] == sorted(line["received_at"] for line in tape)


def test_lost_connection_is_flagged_and_made_again(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 4)
        venue.break_connections.set()
        drive(process, clock, lambda: not venue.break_connections.is_set())
        goal = process.outputs + 8
        drive(process, clock, lambda: process.outputs >= goal)
    lines = written(tmp_path)
    assert any("book_gap" in line.incomplete for line in lines)
    assert lines[-1].mid is not None
    assert "book_gap" not in lines[-1].incomplete


def test_gap_in_the_numbering_brings_a_new_snapshot(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 4)
        asked = len(venue.requests)
        venue.skip_number.set()
        drive(process, clock, lambda: len(venue.requests) >= asked + 2)
        goal = process.outputs + 6
        drive(process, clock, lambda: process.outputs >= goal)
        assert process.dropped["book_gap"] == 1
    assert [request["event"] for request in venue.requests[asked:]] == ["unsubscribe", "subscribe"]
    assert written(tmp_path)[-1].mid is not None


def test_restarted_process_stays_warm_and_repeats_nothing(
    tmp_path: Path, venue: Venue, clock: FastClock
) -> None:
    for goal in (4, 6):
        with running(tmp_path, venue, clock) as process:
            drive(process, clock, lambda enough=goal, p=process: p.outputs >= enough)
    lines = written(tmp_path)
    keys = [(line.symbol, line.ts) for line in lines]
    assert len(keys) == len(set(keys))
    counted = [line.ofi_windows for line in lines if line.symbol == SYMBOLS[0]]
    assert counted == sorted(counted)
    assert counted[-1] >= 2


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://127.0.0.1:80", "ws://127.0.0.1:80/ws/v1"),
        ("https://futures.kraken.com/", "wss://futures.kraken.com/ws/v1"),
    ],
)
def test_websocket_is_where_the_venue_is(endpoint: str, expected: str) -> None:
    assert websocket_url(endpoint) == expected


def test_endpoint_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="ftp"):
        websocket_url("ftp://host")


def test_full_disk_costs_the_recording_and_nothing_else(tmp_path: Path) -> None:
    class FullTape:
        def append(self, _received_at: float, _message: bytes) -> None:
            raise DiskFull("no space")

        def work(self) -> bool:
            return False

        def close(self) -> None:
            """Hold nothing."""

    home, settings = made_home(tmp_path), made_settings()
    files = FeatureFiles(home, settings, disk_files(home, settings))
    assert files._tape is not None
    files._tape.close()
    files._tape = FullTape()
    for _ in range(3):
        files.append(START, b"{}")
    assert files.unrecorded == 3
    files.save()
    files.close()


def test_dead_thread_ends_the_process(tmp_path: Path, venue: Venue, clock: FastClock) -> None:
    with running(tmp_path, venue, clock) as process:
        process.step(clock.now())
        process._poller.close()
        with pytest.raises(RuntimeError, match="thread"):
            process.step(clock.now())
