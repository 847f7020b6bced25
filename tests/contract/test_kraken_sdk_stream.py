"""Every feed of python-kraken-sdk's futures websocket client, through TLS as it insists."""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kraken.futures import FuturesWSClient

from tests.kraken_sdk_fakes import XBT, Sdk, sdk_of
from tests.kraken_sdk_stream_fakes import Ear, Front, Message, certificate_at, ear_of
from tests.paper_exchange_server import NOW, Served, served

ETH = "PF_ETHUSD"
RETIRED = {"deposits_withdrawals", "account_balances_and_margins"}
"""Feeds that the client still names and the venue's documents no longer do."""
IMPATIENT = 4278
"""A seed with which the client waits hardly more than the second that it always waits before it connects."""


@dataclass(frozen=True)
class Stage:
    """A running exchange, who trades there, and a certificate for who wants TLS."""

    exchange: Served
    sdk: Sdk
    certificate: Path


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    certificate = certificate_at(tmp_path_factory.mktemp("tls") / "certificate.pem")
    with (
        served(tmp_path_factory.mktemp("exchange"), speed=20.0) as running,
        sdk_of(running.endpoint) as clients,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSL_CERT_FILE", str(certificate))
        yield Stage(running, clients, certificate)


def told(stage: Stage, story: Callable[[Ear, Front], Awaitable[None]]) -> None:
    """Let a client that is connected live through a story."""

    async def live() -> None:
        front = Front(stage.exchange.endpoint, stage.certificate)
        async with front.serving(), ear_of(front, stage.exchange.endpoint) as ear:
            await story(ear, front)

    random.seed(IMPATIENT)
    asyncio.run(live())


def test_every_public_feed_is_heard_until_it_is_left(stage: Stage) -> None:
    async def story(ear: Ear, _: Front) -> None:
        feeds = [f for f in FuturesWSClient.get_available_public_subscription_feeds() if f != "heartbeat"]
        for feed in feeds:
            await ear.client.subscribe(feed, products=[XBT, ETH])
        for feed in feeds:
            for product in (XBT, ETH):
                await ear.event("subscribed", feed=feed, product_ids=[product])
        assert len(ear.client.get_active_subscriptions()) == 2 * len(feeds) + 1
        await _book_is_whole(ear)
        await _ticker_is_sane(ear)
        await _own_trade_is_printed(ear, stage.sdk)
        assert (await ear.feed("heartbeat"))["time"] >= NOW * 1000
        await ear.client.unsubscribe("book", products=[XBT])
        await ear.event("unsubscribed", feed="book", product_ids=[XBT])
        assert len(ear.client.get_active_subscriptions()) == 2 * len(feeds)

    told(stage, story)


async def _book_is_whole(ear: Ear) -> None:
    snapshot = await ear.feed("book_snapshot", product_id=XBT)
    assert snapshot["bids"][0]["price"] < snapshot["asks"][0]["price"]
    fifth = snapshot["seq"] + 5
    await ear.until(lambda m: (m.get("feed"), m.get("product_id"), m.get("seq")) == ("book", XBT, fifth))
    deltas = [m for m in ear.heard if (m.get("feed"), m.get("product_id")) == ("book", XBT) and "seq" in m]
    assert [d["seq"] for d in deltas[:5]] == list(range(snapshot["seq"] + 1, fifth + 1))


async def _ticker_is_sane(ear: Ear) -> None:
    ticker = await ear.feed("ticker", product_id=XBT)
    assert 80_000 < ticker["bid"] < ticker["ask"] < 90_000
    assert (ticker["suspended"], ticker["pair"]) == (False, "XBT:USD")
    lite = await ear.feed("ticker_lite", product_id=ETH)
    assert lite["bid"] < lite["ask"]


async def _own_trade_is_printed(ear: Ear, sdk: Sdk) -> None:
    await ear.feed("trade_snapshot", product_id=XBT)
    price = sdk.send("mkt", "buy", 0.01)["orderEvents"][0]["price"]
    printed = await ear.feed("trade", product_id=XBT, side="buy", price=price)
    assert (printed["type"], printed["qty"] > 0) == ("fill", True)


def test_every_private_feed_tells_what_its_owner_does(stage: Stage) -> None:
    async def story(ear: Ear, _: Front) -> None:
        feeds = [f for f in ear.client.get_available_private_subscription_feeds() if f not in RETIRED]
        for feed in feeds:
            await ear.client.subscribe(feed)
            await ear.event("subscribed", feed=feed)
        for feed in ("fills", "open_orders", "open_orders_verbose", "account_log", "balances"):
            await ear.feed(f"{feed}_snapshot")
        assert (await ear.feed("notifications_auth"))["notifications"] == []
        await _order_is_told(ear, stage.sdk)
        await _fill_is_told(ear, stage.sdk)
        await _booking_is_told(ear, stage.sdk)
        for feed in RETIRED:
            await ear.client.subscribe(feed)
        await ear.event("alert", message="Couldn't subscribe to invalid feed")
        assert {sub["feed"] for sub in ear.client.get_active_subscriptions()} == {*feeds, "heartbeat"}

    told(stage, story)


async def _order_is_told(ear: Ear, sdk: Sdk) -> None:
    placed = sdk.limit(80_000.0, cliOrdId="watched")["order_id"]
    news = await ear.until(lambda m: m.get("feed") == "open_orders" and _order_id(m) == placed)
    order = news["order"]
    assert (order["cli_ord_id"], order["limit_price"], order["direction"]) == ("watched", 80_000.0, 0)
    assert (news["is_cancel"], news["reason"]) == (False, "new_placed_order_by_user")
    sdk.trade.cancel_order(order_id=placed)
    gone = await ear.feed("open_orders", is_cancel=True, order_id=placed)
    assert gone["reason"] == "cancelled_by_user"
    refused = sdk.send("post", "buy", 0.01, limitPrice=90_000.0)
    assert refused["status"] == "postWouldExecute"
    news = await ear.feed("open_orders_verbose", order_id=refused["order_id"])
    assert news["reason"] == "post_order_failed_because_it_would_filled"


def _order_id(message: Message) -> object:
    return message.get("order", {}).get("order_id")


async def _fill_is_told(ear: Ear, sdk: Sdk) -> None:
    event = sdk.send("mkt", "buy", 0.01, cliOrdId="taken")["orderEvents"][0]
    news = await ear.until(lambda m: _fill_id(m) == event["executionId"])
    fill = news["fills"][0]
    assert (fill["cli_ord_id"], fill["buy"], fill["fill_type"]) == ("taken", True, "taker")
    assert (fill["price"], fill["qty"]) == (event["price"], event["amount"])
    assert fill["fee_paid"] == pytest.approx(fill["price"] * fill["qty"] * 0.0005)
    await ear.until(lambda m: any(p["balance"] >= 0.01 for p in m.get("positions", ())))


def _fill_id(message: Message) -> object:
    return message["fills"][0]["fill_id"] if message.get("feed") == "fills" and "fills" in message else None


async def _booking_is_told(ear: Ear, sdk: Sdk) -> None:
    sdk.funding.initiate_wallet_transfer(5, "flex", "cash", "USD")
    row = sdk.user.get_account_log(info="transfer", count=1)["logs"][0]
    news = await ear.until(lambda m: m.get("new_entry", {}).get("id") == row["id"])
    entry = news["new_entry"]
    assert (entry["info"], entry["asset"], entry["date"]) == ("transfer", "usd", row["date"])
    assert entry["new_balance"] == pytest.approx(entry["old_balance"] - 5)
    logged = [m["new_entry"]["id"] for m in ear.heard if "new_entry" in m]
    assert logged == list(range(logged[0], logged[0] + len(logged)))


def test_a_client_that_was_cut_off_comes_back_to_all_its_feeds(stage: Stage) -> None:
    async def story(ear: Ear, front: Front) -> None:
        await ear.client.subscribe("book", products=[XBT])
        await ear.client.subscribe("fills")
        await ear.feed("fills_snapshot")
        before = len(ear.heard)
        front.cut()
        await ear.feed("book_snapshot", after=before, product_id=XBT)
        await ear.feed("fills_snapshot", after=before)
        await ear.feed("heartbeat", after=before)
        assert front.connections == 2
        assert not ear.client.exception_occur

    told(stage, story)


def test_a_stranger_is_refused_what_is_private_and_may_hear_the_rest(stage: Stage) -> None:
    async def live() -> None:
        endpoint = stage.exchange.endpoint
        front = Front(endpoint, stage.certificate)
        other = base64.b64encode(b"another secret").decode()
        async with front.serving(), ear_of(front, endpoint, secret=other) as ear:
            await ear.client.subscribe("fills")
            await ear.event("alert", message="Failed to subscribe to authenticated feed")
            await ear.client.subscribe("ticker", products=[XBT])
            assert (await ear.feed("ticker"))["product_id"] == XBT

    random.seed(IMPATIENT)
    asyncio.run(live())
