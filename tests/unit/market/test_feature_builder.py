import math
from collections.abc import Iterable

import msgspec
import orjson
import pytest

from src.features import ofi
from src.market.feature_builder import FeatureBuilder
from src.market.quotes import Bar, FundingHour, Reference
from src.records.features import Features
from tests.market_fakes import (
    LEADER,
    START,
    SYMBOLS,
    Collected,
    KeptTape,
    Message,
    bars,
    delta,
    kept,
    make_builder,
    random_market,
    seed_history,
    snapshot,
    ticker,
    trade,
)

BTC, ETH, _ = SYMBOLS


def play(builder: FeatureBuilder, market: Iterable[tuple[float, Message]]) -> float:
    at = START
    for at, message in market:
        builder.on_message(at, message)
        builder.step(at)
    return at


def run(market: Iterable[tuple[float, Message]], *, window_s: float = 60.0) -> list[Features]:
    collected = Collected()
    builder = make_builder(collected, window_s=window_s)
    seed_history(builder)
    play(builder, market)
    return collected.lines


def one_symbol(collected: Collected, *, window_s: float = 60.0) -> FeatureBuilder:
    builder = make_builder(collected, window_s=window_s, symbols=[BTC])
    builder.on_connected(START)
    builder.on_message(START, snapshot(BTC))
    return builder


def test_window_closes_for_all_symbols_at_once_when_time_has_passed() -> None:
    collected = Collected()
    builder = make_builder(collected)
    for symbol in SYMBOLS:
        builder.on_message(START + 1, snapshot(symbol))
    assert builder.step(START + 59.9) == 0
    assert builder.step(START + 60.2) == 3
    assert [(line.symbol, line.ts) for line in collected.lines] == [(s, START + 60) for s in SYMBOLS]
    assert all(line.recorded_at == START + 60.2 for line in collected.lines)
    assert collected.published == {line.symbol: line for line in collected.lines}
    assert builder.step(START + 61) == 0


def test_later_message_closes_the_window_before_it_counts() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 30, delta(BTC, "buy", 99.0, 8.0, seq=2))
    builder.on_message(START + 60, delta(BTC, "buy", 99.0, 1.0, seq=3))
    builder.step(START + 60.5)
    builder.step(START + 120.5)
    first, second = collected.lines
    assert (first.sums.book_events, first.sums.ofi_net) == (1, 3.0)
    assert (second.sums.book_events, second.sums.ofi_net) == (1, -7.0)
    assert first.mid == 100.0
    assert first.book_age_s == 30.0


def test_leader_outside_the_symbols_is_followed_but_not_written() -> None:
    collected = Collected()
    builder = make_builder(collected, symbols=[ETH])
    seed_history(builder, symbols=[BTC, ETH])
    for symbol in (BTC, ETH):
        builder.on_message(START + 1, snapshot(symbol))
    builder.step(START + 61)
    assert [line.symbol for line in collected.lines] == [ETH]
    assert collected.lines[0].lead_lag_correlation is not None


def test_message_of_a_strange_symbol_is_ignored() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 1, snapshot("PF_OTHERUSD"))
    builder.on_reference(START + 1, Reference("PF_OTHERUSD", 1.0, 1.0, 0.0, 1.0))
    builder.step(START + 61)
    assert len(collected.lines) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"[]",
        b"{}",
        b'{"feed":"book"}',
        b"\xff",
        b'{"feed":"nonsense"}',
        b'{"feed":"trade","product_id":1}',
    ],
)
def test_message_that_is_none_is_counted_and_nothing_else(broken: bytes) -> None:
    builder = one_symbol(Collected())
    builder.on_message(START + 1, broken)
    assert builder.dropped == {"message": 1}


def test_events_of_the_connection_are_no_market_data(caplog: pytest.LogCaptureFixture) -> None:
    builder = one_symbol(Collected())
    builder.on_message(START + 1, b'{"event":"subscribed","feed":"book"}')
    builder.on_message(START + 1, b'{"event":"alert","message":"no such feed"}')
    assert builder.dropped == {"alert": 1}
    assert "venue_alert" in caplog.text


def test_bytes_and_parsed_messages_give_the_same() -> None:
    market = list(random_market(seed=3, seconds=300))
    first, second = Collected(), Collected()
    play(make_builder(first), market)
    builder = make_builder(second)
    for at, message in market:
        builder.on_message(at, orjson.dumps(message))
        builder.step(at)
    assert first.lines == second.lines
    assert first.lines


