"""Recordings: streamed, never ahead of their time, nothing made up, faults named with their line."""

import gzip
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketEnded, MarketTrade, Reference
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.exchange.simulator.markets.errors import TapeError
from src.exchange.simulator.markets.recording import tape_span
from src.exchange.simulator.markets.tape import TapeMarket
from tests.simulator_market_fakes import book_line, snapshot_line, trade_line, write_tape

XBT, ETH = "PF_XBTUSD", "PF_ETHUSD"
LINES = [
    snapshot_line(100.0, XBT, [(99.5, 1.0), (99.0, 2.0)], [(100.0, 1.0), (100.5, 2.0)]),
    snapshot_line(100.2, ETH, [(10.01, 5.0)], [(10.02, 5.0)]),
    trade_line(100.5, XBT, "buy", 100.0, 0.25),
    book_line(100.5, XBT, "sell", 100.0, 0.75),
    book_line(101.0, XBT, "sell", 100.0, 0.0),
    trade_line(130.0, ETH, "sell", 10.01, 1.5, kind="liquidation"),
    book_line(165.0, XBT, "buy", 99.7, 0.125),
]


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return write_tape(tmp_path / "tape.jsonl", LINES)


def test_events_come_at_the_time_they_were_received(tape: Path) -> None:
    market = TapeMarket(tape, (XBT,))
    assert market.begin(99.0) == []
    first = market.step(100.5)
    assert [type(event) for event in first] == [BookSnapshot, Reference, MarketTrade, BookDelta]
    assert [event.ts for event in first] == [100.0, 100.0, 100.5, 100.5]
    assert market.step(100.9) == []
    moved = market.step(101.0)
    assert moved[0] == BookDelta(101.0, XBT, "sell", 100.0, 0.0)
    assert moved[1] == Reference(101.0, XBT, 100.0, 100.0, None, None, None)


def test_other_symbols_are_left_out(tape: Path) -> None:
    events = TapeMarket(tape, (ETH,)).step(1000.0)
    assert {event.symbol for event in events if not isinstance(event, MarketEnded)} == {ETH}


def test_the_end_is_told_once(tape: Path) -> None:
    market = TapeMarket(tape, (XBT, ETH))
    assert market.step(164.9)[-1] != MarketEnded(165.0)
    assert market.step(170.0)[-1] == MarketEnded(165.0)
    assert market.step(171.0) == []


def test_a_start_in_the_middle_shows_the_book_as_it_was(tape: Path) -> None:
    market = TapeMarket(tape, (XBT,), start_at=102.0)
    shown, reference = market.begin(102.0)
    assert shown == BookSnapshot(101.0, XBT, ((99.5, 1.0), (99.0, 2.0)), ((100.5, 2.0),))
    assert isinstance(reference, Reference)
    assert reference.mark == 100.0
    assert market.step(200.0)[0] == BookDelta(165.0, XBT, "buy", 99.7, 0.125)


def test_a_start_after_the_end_says_so(tape: Path) -> None:
    assert TapeMarket(tape, (XBT,), start_at=500.0).begin(500.0)[-1] == MarketEnded(165.0)


def test_mark_is_told_at_most_once_a_second(tmp_path: Path) -> None:
    lines = [LINES[0]] + [
        book_line(100.0 + place / 10, XBT, "buy", 99.5 + 0.001 * place, 1.0) for place in range(50)
    ]
    events = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,)).step(200.0)
    told = [event.ts for event in events if isinstance(event, Reference)]
    assert len(told) >= 3
    assert min(later - sooner for sooner, later in pairwise(told)) >= 1.0


def test_candles_never_know_more_than_was_shown(tape: Path) -> None:
    market = TapeMarket(tape, (XBT, ETH), start_at=101.0)
    candles = market.candles(XBT, kind="trade", resolution_s=60, start=0.0, end=1e9)
    assert [(candle.ts, candle.close, candle.volume) for candle in candles] == [(60.0, 100.0, 0.25)]
    assert market.candles(ETH, kind="trade", resolution_s=60, start=0.0, end=1e9) == []
    market.step(1000.0)
    assert len(market.candles(ETH, kind="trade", resolution_s=60, start=0.0, end=1e9)) == 1
    assert market.candles(ETH, kind="trade", resolution_s=60, start=0.0, end=100.0) == []
    assert market.candles(XBT, kind="mark", resolution_s=60, start=0.0, end=1e9)[0].open == 99.75


@pytest.mark.parametrize("kept", range(1, len(LINES) + 1))
def test_what_follows_changes_nothing_before_it(tmp_path: Path, tape: Path, kept: int) -> None:
    cut = write_tape(tmp_path / "cut.jsonl", LINES[:kept])
    symbols = (XBT,)
    _, until = tape_span(cut)
    whole, short = TapeMarket(tape, symbols), TapeMarket(cut, symbols)
    before = [event for event in whole.step(until) if event.ts < until]
    assert [event for event in short.step(until) if event.ts < until] == before


