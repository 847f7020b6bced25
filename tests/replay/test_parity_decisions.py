"""The daemon and the stepped shell decide alike: the same market, heard at the same times, gives the same records.

What may differ is told by ``tests/parity_daemon.py``.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from src.records.predictions import Prediction
from tests.parity_daemon import assert_same_records, newest_close
from tests.parity_fakes import Written, rehearsed, written
from tests.process.bot import SYMBOLS, Bot

pytestmark = pytest.mark.process

HOUR_S = 3600.0
FREEZE = "a rehearsal: nothing is to be entered"


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    started: list[Bot] = []
    yield started
    for bot in started:
        bot.kill()


@pytest.mark.timeout(180)
def test_an_hour_of_the_synthetic_market_gives_the_same_records_in_both_shells(
    tmp_path: Path, bots: list[Bot]
) -> None:
    assert_synthetic_parity(tmp_path, bots, hours=1.0, speed=120.0)


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_predictions_agree_once_there_are_outcomes_to_learn_from(tmp_path: Path, bots: list[Bot]) -> None:
    daemon = assert_synthetic_parity(tmp_path, bots, hours=2.0, speed=60.0)
    assert msgspec.json.decode(daemon.predictions[-1], type=Prediction).evidence > 50


def assert_synthetic_parity(folder: Path, bots: list[Bot], *, hours: float, speed: float) -> Written:
    """Run the daemon for some hours, rehearse what it heard, compare; return what it wrote.

    It decides on everything and enters nothing, so that it never holds a position.
    """
    bot = Bot(folder / "daemon", speed=speed)
    bot.configure(symbols=SYMBOLS, leader=SYMBOLS[0], window_s=60)
    bot.home.freeze_flag.write_text(FREEZE)
    bots.append(bot.start())
    bot.until(lambda: newest_close(bot) > 0)
    until = newest_close(bot) + hours * HOUR_S
    bot.until(lambda: newest_close(bot) >= until + 3 * 60, within_s=hours * HOUR_S / speed + 60)
    assert bot.stop() == 0

    again = rehearsed(bot.home, folder / "again", market="synthetic", speed=speed, until=until)
    daemon = written(bot.home, until=until)
    assert_same_records(daemon, written(again, until=until))
    assert len(daemon.features) >= hours * 60 * len(SYMBOLS)
    assert len(daemon.decisions) > 100 * hours
    return daemon