def test_score_appears_after_thirty_windows_and_equals_the_formula() -> None:
    lines = [line for line in run(random_market(seed=1, seconds=3000)) if line.symbol == BTC]
    whole = [line for line in lines if "partial_window" not in line.incomplete]
    scores = [ofi.self_normalised(line.sums.ofi_net, line.sums.ofi_sum_squares) for line in whole]
    earlier = [score for score in scores if score is not None]
    assert len(earlier) == len(whole)
    for number, line in enumerate(whole):
        assert line.ofi_windows == number
        if number < 30:
            assert line.ofi is None
            assert "ofi_warming" in line.incomplete
            continue
        top = sum(0.5 ** ((number - 1 - i) / 240) * earlier[i] ** 2 for i in range(number))
        bottom = sum(0.5 ** ((number - 1 - i) / 240) for i in range(number))
        assert line.ofi_z == pytest.approx(earlier[number] / math.sqrt(top / bottom))
        assert line.ofi == pytest.approx(math.tanh(line.ofi_z / 2.73))
        assert line.ofi_previous == whole[number - 1].ofi
    assert sum(line.ofi is not None for line in whole) > 15


def test_every_field_that_is_none_has_its_reason() -> None:
    collected = Collected()
    one_symbol(collected).step(START + 60.1)
    (line,) = collected.lines
    for name in (
        "ticker",
        "funding",
        "open_interest",
        "candles_1m",
        "candles_15m",
        "fear_greed",
        "trades_5m",
    ):
        assert name in line.incomplete
    assert (
        line.mark is line.funding_rate is line.open_interest is line.hurst is line.volatility_1h_bps is None
    )
    assert line.taker_buy_share is line.fear_greed is line.regime is line.ticker_age_s is None


def test_whole_market_with_history_lacks_only_what_needs_an_hour_or_another_source() -> None:
    lines = run(random_market(seed=5, seconds=4500))
    last = lines[-1]
    assert set(last.incomplete) <= {"fear_greed"}
    assert None not in (last.ofi, last.regime, last.hurst, last.skew, last.skew_quantile, last.funding_z)
    assert None not in (last.taker_buy_share, last.large_total_usd_1h, last.open_interest_change_1h)
    assert None not in (
        last.return_1h_bps,
        last.volatility_1h_bps,
        last.volatility_median_bps,
        last.trend_bps,
    )
    assert None not in (last.correlation_with_leader, last.beta_with_leader, last.long_liquidations_usd_1h)


