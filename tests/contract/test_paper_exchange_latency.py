"""The paper exchange at a distance, over real sockets: what is on its way finds the market as it is when it arrives."""

import asyncio
import time
from collections.abc import Iterator

import aiohttp
import pytest
import requests

from tests.paper_exchange_server import Served, ccxt_client, served

S = "BTC/USD:USD"
REQUEST_MS, ANSWER_MS, DATA_MS = 120, 60, 200
MARGIN_S = 0.15
"""What a busy machine may add."""


def fixed(milliseconds: float) -> dict[str, float]:
    return {"median_ms": milliseconds, "p99_ms": milliseconds}


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    latency = {"request": fixed(REQUEST_MS), "answer": fixed(ANSWER_MS), "market_data": fixed(DATA_MS)}
    with served(tmp_path_factory.mktemp("far"), speed=60.0, latency=latency) as running:
        yield running


def test_a_request_is_worked_on_when_it_arrives_and_answered_later_still(far: Served) -> None:
    before, began = far.clock.now(), time.monotonic()
    client = ccxt_client(far.endpoint)
    order = client.create_order(S, "market", "buy", 0.001, None, {"clientOrderId": "far-1"})
    took, after = time.monotonic() - began, far.clock.now()
    assert took >= (REQUEST_MS + ANSWER_MS) / 1000
    assert before + 60 * REQUEST_MS / 1000 <= order["timestamp"] / 1000 <= after - 60 * ANSWER_MS / 1000


def test_process_before_is_judged_on_arrival(far: Served) -> None:
    client = ccxt_client(far.endpoint)
    words = []
    for milliseconds in (REQUEST_MS - 20, 20 * REQUEST_MS):
        until = client.iso8601(int(1000 * (far.clock.now() + 60 * milliseconds / 1000)))
        answer = client.privatePostSendorder(
            {"orderType": "post", "symbol": "PF_XBTUSD", "side": "buy", "size": "0.001", "limitPrice": "100"}
            | {"processBefore": until}
        )
        words.append(answer["sendStatus"]["status"])
    assert words == ["wouldProcessAfterSpecifiedTime", "placed"]


def test_the_administration_is_not_far_away(far: Served) -> None:
    headers = {"Authorization": f"Bearer {far.endpoint.admin_token}"}
    began = time.monotonic()
    assert requests.get(f"{far.endpoint.url}/admin/faults", headers=headers, timeout=5).ok
    assert time.monotonic() - began < (REQUEST_MS + ANSWER_MS) / 1000


def test_messages_are_told_late_and_in_their_order(far: Served) -> None:
    async def story() -> tuple[list[int], list[float]]:
        url = far.endpoint.url.replace("http", "ws") + "/ws/v1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            await socket.send_json({"event": "subscribe", "feed": "book", "product_ids": ["PF_XBTUSD"]})
            numbers: list[int] = []
            ages: list[float] = []
            while len(numbers) < 60:
                message = await socket.receive_json(timeout=10)
                if message.get("feed") == "book" and "seq" in message:
                    numbers.append(message["seq"])
                    ages.append((far.clock.now() - message["timestamp"] / 1000) / 60)
            return numbers, ages

    numbers, ages = asyncio.run(story())
    assert numbers == list(range(numbers[0], numbers[0] + 60))
    assert min(ages) >= DATA_MS / 1000 - 0.002
    assert sorted(ages)[30] < DATA_MS / 1000 + MARGIN_S


def test_a_hundred_may_listen_and_one_more_may_not(far: Served) -> None:
    async def story() -> int:
        url = far.endpoint.url.replace("http", "ws") + "/ws/v1"
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            sockets = await asyncio.gather(*(session.ws_connect(url) for _ in range(100)))
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url)
            await asyncio.gather(*(socket.close() for socket in sockets))
            return refused.value.status

    assert asyncio.run(story()) == 429


def test_a_ping_is_answered_and_too_many_questions_are_not(far: Served) -> None:
    async def story() -> list[dict[str, object]]:
        url = far.endpoint.url.replace("http", "ws") + "/ws/v1"
        async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as socket:
            assert (await socket.receive_json(timeout=10))["event"] == "info"
            await socket.ping(b"there?")
            pong = await socket.receive(timeout=10)
            assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"there?")
            for _ in range(130):
                await socket.send_str('{"event": "challenge", "api_key": "x"}')
            return [await socket.receive_json(timeout=10) for _ in range(130)]

    answers = asyncio.run(story())
    assert sum(answer["event"] == "challenge" for answer in answers) == 100
    assert answers[-1] == {"event": "alert", "message": "Rate limit exceeded"}
