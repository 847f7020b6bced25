"""What a bot's recording holds beside books and trades: the venue's stamps, tickers, answers, older segments."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Condition,
    FundingPoint,
    Reference,
)
from src.exchange.simulator.markets.errors import TapeError
from src.exchange.simulator.markets.recording import read_tape, tape_span
from src.exchange.simulator.markets.recording_files import recording_files
from src.exchange.simulator.markets.tape import TapeMarket
from tests.simulator_market_fakes import snapshot_line, trade_line, write_tape

XBT = "PF_XBTUSD"
HOUR = 1_789_992_000.0
BOOK = snapshot_line(HOUR, XBT, [(99.5, 1.0)], [(100.5, 1.0)])


def line(at: float, feed: str, **message: object) -> str:
    return json.dumps({"received_at": at, "message": {"feed": feed, "product_id": XBT, **message}})


def delta(at: float, *, stamp: float | None = None) -> str:
    told = {} if stamp is None else {"timestamp": round(stamp * 1000)}
    return line(at, "book", side="buy", price=99.0, qty=1.0, **told)


def ticker(at: float, **values: object) -> str:
    return line(at, "ticker", time=round(at * 1000), **values)


@pytest.mark.parametrize(
    ("received_after_s", "stamped_after_s", "happened_after_s"),
    [
        (5.25, 5.0, 5.0),  # on its way for a quarter of a second
        (5.0, 6.27, 5.0),  # a stamp ahead of our clock is of no use
        (200.0, 5.0, 200.0),  # nor is one that came a minute too late
        (5.0, None, 5.0),
    ],
)
def test_event_happens_at_the_venues_stamp_where_that_is_sound(
    tmp_path: Path, received_after_s: float, stamped_after_s: float | None, happened_after_s: float
) -> None:
    stamp = None if stamped_after_s is None else HOUR + stamped_after_s
    path = write_tape(tmp_path / "t.jsonl", [BOOK, delta(HOUR + received_after_s, stamp=stamp)])
    assert [event.ts for event in read_tape(path)] == [HOUR, HOUR + happened_after_s]


def test_stamps_never_run_backwards(tmp_path: Path) -> None:
    lines = [BOOK, delta(HOUR + 5, stamp=HOUR + 4), delta(HOUR + 5, stamp=HOUR + 3)]
    assert [event.ts - HOUR for event in read_tape(write_tape(tmp_path / "t.jsonl", lines))] == [0, 4, 4]


def test_tickers_are_the_reference_and_the_mid_is_not(tmp_path: Path) -> None:
    lines = [
        BOOK,
        ticker(HOUR + 1, markPrice=101.0, index=100.0, funding_rate=0.5, openInterest=7.0),
        ticker(HOUR + 2, bid=1.0, ask=2.0),
        delta(HOUR + 5),
    ]
    market = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,))
    events = market.step(HOUR + 10)
    told = Reference(HOUR + 1, XBT, 101.0, 100.0, 0.5, None, 7.0)
    assert [event for event in events if isinstance(event, Reference)] == [told]
    assert market.begin(HOUR + 10) == [
        BookSnapshot(HOUR + 5, XBT, ((99.5, 1.0), (99.0, 1.0)), ((100.5, 1.0),)),
        told,
    ]
    bars = {
        kind: market.candles(XBT, kind=kind, resolution_s=60, start=0, end=2e9) for kind in ("mark", "spot")
    }
    assert [bar.close for bar in bars["mark"]] == [101.0]
    assert [bar.close for bar in bars["spot"]] == [100.0]


def test_halt_is_told_when_the_tickers_tell_it_and_to_whoever_begins_later(tmp_path: Path) -> None:
    lines = [
        BOOK,
        ticker(HOUR + 1, markPrice=1.0, index=1.0, suspended=False, post_only=False),
        ticker(HOUR + 2, markPrice=1.0, index=1.0, suspended=True, post_only=False),
        ticker(HOUR + 3, markPrice=1.0, index=1.0, suspended=True, post_only=False),
        ticker(HOUR + 4, suspended=False, post_only=True),
        ticker(HOUR + 5, suspended=False, post_only=False),
    ]
    market = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,))
    halted = Condition(HOUR + 2, XBT, suspended=True, post_only=False)
    assert [event for event in market.step(HOUR + 3.5) if isinstance(event, Condition)] == [halted]
    assert halted in market.begin(HOUR + 3.5)
    assert [event for event in market.step(HOUR + 9) if isinstance(event, Condition)] == [
        Condition(HOUR + 4, XBT, suspended=False, post_only=True),
        Condition(HOUR + 5, XBT, suspended=False, post_only=False),
    ]


def test_symbol_with_tickers_alone_does_not_trade(tmp_path: Path) -> None:
    lines = [ticker(HOUR, markPrice=1.0, index=1.0), BOOK.replace(XBT, "PF_ETHUSD")]
    path = write_tape(tmp_path / "t.jsonl", lines)
    with pytest.raises(TapeError, match="no PF_XBTUSD; it has PF_ETHUSD"):
        TapeMarket(path, (XBT,))
    assert TapeMarket(path, ("PF_ETHUSD",)).instruments()[0].tick_size == Decimal("0.1")


def answered(tmp_path: Path) -> TapeMarket:
    """Return a market whose bot asked ten seconds after the hour for minutes and quarters, and later again."""
    minutes = [(HOUR - 60, 10, 12, 9, 11, 3), (HOUR, 11, 11, 11, 11, 1)]
    quarters = [(HOUR - 1800, 8, 9, 7, 8, 20), (HOUR - 900, 8, 12, 8, 11, 40)]
    lines = [
        BOOK,
        trade_line(HOUR + 5, XBT, "buy", 11.0, 1.0),
        line(HOUR + 10, "polled_candles", resolution_s=60, bars=minutes),
        line(HOUR + 10, "polled_candles", resolution_s=900, bars=quarters),
        line(HOUR + 10, "polled_funding", hours=[(HOUR - 7200, 0.001), (HOUR, 0.002), (HOUR + 3600, 9.0)]),
        trade_line(HOUR + 20, XBT, "buy", 13.0, 2.0),
        line(HOUR + 120, "polled_candles", resolution_s=60, bars=[(HOUR, 11, 14, 11, 13, 5)]),
        delta(HOUR + 200),
    ]
    return TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,))


def bars(market: TapeMarket, resolution_s: int) -> list[Candle]:
    return market.candles(XBT, kind="trade", resolution_s=resolution_s, start=HOUR - 3600, end=HOUR + 3600)


def test_bars_before_the_recording_are_those_that_its_bot_was_told(tmp_path: Path) -> None:
    market = answered(tmp_path)
    assert bars(market, 60) == [Candle(HOUR - 60, 10, 12, 9, 11, 3)]
    assert bars(market, 900) == [Candle(HOUR - 1800, 8, 9, 7, 8, 20), Candle(HOUR - 900, 8, 12, 8, 11, 40)]
    assert bars(market, 3600) == [Candle(HOUR - 3600, 8, 12, 7, 11, 60)]


def test_forming_bar_is_what_was_seen_until_it_closes_as_the_venue_told_it(tmp_path: Path) -> None:
    market = answered(tmp_path)
    market.step(HOUR + 30)
    assert bars(market, 60)[-1] == Candle(HOUR, 11, 13, 11, 13, 3)
    market.step(HOUR + 60)
    assert bars(market, 60)[-1] == Candle(HOUR, 11, 14, 11, 13, 5)
    assert bars(market, 900)[-1] == Candle(HOUR, 11, 14, 11, 13, 5)


def test_funding_is_known_from_its_hour_on_at_the_price_that_the_hour_began_with(tmp_path: Path) -> None:
    market = answered(tmp_path)
    known = market.funding_history(XBT, until=2e9)
    assert known == [], "no price reaches back so far, and none of an hour that was not over when it was told"
    lines = [
        BOOK,
        ticker(HOUR + 1, markPrice=101.0, index=100.0, funding_rate=0.5),
        line(HOUR + 9, "polled_candles", resolution_s=900, bars=[(HOUR - 3600, 90, 90, 90, 90, 1)]),
        line(HOUR + 10, "polled_funding", hours=[(HOUR, 0.001)]),
        line(HOUR + 3700, "polled_funding", hours=[(HOUR + 3600, 0.005)]),
        delta(HOUR + 3800),
    ]
    market = TapeMarket(write_tape(tmp_path / "u.jsonl", lines), (XBT,))
    assert market.funding_history(XBT, until=2e9) == [FundingPoint(HOUR, 0.001 * 90, 0.001)]
    market.step(HOUR + 3650)
    assert market.funding_history(XBT, until=2e9)[1:] == [FundingPoint(HOUR + 3600, 0.5, 0.005)]
    assert len(market.funding_history(XBT, until=HOUR + 10)) == 1


def test_answer_without_its_facts_is_named(tmp_path: Path) -> None:
    for broken in (
        '{"received_at": 1, "message": {"feed": "polled_funding", "hours": []}}',
        line(1.0, "polled_candles", resolution_s=61, bars=[]),
        line(1.0, "polled_candles", resolution_s=60, bars=[[1, 2, 3]]),
        ticker(1.0, markPrice=-1.0, index=1.0),
    ):
        with pytest.raises(TapeError, match="line 2"):
            TapeMarket(write_tape(tmp_path / "t.jsonl", [BOOK, broken]), (XBT,))


@pytest.fixture
def segments(tmp_path: Path) -> list[Path]:
    """Three segments of a home, the oldest compressed, the newest still being written."""
    folder = tmp_path / "feature_store" / "tape"
    folder.mkdir(parents=True)
    oldest, middle, newest = (folder / f"market.jsonl{end}" for end in (".000009.gz", ".000010", ""))
    oldest.write_bytes(gzip.compress(f"{BOOK}\n".encode()))
    write_tape(middle, [delta(HOUR + 1)])
    newest.write_text(f"{delta(HOUR + 2)}\n{BOOK[:30]}")
    write_tape(folder / "windows.jsonl", ["{}"])
    return [oldest, middle, newest]


def test_segments_are_read_in_their_order_by_any_name(tmp_path: Path, segments: list[Path]) -> None:
    for path in (tmp_path, tmp_path / "feature_store" / "tape", segments[2], segments[0]):
        assert recording_files(path) == tuple(segments)
        assert [event.ts - HOUR for event in read_tape(path)] == [0, 1, 2]
        assert tape_span(path) == (HOUR, HOUR + 2)
    assert recording_files(segments[1]) == tuple(segments[1:])
    assert [type(event) for event in read_tape(segments[1])] == [BookDelta, BookDelta]


def test_segment_in_both_forms_is_read_once(tmp_path: Path, segments: list[Path]) -> None:
    segments[1].with_name("market.jsonl.000010.gz").write_bytes(b"half compressed")
    assert recording_files(tmp_path) == tuple(segments)


def test_just_rotated_recording_ends_with_its_last_segment(tmp_path: Path, segments: list[Path]) -> None:
    segments[2].write_bytes(b"")
    assert tape_span(tmp_path) == (HOUR, HOUR + 1)
    segments[2].unlink()
    assert tape_span(tmp_path) == (HOUR, HOUR + 1)


def test_line_torn_in_the_middle_of_a_recording_is_a_fault(tmp_path: Path, segments: list[Path]) -> None:
    segments[1].write_text(BOOK[:30])
    with pytest.raises(TapeError, match=r"market.jsonl.000010, line 1"):
        TapeMarket(tmp_path, (XBT,))


def test_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="holds no recording"):
        recording_files(tmp_path)