@pytest.mark.parametrize("window_s", [60.0, 5.0])
def test_prefix_of_a_market_gives_the_same_features_whatever_follows(window_s: float) -> None:
    market = list(random_market(seed=11, seconds=1200))
    whole = run(market, window_s=window_s)
    cut = market[: len(market) // 2]
    prefix = run(cut, window_s=window_s)
    assert prefix
    assert whole[: len(prefix)] == prefix


def test_poisoned_future_changes_nothing_before_it() -> None:
    market = list(random_market(seed=12, seconds=1200))
    half = len(market) // 2
    at = market[half][0]
    poison: list[tuple[float, Message]] = [
        (at + 0.001, trade(symbol, "buy", 1e9, 1e6, uid="poison")) for symbol in SYMBOLS
    ]
    poison += [(at + 0.002, snapshot(symbol, bid=5e8, ask=6e8)) for symbol in SYMBOLS]
    poison += [(at + 0.003, ticker(symbol, mark=5.5e8)) for symbol in SYMBOLS]
    before = [line for line in run(market) if line.ts <= at]
    poisoned = [line for line in run(market[: half + 1] + poison) if line.ts <= at]
    assert poisoned == before


def test_seldom_steps_write_the_same_windows() -> None:
    market = list(random_market(seed=13, seconds=900))
    often, seldom = Collected(), Collected()
    end = play(make_builder(often), market)
    builder = make_builder(seldom)
    for at, message in market:
        builder.on_message(at, message)
    builder.step(end)
    assert [(line.ts, line.symbol, line.sums, line.mid) for line in often.lines] == [
        (line.ts, line.symbol, line.sums, line.mid) for line in seldom.lines
    ]


def test_restart_goes_on_as_an_uninterrupted_run_that_lost_its_connection() -> None:
    market = list(random_market(seed=21, seconds=7200))
    cut = next(i for i, (at, _) in enumerate(market) if at > START + 3600)
    at = market[cut][0]
    straight, restarted = Collected(), Collected()
    builder = make_builder(straight)
    seed_history(builder)
    play(builder, market[:cut])
    builder.step(at)
    books = {symbol: builder.book(symbol) for symbol in SYMBOLS}
    snapshots: list[tuple[float, Message]] = [
        (
            at,
            {
                "feed": "book_snapshot",
                "product_id": symbol,
                "bids": [{"price": p, "qty": q} for p, q in books[symbol].bids()],
                "asks": [{"price": p, "qty": q} for p, q in books[symbol].asks()],
            },
        )
        for symbol in SYMBOLS
    ]
    rest = snapshots + market[cut:]
    references = [Reference(s, 1000.0, 1000.0, 1.2e-5, 1000.0) for s in SYMBOLS]

    again = make_builder(restarted)
    again.restore(kept(straight.lines))
    seed_history(again)
    written = len(straight.lines)
    builder.on_disconnected(at)
    for each in (builder, again):
        each.on_connected(at)
        for reference in references:
            each.on_reference(at, reference)
        play(each, rest)
    assert len(restarted.lines) > 100
    for one, other in zip(straight.lines[written:], restarted.lines, strict=True):
        assert _without_name_of_loss(one) == _without_name_of_loss(other)


def _without_name_of_loss(features: Features) -> Features:
    names = tuple(sorted(set(features.incomplete) - {"no_book", "book_gap"}))
    return msgspec.structs.replace(features, incomplete=names)


def test_restart_writes_no_window_twice() -> None:
    market = list(random_market(seed=22, seconds=600))
    first = Collected()
    play(make_builder(first), market)
    again = Collected()
    builder = make_builder(again)
    builder.restore(kept(first.lines))
    play(builder, market)
    assert again.lines == []


def test_outage_writes_only_its_newest_window() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.step(START + 30)
    builder.step(START + 7205)
    assert [line.ts - START for line in collected.lines] == [60, 7200]
    last = collected.lines[-1]
    assert "no_messages" in last.incomplete
    assert last.mid is last.ofi is last.bid is last.spread_bps is None


def test_disconnection_leaves_no_price_until_a_snapshot() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.step(START + 60)
    builder.on_disconnected(START + 70)
    builder.step(START + 120)
    builder.on_connected(START + 130)
    builder.on_message(START + 131, snapshot(BTC))
    builder.on_message(START + 190, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.step(START + 240)
    mids = [line.mid for line in collected.lines]
    assert mids == [100.0, None, 100.0, 100.0]
    flagged = [
        ("book_gap" in line.incomplete, "partial_window" in line.incomplete) for line in collected.lines
    ]
    assert flagged[1:] == [(True, True), (True, True), (False, False)]


def test_gap_marks_the_window_and_asks_for_the_book() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.step(START + 60)
    builder.on_message(START + 61, delta(BTC, "buy", 99.0, 2.0, seq=5))
    assert builder.take_lost_books() == [BTC]
    assert builder.take_lost_books() == []
    builder.step(START + 120)
    builder.on_message(START + 121, snapshot(BTC, seq=9))
    builder.on_message(START + 190, delta(BTC, "buy", 99.0, 2.0, seq=10))
    builder.step(START + 240)
    assert ["book_gap" in line.incomplete for line in collected.lines[1:]] == [True, True, False]
    assert collected.lines[1].mid is None
    assert collected.lines[3].mid == 100.0


@pytest.mark.parametrize(
    ("side", "price", "qty", "name"),
    [("buy", 101.0, 2.0, "book_crossed"), ("buy", 102.0, 2.0, "book_crossed")],
)
def test_crossed_or_locked_book_has_neither_score_nor_mid(
    side: str, price: float, qty: float, name: str
) -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 5, delta(BTC, side, price, qty, seq=2))
    builder.step(START + 60)
    (line,) = collected.lines
    assert name in line.incomplete
    assert line.mid is line.ofi is None


def test_book_far_from_the_mark_is_no_price() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 50, ticker(BTC, mark=150.0))
    builder.step(START + 60)
    assert "off_mark" in collected.lines[0].incomplete
    assert collected.lines[0].mid is None


