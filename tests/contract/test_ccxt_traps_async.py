"""What the asynchronous clients of ccxt make of spoiled replies and of this exchange's stream."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import ccxt
import pytest
from ccxt import async_support, pro

from tests.paper_exchange_fakes import XBT
from tests.wire_fakes import Relay, S, Wire, order_faults, relayed, wired

WITHIN_S = 20.0
Client = Any
"""Either asynchronous client of ccxt, which ships no types."""


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def asked(
    wire: Wire, kind: Callable[[object], Client], url: str, story: Callable[[Client], Awaitable[None]]
) -> None:
    """Run a story with an asynchronous client whose every address is below ``url``."""

    async def run() -> None:
        addresses = {
            name: address.replace(wire.endpoint.url, url)
            for name, address in wire.client.urls["api"].items()
            if name != "ws"
        }
        addresses["ws"] = wire.endpoint.url.replace("http", "ws") + "/ws/v1"
        keys = {"apiKey": wire.endpoint.api_key, "secret": wire.endpoint.api_secret}
        client = kind({**keys, "timeout": 5000, "enableRateLimit": False, "urls": {"api": addresses}})
        assert all("//127.0.0.1:" in address for address in client.urls["api"].values())
        try:
            await client.load_markets()
            await asyncio.wait_for(story(client), WITHIN_S)
        finally:
            await client.close()

    asyncio.run(run())


def hang_up(relay: Relay) -> None:
    relay.spoil = lambda target, body: None if "sendorder" in target else body


def cut(relay: Relay) -> None:
    relay.cut_bytes = 20


@pytest.mark.parametrize(
    ("spoil", "error"), [(hang_up, ccxt.ExchangeNotAvailable), (cut, ccxt.ExchangeError)]
)
def test_trap_03_the_asynchronous_client_has_other_errors_for_a_lost_reply(
    wire: Wire, spoil: Callable[[Relay], None], error: type[Exception]
) -> None:
    with relayed(wire) as (relay, _):

        async def story(client: Client) -> None:
            spoil(relay)
            with pytest.raises(error) as raised:
                await client.create_order(S, "limit", "buy", 0.01, 90)
            assert type(raised.value) is error
            relay.spoil, relay.cut_bytes = None, 0

        asked(wire, async_support.krakenfutures, relay.url, story)
        assert relay.calls("sendorder") == 1
    assert len(wire.client.fetch_open_orders(S)) == 1


def test_a_gap_in_the_book_goes_unnoticed_by_the_streaming_client(wire: Wire) -> None:
    order_faults(wire, rate_limit="off", stream=[{"act": "lose", "feed": "book", "nth": [1]}])

    async def story(client: Client) -> None:
        book = await client.watch_order_book(S)
        assert book["bids"][0][0] == 99.0
        await asyncio.to_thread(lambda: wire.send("lmt", "buy", "1", limitPrice="100"))
        watching = asyncio.ensure_future(client.watch_order_book(S))
        while not watching.done():
            await asyncio.to_thread(lambda: wire.send("lmt", "buy", "0.01", limitPrice="98"))
            await asyncio.wait([watching], timeout=0.2)
        book = watching.result()
        assert book["bids"][0][0] == 99.0
        assert book["nonce"] is None

    asked(wire, pro.krakenfutures, wire.endpoint.url, story)
    assert wire.client.fetch_order_book(S)["bids"][0][0] == 100.0


def test_streamed_orders_lose_the_client_id(wire: Wire) -> None:
    async def story(client: Client) -> None:
        watching = asyncio.ensure_future(client.watch_orders())
        await client.authenticate()
        while not watching.done():
            name = f"c{len(wire.service.engine.core.state.open)}"
            await asyncio.to_thread(wire.send, "lmt", "buy", "0.01", limitPrice="90", cliOrdId=name)
            await asyncio.wait([watching], timeout=0.2)
        assert {order["clientOrderId"] for order in watching.result()} == {None}

    asked(wire, pro.krakenfutures, wire.endpoint.url, story)
    assert {row["symbol"] for row in wire.client.privateGetOpenorders()["openOrders"]} == {XBT}


def test_streamed_trades_carry_the_order_and_the_fee_that_was_paid(wire: Wire) -> None:
    wire.send("mkt", "buy", "1")

    async def story(client: Client) -> None:
        watching = asyncio.ensure_future(client.watch_my_trades())
        await client.authenticate()
        while not watching.done():
            await asyncio.to_thread(wire.send, "mkt", "buy", "0.01")
            await asyncio.wait([watching], timeout=0.2)
        trade = watching.result()[-1]
        assert trade["info"]["fee_paid"] == pytest.approx(trade["cost"] * 0.0005)

    asked(wire, pro.krakenfutures, wire.endpoint.url, story)


def test_the_balance_that_is_streamed_by_default_is_the_cash_account(wire: Wire) -> None:
    async def story(client: Client) -> None:
        cash = await client.watch_balance()
        flex = await client.watch_balance({"account": "flex_futures"})
        assert (cash["total"]["USD"], flex["total"]["USD"]) == (0, 10_000)

    asked(wire, pro.krakenfutures, wire.endpoint.url, story)
