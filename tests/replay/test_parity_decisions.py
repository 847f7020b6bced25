"""The daemon and the stepped shell decide alike: the same market, heard at the same times, gives the same records.

Only what tells the time of writing may differ: ``recorded_at``, and a decision's ``ts`` with the two ages that are
measured from it, and the number of its line of facts (how many signals the gate found together). A gate that is asked so late that the next window is already there may see that one; such
decisions are told apart by the ages that they measured. So are those that were asked for before the daemon's desk
had its first answer from the exchange. Both must be few.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from src.records.features import Features
from src.records.predictions import Prediction
from src.records.simulation import Resolution
from src.simulation.opening import first_window, last_window
from src.store.jsonl import read_all, read_tail
from src.store.paths import Home
from tests.parity_fakes import (
    Delays,
    Written,
    is_late,
    is_unready,
    own_window,
    rehearsed,
    timeless,
    without_market,
    written,
)
from tests.process.bot import SYMBOLS, Bot
from tests.simulation_fakes import DAY_S, fresh_home, live, plan_of
from tests.tape_fakes import TAPE_SYMBOLS, cut_tape, needs_tape

pytestmark = pytest.mark.process

TAPE_SECONDS = 110
TAPE_SPEED = 5.0
HOUR_S = 3600.0
EXCUSED_SHARE = 0.2
FREEZE = "a rehearsal: nothing is to be entered"


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    started: list[Bot] = []
    yield started
    for bot in started:
        bot.kill()


def frozen_bot(root: Path, *, speed: float, symbols: tuple[str, ...], window_s: int) -> Bot:
    """Return a bot that decides on everything and enters nothing, so that it never holds a position."""
    bot = Bot(root, speed=speed, symbols=symbols)
    bot.configure(symbols=symbols, leader=symbols[0], window_s=window_s)
    bot.home.freeze_flag.write_text(FREEZE)
    return bot


def newest_close(bot: Bot) -> float:
    """Return the close of the newest window, -inf before the first."""
    if not bot.home.windows.exists():
        return -math.inf
    newest: list[Features] = read_tail(bot.home.windows, Features, 1)
    return newest[0].ts if newest else -math.inf


def assert_same_records(daemon: Written, stepped: Written) -> None:
    """Compare all that both wrote; a decision in another situation is compared without what it rested on there."""
    assert stepped.features == daemon.features
    assert stepped.signals == daemon.signals
    assert stepped.predictions == daemon.predictions
    assert stepped.decisions.keys() == daemon.decisions.keys() == daemon.signal_ids()
    excused = 0
    for signal_id, decision in daemon.decisions.items():
        elsewhere = is_late(decision) or is_unready(decision)
        told = without_market if elsewhere else timeless
        assert told(stepped.decisions[signal_id]) == told(decision), signal_id
        excused += elsewhere
    assert excused <= EXCUSED_SHARE * len(daemon.decisions)


@needs_tape
def test_a_recorded_market_gives_the_same_records_in_both_shells(tmp_path: Path, bots: list[Bot]) -> None:
    tape = cut_tape(tmp_path / "tape.jsonl", seconds=TAPE_SECONDS)
    market = f"tape:{tape}"
    bot = frozen_bot(tmp_path / "daemon", speed=TAPE_SPEED, symbols=TAPE_SYMBOLS, window_s=1)
    bots.append(bot.start(f"--market={market}"))
    bot.until(lambda: "market_ended" in bot.log.read_text())
    ended = newest_close(bot)
    bot.until(lambda: newest_close(bot) >= ended + 2 * TAPE_SPEED)
    assert bot.stop() == 0

    until = newest_close(bot) - TAPE_SPEED
    again = rehearsed(bot.home, tmp_path / "again", market=market, speed=TAPE_SPEED, until=until)
    daemon = written(bot.home, until=until)
    assert_same_records(daemon, written(again, until=until))
    assert len(daemon.features) > TAPE_SECONDS
    assert len(daemon.decisions) > 50, "few signals prove little"

    assert_windows_of_the_plain_run(bot.home, plain_run(tmp_path / "plain", market))


def plain_run(folder: Path, market: str) -> Home:
    """Live a tape in one process, with nothing of a daemon about it: every message arrives when it was sent."""
    home = fresh_home(folder, symbols=TAPE_SYMBOLS, leader=TAPE_SYMBOLS[0], window_s=1)
    home.freeze_flag.write_text(FREEZE)
    start = first_window(market, None, window_s=1)
    end = last_window(market, start, days=None, window_s=1)
    live(
        plan_of(
            home,
            days=(end - start) / DAY_S,
            market=market,
            start=start,
            resolution=Resolution.MESSAGES,
        )
    )
    return home


def assert_windows_of_the_plain_run(daemon: Home, plain: Home) -> None:
    """Compare each window's own messages; one that differs must have had a message on its way at a boundary.

    What the daemon's window lacks of trades is what was on its way at its close, to the last one.
    """
    heard, sent = (
        {(line.symbol, line.ts): line for line in read_all(home.windows, Features)}
        for home in (daemon, plain)
    )
    last = max(ts for _, ts in sent)
    shown = sorted(
        key for key, line in heard.items() if key[1] <= last and "partial_window" not in line.incomplete
    )
    assert len(shown) > TAPE_SECONDS
    assert set(shown) <= sent.keys()
    delays = Delays(daemon, window_s=1)
    differ = {key for key in shown if own_window(heard[key]) != own_window(sent[key])}
    assert differ <= delays.touched
    for symbol in TAPE_SYMBOLS:
        closes = [ts for name, ts in shown if name == symbol]
        assert closes == [closes[0] + number for number in range(len(closes))]
        still_to_come = delays.trades[symbol, closes[0] - 1]
        for ts in closes:
            still_to_come += sent[symbol, ts].sums.trades - heard[symbol, ts].sums.trades
            assert still_to_come == delays.trades[symbol, ts] or (symbol, ts) in delays.uncertain


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
    """Run the daemon for some hours of the market, rehearse what it heard, compare; return what it wrote."""
    bot = frozen_bot(folder / "daemon", speed=speed, symbols=SYMBOLS, window_s=60)
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