def test_nothing_that_was_not_recorded_is_made_up(tape: Path) -> None:
    market = TapeMarket(tape, (XBT,))
    for event in market.step(1000.0):
        if isinstance(event, Reference):
            assert (event.funding_rate, event.funding_rate_prediction, event.open_interest) == (
                None,
                None,
                None,
            )
    assert market.funding_history(XBT, until=1e9) == []
    market.taken(XBT, "buy", price=100.0, size=1.0)
    with pytest.raises(UnknownInstrumentError):
        market.taken("PF_SOLUSD", "buy", price=100.0, size=1.0)


def test_instruments_are_as_fine_as_the_recording(tmp_path: Path) -> None:
    lines = [
        snapshot_line(1.0, XBT, [(61800.2, 2.90901)], [(61800.3, 1.0)]),
        trade_line(2.0, "PF_NEWUSD", "buy", 3e-06, 7),
    ]
    xbt, new = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT, "PF_NEWUSD")).instruments()
    assert (xbt.tick_size, xbt.size_decimals, xbt.base) == (Decimal("0.1"), 5, "BTC")
    assert (new.tick_size, new.size_decimals, new.base) == (Decimal("0.000001"), 0, "NEW")


def test_no_mark_without_a_sound_book(tmp_path: Path) -> None:
    lines = [snapshot_line(1.0, XBT, [(100.0, 1.0)], []), book_line(3.0, XBT, "sell", 99.0, 1.0)]
    events = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,)).step(10.0)
    assert not any(isinstance(event, Reference) for event in events)


def test_time_never_runs_backwards(tmp_path: Path) -> None:
    lines = [LINES[0], trade_line(90.0, XBT, "buy", 100.0, 1.0)]
    events = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,)).step(200.0)
    assert [event.ts for event in events] == [100.0] * len(events)


def test_gzip_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(LINES).encode()))
    assert tape_span(path) == (100.0, 165.0)
    assert len(TapeMarket(path, (XBT, ETH)).step(1000.0)) > len(LINES)


def test_lines_of_other_feeds_are_passed_over(tmp_path: Path) -> None:
    lines = [
        '{"received_at": 1.0, "message": {"event": "info", "version": 1}}',
        *LINES,
        '{"received_at": 300.0, "message": {"feed": "heartbeat", "time": 5}}',
    ]
    market = TapeMarket(write_tape(tmp_path / "t.jsonl", lines), (XBT,))
    assert market.step(400.0)[-1] == MarketEnded(165.0)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 2"),
        ('{"received_at": "x", "message": {}}', "line 2"),
        (
            '{"received_at": 101, "message": {"feed": "book", "side": "buy", "price": 1, "qty": 1}}',
            "product_id",
        ),
        (
            '{"received_at": 101, "message": {"feed": "book", "product_id": "PF_XBTUSD", "price": 1, "qty": 1}}',
            "side",
        ),
        (book_line(101.0, XBT, "buy", -1.0, 1.0), "price must be"),
        (book_line(101.0, XBT, "buy", 0.0, 1.0), "more than 0"),
        (book_line(101.0, XBT, "up", 1.0, 1.0), "line 2"),
        (book_line(101.0, XBT, "buy", 1.0, -1.0), "qty must be"),
        (
            '{"received_at": 101, "message": {"feed": "book_snapshot", "product_id": "PF_XBTUSD", "bids": []}}',
            "asks",
        ),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    path = write_tape(tmp_path / "t.jsonl", [LINES[0], line, LINES[2]])
    with pytest.raises(TapeError, match="line 2") as caught:
        TapeMarket(path, (XBT,))
    assert fault in str(caught.value)


def test_a_last_line_torn_while_it_was_written_ends_the_tape(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "t.jsonl", LINES)
    path.write_text(path.read_text() + LINES[0][:40])
    assert tape_span(path) == (100.0, 165.0)
    assert TapeMarket(path, (XBT,)).step(1000.0)[-1] == MarketEnded(165.0)


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_tape_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    for attempt in (lambda: tape_span(path), lambda: TapeMarket(path, (XBT,))):
        with pytest.raises(TapeError, match=r"empty|no market data"):
            attempt()


def test_a_missing_a_foreign_and_a_cut_off_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TapeError, match="cannot be read"):
        tape_span(tmp_path / "none.jsonl")
    foreign = tmp_path / "foreign.jsonl.gz"
    foreign.write_bytes(b"not gzip at all\n")
    with pytest.raises(TapeError, match="cannot be read"):
        tape_span(foreign)
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress("\n".join(LINES).encode())[:-20])
    with pytest.raises(TapeError, match="cut off"):
        TapeMarket(cut, (XBT,))


def test_a_symbol_the_tape_lacks_is_named_with_what_it_has(tape: Path) -> None:
    with pytest.raises(TapeError, match=r"no PF_SOLUSD; it has PF_ETHUSD, PF_XBTUSD"):
        TapeMarket(tape, (XBT, "PF_SOLUSD"))
