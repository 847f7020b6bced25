"""A recording holds all that its builder heard: told to another one, it gives the same windows."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from src.market.feed_process import open_builder
from src.market.heard import hear_again
from src.store.paths import Home
from src.store.tape import TapeReader
from tests.files_fakes import disk_files
from tests.process.loopback_venue import (
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


def test_recording_told_to_another_builder_gives_the_same_windows(
    tmp_path: Path, venue: Venue, clock: FastClock
) -> None:
    with running(tmp_path, venue, clock) as process:
        drive(process, clock, lambda: process.outputs >= 4)
        venue.skip_number.set()
        drive(process, clock, lambda: process.dropped["book_gap"] == 1)
        venue.break_connections.set()
        drive(process, clock, lambda: not venue.break_connections.is_set())
        goal = process.outputs + 8
        drive(process, clock, lambda: process.outputs >= goal)
    lines = written(tmp_path)
    home, settings = made_home(tmp_path / "again"), made_settings()
    builder, files = open_builder(home, settings, clock, files=disk_files(home, settings))
    for heard in TapeReader(Home(tmp_path).market_tape):
        hear_again(builder, heard)
    builder.step(lines[-1].ts)
    files.close()
    again = {(line.symbol, line.ts): line for line in written(home.root)}
    for line in lines:
        told = again.pop((line.symbol, line.ts))
        assert msgspec.structs.replace(told, recorded_at=line.recorded_at) == line
    assert not again
