"""The events of the synthetic market: the same for the same seed, a sound book, prices and sizes on their grid."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.events import BookDelta, BookSnapshot, MarketEvent, MarketTrade, Reference
from src.exchange.simulator.instruments import INSTRUMENTS, UnknownInstrumentError
from src.exchange.simulator.markets.synthetic import SyntheticMarket
from src.records.market_state import SyntheticState
from tests.simulator_market_fakes import START, TEN, PlainBook

TWO = ("PF_XBTUSD", "PF_DOGEUSD")
SPAN = 150.0


@pytest.fixture(scope="module")
def whole() -> list[MarketEvent]:
    market = SyntheticMarket(TWO, seed=5, start=START)
    return market.begin(START) + market.step(START + SPAN)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.floats(0.0, SPAN, allow_nan=False), max_size=8))
def test_however_a_span_is_sliced_its_events_are_the_same(
    whole: list[MarketEvent], cuts: list[float]
) -> None:
    market = SyntheticMarket(TWO, seed=5, start=START)
    events = market.begin(START)
    for cut in sorted([*cuts, SPAN]):
        events += market.step(START + cut)
    assert events == whole


def test_another_seed_is_another_market(whole: list[MarketEvent]) -> None:
    market = SyntheticMarket(TWO, seed=6, start=START)
    assert market.begin(START) + market.step(START + SPAN) != whole


def test_a_symbol_does_not_depend_on_which_others_trade(whole: list[MarketEvent]) -> None:
    market = SyntheticMarket(("PF_DOGEUSD",), seed=5, start=START)
    alone = [event for event in market.step(START + SPAN) if isinstance(event, BookDelta | MarketTrade)]
    together = [
        event
        for event in whole
        if isinstance(event, BookDelta | MarketTrade) and event.symbol == "PF_DOGEUSD"
    ]
    assert alone == together


@settings(max_examples=10, deadline=None)
@given(
    takes=st.lists(
        st.tuples(st.floats(1.0, 100.0), st.sampled_from(["buy", "sell"]), st.floats(0.1, 3.0)), max_size=4
    ),
    cut=st.floats(0.0, 120.0),
)
def test_own_takes_at_the_same_times_give_the_same_events(
    takes: list[tuple[float, str, float]], cut: float
) -> None:
    def run(extra: list[float]) -> list[MarketEvent]:
        market = SyntheticMarket(TWO, seed=9, start=START)
        market.begin(START)
        book = PlainBook()
        events: list[MarketEvent] = []
        moments = sorted(
            [(after, side, share) for after, side, share in takes] + [(t, "", 0.0) for t in extra]
        )
        for after, side, share in [*moments, (120.0, "", 0.0)]:
            events += market.step(START + after)
            if side:
                shown = market.begin(START + after)[0]
                assert isinstance(shown, BookSnapshot)
                book.apply(shown)
                bid, bid_size, ask, ask_size = book.best()
                if side == "buy":
                    market.taken(TWO[0], "buy", price=ask, size=round(ask_size * share, 4))
                else:
                    market.taken(TWO[0], "sell", price=bid, size=round(bid_size * share, 4))
        return events

    assert run([]) == run([cut])


def test_no_event_crosses_or_empties_a_book() -> None:
    market = SyntheticMarket(TEN, seed=1, start=START)
    books = {symbol: PlainBook() for symbol in TEN}
    ts = START
    for event in market.begin(START) + market.step(START + 599.0) + market.step(START + 1190.0):
        assert event.ts >= ts
        ts = event.ts
        if isinstance(event, BookSnapshot | BookDelta):
            book = books[event.symbol]
            book.apply(event)
            bid, _, ask, _ = book.best()
            assert bid < ask


def test_trades_happen_at_the_touch_and_are_followed_by_the_level_they_took_from() -> None:
    market = SyntheticMarket(("PF_ETHUSD",), seed=2, start=START)
    book = PlainBook()
    trade = None
    seen = 0
    for event in market.begin(START) + market.step(START + 590.0):
        if isinstance(event, MarketTrade):
            bid, bid_size, ask, ask_size = book.best()
            price, there = (ask, ask_size) if event.side == "buy" else (bid, bid_size)
            assert event.price == price
            assert event.size <= there
            trade, left = event, there - event.size
            seen += 1
        elif isinstance(event, BookSnapshot | BookDelta):
            book.apply(event)
            if trade is not None and isinstance(event, BookDelta) and event.price == trade.price:
                assert event.side != trade.side
                assert event.size == pytest.approx(left)
                trade = None
    assert seen > 50


@pytest.mark.parametrize("symbol", sorted(INSTRUMENTS))
def test_prices_and_sizes_lie_on_the_grid_of_every_listed_contract(symbol: str) -> None:
    market = SyntheticMarket((symbol,), seed=4, start=START)
    spec = INSTRUMENTS[symbol]
    step = Decimal(1).scaleb(-spec.size_decimals)
    pairs: list[tuple[float, float]] = []
    for event in market.begin(START) + market.step(START + 120.0):
        if isinstance(event, BookSnapshot):
            pairs += event.bids + event.asks
        elif isinstance(event, BookDelta | MarketTrade):
            pairs.append((event.price, event.size))
    assert pairs
    for price, size in pairs:
        assert price > 0
        assert Decimal(repr(price)) % spec.tick_size == 0
        assert Decimal(repr(size)) % step == 0


def test_references_come_at_most_once_a_second_and_stay_near_the_book() -> None:
    market = SyntheticMarket(TEN, seed=3, start=START)
    last: dict[str, Reference] = {}
    for event in market.begin(START) + market.step(START + 590.0):
        if isinstance(event, Reference):
            before = last.get(event.symbol)
            assert before is None or before.ts == START or event.ts - before.ts > 0.99
            assert abs(event.mark / event.index - 1) < 0.01
            assert event.open_interest is not None
            assert event.open_interest > 0
            last[event.symbol] = event
    assert set(last) == set(TEN)


def test_the_message_rate_is_about_what_was_asked() -> None:
    market = SyntheticMarket(TEN, seed=8, start=START, messages_per_s=4.0)
    count = 0
    for minute in range(0, 240, 8):
        events = market.step(START + 60.0 * (minute + 8))
        count += sum(isinstance(event, BookDelta | MarketTrade) for event in events)
    assert 4.0 * 0.5 < count / (240 * 60 * 10) < 4.0 * 1.6


def test_spreads_and_depth_let_a_taker_in_for_a_few_bps() -> None:
    market = SyntheticMarket(TEN, seed=8, start=START)
    spreads = []
    for minute in range(60):
        for event in market.begin(START + 60.0 * minute):
            if isinstance(event, BookSnapshot):
                (bid, _), (ask, _) = event.bids[0], event.asks[0]
                spreads.append(1e4 * (ask / bid - 1))
                assert sum(price * size for price, size in event.asks) > 8_000
    assert 1.0 < sum(spreads) / len(spreads) < 6.0


def test_what_we_took_is_gone_is_told_and_comes_back() -> None:
    market = SyntheticMarket(("PF_XBTUSD",), seed=7, start=START)
    shown = market.begin(START + 5.0)[0]
    assert isinstance(shown, BookSnapshot)
    price, size = shown.asks[0]
    market.taken("PF_XBTUSD", "buy", price=price, size=size)
    told = [event for event in market.step(START + 7.0) if isinstance(event, BookDelta)]
    assert (told[0].price, told[0].size, told[0].side) == (price, 0.0, "sell")
    after = market.begin(START + 400.0)[0]
    assert isinstance(after, BookSnapshot)
    assert len(after.asks) >= 5


def test_taking_pushes_the_price_for_a_while_and_not_for_ever() -> None:
    def mids(size: float) -> tuple[float, float]:
        market = SyntheticMarket(("PF_XBTUSD",), seed=7, start=START)
        market.begin(START + 5.0)
        if size:
            shown = market.begin(START + 5.0)[0]
            assert isinstance(shown, BookSnapshot)
            market.taken("PF_XBTUSD", "buy", price=shown.asks[0][0], size=size)
        found = []
        for after in (15.0, 590.0):
            shown = market.begin(START + after)[0]
            assert isinstance(shown, BookSnapshot)
            found.append((shown.bids[0][0] + shown.asks[0][0]) / 2)
        return found[0], found[1]

    (soon, late), (soon_pushed, late_pushed) = mids(0.0), mids(12.0)
    assert soon_pushed > soon
    assert abs(late_pushed / late - 1) < 5e-4


def test_a_resumed_market_goes_on_exactly_as_the_one_that_told_its_state() -> None:
    market = SyntheticMarket(TWO, seed=5, start=START)
    market.begin(START)
    market.step(START + 61.3)
    market.taken("PF_XBTUSD", "sell", price=market.begin(START + 61.3)[0].bids[0][0], size=0.05)  # type: ignore[union-attr] # the first event is the snapshot
    kept = msgspec.json.decode(msgspec.json.encode(market.state()), type=SyntheticState)
    resumed = SyntheticMarket.resume(kept)
    assert resumed.begin(START + 61.3) == market.begin(START + 61.3)
    assert resumed.step(START + 400.0) == market.step(START + 400.0)
    assert resumed.state() == market.state()


def test_a_state_is_small() -> None:
    market = SyntheticMarket(TEN, seed=5, start=START)
    market.step(START + 500.0)
    assert len(msgspec.json.encode(market.state())) < 20_000


def test_a_step_back_in_time_changes_nothing() -> None:
    market = SyntheticMarket(TWO, seed=5, start=START)
    market.step(START + 50.0)
    assert market.step(START + 20.0) == []
    assert market.state().now == START + 50.0


def test_an_unknown_symbol_is_named() -> None:
    with pytest.raises(UnknownInstrumentError, match="PF_NOPEUSD"):
        SyntheticMarket(("PF_NOPEUSD",), seed=1, start=START)
    market = SyntheticMarket(TWO, seed=1, start=START)
    with pytest.raises(UnknownInstrumentError, match="PF_ETHUSD"):
        market.funding_history("PF_ETHUSD", until=START)