def test_stale_ticker_is_missing() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 50, ticker(BTC))
    builder.step(START + 60)
    builder.on_message(START + 119, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.step(START + 120)
    fresh, stale = collected.lines
    assert (fresh.mark, fresh.ticker_age_s) == (100.0, 10.0)
    assert (stale.mark, stale.open_interest, stale.ticker_age_s) == (None, None, 70.0)
    assert {"ticker", "open_interest", "funding"} <= set(stale.incomplete)


@pytest.mark.parametrize("value", [math.nan, math.inf, -5.0, 0.0])
def test_reference_that_is_no_price_is_dropped(value: float) -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_reference(START + 49, Reference(BTC, 100.0, 100.0, 1e-5, 7.0))
    builder.on_reference(START + 50, Reference(BTC, value, value, math.nan, None))
    builder.step(START + 60)
    line = collected.lines[0]
    assert (line.mark, line.index, line.funding_rate, line.open_interest) == (100.0, 100.0, 1e-5, 7.0)
    assert builder.dropped["ticker_value"] == 3


def seeded(candles: list[Bar], resolution_s: int) -> Features:
    collected = Collected()
    builder = make_builder(collected, symbols=[BTC])
    builder.on_candles(START, BTC, candles, resolution_s=resolution_s)
    builder.on_message(START + 1, snapshot(BTC))
    builder.step(START + 60)
    return collected.lines[0]


def test_candles_may_come_twice_and_in_any_order() -> None:
    candles = bars(1, count=200, resolution_s=900)
    assert seeded([*reversed(candles), *candles[50:70]], 900) == seeded(candles, 900)
    assert seeded(candles, 900).hurst is not None


@pytest.mark.parametrize(
    "bad",
    [
        Bar(START - 450, 1.0, 1.0, 1.0, 1.0, 1.0),  # still forming
        Bar(START + 600, 9e9, 9e9, 9e9, 9e9, 1.0),  # from the future
        Bar(START - 900, 1.0, 1.0, 1.0, math.nan, 1.0),
        Bar(START - 900, 1.0, 1.0, 1.0, -1.0, 1.0),
        Bar(START - 900, 1.0, 1.0, 1.0, math.inf, 1.0),
    ],
)
def test_candle_that_is_none_changes_nothing(bad: Bar) -> None:
    candles = bars(1, count=200, resolution_s=900)
    assert seeded([*candles, bad], 900) == seeded(candles, 900)
    assert seeded([bad, *candles], 900) == seeded(candles, 900)


def test_gap_in_the_candles_is_named_and_too_many_are_missing() -> None:
    candles = bars(1, count=200, resolution_s=900)
    few = seeded([bar for number, bar in enumerate(candles) if number not in {150, 160}], 900)
    assert "gaps_15m" in few.incomplete
    assert few.hurst is not None
    many = seeded([bar for number, bar in enumerate(candles) if not 130 <= number < 150], 900)
    assert "candles_15m" in many.incomplete
    assert many.hurst is None


def test_candles_of_another_resolution_are_refused() -> None:
    builder = make_builder(Collected())
    with pytest.raises(ValueError, match="3600"):
        builder.on_candles(START, BTC, [], resolution_s=3600)


def test_own_price_wins_over_a_candle() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 59, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.step(START + 60)
    builder.on_candles(START + 61, BTC, [Bar(START, 500.0, 500.0, 500.0, 500.0, 1.0)], resolution_s=60)
    builder.on_message(START + 119, delta(BTC, "buy", 99.0, 3.0, seq=3))
    builder.step(START + 120)
    assert collected.lines[-1].return_1m_bps == 0.0


def test_funding_from_the_future_and_nonsense_do_not_count() -> None:
    def z(extra: list[FundingHour]) -> float | None:
        collected = Collected()
        builder = make_builder(collected, symbols=[BTC])
        hours = [FundingHour(START - 3600 * back, 1e-5 * (back % 7)) for back in range(100)]
        builder.on_funding_history(START, BTC, [*extra, *hours])
        builder.on_reference(START + 50, Reference(BTC, 100.0, 100.0, 9e-5, 1.0))
        builder.on_message(START + 50, snapshot(BTC))
        builder.step(START + 60)
        return collected.lines[0].funding_z

    plain = z([])
    assert plain is not None
    assert z([FundingHour(START + 3600, 1.0), FundingHour(START - 30, math.nan)]) == plain
    assert z([FundingHour(START - 40 * 86400, 1.0)]) == plain


def test_fear_and_greed_is_kept_two_days() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_fear_greed(START, 17.0)
    builder.on_fear_greed(START, 170.0)
    builder.step(START + 60)
    builder.on_message(START + 2 * 86400 + 60, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.step(START + 2 * 86400 + 120)
    assert next(line.fear_greed for line in collected.lines) == 17.0
    assert collected.lines[-1].fear_greed is None
    assert builder.dropped["fear_greed"] == 1


def test_messages_of_our_symbols_are_kept_as_they_came() -> None:
    tape = KeptTape()
    builder = FeatureBuilder(
        symbols=[BTC],
        leader=LEADER,
        window_s=60.0,
        windows=Collected(),
        publish=lambda _features: None,
        tape=tape,
    )
    raw = orjson.dumps(snapshot(BTC))
    builder.on_message(START, raw)
    builder.on_message(START + 1, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.on_message(START + 2, orjson.dumps(snapshot("PF_OTHERUSD")))
    builder.on_message(START + 3, b"broken")
    assert tape.messages == [(START, raw), (START + 1, orjson.dumps(delta(BTC, "buy", 99.0, 2.0, seq=2)))]


def test_time_that_steps_back_moves_nothing_back() -> None:
    collected = Collected()
    builder = one_symbol(collected)
    builder.on_message(START + 61, delta(BTC, "buy", 99.0, 2.0, seq=2))
    builder.on_message(START + 59, delta(BTC, "buy", 99.0, 9.0, seq=3))
    builder.step(START + 58)
    builder.step(START + 120)
    assert [line.ts for line in collected.lines] == [START + 60, START + 120]
    assert collected.lines[1].sums.book_events == 2
