"""python-kraken-sdk's asynchronous client: the same forms, sent by another HTTP library."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from kraken.base_api import FuturesAsyncClient
from kraken.exceptions import KrakenAuthenticationError, KrakenInsufficientAvailableFundsError

from tests.kraken_sdk_fakes import XBT
from tests.wire_fakes import Wire, wired

V3 = "/derivatives/api/v3"
ODD = "a b/c+d&e=%41ü"
Client = Any
"""The client; it does not tell which of its answers are objects."""


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with wired() as served:
        yield served


def lived(wire: Wire, story: Callable[[Client], Awaitable[None]]) -> None:
    """Let a client live through a story."""

    async def live() -> None:
        endpoint = wire.endpoint
        async with FuturesAsyncClient(endpoint.api_key, endpoint.api_secret, url=endpoint.url) as client:
            await client.request("POST", f"{V3}/cancelallorders")
            await story(client)

    asyncio.run(live())


def form(**more: object) -> dict[str, object]:
    plain = {"orderType": "lmt", "symbol": XBT, "side": "buy", "size": 0.01, "limitPrice": 90.0}
    return plain | {"reduceOnly": False} | more


def test_an_order_is_placed_found_edited_and_cancelled(wire: Wire) -> None:
    async def story(client: Client) -> None:
        sent = await client.request("POST", f"{V3}/sendorder", form(cliOrdId=ODD))
        placed = sent["sendStatus"]["order_id"]
        told = await client.request("POST", f"{V3}/orders/status", {"cliOrdIds": [ODD, "other"]})
        assert [row["order"]["orderId"] for row in told["orders"]] == [placed]
        edited = await client.request("POST", f"{V3}/editorder", {"cliOrdId": ODD, "limitPrice": 91.0})
        assert edited["editStatus"]["orderEvents"][0]["new"]["limitPrice"] == 91.0
        gone = await client.request("POST", f"{V3}/cancelorder", {"cliOrdId": ODD})
        assert (gone["cancelStatus"]["status"], gone["cancelStatus"]["order_id"]) == ("cancelled", placed)

    lived(wire, story)


def test_many_calls_at_once_are_each_answered(wire: Wire) -> None:
    async def story(client: Client) -> None:
        await asyncio.gather(
            *(client.request("POST", f"{V3}/sendorder", form(cliOrdId=f"of many {n}")) for n in range(10))
        )
        told = await client.request("GET", f"{V3}/openorders")
        assert {row["cliOrdId"] for row in told["openOrders"]} == {f"of many {n}" for n in range(10)}

    lived(wire, story)


def test_what_is_read_and_what_is_set_is_signed_alike(wire: Wire) -> None:
    async def story(client: Client) -> None:
        told = await client.request(
            "PUT", f"{V3}/leveragepreferences", {"symbol": "PF_ETHUSD", "maxLeverage": 5}
        )
        assert told["result"] == "success"
        wallets = await client.request("GET", f"{V3}/accounts")
        assert wallets["accounts"]["flex"]["balanceValue"] == 10_000.0
        log = await client.request(
            "GET", "/api/history/v2/account-log", query_params={"info": "cross-exchange transfer"}
        )
        assert [row["new_balance"] for row in log["logs"]] == [10_000.0]
        ticker = await client.request("GET", f"{V3}/tickers/{XBT}", auth=False)
        assert ticker["ticker"]["bid"] < ticker["ticker"]["ask"]

    lived(wire, story)


def test_refusals_are_raised_by_class() -> None:
    async def story(client: Client) -> None:
        with pytest.raises(KrakenInsufficientAvailableFundsError):
            await client.request("POST", f"{V3}/sendorder", form(size=99.0, limitPrice=99.0))

    with wired(balance="100") as poor:
        lived(poor, story)


def test_a_query_that_was_written_anew_after_signing_is_not_what_was_signed(wire: Wire) -> None:
    """Its HTTP library sends ``:`` where the client signed ``%3A``: only the bytes received count."""

    async def story(client: Client) -> None:
        when = {"lastFillTime": "2026-11-22T06:00:00.000Z"}
        with pytest.raises(KrakenAuthenticationError):
            await client.request("GET", f"{V3}/fills", query_params=when)
        told = await client.request("GET", f"{V3}/fills", query_params={"lastFillTime": ""})
        assert told["fills"] == []

    lived(wire, story)
