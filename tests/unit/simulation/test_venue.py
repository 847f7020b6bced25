"""The exchange in this process: how long its answers take, what it refuses, and what happens once it breaks."""

from decimal import Decimal

import msgspec
import orjson
import pytest

from src.exchange.base import OrderRequest, Outcome
from src.exchange.errors import NoAnswer
from src.exchange.simulator.latency import ways
from src.market.history import MINUTE_S, QUARTER_S
from src.market.kraken_public import VenueError
from src.market.poller import Candles, FundingHours, Poller, PollItem, References
from src.records.enums import OrderType, Side
from src.records.settings import Latency, SteppedLatency
from src.simulation.venue import DirectWire, ExchangeBroke, stepped_ways
from tests.direct_fakes import START, SYMBOLS, direct
from tests.paper_exchange_server import bot_settings

XBT = SYMBOLS[0]


def an_order(*, size: str = "0.001", kind: OrderType = OrderType.MARKET, symbol: str = XBT) -> OrderRequest:
    return OrderRequest("c1", symbol, Side.BUY, kind, Decimal(size), None, None, False, None)


def test_a_question_and_its_answer_take_their_time_and_the_market_lives_on() -> None:
    paper = direct(latency_s=0.4)
    answer = paper.exchange.send(an_order())
    assert answer.outcome is Outcome.YES
    assert paper.clock.now() == pytest.approx(START + 0.4)
    fill = paper.service.engine.core.state.fills[0]
    assert fill.ts == pytest.approx(START + 0.2)
    assert paper.service.engine.core.now == pytest.approx(START + 0.2)


def test_each_way_takes_what_is_drawn_for_the_moment_when_it_begins() -> None:
    paper, away = direct(), ways(Latency(), seed="3")
    wire = DirectWire(paper.service, paper.clock, away=away)
    took = []
    for _ in range(5):
        before = paper.clock.now()
        wire.call("openorders", {})
        arrived = paper.service.engine.core.now
        assert arrived == before + away.request.takes(before)
        assert paper.clock.now() == arrived + away.answer.takes(arrived)
        took.append(paper.clock.now() - before)
    assert len(set(took)) == 5


def test_a_stepped_run_is_as_far_from_its_exchange_as_the_server_unless_it_is_told_a_time() -> None:
    settings = bot_settings(SYMBOLS, latency={"request": {"median_ms": 80, "p99_ms": 300}})
    drawn, server = stepped_ways(settings, seed=5), ways(settings.paper.latency, seed="5")
    assert drawn.request.takes(1.0) == server.request.takes(1.0)
    assert drawn.market_data.takes(1.0) == server.market_data.takes(1.0)
    told = SteppedLatency(decision_s=0.0, request_s=0.1)
    fixed = stepped_ways(msgspec.structs.replace(settings, stepped_latency=told), seed=5)
    assert (fixed.request.takes(1.0), fixed.answer.takes(2.0)) == (0.05, 0.05)
    assert fixed.market_data.takes(1.0) == server.market_data.takes(1.0)


def test_without_latency_no_time_passes() -> None:
    paper = direct()
    paper.exchange.send(an_order())
    paper.exchange.open_orders()
    paper.exchange.account_log(0.0)
    assert paper.clock.now() == START


def test_an_order_that_arrives_too_late_is_refused() -> None:
    paper = direct(latency_s=4.0)
    order = OrderRequest(
        "c1", XBT, Side.BUY, OrderType.MARKET, Decimal("0.001"), None, None, False, START + 1.0
    )
    answer = paper.exchange.send(order)
    assert (answer.outcome, answer.word) == (Outcome.NO, "wouldProcessAfterSpecifiedTime")


def test_a_refusal_before_the_engine_is_no_and_takes_its_time_too() -> None:
    paper = direct(latency_s=0.4)
    answer = paper.exchange.send(an_order(symbol="PF_NONEUSD"))
    assert (answer.outcome, answer.word) == (Outcome.NO, "invalidArgument")
    with pytest.raises(NoAnswer):
        paper.exchange.quote("PF_NONEUSD")
    assert paper.clock.now() == pytest.approx(START + 0.8)


def test_words_of_an_earlier_refusal_do_not_explain_a_later_break(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = direct()
    assert paper.exchange.send(an_order(symbol="PF_NONEUSD")).outcome is Outcome.NO
    monkeypatch.setattr(paper.service.engine, "request", _break)
    assert paper.exchange.send(an_order()).outcome is Outcome.UNKNOWN


def test_an_engine_that_broke_is_never_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = direct()
    monkeypatch.setattr(paper.service.engine, "request", _break)
    assert paper.exchange.send(an_order()).outcome is Outcome.UNKNOWN
    monkeypatch.undo()
    with pytest.raises(ExchangeBroke):
        paper.exchange.open_orders()


def test_answers_are_the_values_that_json_would_have_given() -> None:
    paper = direct()
    wire = DirectWire(paper.service, paper.clock)
    for number, kind in enumerate(("mkt", "stp", "stp")):
        price = {} if kind == "mkt" else {"stopPrice": "1000", "triggerSignal": "mark"}
        form = {"symbol": XBT, "orderType": kind, "side": "sell", "size": "0.0150", "cliOrdId": f"c{number}"}
        answer = wire.call("sendorder", form | price)
        assert _same(answer, orjson.loads(orjson.dumps(answer)))
    paper.clock.advance_by(5000.0)
    for endpoint in ("instruments", "accounts", "openorders", "openpositions", "orders/status", "fills"):
        answer = wire.call(endpoint, {})
        assert _same(answer, orjson.loads(orjson.dumps(answer))), endpoint
    for answer in (
        wire.call("account-log", {"sort": "asc"}),
        wire.call("ticker", {"symbol": XBT}),
        wire.call("cancelorder", {"cliOrdId": "c1"}),
        wire.call("cancelorder", {"cliOrdId": "none"}),
    ):
        assert _same(answer, orjson.loads(orjson.dumps(answer)))


def test_the_poller_of_the_feed_is_driven_without_its_thread() -> None:
    paper = direct()
    items: list[PollItem] = []
    poller = Poller(
        venue=paper.public, symbols=SYMBOLS, clock=paper.clock, put=items.append, requests_per_s=5.0
    )
    for _ in range(100):
        paper.clock.advance_by(max(0.001, poller.ask_next()))
    found = {type(item) for item in items}
    assert found == {References, Candles, FundingHours}
    spans = {(c.symbol, c.resolution_s) for c in items if isinstance(c, Candles) and len(c.bars) > 1000}
    assert spans == {(symbol, span) for symbol in SYMBOLS for span in (MINUTE_S, QUARTER_S)}


def test_what_the_venue_does_not_have_is_an_error() -> None:
    public = direct().public
    with pytest.raises(VenueError):
        public.candles("PF_NONEUSD", resolution_s=60, start=START, end=START)
    with pytest.raises(VenueError):
        public.funding_history("PF_NONEUSD")
    with pytest.raises(KeyError):
        public.candles(XBT, resolution_s=61, start=START, end=START)


def _break(*_: object) -> dict[str, object]:
    raise ArithmeticError("broken")


def _same(ours: object, theirs: object) -> bool:
    """Return whether two answers are equal down to the types of their values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(_same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs
