"""The audit of a bot that lives, and of the home that it leaves."""

import orjson
import pytest

from src.cli.exit_codes import ExitCode
from tests.audit_fakes import audited
from tests.cli_fakes import asked
from tests.process.bot import Bot
from tests.process.conftest import MakeBot

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]

ROUND_TRIPS = 1


def closed(bot: Bot) -> int:
    return sum(line["type"] == "closed" for line in bot.lines(bot.home.fills))


def test_a_living_bot_and_the_home_it_leaves_are_clean(make_bot: MakeBot) -> None:
    bot = make_bot(symbols=("PF_XBTUSD", "PF_ETHUSD"))
    bot.configure(window_s=15, learning_every_s=300)
    bot.edit(bot.home.exits, minimum_hold_s=15, maximum_hold_s=60)
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
    bot.until(lambda: closed(bot) >= ROUND_TRIPS, within_s=90)
    living = asked("audit", "--home", bot.home.root, "--json", "--exchange")
    assert living.exit_code == ExitCode.OK, living.output
    told = orjson.loads(living.stdout)
    assert told["clean"]
    assert told["claims"]["positions, orders and cash are the exchange's"]["proven"] > 0
    assert bot.stop() == 0
    left = audited(bot.home)
    assert not left.violations
    assert left.proven["a closing is the sum of its fills"] >= ROUND_TRIPS
