"""What python-kraken-sdk makes of refusals: its own exceptions by our words, and plain ones by our status."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import requests
from kraken import exceptions as said

from tests.kraken_sdk_fakes import XBT, Sdk, sdk_of
from tests.wire_fakes import Wire, order_faults, wired


@dataclass(frozen=True)
class Stage:
    """An exchange that can be told to fail, and an unmodified client."""

    wire: Wire
    sdk: Sdk


@pytest.fixture(scope="module")
def exchange() -> Iterator[Stage]:
    with wired(balance="100") as wire, sdk_of(wire.endpoint) as sdk:
        yield Stage(wire, sdk)


@pytest.fixture
def stage(exchange: Stage) -> Iterator[Stage]:
    yield exchange
    order_faults(exchange.wire, rate_limit="off")


# the words of shape A
@pytest.mark.parametrize(
    ("word", "raised"),
    [
        ("authenticationError", said.KrakenAuthenticationError),
        ("apiLimitExceeded", said.KrakenApiLimitExceededError),
        ("requiredArgumentMissing", said.KrakenRequiredArgumentMissingError),
        ("invalidUnit", said.KrakenInvalidUnitError),
        ("invalidAccount", said.KrakenInvalidAccountError),
        ("notFound", said.KrakenNotFoundError),
        ("Unavailable", said.KrakenUnavailableError),
    ],
)
def test_a_word_becomes_the_exception_of_that_name(stage: Stage, word: str, raised: type[Exception]) -> None:
    order_faults(stage.wire, rate_limit="off", calls=[{"act": "refuse", "path": "accounts", "word": word}])
    with pytest.raises(raised, match=f"'error': '{word}'"):
        stage.sdk.user.get_wallets()


def test_a_word_it_does_not_know_is_handed_over_as_it_came(stage: Stage) -> None:
    told = stage.sdk.funding.initiate_wallet_transfer(10**9, "flex", "cash", "USD")
    assert (told["result"], told["error"]) == ("error", "insufficientFunds")
    told = stage.sdk.market.get_orderbook("PF_NOSUCHUSD")
    assert (told["result"], told["error"]) == ("error", "contractNotFound")


@pytest.mark.parametrize(
    ("call", "raised"),
    [
        (lambda sdk: sdk.send("lmt", "buy", 0.01), said.KrakenRequiredArgumentMissingError),
        (
            lambda sdk: sdk.funding.initiate_wallet_transfer(1, "flex", "cash", "DOGE"),
            said.KrakenInvalidUnitError,
        ),
        (
            lambda sdk: sdk.funding.initiate_wallet_transfer(1, "flex", "attic", "USD"),
            said.KrakenInvalidAccountError,
        ),
        (lambda sdk: sdk.market.set_pnl_preference(XBT, "DOGE"), said.KrakenInvalidUnitError),
    ],
    ids=["no price", "unknown unit", "unknown account", "gains in another currency"],
)
def test_what_it_asked_wrongly_is_told_by_class(
    stage: Stage, call: Callable[[Sdk], object], raised: type[Exception]
) -> None:
    with pytest.raises(raised):
        call(stage.sdk)


# words of the order itself
def test_an_order_without_the_funds_is_refused_by_class_and_leaves_nothing(stage: Stage) -> None:
    with pytest.raises(said.KrakenInsufficientAvailableFundsError):
        stage.sdk.send("lmt", "buy", 99.0, limitPrice=99.0)
    assert stage.sdk.open_ids() == []


def test_other_refusals_are_answers_whose_status_must_be_read(stage: Stage) -> None:
    for order, status in (
        ({"order_type": "post", "limitPrice": 101.0}, "postWouldExecute"),
        ({"order_type": "ioc", "limitPrice": 90.0}, "iocWouldNotExecute"),
        ({"order_type": "lmt", "limitPrice": 90.5}, "invalidPrice"),
        ({"order_type": "lmt", "limitPrice": 90.0, "size": 1e-05}, "invalidSize"),
        ({"order_type": "lmt", "limitPrice": 90.0, "reduceOnly": True}, "wouldNotReducePosition"),
        ({"order_type": "trailing_stop", "trailingStopDeviationUnit": "PERCENT"}, "invalidOrderType"),
    ):
        words: dict[str, object] = {"side": "buy", "size": 0.01} | order
        assert stage.sdk.send(**words)["status"] == status  # type: ignore[arg-type] # a table of words
    assert stage.sdk.open_ids() == []


def test_an_edit_of_what_is_gone_is_an_answer(stage: Stage) -> None:
    told = stage.sdk.trade.edit_order(cliOrdId="nobody", size=0.02, limitPrice=90.0)
    assert told["editStatus"]["status"] == "orderForEditNotFound"


def test_one_refused_item_raises_for_a_batch_whose_other_items_were_done(stage: Stage) -> None:
    send = {"order": "send", "orderType": "lmt", "symbol": XBT, "side": "buy", "limitPrice": 90.0}
    first = send | {"order_tag": "1", "size": 0.01}
    items: list[dict[str, object]] = [first, {"order": "cancel", "order_id": "0" * 36}]
    with pytest.raises(said.KrakenNotFoundError):
        stage.sdk.trade.create_batch_order(items)
    assert len(stage.sdk.open_ids()) == 1
    stage.sdk.trade.cancel_all_orders()


# who asks
@pytest.mark.parametrize("wrong", ["key", "secret"])
def test_a_wrong_key_and_a_wrong_secret_are_told_alike(stage: Stage, wrong: str) -> None:
    other = base64.b64encode(b"another secret").decode()
    with sdk_of(stage.wire.endpoint, **{wrong: other}) as stranger:
        for call in (stranger.user.get_wallets, stranger.user.get_order_events, stranger.open_ids):
            with pytest.raises(said.KrakenAuthenticationError):
                call()
        with pytest.raises(said.KrakenAuthenticationError):
            stranger.limit(90.0)
    assert stage.sdk.open_ids() == []


# shapes B and C, and replies that never come
def test_what_is_not_there_is_a_status_with_its_body(stage: Stage) -> None:
    with pytest.raises(Exception, match=r"404 - .*NOT_FOUND"):
        stage.sdk.user.request("GET", "/derivatives/api/v3/dance")


def test_a_chart_that_does_not_exist_is_a_bare_text(stage: Stage) -> None:
    with pytest.raises(Exception, match=r"^400 - Invalid resolution$"):
        stage.sdk.market.request("GET", f"/api/charts/v1/trade/{XBT}/7m", auth=False)


@pytest.mark.parametrize(
    ("act", "status", "raised"),
    [
        ("html", 200, ValueError),
        ("html", 503, Exception),
        ("empty", 200, ValueError),
        ("garbage", 200, ValueError),
        ("drop", None, requests.ConnectionError),
        ("reset", None, requests.ConnectionError),
        ("cut", None, requests.RequestException),
    ],
)
def test_a_spoiled_reply_is_raised_and_never_taken_for_an_answer(
    stage: Stage, act: str, status: int | None, raised: type[Exception]
) -> None:
    fault = {"act": act, "path": "accounts"} | ({} if status is None else {"status": status})
    order_faults(stage.wire, rate_limit="off", calls=[fault])
    with pytest.raises(raised) as caught:
        stage.sdk.user.get_wallets()
    assert type(caught.value).__module__.split(".")[0] != "kraken"


@pytest.mark.parametrize(
    ("style", "raised"),
    [
        ("error_200", said.KrakenApiLimitExceededError),
        ("error_429", Exception),
        ("text_429", Exception),
    ],
)
def test_a_spent_budget_is_told_in_each_style(stage: Stage, style: str, raised: type[Exception]) -> None:
    order_faults(stage.wire, rate_limit=style, calls=[{"act": "rate_limit", "path": "accounts"}])
    with pytest.raises(raised, match=r"apiLimitExceeded|429"):
        stage.sdk.user.get_wallets()


def test_an_order_whose_reply_was_lost_is_there_once(stage: Stage) -> None:
    order_faults(stage.wire, rate_limit="off", calls=[{"act": "drop", "path": "sendorder", "nth": [1]}])
    with pytest.raises(requests.ConnectionError):
        stage.sdk.limit(90.0, cliOrdId="lost")
    (row,) = stage.sdk.trade.get_orders_status(cliOrdIds="lost")["orders"]
    assert [row["order"]["orderId"]] == stage.sdk.open_ids()
    stage.sdk.trade.cancel_all_orders()
