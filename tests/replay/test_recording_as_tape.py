"""A bot's recording of the paper exchange, replayed as a market, gives the messages that it was made of.

Two recordings are compared: the bot's of an exchange on the synthetic market, and a second bot's of an exchange that
plays the first. Equal, message by message and in their order: book snapshots, book deltas, trades and tickers with
all that they say, the venue's times among it. Not compared is when each bot's machine received them. Where the first
bot joined an exchange that had been running, ``seq`` begins anew and with it the ``uid`` of trades, a ticker's last
price and day (``last``, ``change``, ``volume``, ``volumeQuote``) are of the trades that the recording holds, and the
book with which it joined is stamped no earlier than the message before it.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from src.exchange.simulator.events import MarketEvent
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.spec import content_hash, market_symbols
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.exchange.simulator.markets.tape import TapeMarket
from tests.direct_fakes import SYMBOLS
from tests.recording_fakes import Message, record

HOUR = 1_789_992_000.0
START = HOUR - 60.0
SECONDS = 90.0
FEEDS = frozenset({"book_snapshot", "book", "trade", "ticker"})
OF_ITS_PAST = frozenset({"seq", "uid", "last", "change", "volume", "volumeQuote"})


@dataclass(frozen=True)
class Twice:
    """The bot's recording, and the recording of its replay."""

    home: Path
    market: SyntheticMarket
    first: list[Message]
    second: list[Message]

    def compared(self, *, without: frozenset[str] = frozenset()) -> tuple[list[Message], list[Message]]:
        """Return both without these fields, the second up to what its exchange says of the recording's end."""
        first, second = (
            [
                {key: value for key, value in message.items() if key not in without}
                for message in messages
                if message["feed"] in FEEDS and not message.get("suspended")
            ]
            for messages in (self.first, self.second)
        )
        return first, second


def recorded_twice(root: Path, *, joins_after_s: float, segment_mib: float) -> Twice:
    market = SyntheticMarket(SYMBOLS, seed=5, start=START, messages_per_s=2.0)
    first = record(
        root / "first",
        market,
        start=START,
        seconds=SECONDS,
        joins_after_s=joins_after_s,
        segment_mib=segment_mib,
    )
    begins = tape_span(root / "first")[0]
    tape = TapeMarket(root / "first", SYMBOLS, start_at=begins)
    second = record(root / "second", tape, start=begins, seconds=SECONDS)
    return Twice(
        root / "first", market, [message for _, message in first], [message for _, message in second]
    )


