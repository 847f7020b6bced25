"""What the exchange refuses, and by which word, over real HTTP."""

from collections.abc import Iterator

import pytest

from tests.wire_fakes import Wire, relayed, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def open_orders(wire: Wire) -> list[dict[str, object]]:
    orders: list[dict[str, object]] = wire.client.privateGetOpenorders()["openOrders"]
    return orders


def word(wire: Wire, order_type: str, side: str, size: str, **params: str) -> object:
    return wire.send(order_type, side, size, **params)["status"]


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        (("lmt", "buy", "100.0001", "100"), "maxPositionViolation"),
        (("lmt", "buy", "0.00015", "100"), "invalidSize"),
        (("lmt", "buy", "0.00001", "100"), "invalidSize"),
        (("lmt", "buy", "0", "100"), "invalidSize"),
        (("lmt", "buy", "0.01", "99.5"), "invalidPrice"),
        (("lmt", "buy", "0.01", "111"), "outsidePriceCollar"),
        (("lmt", "sell", "0.01", "89"), "outsidePriceCollar"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_by_its_word(
    wire: Wire, form: tuple[str, str, str, str], refusal: str
) -> None:
    kind, side, size, limit = form
    assert word(wire, kind, side, size, limitPrice=limit) == refusal


def test_leverage_that_the_size_does_not_allow_is_refused(wire: Wire) -> None:
    wire.client.privatePutLeveragepreferences({"symbol": "PF_XBTUSD", "maxLeverage": 60})
    assert word(wire, "mkt", "buy", "1") == "fixedLeverageTooHigh"
    wire.client.privatePutLeveragepreferences({"symbol": "PF_XBTUSD", "maxLeverage": 50})
    assert word(wire, "mkt", "buy", "1") == "placed"
    wire.client.privatePutLeveragepreferences({"symbol": "PF_XBTUSD", "maxLeverage": 60})
    assert word(wire, "mkt", "sell", "1") == "placed"


def test_a_suspended_market_takes_cancels_only(wire: Wire) -> None:
    placed = wire.send("lmt", "buy", "1", limitPrice="99")
    wire.xbt.suspended = True
    assert word(wire, "lmt", "buy", "1", limitPrice="99") == "marketSuspended"
    wire.trade("sell", 90.0, 50.0)
    assert len(open_orders(wire)) == 1
    assert wire.client.cancel_order(placed["order_id"])["status"] == "canceled"


def test_a_post_only_market_executes_nothing(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")
    wire.send("lmt", "buy", "1", limitPrice="99", cliOrdId="resting")
    wire.xbt.post_only = True
    for kind, params in (("mkt", {}), ("lmt", {"limitPrice": "99"}), ("ioc", {"limitPrice": "101"})):
        assert word(wire, kind, "buy", "1", **params) == "marketIsPostOnly"
    assert word(wire, "post", "buy", "1", limitPrice="98") == "placed"
    stop = {"stopPrice": "95", "triggerSignal": "mark", "cliOrdId": "stop", "reduceOnly": "true"}
    assert word(wire, "stp", "sell", "1", **stop) == "placed"
    edit = wire.client.privatePostEditorder({"cliOrdId": "resting", "limitPrice": "101"})["editStatus"]
    assert edit["status"] == "marketIsPostOnly"
    wire.mark(95.0)
    wire.trade("sell", 95.0, 50.0)
    assert len(open_orders(wire)) == 3
    assert wire.size() == 1
    assert wire.client.fetch_ticker("BTC/USD:USD")["info"]["postOnly"] is True
    wire.xbt.post_only = False
    wire.mark(95.0)
    assert "stop" not in {row.get("cliOrdId") for row in open_orders(wire)}


def test_a_client_id_has_at_most_a_hundred_characters(wire: Wire) -> None:
    assert word(wire, "lmt", "buy", "1", limitPrice="90", cliOrdId="x" * 100) == "placed"
    assert word(wire, "lmt", "buy", "1", limitPrice="90", cliOrdId="x" * 101) == "clientOrderIdTooLong"


def test_a_client_id_is_free_again_after_its_order_unless_the_rule_says_otherwise(wire: Wire) -> None:
    for again in ("placed", "placed"):
        assert word(wire, "mkt", "buy", "1", cliOrdId="same") == again
    wire.service.engine.core.rules.client_ids_stay_taken = True
    assert word(wire, "mkt", "buy", "1", cliOrdId="same") == "clientOrderIdAlreadyExist"


def test_refusals_come_bare_or_with_events(wire: Wire) -> None:
    assert set(wire.send("lmt", "buy", "1", limitPrice="99.5")) == {"status", "receivedTime"}
    wire.service.engine.core.rules.refusals_with_events = True
    status = wire.send("lmt", "buy", "1", limitPrice="99.5")
    event = status["orderEvents"][0]  # type: ignore[index] # JSON
    assert (event["type"], event["reason"], event["uid"]) == ("REJECT", "INVALID_PRICE", status["order_id"])


def test_a_refusal_with_events_repeats_what_was_asked_and_no_more(wire: Wire) -> None:
    wire.service.engine.core.rules.refusals_with_events = True
    form = {"symbol": "PF_XBTUSD", "orderType": "nonsense", "side": "buy", "limitPrice": "x"}
    status = wire.client.privatePostSendorder(form)["sendStatus"]
    order = status["orderEvents"][0]["order"]
    assert (status["status"], order["type"]) == ("invalidOrderType", "nonsense")
    assert (order["quantity"], order["limitPrice"]) == (None, None)


def test_an_order_that_comes_too_late_is_not_placed(wire: Wire) -> None:
    with relayed(wire) as (relay, client):
        in_time = {"processBefore": "2026-11-22T06:46:42.000Z", "limitPrice": "90", "cliOrdId": "t"}
        form = {"symbol": "PF_XBTUSD", "orderType": "lmt", "side": "buy", "size": "1"} | in_time
        assert client.privatePostSendorder(form)["sendStatus"]["status"] == "placed"
        wire.clock.advance_by(3)
        late = client.privatePostSendorder(form | {"cliOrdId": "u"})["sendStatus"]
        assert late["status"] == "wouldProcessAfterSpecifiedTime"
        assert relay.calls("sendorder") == 2
    assert [row["cliOrdId"] for row in open_orders(wire)] == ["t"]
