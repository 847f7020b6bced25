"""The exchange in one process answers as over HTTP: the same market, the same requests, the same answers."""

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest

from src.exchange.base import Answer, Instrument, OpenOrder, OrderRequest, Outcome
from src.exchange.errors import NoAnswer
from src.records.enums import OrderType, Side
from tests.direct_fakes import START, SYMBOLS, Paper, direct, over_http

ROUNDS = 120
HISTORY_S = 6 * 3600


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Paper, Paper]]:
    with over_http() as http:
        yield http, direct()


class Trader:
    """Asks the same of whoever it is given, by its own seeded chance and by what it was answered."""

    def __init__(self, paper: Paper, *, seed: int) -> None:
        self.paper = paper
        self.heard: list[object] = []
        self.answers: list[Answer] = []
        self._rng = random.Random(seed)
        self._number = 0
        self._instruments: dict[str, Instrument] = {}
        self._resting: tuple[OpenOrder, ...] = ()

    def trade(self) -> None:
        exchange, clock = self.paper.exchange, self.paper.clock
        self._instruments = exchange.instruments()
        self.heard.append(self._instruments)
        for _ in range(ROUNDS):
            clock.advance_by(self._rng.choice([0.0, 0.25, 3.0, 20.0, 60.0]))
            self.heard.append(self._act())
            self.heard.append(exchange.server_time(clock.now()))
            self._read()
        clock.advance_to(START + 2 * 3600)  # over two settlements of funding
        self._read()

    def _act(self) -> object:
        exchange = self.paper.exchange
        symbol = self._rng.choice(SYMBOLS)
        quote = exchange.quote(symbol)
        self.heard.append(quote)
        if self._resting and self._rng.random() < 0.25:
            return exchange.cancel(self._rng.choice(self._resting).order_id)
        answer = exchange.send(self._order(symbol, quote.bid or Decimal(1), quote.ask or Decimal(1)))
        self.answers.append(answer)
        return answer, self._status()

    def _status(self) -> object:
        return self.paper.exchange.order_status(f"tbabc{self._number:013d}")

    def _order(self, symbol: str, bid: Decimal, ask: Decimal) -> OrderRequest:
        self._number += 1
        side = self._rng.choice([Side.BUY, Side.SELL])
        kind = self._rng.choice([OrderType.IOC, OrderType.IOC, OrderType.MARKET, OrderType.STOP])
        best = ask if side is Side.BUY else bid
        instrument = self._instruments[symbol]
        steps = Decimal(self._rng.choice(["0.5", "1", "20", "300", "10000000"])) * 40 / best
        size = max(instrument.size_step, (steps // instrument.size_step) * instrument.size_step)
        off_grid = Decimal("0.00000001") if self._rng.random() < 0.05 else Decimal(0)
        stop = (best * Decimal("0.98") // instrument.tick_size) * instrument.tick_size
        return OrderRequest(
            cli_ord_id=f"tbabc{self._number:013d}",
            symbol=symbol if self._rng.random() < 0.97 else "PF_NONEUSD",
            side=side,
            order_type=kind,
            size=size,
            limit_price=best + off_grid if kind is OrderType.IOC else None,
            stop_price=stop if kind is OrderType.STOP else None,
            reduce_only=kind is OrderType.STOP or self._rng.random() < 0.2,
            process_before=self.paper.clock.now() + self._rng.choice([5.0, 5.0, -5.0]),
        )

    def _read(self) -> None:
        exchange = self.paper.exchange
        self._resting = exchange.open_orders()
        since = self.paper.clock.now() - 3600
        self.heard += [self._resting, exchange.positions(), exchange.fills(since), exchange.account()]
        if self._number % 10 == 0:
            self.heard += [exchange.fills(0.0), exchange.account_log(0.0), exchange.cancel("unknown")]


def test_answers_and_books_are_those_of_http(both: tuple[Paper, Paper]) -> None:
    traders = [Trader(paper, seed=11) for paper in both]
    for trader in traders:
        trader.trade()
    http, ours = traders
    for number, (theirs, own) in enumerate(zip(http.heard, ours.heard, strict=True)):
        assert repr(own) == repr(theirs), f"answer {number}"  # to the last digit of each Decimal
    assert ours.paper.journal.entries == http.paper.journal.entries
    assert {answer.outcome for answer in ours.answers} >= {Outcome.YES, Outcome.NO}
    assert len(ours.paper.service.engine.core.state.fills) > 20


def test_what_anybody_may_ask_is_as_the_public_client_parses_it(both: tuple[Paper, Paper]) -> None:
    for paper in both:
        paper.clock.advance_to(START + 3 * 3600 + 12.5)
    http, ours = (paper.public for paper in both)
    end = START + 3 * 3600
    assert ours.references() == http.references()
    for symbol in SYMBOLS:
        for resolution_s in (60, 900):
            asked = {"resolution_s": resolution_s, "start": end - HISTORY_S + 0.7, "end": end + 5.2}
            bars = ours.candles(symbol, **asked)  # type: ignore[arg-type] # whole and broken numbers
            assert bars == http.candles(symbol, **asked)  # type: ignore[arg-type] # the same
            assert len(bars) > 20
        assert ours.funding_history(symbol) == http.funding_history(symbol)
        assert ours.candles(symbol, resolution_s=60, start=0.0, end=end) == http.candles(
            symbol, resolution_s=60, start=0.0, end=end
        )


def test_an_unknown_contract_has_no_answer(both: tuple[Paper, Paper]) -> None:
    for paper in both:
        with pytest.raises(NoAnswer):
            paper.exchange.quote("PF_NONEUSD")
