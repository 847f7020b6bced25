"""A batch: each item is answered for itself, however its text is written."""

import json

import pytest

from src.exchange.simulator.batch import batch_form
from src.exchange.simulator.errors import BadCall
from tests.paper_exchange_fakes import XBT, Exchange, trading

SEND = {"order": "send", "symbol": XBT, "side": "buy", "orderType": "lmt", "size": 1, "limitPrice": 95}


def batch(exchange: Exchange, *items: object, **more: object) -> list[dict[str, object]]:
    answer = exchange.ask("batchorder", json=json.dumps({"batchOrder": items, **more}))
    statuses = answer["batchStatus"]
    assert isinstance(statuses, list)
    return statuses


def test_one_refusal_stops_no_other_item() -> None:
    exchange = trading()
    told = batch(
        exchange,
        SEND | {"order_tag": "1", "cliOrdId": "a"},
        SEND | {"order_tag": "2", "size": 0.00001},
        SEND | {"order_tag": "3", "side": None},
        {"order": "cancel", "order_id": "nobody"},
        {"order": "dance"},
        "noise",
        SEND | {"order_tag": "4", "reduceOnly": False, "size": 0.5},
    )
    assert [status["status"] for status in told] == [
        "placed",
        "invalidSize",
        "requiredArgumentMissing",
        "notFound",
        "invalidArgument",
        "invalidArgument",
        "placed",
    ]
    assert [status.get("order_tag") for status in told] == ["1", "2", "3", None, None, None, "4"]
    assert told[3]["order_id"] == "nobody"
    assert all("orderEvents" in status for status in told)
    assert len(exchange.state.open) == 2


def test_edits_and_cancels_go_by_either_id_and_what_is_done_is_one_entry() -> None:
    exchange = trading()
    (first,) = batch(exchange, SEND | {"cliOrdId": "a"})
    before = len(exchange.journal.entries)
    told = batch(
        exchange,
        {"order": "edit", "order_id": first["order_id"], "limitPrice": 94, "order_tag": "e"},
        {"order": "edit", "cliOrdId": "a", "size": 2},
        {"order": "cancel", "cliOrdId": "a"},
    )
    assert [status["status"] for status in told] == ["edited", "edited", "cancelled"]
    assert {status["order_id"] for status in told} == {first["order_id"]}
    assert exchange.state.open == {}
    assert len(exchange.journal.entries) == before + 1


def test_a_deadline_holds_for_all_items() -> None:
    exchange = trading()
    (told,) = batch(exchange, SEND, processBefore="2020-01-01T00:00:00Z")
    assert told["status"] == "wouldProcessAfterSpecifiedTime"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"batchOrder":{}}', "[" * 100_000, '{"batchOrder":[NaN]}'])
def test_what_cannot_be_read_is_refused_whole(text: str) -> None:
    with pytest.raises(BadCall):
        trading().ask("batchorder", json=text)


def test_a_raw_body_is_taken_as_it_stands() -> None:
    body = b'json={"batchOrder":[{"order":"cancel","cliOrdId":"a+b&c=%41"}]}'
    text = batch_form({"json": "spoiled"}, body)["json"]
    assert json.loads(text)["batchOrder"][0]["cliOrdId"] == "a+b&c=%41"


def test_an_encoded_body_is_read_like_any_form() -> None:
    assert batch_form({"json": "{}", "processBefore": "x"}, b"json=%7B%7D") == {
        "json": "{}",
        "processBefore": "x",
    }
