"""What an unmodified ccxt does to orders on this exchange, trap by trap; the numbers are stable names."""

from collections.abc import Iterator

import ccxt
import pytest

from tests.wire_fakes import PEPE, S, Wire, changed, relayed, replaced, wired

RESTING = 90.0


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


@pytest.mark.parametrize("word", ["IOC", "FOK", "GTC"])
def test_trap_01_an_upper_case_time_in_force_rests_as_a_plain_limit(wire: Wire, word: str) -> None:
    order = wire.client.create_order(S, "limit", "buy", 0.01, RESTING, {"timeInForce": word})
    (rests,) = wire.client.privateGetOpenorders()["openOrders"]
    assert (rests["order_id"], rests["orderType"], order["status"]) == (order["id"], "lmt", "open")


@pytest.mark.parametrize("params", [{"timeInForce": "ioc"}, {"orderType": "ioc"}, {"orderType": "fok"}])
def test_trap_01_lower_case_words_never_rest(wire: Wire, params: dict[str, str]) -> None:
    with pytest.raises(ccxt.OrderNotFillable):
        wire.client.create_order(S, "limit", "buy", 0.01, RESTING, params)
    assert wire.client.privateGetOpenorders()["openOrders"] == []


def test_trap_02_a_refusal_in_a_word_that_the_client_does_not_know_looks_like_an_order(wire: Wire) -> None:
    wire.client.set_leverage(60, S)
    order = wire.client.create_order(S, "limit", "buy", 0.01, RESTING)
    assert (order["id"], order["status"]) == (None, "fixedLeverageTooHigh")
    params = {"processBefore": "2020-01-01T00:00:00.000Z"}
    order = wire.client.create_order(S, "limit", "buy", 0.01, RESTING, params)
    assert (order["id"], order["status"]) == (None, "wouldProcessAfterSpecifiedTime")
    assert wire.client.privateGetOpenorders()["openOrders"] == []


@pytest.mark.parametrize("word", ["wouldCauseLiquidation", "tooManyOrders", "aWordOfNextYear"])
def test_trap_02_with_empty_events_it_looks_rejected(wire: Wire, word: str) -> None:
    with relayed(wire) as (relay, client):
        status = {"status": word, "receivedTime": "2026-11-22T06:00:00.000Z", "orderEvents": []}
        relay.spoil = changed("sendorder", lambda shape: shape.update(sendStatus=status))
        order = client.create_order(S, "limit", "buy", 0.01, RESTING)
    assert (order["id"], order["status"], order["info"]["status"]) == (None, "rejected", word)


@pytest.mark.parametrize(
    ("body", "error"),
    [(None, ccxt.NetworkError), (b"", TypeError), (b"<html>busy</html>", TypeError), (b"{}", TypeError)],
)
def test_trap_03_after_a_spoiled_reply_nothing_tells_that_the_order_stands(
    wire: Wire, body: bytes | None, error: type[Exception]
) -> None:
    with relayed(wire) as (relay, client):
        relay.spoil = replaced("sendorder", body)
        with pytest.raises(error):
            client.create_order(S, "limit", "buy", 0.01, RESTING, {"clientOrderId": "lost"})
    found = wire.client.privateGetOrdersStatus({"cliOrdIds": "lost"})["orders"]
    assert [row["status"] for row in found] == ["ENTERED_BOOK"]