@pytest.fixture(scope="module")
def from_its_begin(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return recorded_twice(tmp_path_factory.mktemp("begin"), joins_after_s=0.0, segment_mib=64.0)


@pytest.fixture(scope="module")
def joined_later(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return recorded_twice(tmp_path_factory.mktemp("later"), joins_after_s=31.0, segment_mib=0.05)


def test_exchange_recorded_from_its_begin_is_replayed_to_the_last_field(from_its_begin: Twice) -> None:
    first, second = from_its_begin.compared()
    assert second == first
    told = [message["feed"] for message in first]
    assert all(told.count(feed) > 20 for feed in FEEDS - {"book_snapshot"})
    rates = [message["funding_rate"] for message in first if message["feed"] == "ticker"]
    assert len(set(rates)) == 2 * len(SYMBOLS), "the recording goes over a full hour"


def test_exchange_joined_later_is_replayed_but_for_what_lies_before(joined_later: Twice) -> None:
    first, second = joined_later.compared(without=OF_ITS_PAST)
    joined = [message for message in first if message["feed"] == "book_snapshot"]
    assert len(joined) == len(SYMBOLS)
    assert first[: len(joined)] == joined, "nobody joins a second time"
    assert [_unstamped(message) for message in second[: len(joined)]] == [_unstamped(m) for m in joined]
    assert second[len(joined) :] == first[len(joined) :]
    whole, _ = joined_later.compared()
    assert all(message["seq"] != 1 for message in whole[: len(joined)])


def _unstamped(message: Message) -> Message:
    return {key: value for key, value in message.items() if key != "timestamp"}


def test_end_of_a_recording_is_told_as_a_suspended_market(from_its_begin: Twice) -> None:
    told = [message for message in from_its_begin.second if message["feed"] in FEEDS]
    after = told[len(from_its_begin.compared()[0]) :]
    assert after
    assert all(message["feed"] == "ticker" and message["suspended"] for message in after)


@pytest.mark.parametrize("name", ["from_its_begin", "joined_later"])
def test_second_bot_is_answered_as_the_first_was(name: str, request: pytest.FixtureRequest) -> None:
    twice: Twice = request.getfixturevalue(name)
    first, second = (
        {
            (message["feed"], message["product_id"], message.get("resolution_s"), len(rows)): rows
            for message in messages
            if isinstance(rows := message.get("bars", message.get("hours")), list)
        }
        for messages in (twice.first, twice.second)
    )
    candles = {key: rows for key, rows in first.items() if key[0] == "polled_candles"}
    assert len(candles) == 3 * len(SYMBOLS)
    for (_, _, resolution_s, _), rows in candles.items():
        told = next(other for other in second.values() if other[0] == rows[0])
        closed = [row for row in rows if row[0] + resolution_s <= START]
        assert told[: len(closed)] == closed
    for key, rows in first.items():
        if key[0] == "polled_funding":
            told = next(other for known, other in second.items() if known[:2] == key[:2])
            assert told == rows[-len(told) :]
            assert len(rows) - len(told) <= 2, "hours that no recorded price reaches back to"


def test_contracts_of_a_recording_are_those_that_were_recorded(from_its_begin: Twice) -> None:
    assert TapeMarket(from_its_begin.home, SYMBOLS).instruments() == from_its_begin.market.instruments()
    assert market_symbols(f"tape:{from_its_begin.home}") == tuple(sorted(SYMBOLS))


def played(path: Path) -> list[MarketEvent]:
    return TapeMarket(path, SYMBOLS).step(HOUR + SECONDS)


def test_recording_is_named_by_its_home_its_folder_its_file_or_its_first_segment(joined_later: Twice) -> None:
    folder = joined_later.home / "feature_store" / "tape"
    segments = sorted(folder.glob("market.jsonl.0*"))
    assert len(segments) > 5
    assert segments[0].suffix == ".gz"
    whole = played(joined_later.home)
    for path in (folder, folder / "market.jsonl", segments[0]):
        assert played(path) == whole
        assert tape_span(path) == tape_span(joined_later.home)
        assert content_hash(f"tape:{path}") == content_hash(f"tape:{joined_later.home}")


def test_from_a_later_segment_on_the_rest_is_played(joined_later: Twice) -> None:
    folder = joined_later.home / "feature_store" / "tape"
    later = sorted(folder.glob("market.jsonl.0*"))[-2]
    rest = played(later)
    assert 0 < len(rest) < len(played(folder))
    assert rest == played(folder)[-len(rest) :]
    assert content_hash(f"tape:{later}") != content_hash(f"tape:{folder}")


def test_bars_of_a_recording_are_known_when_they_close_and_not_before(from_its_begin: Twice) -> None:
    tape = TapeMarket(from_its_begin.home, SYMBOLS, start_at=START + 0.5)
    lived = from_its_begin.market
    for now in (START + 1.0, HOUR - 1.0, HOUR + 20.0):
        tape.step(now)
        for resolution_s in (60, 900, 3600):
            known = tape.candles(
                SYMBOLS[0], kind="trade", resolution_s=resolution_s, start=HOUR - 86_400, end=HOUR + 86_400
            )
            meant = lived.candles(
                SYMBOLS[0], kind="trade", resolution_s=resolution_s, start=HOUR - 86_400, end=HOUR + 86_400
            )
            closed = [bar for bar in meant if bar.ts + resolution_s <= now]
            assert known[: len(closed)] == closed
            assert len(known) <= len(closed) + 1
            assert all(bar.ts < now for bar in known)
