"""The feature builder on a market that counts in windows, against the same market told in messages."""

import math
import random
from collections.abc import Sequence

import msgspec
import pytest

from src.market.closed_window import NO_TRADES, PARTIAL_WINDOW, ClosedWindow
from src.market.feature_builder import FeatureBuilder
from src.market.feature_line import Close
from src.market.quotes import Bar, FundingHour
from src.market.wire import Decoder, WireEvent
from src.records.features import Features
from tests.market_fakes import (
    START,
    SYMBOLS,
    Collected,
    delta,
    kept,
    make_builder,
    random_market,
    seed_history,
    snapshot,
)
from tests.window_fakes import told, window

BTC, ETH, SOL = SYMBOLS
Told = list[tuple[float, list[ClosedWindow]]]


def fed(market: Sequence[tuple[float, list[ClosedWindow]]], *, window_s: float = 60.0) -> list[Features]:
    collected = Collected()
    builder = make_builder(collected, window_s=window_s)
    for ts, windows in market:
        builder.on_windows(ts, windows)
    return collected.lines


def one(*, faults: frozenset[str] = frozenset(), symbols: Sequence[str] = SYMBOLS) -> list[Features]:
    rng = random.Random(1)
    windows = [window(symbol, 100.0, rng, faults=faults) for symbol in symbols]
    return fed([(START + 60, windows)])


def overheard(builder: FeatureBuilder, monkeypatch: pytest.MonkeyPatch, window_s: float) -> Told:
    """Return a list that fills with the windows that a builder of messages closes."""
    heard: Told = []
    assembler = builder._assembler
    close_windows = assembler.close

    def listen(close: Close, windows: Sequence[ClosedWindow]) -> list[Features]:
        inside = [close.ts - back for back in range(int(window_s) - 1, 0, -1)]
        ends = [end for end in inside if end % 60 == 0]
        rows = {end: assembler.series.minutes.row(end) for end in ends}
        heard.append(
            (
                close.ts,
                [
                    msgspec.structs.replace(
                        closed,
                        minute_mids=tuple(
                            (end, row[column]) for end, row in rows.items() if not math.isnan(row[column])
                        ),
                    )
                    for column, closed in enumerate(windows)
                ],
            )
        )
        return close_windows(close, windows)

    monkeypatch.setattr(assembler, "close", listen)
    return heard


