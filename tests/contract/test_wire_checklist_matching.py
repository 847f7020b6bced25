"""What the exchange does with orders, over real HTTP, a test a promise."""

from collections.abc import Iterator

import pytest

from tests.paper_exchange_fakes import START
from tests.wire_fakes import Wire, wired

HOUR = (START // 3600 + 1) * 3600


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def executed(status: dict[str, object]) -> list[tuple[float, float]]:
    """Return (price, size) of the executions of an answer."""
    events = status["orderEvents"]
    assert isinstance(events, list)
    return [(event["price"], event["amount"]) for event in events if event["type"] == "EXECUTION"]


def open_orders(wire: Wire) -> list[dict[str, object]]:
    orders: list[dict[str, object]] = wire.client.privateGetOpenorders()["openOrders"]
    return orders


def word(wire: Wire, order_type: str, side: str, size: str, **params: str) -> object:
    return wire.send(order_type, side, size, **params)["status"]


def test_orders_trade_by_price_then_time_behind_what_is_displayed(wire: Wire) -> None:
    wire.send("lmt", "buy", "1", limitPrice="99", cliOrdId="first")
    wire.send("lmt", "buy", "1", limitPrice="99", cliOrdId="second")
    wire.send("lmt", "buy", "1", limitPrice="100", cliOrdId="better")
    wire.trade("sell", 99.0, 1.0 + 5.0 + 1.5)
    assert {row["cliOrdId"]: row["unfilledSize"] for row in open_orders(wire)} == {"second": 0.5}


def test_a_market_order_trades_up_to_one_percent_floored_to_the_tick(wire: Wire) -> None:
    wire.book(bids=[(99.0, 1.0)], asks=[(150.0, 1.0), (151.0, 1.0), (152.0, 1.0)])
    status = wire.send("mkt", "buy", "3")
    assert executed(status) == [(150.0, 1.0), (151.0, 1.0)]
    prior = status["orderEvents"][0]["orderPriorExecution"]  # type: ignore[index] # JSON
    assert (prior["type"], prior["limitPrice"]) == ("ioc", 151.0)
    assert open_orders(wire) == []


def test_ioc_takes_what_there_is(wire: Wire) -> None:
    assert executed(wire.send("ioc", "buy", "6", limitPrice="101")) == [(101.0, 5.0)]
    assert word(wire, "ioc", "buy", "1", limitPrice="98") == "iocWouldNotExecute"
    assert open_orders(wire) == []


def test_fok_takes_all_or_nothing(wire: Wire) -> None:
    assert word(wire, "fok", "buy", "6", limitPrice="101") == "iocWouldNotExecute"
    assert executed(wire.send("fok", "buy", "6", limitPrice="102")) == [(101.0, 5.0), (102.0, 1.0)]


def test_post_never_takes(wire: Wire) -> None:
    status = wire.send("post", "buy", "1", limitPrice="101")
    assert status["status"] == "postWouldExecute"
    assert status["orderEvents"][0]["reason"] == "POST_WOULD_EXECUTE"  # type: ignore[index] # JSON
    assert word(wire, "post", "buy", "1", limitPrice="100") == "placed"


def test_a_limit_order_executes_first_and_rests_with_the_remainder(wire: Wire) -> None:
    events = wire.send("lmt", "buy", "7", limitPrice="101")["orderEvents"]
    assert [event["type"] for event in events] == ["EXECUTION", "PLACE"]  # type: ignore[attr-defined] # JSON
    assert (events[1]["order"]["quantity"], events[1]["order"]["filled"]) == (2.0, 5.0)  # type: ignore[index] # JSON


def test_a_reduce_only_order_is_cut_to_the_position_and_says_by_how_much(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    rests = wire.send("lmt", "sell", "3", limitPrice="105", reduceOnly="true")
    placed = rests["orderEvents"][0]  # type: ignore[index] # JSON
    assert (placed["order"]["quantity"], placed["reducedQuantity"]) == (1.0, 2.0)
    taken = wire.send("mkt", "sell", "3", reduceOnly="true")
    assert executed(taken) == [(99.0, 1.0)]
    assert taken["orderEvents"][0]["takerReducedQuantity"] == 2.0  # type: ignore[index] # JSON
    assert wire.size() == 0


def test_a_reduce_only_order_that_would_not_reduce_is_refused(wire: Wire) -> None:
    assert word(wire, "mkt", "sell", "1", reduceOnly="true") == "wouldNotReducePosition"
    wire.send("mkt", "buy", "1")
    assert word(wire, "mkt", "buy", "1", reduceOnly="true") == "wouldNotReducePosition"


def test_nobody_trades_with_himself(wire: Wire) -> None:
    wire.send("lmt", "buy", "1", limitPrice="100")
    assert word(wire, "lmt", "sell", "1", limitPrice="100") == "selfFill"


@pytest.mark.parametrize("signal", ["mark", "index", "last"])
@pytest.mark.parametrize(
    ("kind", "side", "stop", "trigger_side"),
    [
        ("stp", "buy", "110", "trigger_above"),
        ("stp", "sell", "90", "trigger_below"),
        ("take_profit", "sell", "110", "trigger_above"),
        ("take_profit", "buy", "90", "trigger_below"),
    ],
)
def test_triggers_watch_one_signal_and_fire_on_their_side(
    wire: Wire, signal: str, kind: str, side: str, stop: str, trigger_side: str
) -> None:
    status = wire.send(kind, side, "1", stopPrice=stop, triggerSignal=signal)
    trigger = status["orderEvents"][0]["orderTrigger"]  # type: ignore[index] # JSON
    assert trigger["triggerSide"] == trigger_side
    assert (
        trigger["triggerSignal"]
        == {"mark": "mark_price", "index": "spot_price", "last": "last_price"}[signal]
    )
    reached = float(stop)
    for other in {"mark", "index", "last"} - {signal}:
        move(wire, other, reached)
    assert len(open_orders(wire)) == 1
    move(wire, signal, reached)
    assert open_orders(wire) == []
    assert abs(wire.size()) == 1


def move(wire: Wire, signal: str, price: float) -> None:
    """Bring one of the three signals to a price, the others stay at 100."""
    if signal == "last":
        wire.trade("buy", price, 0.001)
        return
    wire.mark(price if signal == "mark" else 100.0, index=price if signal == "index" else 100.0)


def test_a_stop_without_a_limit_keeps_what_lies_beyond_its_protection(wire: Wire) -> None:
    wire.send("mkt", "buy", "4")
    wire.send("stp", "sell", "4", stopPrice="90", triggerSignal="mark", reduceOnly="true")
    wire.book(bids=[(90.0, 1.0), (85.0, 9.0)], asks=[(101.0, 5.0)])
    wire.mark(90.0)
    assert open_orders(wire) == []
    assert wire.size() == 3


def test_a_stop_with_a_limit_becomes_a_limit_order(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    wire.send("stp", "sell", "1", stopPrice="95", limitPrice="100", triggerSignal="mark", cliOrdId="s")
    wire.mark(95.0)
    (order,) = open_orders(wire)
    assert (order["cliOrdId"], order["orderType"], order["limitPrice"]) == ("s", "lmt", 100.0)


def test_makers_pay_two_and_takers_five_basis_points_of_the_value(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    wire.send("lmt", "sell", "1", limitPrice="100")
    wire.trade("buy", 100.0, 1.0)
    fills = wire.client.privateGetFills()["fills"]
    assert [fill["fillType"] for fill in fills] == ["maker", "taker"]
    cash = [row for row in wire.client.historyGetAccountLog()["logs"] if row["asset"] == "usd"]
    assert [row["fee"] for row in cash[:2]] == pytest.approx([100 * 0.0002, 101 * 0.0005])


def test_entry_is_weighted_on_increase_kept_on_decrease_and_new_after_a_flip(wire: Wire) -> None:
    wire.book(bids=[(99.0, 50.0)], asks=[(101.0, 1.0), (103.0, 50.0)])
    entries = []
    for side, size in (("buy", "1"), ("buy", "1"), ("sell", "1"), ("sell", "3")):
        wire.send("ioc", side, size, limitPrice="103" if side == "buy" else "99")
        (position,) = wire.client.privateGetOpenpositions()["openPositions"]
        entries.append((position["side"], position["size"], position["price"]))
    assert entries == [("long", 1.0, 101.0), ("long", 2.0, 102.0), ("long", 1.0, 102.0), ("short", 2.0, 99.0)]


def test_funding_accrues_and_is_realised_on_the_hour(wire: Wire) -> None:
    wire.mark(100.0, rate=1.2)
    wire.send("mkt", "buy", "1")
    wire.clock.advance_to(HOUR - 600)
    accrued = -1.2 * (HOUR - 600 - START) / 3600
    (position,) = wire.client.privateGetOpenpositions()["openPositions"]
    assert position["unrealizedFunding"] == pytest.approx(accrued, abs=1e-6)
    assert wire.flex()["unrealizedFunding"] == pytest.approx(accrued, abs=1e-6)
    wire.clock.advance_to(HOUR)
    (position,) = wire.client.privateGetOpenpositions()["openPositions"]
    assert position["unrealizedFunding"] == 0
    row = wire.client.historyGetAccountLog()["logs"][0]
    assert (row["info"], row["funding_rate"]) == ("funding rate change", 1.2)
    assert row["realized_funding"] == pytest.approx(-1.2 * (HOUR - START) / 3600, abs=1e-6)


def test_funding_is_realised_when_the_position_changes(wire: Wire) -> None:
    wire.mark(100.0, rate=1.2)
    wire.send("mkt", "sell", "1")
    wire.clock.advance_by(300)
    wire.send("mkt", "buy", "0.5")
    row = next(r for r in wire.client.historyGetAccountLog()["logs"] if r["info"] == "funding rate change")
    assert row["realized_funding"] == pytest.approx(0.1)
    (position,) = wire.client.privateGetOpenpositions()["openPositions"]
    assert position["unrealizedFunding"] == 0


def test_the_margin_tier_is_that_of_the_whole_notional() -> None:
    with wired(balance="1000000") as wire:
        wire.mark(10_000.0)
        wire.book(bids=[(9_999.0, 200.0)], asks=[(10_000.0, 200.0)])
        wire.send("mkt", "buy", "99")
        assert wire.flex()["initialMargin"] == pytest.approx(990_000 * 0.02)
        wire.send("mkt", "buy", "1")
        assert wire.flex()["initialMargin"] == pytest.approx(1_000_000 * 0.1)
        assert wire.flex()["maintenanceMargin"] == pytest.approx(1_000_000 * 0.05)


def test_orders_count_against_the_collateral() -> None:
    with wired(balance="10") as wire:
        assert word(wire, "lmt", "buy", "4", limitPrice="90") == "placed"
        assert wire.flex()["initialMarginWithOrders"] == pytest.approx(8)
        assert word(wire, "lmt", "buy", "1.1", limitPrice="90") == "insufficientAvailableFunds"


def test_a_trade_that_would_leave_too_little_for_the_rest_is_refused() -> None:
    with wired(balance="12") as wire:
        wire.send("mkt", "buy", "3")
        wire.book(bids=[(92.0, 50.0)], asks=[(101.0, 5.0)])
        assert word(wire, "ioc", "sell", "1", limitPrice="92") == "wouldCauseLiquidation"
        assert word(wire, "ioc", "sell", "1", limitPrice="92", reduceOnly="true") == "placed"


def test_equity_below_maintenance_is_liquidated() -> None:
    with wired(balance="12") as wire:
        wire.send("mkt", "buy", "3")
        wire.send("stp", "sell", "1", stopPrice="50", triggerSignal="mark", reduceOnly="true")
        wire.book(bids=[(98.0, 50.0)], asks=[(99.0, 50.0)])
        wire.mark(98.5)
        wire.client.fetch_balance()
        assert wire.size() == 3
        wire.mark(97.0)
        fills = wire.client.privateGetFills()["fills"]
        assert (fills[0]["fillType"], fills[0]["size"]) == ("liquidation", 3.0)
        assert wire.size() == 0
        assert open_orders(wire) == []
