"""A bot that died with a position open."""

import time
from decimal import Decimal
from pathlib import Path

from src.exchange.desk import TradingDesk
from src.exchange.kraken import KrakenExchange
from src.futures_portfolio_tracker import open_desk
from src.records.operations import ClockAnchor, Health
from src.records.settings import BotSettings
from src.store.config import ConfigFile
from src.store.document import DocumentFile
from src.store.home import bind
from src.store.paths import Home
from tests.cli_fakes import a
from tests.exchange_fakes import a_decision
from tests.files_fakes import disk_files
from tests.paper_exchange_server import NOW, SYMBOLS, Served, served

INSTANCE = "abc"


def leave_a_position(root: Path) -> Home:
    """Return a home with a position on its paper exchange, and nobody alive in it."""
    with served(root) as paper:
        home = paper.home
        bind(home, mode="paper", market_kind="synthetic", account="paper", ts=NOW, instance=INSTANCE)
        _open_one(paper)
        now = paper.clock.now()
    DocumentFile(home.health, Health, writer="monitor").write(a(Health, market="synthetic", mode="paper"))
    anchor = a(ClockAnchor, ts=now, speed=1.0, market_origin=now, wall_origin=time.time())
    DocumentFile(home.clock, ClockAnchor, writer="main").write(anchor)
    return home


def _open_one(paper: Served) -> None:
    endpoint, clock = paper.endpoint, paper.clock
    settings = ConfigFile(paper.home.bot_settings, BotSettings).load()
    exchange = KrakenExchange(
        url=endpoint.url, api_key=endpoint.api_key, api_secret=endpoint.api_secret, clock=clock
    )
    desk: TradingDesk = open_desk(
        paper.home,
        exchange,
        files=disk_files(paper.home, settings),
        settings=settings,
        instance=INSTANCE,
        speed=1.0,
        now=clock.now(),
    )
    deadline_s = time.monotonic() + 10
    while not desk.ready:
        assert time.monotonic() < deadline_s
        desk.step(clock.now())
    decision = a_decision(ts=clock.now(), symbol=SYMBOLS[0])
    desk.enter(decision, size=Decimal("0.01"), slippage_cap_bps=100, now=clock.now())
    assert desk.positions()
    desk.close()
