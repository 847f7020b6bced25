"""A second paper exchange stands in for Kraken: the first passes its market on, and fills against it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
import requests
from websockets.sync.client import connect

from src.clock import AnchoredClock, anchor_at
from src.exchange.base import Answer, OrderRequest, Outcome
from src.exchange.kraken import KrakenExchange
from src.exchange.simulator.errors import UpstreamChanged, UpstreamUnreachable
from src.exchange.simulator.markets.errors import MarketSpecError
from src.exchange.simulator.markets.kraken_link import open_kraken_market
from src.records.enums import OrderType, Side
from tests.kraken_fakes import Running, order_faults, running, until
from tests.paper_exchange_server import NOW, SYMBOLS

XBT, ETH = SYMBOLS
STILL = {symbol: {"frozen": True} for symbol in SYMBOLS}
Json = dict[str, object]


@dataclass
class Pair:
    """Two exchanges, one behind the other, and a trader at the nearer one."""

    far: Running
    near: Running
    trader: KrakenExchange
    sent: int = 0

    def far_asked(self, path: str) -> Json:
        return asked(self.far.url, path)

    def near_asked(self, path: str) -> Json:
        return asked(self.near.url, path)

    def goes_wrong(self, **plan: object) -> None:
        order_faults(self.far.endpoint, **plan)

    def suspended(self, symbol: str = XBT) -> bool:
        ticker = self.near_asked(f"derivatives/api/v3/tickers/{symbol}")["ticker"]
        assert isinstance(ticker, dict)
        return bool(ticker["suspended"])

    def books(self) -> tuple[object, object]:
        path = f"derivatives/api/v3/orderbook?symbol={XBT}"
        return self.far_asked(path)["orderBook"], self.near_asked(path)["orderBook"]

    def buy(self, size: str) -> Answer:
        self.sent += 1
        return self.trader.send(
            OrderRequest(
                cli_ord_id=f"order{self.sent}",
                symbol=XBT,
                side=Side.BUY,
                order_type=OrderType.MARKET,
                size=Decimal(size),
                limit_price=None,
                stop_price=None,
                reduce_only=False,
                process_before=None,
            )
        )


def asked(url: str, path: str) -> Json:
    answer = requests.get(f"{url}/{path}", timeout=5)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    told.pop("serverTime", None)
    return told


@pytest.fixture(scope="module")
def clock() -> AnchoredClock:
    return AnchoredClock(anchor_at(NOW, speed=1.0))


@pytest.fixture(scope="module")
def far(clock: AnchoredClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("far"), "synthetic", clock) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def shared(far: Running, clock: AnchoredClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running(tmp_path_factory.mktemp("near"), f"kraken:{far.url}", clock) as near:
        at = near.endpoint
        trader = KrakenExchange(url=at.url, api_key=at.api_key, api_secret=at.api_secret, clock=clock)
        yield Pair(far, near, trader)
        trader.close()


@pytest.fixture
def pair(shared: Pair) -> Iterator[Pair]:
    yield shared
    shared.goes_wrong()
    until(lambda: not shared.suspended())


def test_what_the_far_exchange_shows_the_near_one_shows(pair: Pair) -> None:
    pair.goes_wrong(markets=STILL)
    until(lambda: pair.books()[0] == pair.books()[1])
    assert pair.books()[0] == pair.books()[1]
    for path in (
        f"api/charts/v1/trade/{XBT}/15m?to={NOW - 1800:.0f}",
        f"api/charts/v1/mark/{ETH}/1h?to={NOW - 7200:.0f}",
        f"derivatives/api/v4/historicalfundingrates?symbol={XBT}",
        "derivatives/api/v3/instruments",
    ):
        assert pair.near_asked(path) == pair.far_asked(path), path
    path = f"derivatives/api/v3/tickers/{XBT}"
    theirs, ours = pair.far_asked(path)["ticker"], pair.near_asked(path)["ticker"]
    assert isinstance(theirs, dict)
    assert isinstance(ours, dict)
    same = ("bid", "bidSize", "ask", "askSize", "fundingRate", "openInterest")
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    for name in ("markPrice", "indexPrice", "fundingRatePrediction"):  # told once a second
        assert ours[name] == pytest.approx(theirs[name], rel=1e-3)


def test_its_trades_are_passed_on_as_they_happen(pair: Pair) -> None:
    with connect(pair.near.url.replace("http", "ws") + "/ws/v1") as socket:
        socket.send(
            orjson.dumps({"event": "subscribe", "feed": "trade", "product_ids": list(SYMBOLS)}).decode()
        )
        heard: list[Json] = []
        while len(heard) < 3:
            message = orjson.loads(socket.recv(timeout=10))
            if message.get("feed") == "trade" and "event" not in message:
                heard.append(message)
    for message in heard:
        path = f"derivatives/api/v3/history?symbol={message['product_id']}"
        prints = pair.far_asked(path)["history"]
        assert isinstance(prints, list)
        assert (message["price"], message["qty"], message["side"]) in [
            (p["price"], p["size"], p["side"]) for p in prints
        ]


def test_fills_are_at_its_prices_and_it_does_not_hear_of_them(pair: Pair) -> None:
    pair.goes_wrong(markets=STILL)
    until(lambda: pair.books()[0] == pair.books()[1])
    before = pair.books()[0]
    assert isinstance(before, dict)
    offered = dict(before["asks"])
    size = Decimal(str(before["asks"][0][1])) + Decimal("0.0001")
    known = {fill.fill_id for fill in pair.trader.fills(0.0)}
    assert pair.buy(str(size)).outcome is Outcome.YES
    fills = [fill for fill in pair.trader.fills(0.0) if fill.fill_id not in known]
    assert sum(fill.size for fill in fills) == size
    assert len(fills) >= 2
    for fill in fills:
        assert float(fill.size) <= offered[float(fill.price)]
    assert pair.books() == (before, before)


def test_a_lost_connection_suspends_and_is_made_again(pair: Pair) -> None:
    pair.goes_wrong(
        stream=[{"feed": "book", "act": "close", "times": 1}], calls=[{"path": "ws/v1", "act": "reset"}]
    )
    until(pair.suspended)
    assert pair.buy("0.001").outcome is Outcome.NO
    pair.goes_wrong()
    until(lambda: not pair.suspended())
    assert pair.buy("0.001").outcome is Outcome.YES


def test_lost_and_repeated_messages_leave_the_same_book(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    pair.goes_wrong(
        stream=[
            {"feed": "book", "symbol": XBT, "act": "lose", "nth": [3]},
            {"feed": "book", "symbol": XBT, "act": "duplicate", "every": 2},
        ]
    )
    until(lambda: "book_lost" in reasons(caplog))
    until(lambda: not pair.suspended())
    pair.goes_wrong(markets=STILL)
    until(lambda: pair.books()[0] == pair.books()[1])


def test_its_halts_and_its_list_of_instruments_are_followed(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.goes_wrong(markets={XBT: {"suspended": True}})
    until(pair.suspended)
    assert not pair.suspended(ETH)
    pair.goes_wrong(
        stream=[{"feed": "book", "act": "close", "times": 1}],
        calls=[{"path": "v3/instruments", "act": "patch", "patch": {"instruments": {"tradeable": False}}}],
    )
    until(lambda: "not_tradeable" in reasons(caplog))
    assert pair.suspended()
    assert pair.suspended(ETH)
    pair.goes_wrong(stream=[{"feed": "book", "act": "close", "times": 1}])
    until(lambda: not pair.suspended())


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        why
        for record in caplog.records
        if record.message == "market_suspended"
        for why in record.__dict__["facts"]
    ]


def test_candles_are_refused_while_it_does_not_answer(pair: Pair) -> None:
    pair.goes_wrong(calls=[{"path": "*", "act": "refuse"}])
    answer = requests.get(f"{pair.near.url}/api/charts/v1/trade/{XBT}/1m", timeout=5)
    assert answer.status_code == 503
    assert not pair.suspended()


def test_a_start_without_it_or_with_a_strange_symbol_is_refused(far: Running, clock: AnchoredClock) -> None:
    with pytest.raises(MarketSpecError, match="PF_NOPEUSD"):
        open_kraken_market(far.url, (XBT, "PF_NOPEUSD"), clock)
    with pytest.raises(UpstreamUnreachable):
        open_kraken_market("http://127.0.0.1:9", (XBT,), clock, patience_s=0.0)


def test_a_venue_that_goes_away_comes_back_and_one_with_other_terms_ends_the_exchange(
    tmp_path: Path, clock: AnchoredClock
) -> None:
    with ExitStack() as first:
        far = first.enter_context(running(tmp_path / "far", "synthetic", clock))
        with running(tmp_path / "near", f"kraken:{far.url}", clock) as near:

            def suspended() -> bool:
                ticker = asked(near.url, f"derivatives/api/v3/tickers/{XBT}")["ticker"]
                return isinstance(ticker, dict) and bool(ticker["suspended"])

            assert not suspended()
            first.close()
            until(suspended)
            with running(tmp_path / "far", "synthetic", clock) as far:
                until(lambda: not suspended())
                order_faults(
                    far.endpoint,
                    stream=[{"feed": "book", "act": "close", "times": 1}],
                    calls=[
                        {
                            "path": "v3/instruments",
                            "act": "patch",
                            "patch": {"instruments": {"tickSize": 0.5}},
                        }
                    ],
                )
                assert near.ended.wait(10)
            (failure,) = near.failures
            assert isinstance(failure, UpstreamChanged)
            assert "tick_size" in str(failure)
