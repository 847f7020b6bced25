"""A trader on the paper exchange over HTTP that dies by SIGKILL at each step of its orders' way."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.exchange_journal import JournalEntry
from tests.crash_referee import Referee, faults_of
from tests.exchange_fakes import wide_settings
from tests.files_fakes import disk_files
from tests.paper_exchange_server import Served, served
from tests.process.bare_positions import told
from tests.process.retold_journal import entries_on_disk

KILLS = 6
POINTS = 160
"""About two entries with their exits, and the way there."""
HURRY = 5.0
PATIENCE_S = 60.0
PROTECTED_WITHIN_S = 1.0
PROTECTED_AFTER_RESTART_S = 5.0

pytestmark = pytest.mark.process


def trade_and_die(paper: Served, at: int) -> float:
    """Let a trader die at a point; return when it was up, its program loaded."""
    arguments = [
        str(paper.home.root),
        paper.endpoint.url,
        paper.endpoint.api_key,
        paper.endpoint.api_secret,
        msgspec.json.encode(paper.clock._anchor).decode(),
        str(at),
    ]
    trader = subprocess.run(
        [sys.executable, "-m", "tests.process.desk_trader", *arguments],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert trader.returncode == -signal.SIGKILL, trader.stderr.decode()[-4000:]
    up_at, point = trader.stdout.decode().split("\n", 1)
    print(f"{at}: {point.strip()}")
    return float(up_at)


def die_at(root: Path, points: Iterable[int], *, speed: float = 1.0) -> None:
    """Die at each point in turn on one and the same home, and look at the books in the end.

    The desk counts a market second as a real one, so that its waits pass ``speed`` times as fast.
    """
    with served(root, speed=speed) as paper:
        starts = [trade_and_die(paper, at) for at in points]
        starts.append(paper.clock.now())
        recover(paper)
        referee = Referee(_entries(paper))
        times = told(referee, starts, speed=speed)
        print(f"{len(starts) - 1} points; {len(referee.fills)} fills; {times}")
        assert faults_of(paper.home, referee) == []
        assert referee.fills
        assert max(times.alive, default=0.0) <= PROTECTED_WITHIN_S
        assert max(times.restarted, default=0.0) <= PROTECTED_AFTER_RESTART_S


def recover(paper: Served) -> None:
    """Start once more, until nothing is in doubt."""
    endpoint, clock = paper.endpoint, paper.clock
    exchange = KrakenExchange(
        url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret, clock=clock
    )
    desk = open_desk(
        paper.home,
        exchange,
        files=disk_files(paper.home, wide_settings()),
        settings=wide_settings(),
        instance="abc",
        speed=1.0,
        now=clock.now(),
    )
    give_up = time.monotonic() + PATIENCE_S
    try:
        while True:
            desk.step(clock.now())
            stops = [position.stop for position in desk.positions()]
            guarded = all(stop is not None and stop.confirmed for stop in stops)
            if desk.ready and guarded and desk.blocked("PF_XBTUSD") in {None, "position_open"}:
                break
            time.sleep(0.05)
            assert time.monotonic() < give_up, desk.blocked("PF_XBTUSD")
        desk.step(clock.now())
        assert desk.freeze_reasons() == ()
    finally:
        desk.close()


def _entries(paper: Served) -> Iterable[JournalEntry]:
    return entries_on_disk(paper.home.paper_exchange)


def test_killed_trader_loses_doubles_and_exposes_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    die_at(tmp_path, random.Random(seed).sample(range(1, POINTS), KILLS))


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_trader_killed_at_every_point_loses_doubles_and_exposes_nothing(tmp_path: Path) -> None:
    die_at(tmp_path, range(1, POINTS), speed=HURRY)
