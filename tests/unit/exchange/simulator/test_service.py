from collections.abc import Sequence
from decimal import Decimal

import pytest

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.errors import BadCall, Unlisted
from src.exchange.simulator.events import BookDelta, FundingPoint
from src.exchange.simulator.feed import BookChange, FeedMessage
from src.exchange.simulator.service import Service
from src.exchange.simulator.state import ExchangeState
from src.records.exchange_journal import JournalEntry
from src.store.errors import MoneyFileError
from tests.paper_exchange_fakes import ETH, SPECS, START, XBT, FakeJournal, ScriptedMarket

HOUR = (START // 3600 + 1) * 3600


class HandClock:
    speed = 1.0

    def __init__(self) -> None:
        self.market = START

    def now(self) -> float:
        return self.market

    def real(self) -> float:
        return self.market

    def wall(self) -> float:
        return self.market


class Told:
    def __init__(self) -> None:
        self.messages: list[FeedMessage] = []

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        self.messages += messages


class BrokenJournal(FakeJournal):
    broken = False

    def append(self, record: JournalEntry) -> int:
        if self.broken:
            raise MoneyFileError("the disk is gone")
        return super().append(record)


def started(
    market: ScriptedMarket, journal: FakeJournal, *, now: float = START
) -> tuple[Service, HandClock, Told]:
    state = ExchangeState(memory_s=5.0)
    state.replay(journal.entries)
    engine = Engine(SPECS, state=state, journal=journal, seed="1", taken=market.taken)
    clock, told = HandClock(), Told()
    clock.market = now
    engine.open(clock.market, balance_usd=Decimal(10_000))
    return Service(engine, market, clock, told), clock, told


def buy(service: Service, symbol: str = XBT) -> dict[str, object]:
    return service.request("sendorder", {"symbol": symbol, "side": "buy", "size": "1", "orderType": "mkt"})


def test_an_answer_is_of_now_and_the_feed_comes_before_it() -> None:
    market = ScriptedMarket([BookDelta(START + 1, XBT, "sell", 100.0, 3.0)])
    service, clock, told = started(market, FakeJournal())
    service.begin()
    clock.market = START + 2
    buy(service)
    changes = [m for m in told.messages if isinstance(m, BookChange)]
    assert [(m.price, m.size) for m in changes] == [(100.0, 3.0), (100.0, 2.0)]
    assert service.engine.core.state.fills[0].price == 100


def test_the_last_day_is_known_from_the_start() -> None:
    service, _, _ = started(ScriptedMarket(), FakeJournal())
    service.begin()
    ticker = service.request("ticker", {"symbol": XBT})["ticker"]
    assert isinstance(ticker, dict)
    assert (ticker["vol24h"], ticker["high24h"]) == (12.0, 101.0)


def test_a_position_that_slept_through_hours_pays_for_them() -> None:
    journal = FakeJournal()
    service, _, _ = started(ScriptedMarket(), journal)
    service.begin()
    buy(service)
    market = ScriptedMarket()
    market.rates = [FundingPoint(HOUR, 0.36, 0.0), FundingPoint(HOUR + 3600, 0.72, 0.0)]
    again, _, _ = started(market, journal, now=HOUR + 4000)
    again.begin()
    paid = [
        row.realised_funding_usd for row in again.engine.core.state.account.rows if row.realised_funding_usd
    ]
    first = (-Decimal("0.36") * Decimal(str(HOUR - START)) / 3600).quantize(Decimal("0.00000001"))
    assert paid == [first, Decimal("-0.72000000")]


def test_a_journal_that_cannot_be_written_breaks_the_service() -> None:
    journal = BrokenJournal()
    service, _, _ = started(ScriptedMarket(), journal)
    service.begin()
    journal.broken = True
    with pytest.raises(MoneyFileError):
        buy(service)
    assert isinstance(service.failure, MoneyFileError)


def test_a_request_that_is_not_understood_breaks_nothing() -> None:
    service, _, _ = started(ScriptedMarket(), FakeJournal())
    service.begin()
    with pytest.raises(BadCall):
        buy(service, symbol="PF_NOPEUSD")
    assert service.failure is None


def test_what_the_account_holds_must_be_listed() -> None:
    journal = FakeJournal()
    service, _, _ = started(ScriptedMarket(), journal)
    service.begin()
    buy(service, symbol=ETH)
    state = ExchangeState(memory_s=5.0)
    state.replay(journal.entries)
    engine = Engine(SPECS[:1], state=state, journal=journal, seed="1", taken=ScriptedMarket().taken)
    with pytest.raises(Unlisted, match=ETH):
        engine.open(START, balance_usd=Decimal(10_000))