@pytest.mark.parametrize("window_s", [5.0, 60.0, 300.0, 900.0])
def test_windows_told_give_the_features_of_the_messages_they_were_made_of(
    window_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, windowed = Collected(), Collected()
    builder = make_builder(live, window_s=window_s)
    seed_history(builder)
    heard = overheard(builder, monkeypatch, window_s)
    for at, message in random_market(seed=4, seconds=max(3000, 20 * window_s), every_s=window_s / 10):
        builder.on_message(at, message)
    builder.step(at)
    again = make_builder(windowed, window_s=window_s)
    seed_history(again)
    for ts, windows in heard:
        assert again.on_windows(ts, windows, recorded_at=at) == len(SYMBOLS)
    assert len(live.lines) >= 3 * 20
    assert windowed.lines == live.lines
    assert windowed.published == live.published


def test_first_window_of_a_market_of_windows_is_whole() -> None:
    assert [line.symbol for line in one()] == list(SYMBOLS)
    assert all(PARTIAL_WINDOW not in line.incomplete for line in one())
    assert all(PARTIAL_WINDOW in line.incomplete for line in one(faults=frozenset({PARTIAL_WINDOW})))


def test_window_is_recorded_when_it_closes_or_when_told() -> None:
    assert {line.recorded_at for line in one()} == {START + 60}
    collected = Collected()
    rng = random.Random(1)
    make_builder(collected).on_windows(START + 60, [window(BTC, 1.0, rng)], recorded_at=START + 60.4)
    assert {line.recorded_at for line in collected.lines} == {START + 60.4}


def test_symbol_that_showed_nothing_has_no_book() -> None:
    btc, eth, sol = one(symbols=[BTC, SOL])
    assert (btc.mid, sol.mid) == (100.0, 100.0)
    assert (eth.mid, eth.mark, eth.book_age_s, eth.sums.trades) == (None, None, None, 0)
    assert {"no_book", "no_book_events", "ticker"} <= set(eth.incomplete)
    assert "no_messages" not in eth.incomplete


def test_window_in_which_nobody_showed_anything_is_silence() -> None:
    lines = fed([*told(1), (START + 120, [])])
    assert len(lines) == 6
    assert all("no_messages" in line.incomplete and line.mid is None for line in lines[3:])


def test_window_of_a_strange_symbol_is_ignored() -> None:
    assert [line.symbol for line in one(symbols=[BTC, "PF_OTHERUSD"])] == list(SYMBOLS)


def test_market_that_does_not_tell_who_took_leaves_it_unknown_but_scores_the_book() -> None:
    silent = [
        (ts, [msgspec.structs.replace(closed, faults=frozenset({NO_TRADES})) for closed in windows])
        for ts, windows in told(70)
    ]
    line, other = fed(silent)[-1], fed(list(told(70)))[-1]
    assert (line.taker_buy_share, line.large_total_usd_1h, line.long_liquidations_usd_1h) == (None,) * 3
    assert {NO_TRADES, "trades_5m", "large_trades_1h", "liquidations_1h"} <= set(line.incomplete)
    assert line.ofi == other.ofi is not None
    assert other.taker_buy_share is not None


def candles_of(market: Told, symbol: str) -> list[Bar]:
    """Return the minutes of a market as its venue would tell them to one that starts again."""
    marks = [
        mark
        for _, windows in market
        for closed in windows
        if closed.symbol == symbol
        for mark in closed.minute_mids
    ]
    return [Bar(end - 60, mid, mid, mid, mid, 1.0) for end, mid in marks]


@pytest.mark.parametrize("window_s", [60.0, 300.0])
def test_restart_on_windows_equals_a_straight_run_to_the_last_bit(window_s: float) -> None:
    market = list(told(260, window_s=window_s))
    straight, first, second = Collected(), Collected(), Collected()
    hours = [FundingHour(START - 3600 * back, 1e-6 * (back % 17)) for back in range(600)]
    minutes = {symbol: candles_of(market, symbol) for symbol in SYMBOLS}

    def play(collected: Collected, part: Told, restored: Sequence[Features] = ()) -> None:
        builder = make_builder(collected, window_s=window_s)
        builder.restore(kept(restored))
        begin = part[0][0] - window_s
        for symbol in SYMBOLS:
            builder.on_funding_history(begin, symbol, hours)
            builder.on_candles(begin, symbol, minutes[symbol], resolution_s=60)
        for ts, windows in part:
            builder.on_windows(ts, windows)

    play(straight, market)
    play(first, market[:130])
    play(second, market[130:], first.lines)
    assert first.lines + second.lines == straight.lines
    assert straight.lines[-1].ofi is not None


def test_windows_that_are_told_again_after_a_restart_are_passed_over() -> None:
    market = list(told(80))
    straight = fed(market)
    again = Collected()
    builder = make_builder(again)
    builder.restore(kept(straight[: 3 * 60 + 1]))
    for ts, windows in market[40:]:
        builder.on_windows(ts, windows)
    assert again.lines == straight[3 * 60 + 1 :]


def test_typed_messages_give_the_same_as_bytes() -> None:
    first, second = Collected(), Collected()
    plain, typed = make_builder(first), make_builder(second)
    decoder = Decoder()
    for at, message in random_market(seed=3, seconds=300):
        plain.on_message(at, message)
        wire = decoder.decode(message)
        assert not isinstance(wire, WireEvent)
        assert typed.on_wire(at, wire) == at
        plain.step(at)
        typed.step(at)
    assert first.lines == second.lines
    assert first.lines


def connected(at: float, *, snapshot_at: float) -> list[Features]:
    collected = Collected()
    builder = make_builder(collected, symbols=[BTC])
    builder.on_connected(at)
    builder.on_message(snapshot_at, snapshot(BTC))
    for number in range(5):
        builder.on_message(START + 20 + number, delta(BTC, "buy", 99.0, 2.0 + number, seq=2 + number))
    builder.step(START + 60)
    return collected.lines


def test_connection_and_book_at_the_begin_of_a_window_have_seen_it_whole() -> None:
    (line,) = connected(START, snapshot_at=START)
    assert not {PARTIAL_WINDOW, "no_book"} & set(line.incomplete)
    assert "ofi_warming" in line.incomplete


def test_connection_after_the_begin_of_a_window_has_not_seen_it_whole() -> None:
    (line,) = connected(START + 0.001, snapshot_at=START + 0.001)
    assert {PARTIAL_WINDOW, "no_book"} <= set(line.incomplete)
    (line,) = connected(START, snapshot_at=START + 0.001)
    assert PARTIAL_WINDOW not in line.incomplete
    assert "no_book" in line.incomplete


def test_connection_that_comes_back_on_a_boundary_lost_the_window_before_it() -> None:
    collected = Collected()
    builder = make_builder(collected, symbols=[BTC])
    builder.on_connected(START)
    builder.on_message(START, snapshot(BTC))
    builder.on_disconnected(START + 30)
    builder.on_connected(START + 60)
    builder.on_message(START + 60, snapshot(BTC, seq=90))
    builder.on_message(START + 80, delta(BTC, "buy", 99.0, 3.0, seq=91))
    builder.step(START + 120)
    first, second = (set(line.incomplete) for line in collected.lines)
    assert {PARTIAL_WINDOW, "book_gap"} <= first
    assert not {PARTIAL_WINDOW, "book_gap", "no_book"} & second