def test_trap_03_a_reply_cut_in_its_body_is_a_network_error(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        relay.cut_bytes = 20
        with pytest.raises(ccxt.NetworkError):
            client.create_order(S, "limit", "buy", 0.01, RESTING)
    assert len(wire.client.fetch_open_orders(S)) == 1


def test_trap_04_a_client_that_is_told_to_retry_places_the_order_again(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        relay.spoil = replaced("sendorder", None)
        client.options["maxRetriesOnFailure"] = 2
        with pytest.raises(ccxt.NetworkError):
            client.create_order(S, "limit", "buy", 0.01, RESTING)
        assert relay.calls("sendorder") == 3
    assert len(wire.client.fetch_open_orders(S)) == 3


def test_trap_04_left_alone_it_sends_once(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        relay.spoil = replaced("sendorder", None)
        with pytest.raises(ccxt.NetworkError):
            client.create_order(S, "limit", "buy", 0.01, RESTING)
        assert relay.calls("sendorder") == 1


def test_trap_05_a_partial_override_of_addresses_leaves_the_rest_live(wire: Wire) -> None:
    base = wire.endpoint.url
    client = ccxt.krakenfutures({"urls": {"api": {"public": f"{base}/derivatives/api/"}}})
    client.load_markets()
    assert client.urls["api"]["public"].startswith(base)
    assert "futures.kraken.com" in client.urls["api"]["private"]
    client.close()


def test_trap_05_sandbox_mode_after_an_override_sends_traffic_to_demo(wire: Wire) -> None:
    wire.client.set_sandbox_mode(True)
    assert all("demo-futures.kraken.com" in url for url in wire.client.urls["api"].values())


def test_trap_06_status_forgets_after_five_seconds(wire: Wire) -> None:
    order = wire.client.create_order(S, "limit", "buy", 0.01, RESTING)
    wire.client.cancel_order(order["id"], S)
    wire.clock.advance_by(5.0)
    assert wire.client.fetch_order(order["id"], S)["status"] == "canceled"
    wire.clock.advance_by(0.001)
    with pytest.raises(ccxt.OrderNotFound):
        wire.client.fetch_order(order["id"], S)


def test_trap_06_what_status_calls_quantity_is_the_remainder(wire: Wire) -> None:
    wire.book(bids=[(99.0, 5.0)], asks=[(101.0, 0.004), (103.0, 5.0)])
    sent = wire.client.create_order(S, "limit", "buy", 0.01, 101)
    order = wire.client.fetch_order(sent["id"], S)
    raw = order["info"]["order"]
    assert (raw["quantity"], raw["filled"]) == (0.006, 0.004)
    assert (order["amount"], order["filled"], order["remaining"]) == (0.006, 0.004, 0.002)
    assert (order["price"], order["average"], order["cost"]) == (None, None, None)


def test_trap_08_the_price_of_a_limit_order_is_told_only_in_raw(wire: Wire) -> None:
    sent = wire.client.create_order(S, "limit", "buy", 0.01, RESTING)
    (rests,) = wire.client.fetch_open_orders(S)
    assert [o["price"] for o in (sent, rests, wire.client.fetch_order(sent["id"], S))] == [None] * 3
    assert rests["info"]["limitPrice"] == RESTING


@pytest.mark.parametrize(("kind", "limit"), [("market", None), ("ioc", 101)])
def test_trap_09_a_partly_executed_market_order_reads_open_and_is_finished(
    wire: Wire, kind: str, limit: float | None
) -> None:
    wire.book(bids=[(99.0, 5.0)], asks=[(101.0, 0.004), (110.0, 5.0)])
    order = wire.client.create_order(S, kind, "buy", 0.01, limit)
    assert (order["status"], order["filled"], order["remaining"]) == ("open", 0.004, 0.006)
    assert wire.client.fetch_open_orders(S) == []


def test_trap_10_an_accepted_order_without_events_reads_rejected(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        relay.spoil = changed("sendorder", lambda shape: shape["sendStatus"].update(orderEvents=[]))  # type: ignore[attr-defined] # JSON
        order = client.create_order(S, "limit", "buy", 0.01, RESTING)
    assert (order["id"], order["status"], order["info"]["status"]) == (None, "rejected", "placed")
    assert len(wire.client.fetch_open_orders(S)) == 1


def test_trap_10_this_exchange_always_tells_events(wire: Wire) -> None:
    stop = {"stopPrice": "80", "triggerSignal": "mark"}
    forms = [("lmt", {"limitPrice": "90"}), ("post", {"limitPrice": "90"}), ("mkt", {}), ("stp", stop)]
    assert all(wire.send(kind, "sell", "0.01", **form)["orderEvents"] for kind, form in forms[2:])
    assert all(wire.send(kind, "buy", "0.01", **form)["orderEvents"] for kind, form in forms)


def test_trap_11_a_suspended_market_is_refused_as_if_the_network_failed(wire: Wire) -> None:
    wire.xbt.suspended = True
    with pytest.raises(ccxt.NetworkError, match="failed due to marketSuspended"):
        wire.client.create_order(S, "market", "buy", 0.01)
    assert wire.size() == 0


def test_trap_12_cancel_all_returns_the_first_order_again_and_again(wire: Wire) -> None:
    for price in (90, 91, 92):
        wire.client.create_order(S, "limit", "buy", 0.01, price)
    cancelled = wire.client.cancel_all_orders(S)
    assert len(cancelled) == 3
    assert len({order["id"] for order in cancelled}) == 1
    assert wire.client.privateGetOpenorders()["openOrders"] == []


def test_trap_12_raw_cancel_all_names_each_order(wire: Wire) -> None:
    sent = {wire.client.create_order(S, "limit", "buy", 0.01, price)["id"] for price in (90, 91, 92)}
    status = wire.client.privatePostCancelallorders()["cancelStatus"]
    assert {row["order_id"] for row in status["cancelledOrders"]} == sent


def test_trap_12_a_batch_comes_back_in_another_order_without_its_tags(wire: Wire) -> None:
    asked = [
        {"symbol": S, "type": "limit", "side": "buy", "amount": 0.01, "price": RESTING},
        {"symbol": S, "type": "limit", "side": "buy", "amount": 200, "price": RESTING},
    ]
    tagged = [row | {"params": {"order_tag": tag}} for row, tag in zip(asked, ("x", "y"), strict=True)]
    orders = wire.client.create_orders(tagged)
    assert [order["status"] for order in orders] == ["rejected", "open"]
    assert [order["info"]["order_tag"] for order in orders] == ["y", "x"]


@pytest.mark.parametrize(("asked_ms", "seconds"), [(500, 0), (999, 0), (60_500, 60)])
def test_trap_13_the_switch_takes_milliseconds_and_floors_them(
    wire: Wire, asked_ms: int, seconds: int
) -> None:
    wire.client.cancel_all_orders_after(30_000)
    status = wire.client.cancel_all_orders_after(asked_ms)["status"]
    assert f"timeout={seconds}" in wire.client.last_request_url
    assert (status["triggerTime"] == "0") == (seconds == 0)


def test_trap_13_the_switch_takes_protective_stops_too(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 0.01)
    wire.client.create_order(S, "market", "sell", 0.01, None, {"stopLossPrice": 80})
    wire.client.cancel_all_orders_after(10_000)
    wire.clock.advance_by(10)
    assert wire.client.fetch_open_orders(S) == []
    assert wire.client.fetch_positions()[0]["contracts"] == 0.01


def test_trap_14_only_stop_loss_and_take_profit_prices_force_reduce_only(wire: Wire) -> None:
    for name, price in (("stopLossPrice", 80), ("takeProfitPrice", 120), ("triggerPrice", 80)):
        wire.client.create_order(S, "market", "sell", 0.01, None, {name: price, "clientOrderId": name})
    rows = {row["cliOrdId"]: row for row in wire.client.privateGetOpenorders()["openOrders"]}
    assert {name: row["reduceOnly"] for name, row in rows.items()} == {
        "stopLossPrice": True,
        "takeProfitPrice": True,
        "triggerPrice": False,
    }
    assert {row["triggerSignal"] for row in rows.values()} == {"last"}


def test_trap_14_one_print_fires_a_stop_on_the_last_price_and_not_one_on_the_mark(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 0.02)
    for signal in ("last", "mark"):
        params = {"stopLossPrice": 80, "triggerSignal": signal, "clientOrderId": signal}
        wire.client.create_order(S, "market", "sell", 0.01, None, params)
    wire.trade("sell", 79.0, 0.001)
    assert [order["clientOrderId"] for order in wire.client.fetch_open_orders(S)] == ["mark"]
    assert wire.client.fetch_positions()[0]["contracts"] == 0.01


def test_trap_15_prices_round_half_up_amounts_are_cut(wire: Wire) -> None:
    wire.client.create_order(S, "limit", "buy", 0.3 - 0.1, 90.5)
    (rests,) = wire.client.privateGetOpenorders()["openOrders"]
    assert (rests["limitPrice"], rests["unfilledSize"]) == (91, 0.1999)


def test_trap_15_an_edit_is_sent_as_it_is_with_exponents(wire: Wire) -> None:
    symbol = wire.client.markets_by_id[PEPE][0]["symbol"]
    order = wire.client.create_order(symbol, "limit", "buy", 2000, 0.000009)
    wire.client.edit_order(order["id"], symbol, "limit", "buy", 3000.0, 0.0000095)
    assert "limitPrice=9.5e-06" in wire.client.last_request_url
    (rests,) = wire.client.privateGetOpenorders()["openOrders"]
    assert (rests["limitPrice"], rests["unfilledSize"]) == (0.0000095, 3000)
    with pytest.raises(ccxt.InvalidOrder, match="invalidSize"):
        wire.client.edit_order(order["id"], symbol, "limit", "buy", 1500.0, 0.0000095)


def test_trap_22_leverage_is_a_cap_of_the_contract(wire: Wire) -> None:
    wire.client.create_order(S, "market", "buy", 1.0)
    before = wire.flex()["initialMargin"]
    wire.client.set_leverage(5, S)
    assert wire.client.fetch_positions()[0]["leverage"] == 5
    assert wire.flex()["initialMargin"] == pytest.approx(before * 10)


def test_trap_22_no_leverage_is_sent_as_text(wire: Wire) -> None:
    with pytest.raises(ccxt.BadRequest, match="maxLeverage"):
        wire.client.set_leverage(None, S)
    assert "maxLeverage=None" in wire.client.last_request_url
    wire.client.set_leverage(5, S)
    wire.client.privatePutLeveragepreferences({"symbol": "PF_XBTUSD"})
    assert wire.client.fetch_leverages() == {}


def test_trap_23_a_list_of_client_ids_needs_an_empty_list_of_order_ids_beside_it(wire: Wire) -> None:
    for name in ("a", "b"):
        wire.client.create_order(S, "limit", "buy", 0.01, RESTING, {"clientOrderId": name})
    status = wire.client.privateGetOrdersStatus
    assert [row["order"]["cliOrdId"] for row in status({"cliOrdIds": "a"})["orders"]] == ["a"]
    assert status({"cliOrdIds": ["a", "b"]})["orders"] == []
    both = status({"cliOrdIds": ["a", "b"], "orderIds": []})["orders"]
    assert {row["order"]["cliOrdId"] for row in both} == {"a", "b"}


def test_trap_24_status_is_asked_for_by_get_and_can_be_by_post(wire: Wire) -> None:
    wire.client.create_order(S, "limit", "buy", 0.01, RESTING, {"clientOrderId": "x"})
    by_get = wire.client.privateGetOrdersStatus({"cliOrdIds": "x"})
    by_post = wire.client.fetch2("orders/status", ["private"], "POST", {"cliOrdIds": "x"})
    assert by_get == by_post
    assert len(by_get["orders"]) == 1


def test_trap_32_an_order_that_would_meet_its_owner_is_refused(wire: Wire) -> None:
    wire.client.create_order(S, "limit", "buy", 0.01, 100)
    with pytest.raises(ccxt.ExchangeError, match="selfFill"):
        wire.client.create_order(S, "limit", "sell", 0.01, 100)
    assert len(wire.client.fetch_open_orders(S)) == 1


def test_trap_33_an_edited_size_is_what_stays_open(wire: Wire) -> None:
    wire.book(bids=[(99.0, 5.0)], asks=[(101.0, 0.004), (103.0, 5.0)])
    order = wire.client.create_order(S, "limit", "buy", 0.01, 101)
    wire.client.edit_order(order["id"], S, "limit", "buy", 0.02, 101)
    (relative,) = wire.client.fetch_open_orders(S)
    assert (relative["filled"], relative["remaining"]) == (0.004, 0.02)
    wire.client.edit_order(order["id"], S, "limit", "buy", 0.02, 101, {"qtyMode": "ABSOLUTE"})
    (absolute,) = wire.client.fetch_open_orders(S)
    assert (absolute["filled"], absolute["remaining"]) == (0.004, 0.016)
