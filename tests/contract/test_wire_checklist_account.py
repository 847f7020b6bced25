"""What the exchange remembers and tells of an account, over real HTTP, a test a promise."""

from collections.abc import Iterator

import ccxt
import pytest

from tests.paper_exchange_fakes import START, XBT
from tests.wire_fakes import S, Wire, order_faults, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        ("cancel", "CANCELLED", "CANCELLED_BY_USER"),
        ("fill", "FULLY_EXECUTED", "FULL_FILL"),
        ("switch", "CANCELLED", "DEAD_MAN_SWITCH"),
    ],
)
def test_an_ended_order_is_remembered_for_exactly_five_seconds(
    wire: Wire, end: str, status: str, reason: str
) -> None:
    wire.send("lmt", "buy", "1", limitPrice="100", cliOrdId="c")
    if end == "cancel":
        wire.client.privatePostCancelorder({"cliOrdId": "c"})
    elif end == "fill":
        wire.trade("sell", 99.0, 9.0)
    else:
        wire.client.privatePostCancelallordersafter({"timeout": 1})
        wire.clock.advance_by(1)
    wire.client.fetch_balance()
    wire.clock.advance_by(5.0)
    (row,) = wire.client.privateGetOrdersStatus({"cliOrdIds": "c"})["orders"]
    assert (row["status"], row["updateReason"]) == (status, reason)
    wire.clock.advance_by(0.001)
    assert wire.client.privateGetOrdersStatus({"cliOrdIds": "c"})["orders"] == []


def test_open_orders_are_told_newest_first_with_triggers_among_them(wire: Wire) -> None:
    wire.book(bids=[(99.0, 5.0)], asks=[(101.0, 0.004), (103.0, 5.0)])
    wire.send("lmt", "buy", "0.01", limitPrice="101", cliOrdId="part")
    wire.clock.advance_by(1)
    wire.send("stp", "sell", "0.01", stopPrice="80", limitPrice="79", triggerSignal="mark", reduceOnly="true")
    newest, oldest = wire.client.privateGetOpenorders()["openOrders"]
    assert (oldest["status"], oldest["filledSize"], oldest["unfilledSize"]) == (
        "partiallyFilled",
        0.004,
        0.006,
    )
    assert (newest["status"], newest["orderType"], newest["stopPrice"]) == ("untouched", "stop", 80.0)
    assert "cliOrdId" not in newest


def test_fills_are_the_last_hundred_and_page_backwards(wire: Wire) -> None:
    wire.book(bids=[(99.0, 50.0)], asks=[(101.0, 50.0)])
    for _ in range(105):
        wire.clock.advance_by(1)
        wire.send("mkt", "buy", "0.01")
    fills = wire.client.privateGetFills()["fills"]
    assert len(fills) == 100
    assert fills == sorted(fills, key=lambda fill: fill["fillTime"], reverse=True)
    older = wire.client.privateGetFills({"lastFillTime": fills[-1]["fillTime"]})["fills"]
    assert len(older) == 5
    assert {fill["realized_pnl"] for fill in older} == {None}


def test_the_order_history_tells_each_step_of_an_order(wire: Wire) -> None:
    wire.send("lmt", "buy", "1", limitPrice="100", cliOrdId="c")
    wire.clock.advance_by(1)
    wire.trade("sell", 100.0, 0.4)
    wire.client.privatePostEditorder({"cliOrdId": "c", "limitPrice": "98"})
    wire.client.privatePostCancelorder({"cliOrdId": "c"})
    asked = {"version": "v3", "sort": "asc", "since": round(START * 1000)}
    events = [element["event"] for element in wire.client.historyGetOrders(asked)["elements"]]
    assert [next(iter(event)) for event in events] == [
        "OrderPlaced",
        "OrderUpdated",
        "OrderUpdated",
        "OrderCancelled",
    ]
    gone = events[-1]["OrderCancelled"]["order"]
    assert (gone["clientId"], gone["quantity"], gone["filled"]) == ("c", "0.6", "0.4")


def test_the_history_can_lag(wire: Wire) -> None:
    order_faults(wire, history_lag_s=3, rate_limit="off")
    wire.send("mkt", "buy", "1")
    wire.clock.advance_by(2.9)
    assert all(not told for told in history(wire))
    wire.clock.advance_by(0.2)
    assert all(history(wire))


