import itertools
from collections.abc import Mapping

import orjson
import pytest

from src.market.kraken_public import KrakenPublic
from src.market.poller import Candles, FundingHours, Poller, PollFailed, PollItem, References
from src.net.errors import NoAnswerError
from tests.market_fakes import START

EMPTY = orjson.dumps({"result": "success", "tickers": [], "candles": [], "rates": []})


class HandClock:
    """A clock that moves when told."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.seconds = 1000.0

    def now(self) -> float:
        return START + (self.seconds - 1000.0) * self.speed

    def real(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.seconds


class Bench:
    def __init__(
        self, *, speed: float = 1.0, per_s: float = 10.0, symbols: tuple[str, ...] = ("A", "B")
    ) -> None:
        self.clock = HandClock(speed)
        self.asked: list[tuple[float, str, dict[str, str | int]]] = []
        self.got: list[PollItem] = []
        self.failing = 0
        self.poller = Poller(
            venue=KrakenPublic("http://host", self.get),
            symbols=symbols,
            clock=self.clock,
            put=self.got.append,
            requests_per_s=per_s,
        )

    def get(self, url: str, params: Mapping[str, str | int]) -> bytes:
        self.asked.append((self.clock.seconds, url.rsplit("/", 1)[-1], dict(params)))
        if self.failing > 0:
            self.failing -= 1
            raise NoAnswerError("down")
        return EMPTY

    def run(self, seconds: float) -> None:
        ends = self.clock.seconds + seconds
        while self.clock.seconds < ends:
            self.clock.seconds += max(0.001, self.poller.ask_next())


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_first_round_asks_for_a_month(bench: Bench) -> None:
    bench.run(3)
    kinds = [type(item) for item in bench.got]
    assert kinds.count(References) == 1
    assert kinds.count(FundingHours) == 2
    candles = [item for item in bench.got if isinstance(item, Candles)]
    assert sorted((item.symbol, item.resolution_s) for item in candles) == sorted(
        [(s, r) for s in "AB" for r in (60, 900, 900)]
    )
    quarters = [params for _, kind, params in bench.asked if kind == "15m"]
    oldest = min(int(params["from"]) for params in quarters)
    assert START - 31 * 86400 < oldest <= START - 30 * 86400
    for params in quarters:
        assert int(params["to"]) - int(params["from"]) < 2000 * 900


def test_tickers_come_every_five_seconds(bench: Bench) -> None:
    bench.run(60)
    times = [at for at, kind, _ in bench.asked if kind == "tickers"]
    assert len(times) == 12
    assert all(4.9 < later - earlier < 5.2 for earlier, later in itertools.pairwise(times))


def test_history_is_asked_for_again_every_hour(bench: Bench) -> None:
    bench.run(3700)
    assert sum(kind == "1m" for _, kind, _ in bench.asked) == 4
    assert sum(kind == "15m" for _, kind, _ in bench.asked) == 6


def test_faster_clock_has_shorter_hours() -> None:
    bench = Bench(speed=60.0)
    bench.run(130)
    assert sum(kind == "1m" for _, kind, _ in bench.asked) == 6


def test_budget_holds_while_tickers_go_first() -> None:
    bench = Bench(per_s=1.0, symbols=tuple("ABCDEF"))
    bench.run(30)
    assert len(bench.asked) <= 31
    assert sum(kind == "tickers" for _, kind, _ in bench.asked) == 6


def test_failed_question_is_told_and_asked_again_later(bench: Bench) -> None:
    bench.poller.ask_next()
    bench.failing = 1
    bench.run(20)
    failed = [item for item in bench.got if isinstance(item, PollFailed)]
    assert [item.reason for item in failed] == ["down"]
    assert len([item for item in bench.got if isinstance(item, Candles)]) == 6


def test_refresh_asks_for_candles_soon(bench: Bench) -> None:
    bench.run(10)
    before = sum(kind == "1m" for _, kind, _ in bench.asked)
    bench.poller.refresh()
    bench.run(6)
    assert sum(kind == "1m" for _, kind, _ in bench.asked) == before + 2
