"""The whole daemon on a recording of a real market: what it wrote down is what the recording shows."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from src.records.features import Features
from src.records.ledger import FillBooked, LedgerEntry
from src.store.jsonl import read_all
from tests.process.bot import Bot
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

SECONDS = 75
SPEED = 5.0


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    made = Bot(tmp_path / "home", speed=SPEED, symbols=TAPE_SYMBOLS)
    made.configure(window_s=1)
    yield made
    made.kill()


def test_daemon_shows_a_recorded_market_as_it_was_and_says_when_it_is_over(bot: Bot, tmp_path: Path) -> None:
    tape = cut_tape(tmp_path / "tape.jsonl", seconds=SECONDS)
    market = f"--market=tape:{tape}"
    bot.start(market)
    bot.until(lambda: "market_ended" in bot.log.read_text(), within_s=60)
    bot.until(lambda: "market_ended" in reasons_to_stay_out(bot), within_s=20)
    assert bot.stop() == 0
    assert not [line for line in bot.lines(bot.home.supervisor_log) if line["event"] in {"crashed", "hung"}]

    for path in (bot.home.predictive_signals, bot.home.ensemble_predictions, bot.home.decisions):
        assert bot.lines(path), path
    for symbol in TAPE_SYMBOLS:
        followed = Followed(tape, bot.home.market_tape, symbol)
        assert followed.compare_every_second() > SECONDS / 2
        windows = [line for line in read_all(bot.home.windows, Features) if line.symbol == symbol]
        assert followed.compare_windows(windows) > SECONDS / 2
    entries: Iterator[LedgerEntry] = read_all(bot.home.fills, LedgerEntry)
    assert not [entry for entry in entries if isinstance(entry, FillBooked)], "nobody had reason to trade"

    again = bot.start(market).process
    assert again.wait(20) == 2
    said = bot.log.read_text().splitlines()[-1]
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