def history(wire: Wire) -> list[list[object]]:
    """Return what three histories tell of the time since the start."""
    client, since = wire.client, {"since": round(START * 1000)}
    return [
        client.historyGetOrders(since)["elements"],
        client.historyGetExecutions(since)["elements"],
        client.historyGetAccountLog(since)["logs"],
    ]


def test_a_trade_is_a_cash_row_and_a_position_row(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    position, cash, opening = wire.client.historyGetAccountLog()["logs"]
    assert (cash["asset"], position["asset"]) == ("usd", "pf_xbtusd")
    assert cash["execution"] == position["execution"]
    assert cash["new_balance"] - cash["old_balance"] == pytest.approx(-cash["fee"])
    assert (position["old_balance"], position["new_balance"], position["fee"]) == (0, 1, 0)
    assert opening["new_balance"] == 10_000


def test_the_log_sums_to_the_balance(wire: Wire) -> None:
    wire.mark(100.0, rate=1.0)
    for step, (side, size) in enumerate((("buy", "2"), ("sell", "1"), ("sell", "3"), ("buy", "2"))):
        wire.clock.advance_by(1800 * (step % 2))
        wire.send("mkt", side, size)
    cash = [row for row in wire.client.historyGetAccountLog()["logs"] if row["asset"] == "usd"]
    total = sum(row["new_balance"] - row["old_balance"] for row in cash)
    assert wire.flex()["balanceValue"] == pytest.approx(total)
    assert wire.size() == 0


def test_equity_is_the_balance_and_everything_unrealised(wire: Wire) -> None:
    wire.mark(100.0, rate=1.0)
    wire.send("mkt", "buy", "2")
    wire.clock.advance_by(600)
    flex = wire.flex()
    unrealised = flex["pnl"] + flex["unrealizedFunding"]
    assert flex["pnl"] == -2.0
    assert flex["totalUnrealized"] == pytest.approx(unrealised)
    assert flex["marginEquity"] == pytest.approx(flex["balanceValue"] + unrealised)
    assert flex["availableMargin"] == pytest.approx(flex["marginEquity"] - flex["initialMarginWithOrders"])


def test_the_dead_mans_switch_runs_on_the_exchanges_clock(wire: Wire) -> None:
    wire.send("lmt", "buy", "1", limitPrice="90")
    wire.send("stp", "sell", "1", stopPrice="80", triggerSignal="mark")
    status = wire.client.privatePostCancelallordersafter({"timeout": 60})["status"]
    assert (status["currentTime"], status["triggerTime"]) == (
        "2026-11-22T06:46:40.000Z",
        "2026-11-22T06:47:40.000Z",
    )
    wire.clock.advance_by(59.9)
    assert len(wire.client.fetch_open_orders(S)) == 2
    wire.clock.advance_by(0.1)
    assert wire.client.fetch_open_orders(S) == []


def test_the_dead_mans_switch_can_be_set_again_and_taken_back(wire: Wire) -> None:
    wire.send("lmt", "buy", "1", limitPrice="90")
    for timeout in (10, 10, 0):
        status = wire.client.privatePostCancelallordersafter({"timeout": timeout})["status"]
        wire.clock.advance_by(9)
    assert status["triggerTime"] == "0"
    wire.clock.advance_by(3600)
    assert len(wire.client.fetch_open_orders(S)) == 1


def test_a_leverage_preference_limits_a_contract_and_can_be_taken_back(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    assert wire.client.privateGetLeveragepreferences()["leveragePreferences"] == []
    wire.client.privatePutLeveragepreferences({"symbol": XBT, "maxLeverage": 4})
    told = wire.client.privateGetLeveragepreferences()["leveragePreferences"]
    assert told == [{"symbol": XBT, "maxLeverage": 4.0}]
    assert wire.flex()["initialMargin"] == pytest.approx(25)
    assert wire.client.privateGetOpenpositions()["openPositions"][0]["maxFixedLeverage"] == 4.0
    wire.client.privatePutLeveragepreferences({"symbol": XBT})
    assert wire.flex()["initialMargin"] == pytest.approx(2)


def test_leverage_of_no_contract_is_no_request(wire: Wire) -> None:
    with pytest.raises(ccxt.BadRequest):
        wire.client.privatePutLeveragepreferences({"symbol": "PF_NOPEUSD", "maxLeverage": 4})
