"""A trader on the paper exchange over HTTP, killed at moments of chance."""

import random
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.ledger import FillBooked, LedgerEntry, Positions
from src.store.jsonl import read_all
from tests.exchange_fakes import the_settings
from tests.files_fakes import disk_files
from tests.paper_exchange_server import Served, served

KILLS = 6
PATIENCE_S = 30.0


def trade_until_killed(paper: Served, chance: random.Random) -> None:
    arguments = [
        str(paper.home.root),
        paper.endpoint.url,
        paper.endpoint.api_key,
        paper.endpoint.api_secret,
        msgspec.json.encode(paper.clock._anchor).decode(),
    ]
    trader = subprocess.Popen(
        [sys.executable, "-m", "tests.process.desk_trader", *arguments], stdout=subprocess.PIPE
    )
    assert trader.stdout is not None
    with trader.stdout as said:
        assert said.readline() == b"open\n"
        time.sleep(chance.uniform(0.05, 0.5))
        trader.kill()
    trader.wait(10)


@pytest.mark.process
def test_killed_trader_loses_doubles_and_exposes_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with served(tmp_path) as paper:
        for _ in range(KILLS):
            trade_until_killed(paper, chance)
        assert_whole(paper)


def assert_whole(paper: Served) -> None:
    endpoint, clock = paper.endpoint, paper.clock
    exchange = KrakenExchange(
        url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret, clock=clock
    )
    desk = open_desk(
        paper.home,
        exchange,
        files=disk_files(paper.home, the_settings()),
        settings=the_settings(),
        instance="abc",
        speed=1.0,
        now=clock.now(),
    )
    give_up = time.monotonic() + PATIENCE_S
    try:
        while not desk.ready or desk.blocked("PF_XBTUSD") not in {None, "position_open"}:
            desk.step(clock.now())
            time.sleep(0.05)
            assert time.monotonic() < give_up, desk.blocked("PF_XBTUSD")
        desk.step(clock.now())
        theirs = {position.symbol: position.quantity for position in exchange.positions()}
        ours = {p.symbol: p.direction.sign * p.size for p in desk.positions()}
        assert ours == theirs
        assert [order.unfilled for order in exchange.open_orders()] == [abs(size) for size in theirs.values()]
        assert desk.freeze_reasons() == ()
        fills = [e for e in read_all(paper.home.fills, LedgerEntry) if isinstance(e, FillBooked)]
        assert len(fills) > KILLS
        assert {fill.fill_id for fill in fills} == {fill.fill_id for fill in exchange.fills(0.0)}
        picture = msgspec.json.decode(paper.home.positions_futures.read_bytes(), type=Positions)
        assert abs(picture.cash_usd - exchange.account().balance) < Decimal("0.005")
    finally:
        desk.close()
