"""Orders, edits, cancels, market events and restarts in any order: queue, books and journal keep their promises."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from src.exchange.simulator.engine import Engine
from src.exchange.simulator.events import BookDelta, BookSnapshot, WireSide
from src.exchange.simulator.resting import Resting
from src.exchange.simulator.state import ExchangeState
from src.records.enums import Side
from src.records.exchange_journal import ExchangeOrder
from tests.paper_exchange_fakes import SPECS, XBT, trading

WORDS = {"buy": Side.BUY, "sell": Side.SELL}
words: st.SearchStrategy[WireSide] = st.sampled_from(["buy", "sell"])
prices = st.integers(96, 104)
sizes = st.integers(1, 12).map(lambda n: n / 4)
nth = st.integers(0, 7)


class OrderLife(RuleBasedStateMachine):
    """One contract; the test keeps its own account of who came first at which price."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange = trading()
        self.turn = 0
        self.arrived: dict[str, int] = {}
        """When each resting order took its place, by order id."""

    @initialize(asks=st.lists(st.integers(101, 104), max_size=4))
    def begin(self, asks: list[int]) -> None:
        for price in asks:
            for word, mine in (("sell", price), ("buy", 200 - price)):
                self.keep(self.exchange.send("lmt", word, "1", limitPrice=str(mine)))

    # requests
    @rule(
        kind=st.sampled_from(["lmt", "lmt", "lmt", "post", "ioc", "fok"]),
        word=words,
        price=prices,
        size=sizes,
    )
    def send(self, kind: str, word: str, price: int, size: float) -> None:
        self.keep(self.exchange.send(kind, word, str(size), limitPrice=str(price)))

    @rule(word=words, size=sizes, reduces=st.booleans())
    def send_market(self, word: str, size: float, reduces: bool) -> None:
        self.exchange.send("mkt", word, str(size), reduceOnly=str(reduces).lower())

    @rule(word=words, price=prices, size=sizes)
    def send_reducer(self, word: str, price: int, size: float) -> None:
        self.keep(self.exchange.send("lmt", word, str(size), limitPrice=str(price), reduceOnly="true"))

    @rule(word=words, price=prices, size=sizes)
    def send_stop(self, word: str, price: int, size: float) -> None:
        self.exchange.send("stp", word, str(size), stopPrice=str(price), triggerSignal="mark")

    @precondition(lambda self: self.arrived)
    @rule(which=nth, price=prices | st.none(), size=sizes)
    def edit(self, which: int, price: int | None, size: float) -> None:
        before = self.nth_resting(which)
        wish = {} if price is None else {"limitPrice": str(price)}
        answer = self.exchange.ask("editorder", orderId=before.terms.order_id, size=str(size), **wish)
        after = self.exchange.state.open.get(before.terms.order_id)
        if status_of(answer, "editStatus") != "edited" or after is None:
            return
        moved = price is not None and Decimal(price) != before.terms.limit_price
        if moved or Decimal(str(size)) > before.open_size:
            self.arrives(after.terms.order_id)

    @precondition(lambda self: self.arrived)
    @rule(which=nth)
    def cancel(self, which: int) -> None:
        order_id = self.nth_resting(which).terms.order_id
        assert status_of(self.exchange.ask("cancelorder", order_id=order_id), "cancelStatus") == "cancelled"
        assert order_id not in self.exchange.state.open

    # the market
    @rule(word=words, price=prices, size=st.integers(0, 12).map(lambda n: n / 4))
    def show(self, word: WireSide, price: int, size: float) -> None:
        other = self.exchange.engine.core.contracts[XBT].book.against(WORDS[word])
        best = next(other.walk(), None)
        if best is None or WORDS[word].sign * (best[0] - price) > 0:
            self.exchange.tell(BookDelta(self.exchange.now, XBT, word, float(price), size))

    @rule(low=st.integers(95, 103), sizes=st.tuples(sizes, sizes))
    def jump(self, low: int, sizes: tuple[float, float]) -> None:
        bid, ask = (float(low), sizes[0]), (float(low + 2), sizes[1])
        self.exchange.tell(BookSnapshot(self.exchange.now, XBT, (bid, (90.0, 9.0)), (ask, (110.0, 9.0))))

    @rule(word=words, price=prices, size=sizes)
    def trade(self, word: str, price: int, size: float) -> None:
        before = self.ours()
        filled = {fill.fill_id for fill in self.exchange.state.fills}
        self.exchange.trade(word, float(price), size)
        new = [fill for fill in self.exchange.state.fills if fill.fill_id not in filled]
        assert sum((fill.size for fill in new if fill.fill_type == "maker"), Decimal(0)) <= Decimal(str(size))
        for fill in new:
            if fill.fill_type == "maker":
                place = next(at for at, resting in enumerate(before) if resting.order_id == fill.order_id)
                first = [resting for resting in before[:place] if resting.side is before[place].side]
                assert not {resting.order_id for resting in first} & self.exchange.state.open.keys()

    @rule(mark=st.integers(94, 106))
    def mark(self, mark: int) -> None:
        self.exchange.mark(float(mark), rate=(mark - 100) / 50)

    @rule(seconds=st.sampled_from([1, 300, 4000]))
    def wait(self, seconds: int) -> None:
        self.exchange.now += seconds
        self.exchange.ask("accounts")

    # a restart
    @rule(cut=st.integers(0, 40), shown=st.booleans())
    def restart(self, cut: int, shown: bool) -> None:
        exchange, before = self.exchange, self.exchange.state.snapshot(0.0)
        entries = exchange.journal.entries
        first, state = ExchangeState(memory_s=5.0), ExchangeState(memory_s=5.0)
        first.replay(entries[:cut])
        state.restore(first.snapshot(0.0))
        state.replay(entries[cut:])
        assert state.snapshot(0.0) == before
        mark = exchange.engine.core.contracts[XBT].mark or 100.0
        exchange.state = state
        taken = lambda *_, **__: None
        exchange.engine = Engine(SPECS, state=state, journal=exchange.journal, seed="7", taken=taken)
        exchange.engine.open(exchange.now, balance_usd=Decimal(1))
        if shown:
            exchange.book(bids=((94.0, 5.0),), asks=((106.0, 5.0),))
        exchange.mark(mark)

    # promises
    @invariant()
    def nothing_shown_is_crossed_or_empty(self) -> None:
        contract = self.exchange.engine.core.contracts[XBT]
        bids, asks = list(contract.published(Side.BUY)), list(contract.published(Side.SELL))
        assert all(steps > 0 for _, steps in bids + asks)
        assert not bids or not asks or bids[0][0] < asks[0][0]

    @invariant()
    def who_came_first_at_a_price_stands_first(self) -> None:
        queue = self.ours()
        expected = sorted(
            queue, key=lambda r: (r.side.value, -r.side.sign * r.ticks, self.arrived[r.order_id])
        )
        assert [r.order_id for r in queue] == [r.order_id for r in expected]
        assert all(resting.ahead is None or resting.ahead >= 0 for resting in queue)

    @invariant()
    def queue_and_books_say_the_same(self) -> None:
        state, contract = self.exchange.state, self.exchange.engine.core.contracts[XBT]
        resting = {name: order for name, order in state.open.items() if order.terms.stop_price is None}
        assert {r.order_id: contract.grid.size(r.steps) for r in contract.queue} == {
            name: order.open_size for name, order in resting.items()
        }
        assert all(order.open_size > 0 and order.filled >= 0 for order in state.open.values())
        self.arrived = {name: turn for name, turn in self.arrived.items() if name in resting}

    @invariant()
    def every_contract_came_from_a_fill(self) -> None:
        state = self.exchange.state
        sizes = [fill.side.sign * fill.size for fill in state.fills]
        assert state.account.size_of(XBT) == sum(sizes, Decimal(0))
        names = [fill.fill_id for fill in state.fills]
        assert len(names) == len(set(names))

    def teardown(self) -> None:
        retold = ExchangeState(memory_s=5.0)
        retold.replay(self.exchange.journal.entries)
        assert retold.snapshot(0.0) == self.exchange.state.snapshot(0.0)

    # the test's own account
    def ours(self) -> list[Resting]:
        queue = self.exchange.engine.core.contracts[XBT].queue
        return [*queue.side(Side.BUY), *queue.side(Side.SELL)]

    def keep(self, status: Mapping[str, Any]) -> None:
        order_id = status.get("order_id", "")
        if order_id in self.exchange.state.open:
            self.arrives(order_id)

    def arrives(self, order_id: str) -> None:
        self.turn += 1
        self.arrived[order_id] = self.turn

    def nth_resting(self, which: int) -> ExchangeOrder:
        names = sorted(self.arrived)
        return self.exchange.state.open[names[which % len(names)]]


