"""Two hours of the market at thirty times its speed, with faults and kills at moments of chance.

``CHAOS_SEED`` repeats a schedule.
"""

import os
import random
import signal
import time
import urllib.request
from collections import Counter
from decimal import Decimal
from urllib.error import URLError

import msgspec
import orjson
import pytest

from src.clock import AnchoredClock
from src.exchange.simulator.fault_plan import FaultPlan
from src.records.operations import ExchangeEndpoint
from src.store.freeze import Freeze
from src.supervision.shell import MAIN
from tests.audit_fakes import audited
from tests.crash_referee import Referee, faults_of
from tests.process.bare_positions import told
from tests.process.books_of_the_bot import Money, anchor, broken_files
from tests.process.bot import Bot
from tests.process.chaos_schedule import PLANS, Misfortune, schedule
from tests.process.conftest import MakeBot
from tests.process.retold_journal import entries_on_disk

SPEED = 30.0
LENGTH_S = 240.0
KILLS, FAULTS = 20, 24
IS_FLAT_WITHIN_S = 120.0
OVER = "the chaos is over"
WIDE = {
    "daily_loss_share": 1.0,
    "drawdown_share": 1.0,
    "consecutive_losses": 200,
    "orders_per_minute": 10_000,
    "errors_per_10_min": 10_000,
}
"""Hard limits that nothing here reaches: the run is to trade to its end."""


class Chaos:
    """A bot to which everything on a schedule happens."""

    def __init__(self, bot: Bot, misfortunes: list[Misfortune]) -> None:
        self.bot = bot
        self.met: Counter[str] = Counter()
        self.restarts: list[float] = []
        """Market times at which the main process was started."""
        self._misfortunes = misfortunes
        self._began = time.monotonic()

    def live(self) -> None:
        """Let everything happen at its time."""
        self.start()
        self._began = time.monotonic()
        for misfortune in self._misfortunes:
            time.sleep(max(0.0, self._began + misfortune.at_s - time.monotonic()))
            if misfortune.kill is None:
                self._order(misfortune)
            else:
                self._kill(misfortune.kill)
        time.sleep(max(0.0, self._began + LENGTH_S - time.monotonic()))

    def start(self) -> None:
        """Start the main process."""
        self.bot.start()
        self.bot.until(self.bot.home.clock.exists, within_s=30)
        self.restarts.append(AnchoredClock(anchor(self.bot.home)).now())

    def heal(self) -> None:
        """See that main and exchange live, and that the exchange is well."""
        if self.bot.process.poll() is not None:
            self.start()
        self.bot.until(lambda: self._post({}), within_s=60)

    def _order(self, misfortune: Misfortune) -> None:
        done = self._post(misfortune.plan)
        self.met[misfortune.name if done else f"{misfortune.name} (nobody there)"] += 1
        self._tell(misfortune.name)

    def _kill(self, name: str) -> None:
        if self.bot.process.poll() is not None:
            self.met["main ended by itself"] += 1
            self.start()
        pid = self.bot.process.pid if name == MAIN else self.bot.pid(name)
        self._tell(f"kill {name} {pid}")
        if pid is None:
            self.met[f"kill {name} (nobody there)"] += 1
            return
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            self.met[f"kill {name} (nobody there)"] += 1
            return
        self.met[f"kill {name}"] += 1
        if name == MAIN:
            self.bot.process.wait(10)
            self.start()

    def _post(self, plan: dict[str, object]) -> bool:
        """Order a plan; return whether the exchange took it."""
        endpoint = msgspec.json.decode(self.bot.home.exchange_endpoint.read_bytes(), type=ExchangeEndpoint)
        request = urllib.request.Request(  # noqa: S310 - our own loopback server
            f"{endpoint.url}/admin/faults",
            data=orjson.dumps(plan),
            headers={"Authorization": f"Bearer {endpoint.admin_token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the same
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def _tell(self, what: str) -> None:
        print(f"{time.monotonic() - self._began:6.1f} s {what}", flush=True)


def a_bot(make_bot: MakeBot) -> Bot:
    bot = make_bot(speed=SPEED)
    bot.configure(window_s=15, learning_every_s=3600, limits=WIDE)
    bot.edit(bot.home.exits, minimum_hold_s=30, maximum_hold_s=240)
    bot.edit(
        bot.home.policies,
        long_ofi_requirement=0.2,
        short_ofi_requirement=0.2,
        fee_gate="off",
        kelly="off",
        cooldown_s=0,
        intelligence_minimum_inputs=1,
    )
    return bot


def come_to_rest(chaos: Chaos) -> None:
    """Let every position be left, with nothing wrong any more, and nothing new entered."""
    bot = chaos.bot
    chaos.heal()
    Freeze(bot.home).set(OVER, "human", AnchoredClock(anchor(bot.home)).now())
    give_up = time.monotonic() + IS_FLAT_WITHIN_S
    while True:
        try:
            money = Money(bot.home)
            left = [*money.differences(), *(f"open: {row}" for row in money.theirs["positions"])]
        except (URLError, OSError) as error:
            left = [repr(error)]
        if not left:
            return
        assert time.monotonic() < give_up, (left, bot.log.read_text()[-6000:])
        time.sleep(0.5)


@pytest.mark.chaos
@pytest.mark.process
@pytest.mark.timeout(900)
def test_two_hours_of_faults_and_kills_end_with_clean_books_and_the_exchange_s_equity(
    make_bot: MakeBot,
) -> None:
    seed = os.environ.get("CHAOS_SEED") or str(random.randrange(10**6))
    print(f"CHAOS_SEED={seed}")
    chaos = Chaos(a_bot(make_bot), schedule(seed, length_s=LENGTH_S, kills=KILLS, faults=FAULTS))
    bot = chaos.bot
    chaos.live()
    come_to_rest(chaos)
    money = Money(bot.home)
    equity = Decimal(money.theirs["equity_usd"])
    assert bot.stop() == 0
    bot.until(lambda: not bot.family(), within_s=3)
    referee = Referee(entries_on_disk(bot.home.paper_exchange))
    print(dict(chaos.met))
    print(f"{len(referee.fills)} fills, equity {money.ours.equity_usd}, the exchange's {equity}")
    print(told(referee, chaos.restarts, speed=SPEED))
    print("frozen by", Freeze(bot.home).reasons())
    assert faults_of(bot.home, referee) == []
    assert abs(money.ours.equity_usd - equity) < Decimal("0.01")
    assert audited(bot.home).violations == []
    assert broken_files(bot.home) == []
    assert len(referee.fills) > 20


def test_a_seed_repeats_its_schedule() -> None:
    first = schedule("7", length_s=LENGTH_S, kills=KILLS, faults=FAULTS)
    assert first == schedule("7", length_s=LENGTH_S, kills=KILLS, faults=FAULTS)
    assert first != schedule("8", length_s=LENGTH_S, kills=KILLS, faults=FAULTS)
    assert len([each for each in first if each.kill]) == KILLS
    assert {each.name for each in first if each.plan} <= PLANS.keys()


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_is_one_that_the_exchange_takes(name: str) -> None:
    msgspec.convert(PLANS[name], FaultPlan)
