"""A live market passes on what it hears, and says so as soon as it cannot hear everything."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.exchange.simulator.errors import UpstreamChanged, UpstreamUnreachable
from src.exchange.simulator.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Condition,
    FundingPoint,
    LiveMarket,
    MarketEvent,
    MarketTrade,
    Reference,
)
from src.exchange.simulator.instruments import UnknownInstrumentError
from src.net.errors import NoAnswerError
from tests.kraken_fakes import SPEC_ROWS, ToldVenue
from tests.paper_exchange_fakes import ETH, SPECS, START, XBT


@pytest.fixture
def venue() -> ToldVenue:
    return ToldVenue()


@pytest.fixture
def heard(venue: ToldVenue) -> ToldVenue:
    venue.everything()
    return venue


def standing(events: list[MarketEvent]) -> list[tuple[str, bool]]:
    return [(event.symbol, event.suspended) for event in events if isinstance(event, Condition)]


def test_nothing_trades_before_it_was_seen_whole(venue: ToldVenue) -> None:
    assert isinstance(venue.market, LiveMarket)
    assert standing(venue.market.begin(START)) == [(XBT, True), (ETH, True)]
    venue.opened()
    venue.book()
    seen = venue.step()
    assert standing(seen) == []
    assert not venue.market.is_open
    venue.ticker()
    assert venue.step() == [
        Reference(START, XBT, 100.0, 100.0, 0.01, 0.02, 7.0),
        Condition(START, XBT, suspended=False, post_only=False),
        BookSnapshot(START, XBT, ((99.0, 5.0), (98.0, 5.0)), ((101.0, 5.0), (102.0, 5.0))),
        Reference(START, XBT, 100.0, 100.0, 0.01, 0.02, 7.0),
    ]


def test_messages_pass_with_the_time_of_their_arrival(heard: ToldVenue) -> None:
    heard.clock.advance_by(0.5)
    heard.level("buy", 99.0, 4.0)
    heard.trade(99.0, seq=8)
    heard.ticker(100.5)
    ts = START + 0.5
    assert heard.step(0.5) == [
        BookDelta(ts, XBT, "buy", 99.0, 4.0),
        MarketTrade(ts, XBT, "sell", 99.0, 1.0, "fill"),
        Reference(ts, XBT, 100.5, 100.5, 0.01, 0.02, 7.0),
    ]
    assert heard.market.begin(START + 1)[1] == BookSnapshot(
        START + 1, XBT, ((99.0, 4.0), (98.0, 5.0)), ((101.0, 5.0), (102.0, 5.0))
    )


def test_what_was_heard_already_or_is_no_trade_of_the_book_is_passed_over(heard: ToldVenue) -> None:
    heard.level("buy", 99.0, 4.0)
    heard.level("buy", 99.0, 4.0, seq=heard.seqs[XBT])
    heard.trade(99.0, seq=8)
    heard.trade(99.0, seq=8)
    heard.trade(50.0, seq=9, kind="block")
    heard.trade(99.0, seq=10, kind="liquidation")
    heard.ticker()
    heard.says({"feed": "trade_snapshot", "product_id": XBT, "trades": [{"price": 1.0}]})
    heard.says({"event": "alert", "message": "no"})
    heard.says({"feed": "book", "product_id": "PF_OTHERUSD", "side": "buy", "price": 1, "qty": 1, "seq": 1})
    heard.inbox.put(b'{"feed":"bo')
    kinds = [event.kind if isinstance(event, MarketTrade) else type(event).__name__ for event in heard.step()]
    assert kinds == ["BookDelta", "fill", "liquidation"]


def test_a_gap_suspends_until_the_whole_book_is_there_again(heard: ToldVenue) -> None:
    heard.level("buy", 99.0, 4.0, seq=13)
    assert standing(heard.step(5.0)) == [(XBT, True)]
    asked = [(said["event"], said["product_ids"]) for said in heard.upstream.sent]
    assert asked == [("unsubscribe", [XBT]), ("subscribe", [XBT])]
    heard.level("buy", 99.0, 3.0)
    heard.ticker(symbol=ETH)
    assert heard.step() == []
    heard.book(bids=((97.0, 1.0),))
    reopened = heard.step()
    assert standing(reopened) == [(XBT, False)]
    assert [e.bids for e in reopened if isinstance(e, BookSnapshot)] == [((97.0, 1.0),)]
    heard.level("buy", 97.0, 2.0)
    assert heard.step() == [BookDelta(START + 5, XBT, "buy", 97.0, 2.0)]


def test_a_book_that_does_not_come_is_asked_for_again(heard: ToldVenue) -> None:
    heard.level("buy", 99.0, 4.0, seq=13)
    asked = []
    for _ in range(11):
        heard.says({"feed": "heartbeat"})
        heard.step(1.0)
        asked.append(len(heard.upstream.sent))
    assert asked == [2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6]


def test_a_lost_connection_suspends_everything_at_once(heard: ToldVenue) -> None:
    heard.level("buy", 99.0, 4.0)
    heard.closed()
    assert standing(heard.step()) == [(XBT, True), (ETH, True)]
    assert heard.step(60.0) == []
    assert heard.upstream.sent == []
    heard.seqs[XBT] = 500
    events = heard.everything()
    assert standing(events) == [(XBT, False), (ETH, False)]
    assert heard.upstream.listings_asked == 1
    heard.trade(99.0, seq=1)
    assert len(heard.step()) == 1


def test_silence_is_as_good_as_a_lost_connection(heard: ToldVenue) -> None:
    heard.says({"feed": "heartbeat", "time": 1})
    assert heard.step(5.0) == []
    assert standing(heard.step(0.1)) == [(XBT, True), (ETH, True)]
    heard.level("buy", 99.0, 4.0)
    heard.ticker(100.5)
    late = heard.step(1.0)
    assert standing(late) == []
    assert not any(isinstance(event, BookDelta) for event in late)
    for symbol in (XBT, ETH):
        heard.book(symbol=symbol)
    assert standing(heard.step()) == [(XBT, False)]
    heard.ticker(symbol=ETH)
    assert standing(heard.step()) == [(ETH, False)]


def test_a_pause_of_ours_is_a_silence_too(heard: ToldVenue) -> None:
    heard.clock.advance_by(6.0)
    heard.level("buy", 99.0, 4.0)
    assert standing(heard.step()) == [(XBT, True), (ETH, True)]


def test_without_mark_and_index_for_a_minute_nothing_trades(heard: ToldVenue) -> None:
    for _ in range(20):
        heard.ticker(symbol=ETH)
        heard.says({"feed": "ticker", "product_id": XBT, "last": 5})
        events = heard.step(3.0)
    assert events == []
    heard.ticker(symbol=ETH)
    assert standing(heard.step(1.0)) == [(XBT, True)]
    heard.ticker()
    assert standing(heard.step()) == [(XBT, False)]


def test_the_venues_own_halts_are_passed_on(heard: ToldVenue) -> None:
    heard.ticker(suspended=True)
    assert standing(heard.step()) == [(XBT, True)]
    heard.level("buy", 99.0, 4.0)
    assert heard.step() == [BookDelta(START, XBT, "buy", 99.0, 4.0)]
    heard.ticker(post_only=True)
    assert Condition(START, XBT, suspended=False, post_only=True) in heard.step()
    heard.ticker()
    assert Condition(START, XBT, suspended=False, post_only=False) in heard.step()


def test_a_book_that_stays_crossed_is_not_believed(heard: ToldVenue) -> None:
    heard.level("buy", 101.5, 1.0)
    assert standing(heard.step()) == []
    heard.ticker(symbol=ETH)
    heard.step(1.9)
    heard.ticker(symbol=ETH)
    assert standing(heard.step(0.2)) == [(XBT, True)]


@pytest.mark.parametrize(("side", "price", "qty"), [("buy", -1.0, 1.0), ("sell", 100.0, -2.0)])
def test_an_impossible_level_loses_the_book(heard: ToldVenue, side: str, price: float, qty: float) -> None:
    heard.level(side, price, qty)
    assert standing(heard.step()) == [(XBT, True)]


def test_a_delisted_contract_is_suspended(heard: ToldVenue) -> None:
    heard.answers["instruments"] = {"instruments": [{**SPEC_ROWS[0], "tradeable": False}]}
    heard.inbox.put(heard.rest.listing())
    assert standing(heard.step()) == [(XBT, True), (ETH, True)]
    for _ in range(15):
        assert heard.upstream.listings_asked == 0
        heard.ticker()
        heard.ticker(symbol=ETH)
        assert heard.step(1.0) == []
    assert heard.upstream.listings_asked == 1
    heard.answers["instruments"] = {"instruments": list(SPEC_ROWS)}
    heard.inbox.put(heard.rest.listing())
    assert standing(heard.step()) == [(XBT, False), (ETH, False)]


def test_changed_terms_end_the_market_by_name(heard: ToldVenue) -> None:
    heard.answers["instruments"] = {"instruments": [{**SPEC_ROWS[0], "tickSize": 0.5}, SPEC_ROWS[1]]}
    heard.inbox.put(heard.rest.listing())
    with pytest.raises(UpstreamChanged, match=r"PF_XBTUSD: tick_size 1 -> 0\.5"):
        heard.step()


def test_a_clock_that_differs_is_told_once(heard: ToldVenue, caplog: pytest.LogCaptureFixture) -> None:
    heard.answers["instruments"] = {
        "instruments": list(SPEC_ROWS),
        "serverTime": "2026-11-22T07:48:10.000Z",
    }
    for _ in range(2):
        heard.inbox.put(heard.rest.listing())
        assert heard.step() == []
    assert [record.message for record in caplog.records].count("upstream_clock_differs") == 1


def test_a_dead_thread_is_no_quiet_market(heard: ToldVenue) -> None:
    heard.upstream.alive = False
    with pytest.raises(RuntimeError, match="died"):
        heard.step()
    heard.market.close()
    assert heard.upstream.closed


def test_candles_are_the_venues_own_page_by_page(venue: ToldVenue) -> None:
    row = {"open": "1", "high": "2", "low": "0.5", "close": "1.5", "volume": "3"}
    venue.answers["charts"] = {"candles": [{"time": 900_000, **row}], "more_candles": True}
    bars = venue.market.candles(XBT, kind="mark", resolution_s=900, start=900, end=1000)
    assert bars == [Candle(900.0, 1.0, 2.0, 0.5, 1.5, 3.0)]
    url, params = venue.asked[0]
    assert url == f"http://venue/api/charts/v1/mark/{XBT}/15m"
    assert (params, venue.asked[1][1]) == ({"from": 900, "to": 1000}, {"from": 1800, "to": 1000})
    assert len(venue.asked) == 2
    with pytest.raises(UnknownInstrumentError):
        venue.market.candles("PF_NOPEUSD", kind="mark", resolution_s=900, start=900, end=1000)
    with pytest.raises(ValueError, match="7 s"):
        venue.market.candles(XBT, kind="mark", resolution_s=7, start=900, end=1000)


def test_the_newest_candle_is_asked_for_by_the_venues_clock(venue: ToldVenue) -> None:
    venue.answers["charts"] = {"candles": []}
    venue.answers["instruments"] = {"instruments": [], "serverTime": "2026-11-22T07:00:00Z"}
    venue.clock.advance_to(1_795_330_000.0)
    ahead = venue.rest.listing().ahead_s
    assert ahead is not None
    venue.rest.candles(XBT, kind="trade", resolution_s=60, start=START - 600, end=START)
    venue.rest.candles(XBT, kind="trade", resolution_s=60, start=START - 9000, end=START - 8000)
    assert venue.asked[1][1]["to"] == int(START + max(0.0, ahead))
    assert venue.asked[2][1]["to"] == int(START - 8000)


def test_settled_funding_is_absolute_and_relative(venue: ToldVenue) -> None:
    rates = [("2026-01-01T01:00:00Z", 1.5), ("2026-01-01T00:00:00Z", 0.5), ("2027-01-01T00:00:00Z", 9.0)]
    venue.answers["historical"] = {
        "result": "success",
        "rates": [{"timestamp": ts, "fundingRate": r, "relativeFundingRate": r / 10} for ts, r in rates],
    }
    told = venue.market.funding_history(XBT, until=START)
    assert told == [
        FundingPoint(1_767_225_600.0, 0.5, 0.05),
        FundingPoint(1_767_229_200.0, 1.5, 0.15),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        NoAnswerError("refused"),
        {"result": "error", "error": "apiLimitExceeded"},
        {"result": "success"},
        [1],
    ],
)
def test_no_usable_answer_is_never_an_empty_one(venue: ToldVenue, answer: object) -> None:
    venue.answers["historical"] = answer
    with pytest.raises(UpstreamUnreachable):
        venue.market.funding_history(XBT, until=START)


def test_only_perpetuals_with_all_their_terms_are_listed(venue: ToldVenue) -> None:
    venue.answers["instruments"] = {
        "instruments": [
            *SPEC_ROWS,
            {**SPEC_ROWS[0], "symbol": "PI_XBTUSD", "type": "futures_inverse"},
            {**SPEC_ROWS[0], "symbol": "PF_HALFUSD", "tickSize": None},
            {"symbol": "in_xbtusd", "type": "spot index", "tradeable": False},
            {**SPEC_ROWS[0], "symbol": "PF_OLDUSD", "isExpired": True},
        ]
    }
    listing = venue.rest.listing()
    assert [listing.specs[symbol] for symbol in (XBT, ETH)] == list(SPECS)
    assert sorted(listing.specs) == [ETH, "PF_OLDUSD", XBT]
    assert listing.closed == {"PF_OLDUSD"}


def test_questions_keep_to_their_budget(venue: ToldVenue) -> None:
    for _ in range(60):
        venue.rest.listing()
    assert venue.clock.now() - START == pytest.approx(10.0, abs=0.5)


def test_a_flood_is_refused_and_not_kept(venue: ToldVenue) -> None:
    raw = orjson.dumps({"feed": "heartbeat"})
    assert [venue.inbox.put(raw) for _ in range(101)].count(False) == 1


OPS = st.lists(
    st.tuples(
        st.sampled_from(["pass", "lose", "twice", "garbage", "close", "silence"]),
        st.sampled_from(["buy", "sell"]),
        st.integers(0, 4),
        st.integers(0, 3),
    ),
    max_size=60,
)


@settings(max_examples=30, deadline=None)
@given(OPS)
def test_whatever_goes_wrong_an_open_market_shows_the_venues_book(
    ops: list[tuple[str, str, int, int]],
) -> None:
    venue = ToldVenue()
    venue.everything()
    truth: dict[str, dict[float, float]] = {
        "buy": {99.0: 5.0, 98.0: 5.0},
        "sell": {101.0: 5.0, 102.0: 5.0},
    }
    shown = {side: dict(levels) for side, levels in truth.items()}
    is_open = True
    for act, side, offset, size in ops:
        price = 100.0 + (1 + offset) * (-1 if side == "buy" else 1)
        truth[side] = {p: q for p, q in truth[side].items() if p != price} | (
            {price: float(size)} if size else {}
        )
        venue.clock.advance_by(6.0 if act == "silence" else 0.1)
        if act in {"lose", "garbage"}:
            venue.seqs[XBT] += 1
            venue.inbox.put(b"{" if act == "garbage" else b'{"feed":"heartbeat"}')
        else:
            venue.level(side, price, float(size))
        if act == "twice":
            venue.level(side, price, float(size), seq=venue.seqs[XBT])
        if act == "close":
            venue.closed()
            venue.opened()
        venue.ticker()
        asked = len(venue.upstream.sent)
        events = venue.step()
        if act == "close" or len(venue.upstream.sent) > asked:
            venue.book(bids=tuple(truth["buy"].items()), asks=tuple(truth["sell"].items()))
            events += venue.step()
        for event in events:
            match event:
                case Condition(_, symbol, suspended, _) if symbol == XBT:
                    is_open = not suspended
                case BookSnapshot(_, symbol, bids, asks) if symbol == XBT:
                    shown = {"buy": dict(bids), "sell": dict(asks)}
                case BookDelta(_, symbol, word, at, qty) if symbol == XBT:
                    shown[word] = {p: q for p, q in shown[word].items() if p != at} | (
                        {at: qty} if qty else {}
                    )
                case _:
                    pass
        if is_open and act not in {"lose", "garbage"}:
            assert shown == truth


def test_what_arrives_while_a_step_begins_is_no_news_of_the_future(heard: ToldVenue) -> None:
    heard.clock.advance_by(0.5)
    heard.level("buy", 99.0, 4.0)
    assert heard.market.step(START + 0.4) == [BookDelta(START + 0.4, XBT, "buy", 99.0, 4.0)]