def status_of(answer: Mapping[str, Any], name: str) -> object:
    return answer[name]["status"]


def test_orders_queue_and_journal_keep_their_promises() -> None:
    run_state_machine_as_test(OrderLife, settings=settings(max_examples=60, stateful_step_count=40))


@pytest.mark.chaos
def test_over_many_lives_they_keep_them_too() -> None:
    run_state_machine_as_test(OrderLife, settings=settings(max_examples=2000, stateful_step_count=60))


def rest(life: OrderLife, *names: str) -> None:
    for name in names:
        life.exchange.send("lmt", "buy", "1", limitPrice="95", cliOrdId=name)


def queue(life: OrderLife) -> list[str | None]:
    return [life.exchange.state.open[resting.order_id].terms.cli_ord_id for resting in life.ours()]


def test_a_refused_edit_keeps_its_place() -> None:
    life = OrderLife()
    rest(life, "first", "second")
    answer = life.exchange.ask("editorder", cliOrdId="first", size="99000")
    assert status_of(answer, "editStatus") == "maxPositionViolation"
    assert queue(life) == ["first", "second"]


def test_a_place_that_an_edit_lost_is_lost_after_a_restart_too() -> None:
    life = OrderLife()
    rest(life, "first", "second", "third")
    life.exchange.ask("editorder", cliOrdId="first", size="2")
    life.exchange.ask("editorder", cliOrdId="second", size="0.5")
    life.restart(cut=0, shown=True)
    assert queue(life) == ["second", "third", "first"]


def test_what_a_cut_reducer_leaves_is_traded_by_whoever_stands_next() -> None:
    life = OrderLife()
    life.jump(low=99, sizes=(1.0, 1.0))
    life.send_market(word="sell", size=0.25, reduces=False)
    life.send(kind="lmt", word="buy", price=98, size=0.25)
    life.send_reducer(word="buy", price=97, size=0.25)
    life.send(kind="lmt", word="buy", price=96, size=0.25)
    life.jump(low=93, sizes=(1.0, 0.5))
    assert life.ours() == []
    assert life.exchange.state.account.size_of(XBT) == Decimal("0.25")
    life.nothing_shown_is_crossed_or_empty()
