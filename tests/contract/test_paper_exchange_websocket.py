"""The websocket face over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import orjson
import pytest

from src.exchange.simulator.auth import signature
from tests.paper_exchange_server import Served, ccxt_client, served

T = TypeVar("T")
SYMBOL = "PF_XBTUSD"
WITHIN_S = 10.0


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("exchange"), speed=60.0) as running:
        yield running


class Ear:
    """A client that sends requests and waits for messages."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, **message: object) -> None:
        await self.socket.send_str(orjson.dumps(message).decode())

    async def hear(self) -> dict[str, object]:
        received = await asyncio.wait_for(self.socket.receive(), WITHIN_S)
        message: dict[str, object] = orjson.loads(received.data)
        return message

    async def until(self, wanted: Callable[[dict[str, object]], bool]) -> dict[str, object]:
        while not wanted(message := await self.hear()):
            pass
        return message

    async def feed(self, name: str) -> dict[str, object]:
        return await self.until(lambda message: message.get("feed") == name and "event" not in message)

    async def event(self, name: str) -> dict[str, object]:
        return await self.until(lambda message: message.get("event") == name)


@asynccontextmanager
async def listening(exchange: Served) -> AsyncIterator[Ear]:
    url = exchange.endpoint.url.replace("http", "ws") + "/ws/v1"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        ear = Ear(socket)
        assert await ear.hear() == {"event": "info", "version": 1}
        yield ear


def run(exchange: Served, story: Callable[[Ear], Awaitable[T]]) -> T:
    async def told() -> T:
        async with listening(exchange) as ear:
            return await story(ear)

    return asyncio.run(told())


def test_a_book_is_a_snapshot_and_then_deltas_without_a_gap(exchange: Served) -> None:
    async def story(ear: Ear) -> None:
        await ear.ask(event="subscribe", feed="book", product_ids=[SYMBOL])
        answer = await ear.event("subscribed")
        assert (answer["feed"], answer["product_ids"]) == ("book", [SYMBOL])
        snapshot = await ear.feed("book_snapshot")
        book = {side: {row["price"]: row["qty"] for row in snapshot[side]} for side in ("bids", "asks")}  # type: ignore[attr-defined] # JSON values
        seq = snapshot["seq"]
        for _ in range(200):
            delta = await ear.feed("book")
            seq += 1  # type: ignore[operator] # JSON values
            assert delta["seq"] == seq
            side = book["bids" if delta["side"] == "buy" else "asks"]
            if delta["qty"]:
                side[delta["price"]] = delta["qty"]
            else:
                del side[delta["price"]]
            assert max(book["bids"]) < min(book["asks"])

    run(exchange, story)


def test_trades_come_newest_first_and_then_one_by_one(exchange: Served) -> None:
    async def story(ear: Ear) -> None:
        await ear.ask(event="subscribe", feed="trade", product_ids=[SYMBOL])
        snapshot = await ear.feed("trade_snapshot")
        times = [row["time"] for row in snapshot["trades"]]  # type: ignore[attr-defined] # JSON values
        assert times == sorted(times, reverse=True)
        trade = await ear.feed("trade")
        assert set(trade) >= {"uid", "side", "type", "seq", "time", "qty", "price"}

    run(exchange, story)


def test_a_ticker_tells_mark_index_and_funding(exchange: Served) -> None:
    async def story(ear: Ear) -> None:
        await ear.ask(event="subscribe", feed="ticker", product_ids=[SYMBOL])
        first, second = await ear.feed("ticker"), await ear.feed("ticker")
        assert {"markPrice", "index", "funding_rate", "relative_funding_rate", "openInterest"} <= set(first)
        assert second["time"] >= first["time"]  # type: ignore[operator] # JSON values

    run(exchange, story)


def test_unsubscribed_means_silence(exchange: Served) -> None:
    async def story(ear: Ear) -> None:
        await ear.ask(event="subscribe", feed="book", product_ids=[SYMBOL])
        await ear.feed("book")
        await ear.ask(event="unsubscribe", feed="book", product_ids=[SYMBOL])
        await ear.event("unsubscribed")
        await ear.ask(event="subscribe", feed="heartbeat")
        await ear.event("subscribed")
        assert (await ear.hear())["feed"] == "heartbeat"

    run(exchange, story)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"event": "subscribe", "feed": "gossip"}, "Couldn't subscribe to invalid feed"),
        ({"event": "subscribe", "feed": "book", "product_ids": ["PF_NOPEUSD"]}, "Invalid product id"),
        (
            {"event": "subscribe", "feed": "fills", "api_key": "x"},
            "Failed to subscribe to authenticated feed",
        ),
        ({"event": "dance"}, "Invalid event"),
    ],
)
def test_what_cannot_be_subscribed_is_told(asked: dict[str, object], text: str, exchange: Served) -> None:
    async def story(ear: Ear) -> dict[str, object]:
        await ear.ask(**asked)
        return await ear.hear()

    assert run(exchange, story)["message"] == text


def test_words_that_are_no_json_are_told(exchange: Served) -> None:
    async def story(ear: Ear) -> dict[str, object]:
        await ear.socket.send_str("{no")
        return await ear.hear()

    assert run(exchange, story) == {"event": "error", "message": "Json Parse Error"}


def test_private_feeds_need_the_signed_challenge_and_tell_every_fill(exchange: Served) -> None:
    async def story(ear: Ear) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        endpoint = exchange.endpoint
        await ear.ask(event="challenge", api_key=endpoint.api_key)
        challenge = str((await ear.event("challenge"))["message"])
        proof = {
            "api_key": endpoint.api_key,
            "original_challenge": challenge,
            "signed_challenge": signature(challenge.encode(), endpoint.api_secret),
        }
        await ear.ask(event="subscribe", feed="fills", **proof)
        await ear.feed("fills_snapshot")
        await ear.ask(event="subscribe", feed="open_orders", **proof)
        await ear.feed("open_orders_snapshot")
        await asyncio.to_thread(trade, exchange)
        placed = await ear.feed("open_orders")
        fill = await ear.feed("fills")
        gone = await ear.feed("open_orders")
        return placed, fill, gone

    placed, fill, gone = run(exchange, story)
    assert (placed["reason"], placed["is_cancel"]) == ("new_placed_order_by_user", False)
    (row,) = fill["fills"]  # type: ignore[misc] # JSON values
    assert (row["cli_ord_id"], row["qty"], row["fill_type"], row["buy"]) == ("ws-1", 0.001, "taker", True)
    assert row["fee_paid"] == pytest.approx(row["price"] * 0.001 * 0.0005)
    assert (gone["reason"], gone["is_cancel"]) == ("full_fill", True)


def trade(exchange: Served) -> None:
    client = ccxt_client(exchange.endpoint)
    client.create_order("BTC/USD:USD", "market", "buy", 0.001, None, {"clientOrderId": "ws-1"})
    client.close()
