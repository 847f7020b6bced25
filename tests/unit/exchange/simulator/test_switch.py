"""The dead man's switch runs on the exchange's clock and is in its books."""

from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.feed import OrderNews
from src.exchange.simulator.journal import Books
from src.store.paths import Home
from tests.files_fakes import disk_files
from tests.paper_exchange_fakes import ETH, SPECS, START, XBT, Exchange, ScriptedMarket, trading


def armed(timeout: str = "60") -> Exchange:
    exchange = trading()
    exchange.send("mkt", "buy", "1")
    exchange.send("lmt", "buy", "1", limitPrice="95", cliOrdId="rest")
    exchange.send("stp", "sell", "1", stopPrice="90", reduceOnly="true")
    exchange.send("lmt", "buy", "1", symbol=ETH, limitPrice="9.5")
    exchange.ask("cancelallordersafter", timeout=timeout)
    return exchange


def test_it_cancels_every_order_and_keeps_positions_when_its_time_has_come() -> None:
    exchange = armed()
    exchange.now += 59.9
    exchange.ask("accounts")
    assert len(exchange.state.open) == 3
    exchange.engine.drain()
    exchange.now += 0.2
    exchange.ask("accounts")
    assert exchange.state.open == {}
    assert exchange.size() == 1
    told = [news for news in exchange.engine.drain() if isinstance(news, OrderNews)]
    assert {(news.reason, news.ended, news.ts) for news in told} == {("dead_man_switch", True, START + 60)}


def test_it_fires_before_what_the_market_brings_later() -> None:
    exchange = armed()
    exchange.now += 61
    exchange.book(asks=((94.0, 5.0),), bids=((93.0, 5.0),))
    assert exchange.size() == 1
    assert exchange.journal.entries[-1].cause == "dead_man_switch"


def test_setting_it_again_moves_it_and_zero_takes_it_back() -> None:
    exchange = armed()
    exchange.now += 50
    exchange.ask("cancelallordersafter", timeout="60")
    exchange.now += 50
    exchange.ask("accounts")
    assert len(exchange.state.open) == 3
    status = exchange.ask("cancelallordersafter", timeout="0")["status"]
    assert isinstance(status, dict)
    assert status["triggerTime"] == "0"
    exchange.now += 500
    exchange.ask("accounts")
    assert len(exchange.state.open) == 3


def test_it_fires_once() -> None:
    exchange = armed()
    exchange.now += 61
    exchange.send("lmt", "buy", "1", limitPrice="95")
    exchange.now += 500
    exchange.ask("accounts")
    assert len(exchange.state.open) == 1


@pytest.mark.parametrize("timeout", ["", "-1", "1.5", "ten", "99999999"])
def test_what_is_no_whole_number_of_seconds_is_refused(timeout: str) -> None:
    with pytest.raises(BadCall):
        trading().ask("cancelallordersafter", timeout=timeout)


def test_it_survives_a_restart_and_fires_late_if_its_time_passed_meanwhile(tmp_path: Path) -> None:
    exchange = Exchange()
    for later in (30.0, 90.0):
        books = Books(tmp_path, files=disk_files(Home(tmp_path)), memory_s=5.0)
        exchange.state = books.state
        taken = ScriptedMarket().taken
        exchange.engine = Engine(SPECS, state=books.state, journal=books, seed="7", taken=taken)
        exchange.engine.open(exchange.now, balance_usd=Decimal(10_000))
        if later == 30.0:
            exchange.book()
            exchange.mark(100.0)
            exchange.send("lmt", "buy", "1", limitPrice="95")
            exchange.ask("cancelallordersafter", timeout="60")
        exchange.now += later
        exchange.ask("openorders")
        books.close()
        assert len(exchange.state.open) == (1 if later == 30.0 else 0)
    assert exchange.state.switch_at is None
    assert XBT not in exchange.state.account.positions
