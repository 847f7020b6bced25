"""The whole daemon on a recording of a real market: what it wrote down is what the recording shows.

And what one process writes that hears the same messages at the same times.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from src.records.features import Features
from src.records.ledger import FillBooked, LedgerEntry
from src.records.simulation import Resolution
from src.simulation.opening import first_window, last_window
from src.store.jsonl import read_all
from src.store.paths import Home
from tests.latency_fakes import without_latency
from tests.parity_daemon import assert_same_records, newest_close
from tests.parity_fakes import Delays, own_window, rehearsed, written
from tests.process.bot import Bot
from tests.simulation_fakes import DAY_S, fresh_home, live, plan_of
from tests.tape_fakes import (
    TAPE_SYMBOLS,
    Levels,
    Message,
    Shown,
    SimpleBook,
    cut_tape,
    millis,
    needs_tape,
)

pytestmark = [needs_tape, pytest.mark.process]

SECONDS = 80
SPEED = 5.0


@dataclass(frozen=True)
class Lived:
    """A bot that lived on a recording to its end, and a little longer; it is stopped, and nobody writes any more."""

    bot: Bot
    tape: Path
    until: float
    """Up to when its records are whole: some windows before its last."""
    stayed_out: tuple[str, ...]
    """Why it would have entered nothing at the end."""

    @property
    def market(self) -> str:
        """Return the recording as the command line names it."""
        return f"tape:{self.tape}"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("lived")
    bot = a_bot(folder / "home")
    tape = cut_tape(folder / "tape.jsonl", seconds=SECONDS)
    try:
        bot.start(f"--market=tape:{tape}")
        bot.until(lambda: "market_ended" in bot.log.read_text(), within_s=60)
        bot.until(lambda: "market_ended" in reasons_to_stay_out(bot), within_s=20)
        ended, why = newest_close(bot), reasons_to_stay_out(bot)
        bot.until(lambda: newest_close(bot) >= ended + 2 * SPEED)
        assert bot.stop() == 0
        yield Lived(bot, tape, newest_close(bot) - SPEED, why)
    finally:
        bot.kill()


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = a_bot(tmp_path / "home")
    yield made
    made.kill()


def a_bot(root: Path) -> Bot:
    made = Bot(root, speed=SPEED, symbols=TAPE_SYMBOLS)
    made.configure(symbols=TAPE_SYMBOLS, leader=TAPE_SYMBOLS[0], window_s=1)
    return made


def test_daemon_shows_a_recorded_market_as_it_was_and_says_when_it_is_over(lived: Lived) -> None:
    bot = lived.bot
    assert "market_ended" in lived.stayed_out
    assert not [line for line in bot.lines(bot.home.supervisor_log) if line["event"] in {"crashed", "hung"}]
    for path in (bot.home.predictive_signals, bot.home.ensemble_predictions, bot.home.decisions):
        assert bot.lines(path), path
    for symbol in TAPE_SYMBOLS:
        followed = Followed(lived.tape, bot.home.market_tape, symbol)
        assert followed.compare_every_second() > SECONDS / 2
        windows = [line for line in read_all(bot.home.windows, Features) if line.symbol == symbol]
        assert followed.compare_windows(windows) > SECONDS / 2
    entries: Iterator[LedgerEntry] = read_all(bot.home.fills, LedgerEntry)
    assert not [entry for entry in entries if isinstance(entry, FillBooked)], "nobody had reason to trade"


def test_a_recorded_market_gives_the_same_records_in_both_shells(lived: Lived, tmp_path: Path) -> None:
    again = rehearsed(lived.bot.home, tmp_path, market=lived.market, speed=SPEED, until=lived.until)
    daemon = written(lived.bot.home, until=lived.until)
    assert_same_records(daemon, written(again, until=lived.until))
    assert len(daemon.features) > SECONDS
    assert len(daemon.decisions) > 50, "few signals prove little"


def test_windows_are_those_of_messages_that_arrive_when_they_are_sent(lived: Lived, tmp_path: Path) -> None:
    assert_windows_of_the_plain_run(lived.bot.home, plain_run(tmp_path, lived.market))


def test_recording_that_is_over_is_refused_with_a_way_out(lived: Lived) -> None:
    assert lived.bot.start(f"--market={lived.market}").process.wait(20) == 2
    said = lived.bot.log.read_text().splitlines()[-1]
    assert "ended at" in said
    assert "--home" in said


def test_recording_with_nothing_of_a_symbol_is_refused_by_name(bot: Bot, tmp_path: Path) -> None:
    tape = cut_tape(tmp_path / "tape.jsonl", seconds=1)
    bot.start(f"--market=tape:{tape}", "--symbols=PF_XBTUSD,PF_SOLUSD")
    try:
        assert bot.process.wait(30) == 2
    except subprocess.TimeoutExpired:
        pytest.fail(bot.log.read_text())
    assert "PF_SOLUSD" in bot.log.read_text()


def reasons_to_stay_out(bot: Bot) -> tuple[str, ...]:
    health = bot.health()
    return () if health is None else health.freeze_reasons


def plain_run(folder: Path, market: str) -> Home:
    """Live a tape in one process, with nothing of a daemon about it: every message arrives when it was sent."""
    home = fresh_home(folder, symbols=TAPE_SYMBOLS, leader=TAPE_SYMBOLS[0], window_s=1)
    without_latency(home)
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
    assert len(shown) > SECONDS
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


class Followed:
    """The bot's own recording of one symbol's book beside the one it was made from.

    The two are joined by their order alone: after a snapshot each of the bot's messages must be the source's next.
    """

    def __init__(self, source: Path, recording: Path, symbol: str) -> None:
        self._source, self._ours = Shown(source, symbol), Shown(recording, symbol)
        self._places = self._joined()

    def compare_every_second(self) -> int:
        """Compare both books at each second of the exchange's stamps; return how many seconds that were."""
        ours, source = SimpleBook(), SimpleBook()
        stamps = [int(str(message["timestamp"])) for message in self._ours.messages]
        first, last = stamps[0] // 1000 + 1, stamps[-1] // 1000
        taken = told_so_far = 0
        for second in range(first, last + 1):
            while taken < len(stamps) and stamps[taken] < second * 1000:
                ours.take(self._ours.messages[taken])
                taken += 1
            while told_so_far < len(self._source.at) and millis(self._source.at[told_so_far]) < second * 1000:
                source.take(self._source.messages[told_so_far])
                told_so_far += 1
            assert _levels(ours) == _levels(source), second
        return last + 1 - first

    def compare_windows(self, windows: list[Features]) -> int:
        """Compare bid, ask and mid of each window with the source's book at its close; return how many had one."""
        book, taken, compared = SimpleBook(), 0, 0
        seen = 0
        for window in sorted(windows, key=lambda line: line.ts):
            while seen < len(self._ours.at) and self._ours.at[seen] < window.ts:
                seen += 1
            if seen in {0, len(self._ours.at)}:
                continue
            while taken <= self._places[seen - 1]:
                book.take(self._source.messages[taken])
                taken += 1
            top = book.top()
            assert (window.bid, window.ask) == (top if top is not None else (None, None)), window.ts
            assert window.mid == (None if top is None else (top[0] + top[1]) / 2)
            compared += top is not None
        return compared

    def _joined(self) -> list[int]:
        """Return for each of the bot's messages which of the source's it is."""
        places: list[int] = []
        for message in self._ours.messages:
            if message["feed"] == "book_snapshot":
                places.append(self._place_of(message))
                continue
            place = places[-1] + 1
            assert _fact(message) == _fact(self._source.messages[place], at=self._source.at[place])
            places.append(place)
        return places

    def _place_of(self, snapshot: Message) -> int:
        wanted, book = SimpleBook(), SimpleBook()
        wanted.take(snapshot)
        for place, message in enumerate(self._source.messages):
            book.take(message)
            if millis(self._source.at[place]) == snapshot["timestamp"] and _levels(book) == _levels(wanted):
                return place
        raise AssertionError(f"the recording never showed this book: {snapshot}")


def _levels(book: SimpleBook) -> tuple[Levels, Levels]:
    return book.levels("buy"), book.levels("sell")


def _fact(message: Message, *, at: float | None = None) -> tuple[object, ...]:
    stamp = message["timestamp"] if at is None else millis(at)
    return message["side"], message["price"], message["qty"], stamp
