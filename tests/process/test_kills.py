"""A bot at sixty times the market's speed whose processes are killed at moments of chance."""

import os
import random
import signal
import time
from collections import Counter
from urllib.error import URLError

import pytest

from src.clock import AnchoredClock
from src.store.freeze import Freeze
from src.supervision.shell import EXCHANGE, MAIN, WORKERS
from tests.audit_fakes import audited
from tests.crash_referee import Referee, order_faults
from tests.process.bare_positions import told
from tests.process.books_of_the_bot import (
    SETTLED_AFTER_S,
    Money,
    Trail,
    anchor,
    broken_files,
    open_trades,
)
from tests.process.bot import Bot
from tests.process.conftest import MakeBot
from tests.process.retold_journal import entries_on_disk

pytestmark = pytest.mark.process

VICTIMS = (*WORKERS, EXCHANGE, MAIN)
RECOVERS_WITHIN_S = 60.0
AGREES_WITHIN_S = 30.0
SPEED = 60.0
WINDOW_S = 15
"""Four windows a second; positions are entered lightly and left after ten, so that many a kill meets an order."""


class Ordeal:
    """One bot, and the kills that it has lived through."""

    def __init__(self, bot: Bot, chance: random.Random) -> None:
        self.bot = bot
        self.chance = chance
        self.kills: list[str] = []
        self.restarts: list[float] = []
        """Market times at which the main process was started again."""

    def strike(self, name: str, *, after_s: tuple[float, float]) -> None:
        """Kill a process at a moment of chance, and see the whole bot work again."""
        time.sleep(self.chance.uniform(*after_s))
        victim = self.bot.worker(name)
        assert victim is not None
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGKILL)
        self.kills.append(name)
        struck = time.monotonic()
        if name == MAIN:
            self.bot.process.wait(10)
            self.restarts.append(AnchoredClock(anchor(self.bot.home)).now())
            self.bot.start()
        self.bot.until(lambda: self._works_again(name, victim.pid), within_s=RECOVERS_WITHIN_S)
        recovered = time.monotonic()
        self.agree()
        print(
            f"{name}: works again after {recovered - struck:.1f} s, books agree after "
            f"{time.monotonic() - struck:.1f} s"
        )

    def agree(self) -> None:
        """See the exchange's books and the bot's say the same once no order is on its way."""
        deadline_s = time.monotonic() + AGREES_WITHIN_S
        while differences := self._differences():
            assert time.monotonic() < deadline_s, (self.kills, differences, self.bot.log.read_text()[-4000:])
            time.sleep(0.1)

    def _differences(self) -> list[str]:
        try:
            return Money(self.bot.home).differences()
        except (URLError, OSError) as error:
            return [repr(error)]

    def _works_again(self, name: str, old_pid: int | None) -> bool:
        worker = self.bot.worker(name)
        if worker is None or worker.pid == old_pid or not self.bot.all_ready():
            return False
        return worker.restarts > 0 or name == MAIN


def a_bot(make_bot: MakeBot) -> Bot:
    bot = make_bot(speed=SPEED)
    bot.configure(window_s=WINDOW_S, learning_every_s=1800)
    bot.edit(bot.home.exits, minimum_hold_s=60, maximum_hold_s=600)
    bot.edit(
        bot.home.policies,
        long_ofi_requirement=0.2,
        short_ofi_requirement=0.2,
        fee_gate="off",
        kelly="off",
        cooldown_s=0,
        intelligence_minimum_inputs=1,
    )
    bot.start()
    bot.until(bot.all_ready, within_s=90)
    return bot


def come_through(ordeal: Ordeal) -> None:
    """Let everything that is under way arrive, and look at every file."""
    bot = ordeal.bot
    clock = AnchoredClock(anchor(bot.home))
    struck_out = clock.now()
    settled_at = max(struck_out, min(signal.ts for signal in Trail(bot.home).signals) + SETTLED_AFTER_S + 300)
    bot.until(lambda: clock.now() >= settled_at, within_s=120)
    bot.until(
        lambda: (
            not Trail(bot.home).lost(before=struck_out, settled_at=settled_at, trades=open_trades(bot.home))
        ),
        within_s=30,
    )
    Freeze(bot.home).set("the test looks at the books", "human", clock.now())
    ordeal.agree()
    assert bot.all_ready()
    assert bot.stop() == 0
    bot.until(lambda: not bot.family(), within_s=3)
    referee = Referee(entries_on_disk(bot.home.paper_exchange))
    print(told(referee, ordeal.restarts, speed=SPEED))
    assert list(order_faults(bot.home, referee)) == []
    assert audited(bot.home).violations == []
    trail = Trail(bot.home)
    orders = [line["purpose"] for line in bot.lines(bot.home.orders) if line["type"] == "intent"]
    print(trail.count(), Counter(orders), ordeal.kills)
    assert not trail.doubled()
    assert not trail.lost(before=struck_out, settled_at=settled_at, trades=open_trades(bot.home))
    assert trail.ids["signal_outcomes"]
    assert trail.ids["enriched_decisions"]
    assert {"ENTRY", "STOP", "EXIT"} <= set(orders)
    assert not broken_files(bot.home)
    events = [line["event"] for line in bot.lines(bot.home.supervisor_log)]
    assert events.count("crashed") >= len([name for name in ordeal.kills if name != MAIN])
    assert "failed" not in events


@pytest.mark.timeout(240)
def test_kills_of_every_process_lose_double_and_corrupt_nothing(make_bot: MakeBot) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ordeal = Ordeal(a_bot(make_bot), chance)
    for name in [*chance.sample(VICTIMS, len(VICTIMS)), *chance.sample(VICTIMS, 3)]:
        ordeal.strike(name, after_s=(0.0, 5.0))
    come_through(ordeal)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_ten_kills_of_every_process_lose_double_and_corrupt_nothing(make_bot: MakeBot) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ordeal = Ordeal(a_bot(make_bot), chance)
    for _ in range(10):
        for name in chance.sample(VICTIMS, len(VICTIMS)):
            ordeal.strike(name, after_s=(0.0, 5.0))
    come_through(ordeal)
