"""What is remembered or cut short for speed says the same as the long way."""

import hashlib
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.book import Half
from src.exchange.simulator.ids import name_of
from src.exchange.simulator.wire.account import LogPages
from src.exchange.simulator.wire.values import iso
from src.records.enums import Side
from tests.paper_exchange_fakes import XBT, Exchange, trading


@given(st.text(max_size=9), st.text(max_size=9), st.integers(0, 10**9))
def test_a_name_is_a_uuid_of_version_four(seed: str, kind: str, number: int) -> None:
    digest = hashlib.blake2b(f"{seed}|{kind}|{number}".encode(), digest_size=16).digest()
    assert name_of(seed, kind, number) == str(uuid.UUID(bytes=digest, version=4))


@given(st.floats(0, 4e9))
def test_a_time_is_told_to_the_millisecond(ts: float) -> None:
    moment = datetime.fromtimestamp(round(ts, 3), tz=UTC)
    assert iso(ts) == moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


LEVELS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=5, unique_by=lambda pair: pair[0])


@pytest.mark.parametrize("footprint", [True, False])
@given(bids=LEVELS, asks=LEVELS, resting=st.lists(st.sampled_from([90, 94, 106, 111]), max_size=3))
def test_the_best_level_is_the_first_that_is_published(
    footprint: bool, bids: list[tuple[int, int]], asks: list[tuple[int, int]], resting: list[int]
) -> None:
    paper = Exchange(footprint=footprint)
    paper.book(
        bids=[(90.0 + level, float(size)) for level, size in bids],
        asks=[(110.0 - level, float(size)) for level, size in asks],
    )
    paper.mark(100.0)
    for price in resting:
        paper.send("post", "buy" if price < 100 else "sell", "1", limitPrice=str(price))
        paper.send("mkt", "buy", "1")
        paper.send("mkt", "sell", "2")
    contract = paper.engine.core.contracts[XBT]
    for side in Side:
        first = next(contract.published(side), None)
        touch = contract.touch(side)
        assert (touch is None) == (first is None)
        if first is not None:
            assert touch == (contract.grid.price_float(first[0]), contract.grid.size_float(first[1]))


def test_open_orders_and_fills_are_told_as_they_are_now() -> None:
    paper = trading()
    told = []
    for number in range(4):
        paper.send("post", "buy", "0.1", limitPrice="95", cliOrdId=f"c{number}")
        paper.send("mkt", "buy", "0.1")
        told.append((len(_rows(paper, "openorders")), len(_rows(paper, "fills"))))
        assert _rows(paper, "fills") == _rows(paper, "fills")
    assert told == [(1, 1), (2, 2), (3, 3), (4, 4)]
    order_id = str(_rows(paper, "openorders")[0]["order_id"])
    paper.ask("editorder", orderId=order_id, size="0.3", limitPrice="94")
    edited = {row["order_id"]: row["unfilledSize"] for row in _rows(paper, "openorders")}
    assert edited[order_id] == 0.3
    paper.ask("cancelorder", order_id=order_id)
    assert order_id not in {row["order_id"] for row in _rows(paper, "openorders")}


def test_a_stop_that_is_moved_is_watched_where_it_is() -> None:
    paper = trading()
    paper.send("mkt", "buy", "1")
    status = paper.send("stp", "sell", "1", stopPrice="90", triggerSignal="mark", reduceOnly="true")
    paper.mark(95.0)
    assert paper.size() == Decimal(1)
    paper.ask("editorder", orderId=str(status["order_id"]), stopPrice="97")
    paper.mark(96.0)
    assert paper.size() == Decimal(0)


@pytest.mark.parametrize(
    ("order_type", "side", "stop", "signal", "fires_at"),
    [
        ("stp", "sell", "90", "mark", 90.0),
        ("stp", "buy", "110", "mark", 110.0),
        ("take_profit", "sell", "110", "mark", 110.0),
        ("take_profit", "buy", "90", "mark", 90.0),
        ("stp", "sell", "90", "last", 90.0),
    ],
)
def test_a_trigger_fires_at_its_price_and_not_before(
    order_type: str, side: str, stop: str, signal: str, fires_at: float
) -> None:
    paper = trading()
    other = "stp" if order_type == "take_profit" else "take_profit"
    paper.send(order_type, side, "1", stopPrice=stop, triggerSignal=signal)
    paper.send(other, side, "1", stopPrice="9999" if fires_at < 100 else "1", triggerSignal="index")
    tell = paper.mark if signal == "mark" else lambda price: paper.trade("sell", price, 0.1)
    tell(fires_at + (1 if fires_at < 100 else -1))
    assert not paper.fills()
    tell(fires_at)
    assert len(_rows(paper, "openorders")) == 1


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("replace"), LEVELS, st.just(0)),
        st.tuples(st.sampled_from(["show", "take", "look"]), st.integers(1, 9), st.integers(0, 3)),
    ),
    max_size=12,
)


@given(CHANGES)
def test_a_side_that_is_read_late_is_the_same(changes: list[tuple[str, object, int]]) -> None:
    early, late = Half(Side.BUY), Half(Side.BUY)
    for kind, what, steps in changes:
        if isinstance(what, list):
            early.replace(what)
            late.replace_unread(lambda levels=what: levels)  # type: ignore[misc] # bound to this round
        elif isinstance(what, int) and kind == "show":
            early.show(what, steps)
            late.show(what, steps)
        elif isinstance(what, int) and kind == "take" and early.available(what) >= steps > 0:
            early.take(what, steps)
            late.take(what, steps)
        elif kind == "look":
            assert (early.levels(), list(early.walk())) == (late.levels(), list(late.walk()))
            assert (early.best_shown(), early.best_available()) == (late.best_shown(), late.best_available())
    assert (early.levels(), list(early.walk())) == (late.levels(), list(late.walk()))


@given(
    times=st.lists(st.integers(0, 20), max_size=30),
    asked=st.lists(
        st.tuples(st.integers(0, 22), st.sampled_from(["asc", ""]), st.integers(1, 9)), max_size=5
    ),
)
def test_a_page_of_the_log_is_what_a_look_at_every_row_finds(
    times: list[int], asked: list[tuple[int, str, int]]
) -> None:
    paper = Exchange()
    account = paper.state.account
    account.rows.clear()
    pages = LogPages(paper.state)
    for place, (since, sort, count) in enumerate(asked):
        for ts in times[place * 5 : place * 5 + 5]:  # now and then an earlier time than the row before
            account.open(Decimal(1), ts=float(ts))
        wanted = [row for row in account.rows if row.ts >= since]
        if sort != "asc":
            wanted.reverse()
        rows = pages.answer({"since": str(since * 1000), "sort": sort, "count": str(count)})["logs"]
        assert isinstance(rows, list)
        assert [row["id"] for row in rows] == [row.row_id for row in wanted[:count]]
        if len(account.rows) > 12:
            del account.rows[:-6]


def _rows(paper: Exchange, method: str) -> list[dict[str, object]]:
    rows = paper.ask(method)["openOrders" if method == "openorders" else "fills"]
    assert isinstance(rows, list)
    return rows
