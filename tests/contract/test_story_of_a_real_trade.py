"""The story of a trade that the trading cycle really made on the paper exchange, over real HTTP."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from src.cli.app import app_for
from src.records.decisions import Decision
from src.report.lookup import find
from src.report.measured_fills import FillRole
from src.report.story import Fate, Story
from src.report.telling import tell
from src.store.freeze import Freeze
from src.store.jsonl import read_all
from tests.contract.test_bot_cycle_on_paper_exchange import Bot
from tests.gate_fakes import some_features
from tests.paper_exchange_server import SYMBOLS, Served, served


class ToldBot(Bot):
    """The same bot, whose windows are written when they close."""

    def window(self, *, factor: float = 1.0) -> float:
        now = self.clock.now()
        for symbol in SYMBOLS:
            mid = self.mid(symbol) * factor
            self.windows.append(some_features(symbol=symbol, ts=now, recorded_at=now, mid=mid, mark=mid))
        return now


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as paper:
        yield paper


@pytest.fixture
def bot(paper: Served) -> Iterator[ToldBot]:
    with ExitStack() as stack:
        yield ToldBot(paper, stack)


def story_of_the_trade(bot: ToldBot) -> Story:
    (decision,) = read_all(bot.home.decisions, Decision)
    return tell(find(bot.home, decision.signal_id))


def test_trade_is_told_as_it_happened(bot: ToldBot) -> None:
    bot.step_until(lambda: bot.desk.ready)
    bot.signal()
    bot.step_until(lambda: any(p.stop is not None and p.stop.confirmed for p in bot.desk.positions()))
    held = story_of_the_trade(bot)
    assert (held.fate, held.trade) == (Fate.OPEN, None)
    assert held.stop is not None
    assert held.stop.confirmed
    assert held.position is not None
    bot.window(factor=1.03)
    bot.step_until(lambda: not bot.desk.positions())
    told = story_of_the_trade(bot)
    assert told.fate is Fate.CLOSED
    assert told.trade is not None
    assert told.trade.exit_reason == "target"
    assert sum(told.trade.parts.values(), Decimal(0)) == told.trade.net_usd
    assert told.trade.unsplit_usd == 0
    assert {fill.role for fill in told.fills} == {FillRole.ENTRY, FillRole.EXIT}
    assert told.decision is not None
    assert told.size is not None
    assert sum(float(f.size * f.price) for f in told.fills if f.role is FillRole.ENTRY) == pytest.approx(
        told.size.size_usd, rel=0.01
    )
    steps = [step.name for step in told.steps]
    assert steps.index("decided") < steps.index("exit_sent") < steps.index("closed")


def test_liquidated_trade_is_told_in_a_persons_words(bot: ToldBot, paper: Served) -> None:
    bot.step_until(lambda: bot.desk.ready)
    bot.signal()
    bot.step_until(lambda: any(p.stop is not None and p.stop.confirmed for p in bot.desk.positions()))
    endpoint = paper.endpoint
    token = {"Authorization": f"Bearer {endpoint.admin_token}"}
    plan = {"now": ["liquidate"]}
    assert requests.post(f"{endpoint.url}/admin/faults", json=plan, headers=token, timeout=5).ok
    bot.step_until(lambda: not bot.desk.positions())
    told = story_of_the_trade(bot)
    assert told.fate is Fate.CLOSED
    assert told.trade is not None
    assert told.trade.exit_reason == "liquidation"
    assert sum(told.trade.parts.values(), Decimal(0)) == told.trade.net_usd
    shown = CliRunner().invoke(
        app_for(["explain"]),
        ["explain", told.signal_id, "--home", str(bot.home.root)],
        env={"COLUMNS": "200"},
    )
    assert shown.exit_code == 0, shown.output
    assert "the exchange liquidated it" in shown.stdout
    assert bot.desk.freeze_reasons() or Freeze(bot.home).reasons(), "a liquidation stops new entries"
