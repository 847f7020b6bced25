"""Messages of the websocket that go wrong on demand, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import aiohttp
import orjson
import pytest

from tests.fault_fakes import Faulty, faulty_exchange
from tests.paper_exchange_fakes import ETH, XBT

WITHIN_S = 5.0
BRIEFLY_S = 0.2


class Ear:
    """A listener to one contract's book."""

    def __init__(self, paper: Faulty, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.paper = paper
        self.socket = socket
        self.price = 98.0

    async def hear(self) -> aiohttp.WSMessage:
        return await asyncio.wait_for(self.socket.receive(), WITHIN_S)

    async def seqs(self, count: int) -> list[int]:
        return [orjson.loads((await self.hear()).data)["seq"] for _ in range(count)]

    async def order(self, **plan: object) -> None:
        await asyncio.to_thread(lambda: self.paper.order_faults(**plan))

    async def change(self, times: int) -> None:
        for _ in range(times):
            self.price -= 1.0
            await asyncio.to_thread(self.paper.level, "buy", self.price, 1.0)

    async def silent(self) -> bool:
        try:
            await asyncio.wait_for(self.socket.receive(), BRIEFLY_S)
        except TimeoutError:
            return True
        return False


@pytest.fixture
def paper() -> Iterator[Faulty]:
    with faulty_exchange() as served:
        yield served


@asynccontextmanager
async def listening(paper: Faulty) -> AsyncIterator[Ear]:
    url = paper.endpoint.url.replace("http", "ws") + "/ws/v1"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        ear = Ear(paper, socket)
        await socket.send_json({"event": "subscribe", "feed": "book", "product_ids": [XBT]})
        for _ in ("info", "subscribed", "snapshot"):
            await ear.hear()
        yield ear


def heard(paper: Faulty, story: Callable[[Ear], Awaitable[object]]) -> object:
    async def body() -> object:
        async with listening(paper) as ear:
            return await story(ear)

    return asyncio.run(body())


@pytest.mark.parametrize(
    ("fault", "seqs"),
    [
        ({"act": "duplicate", "nth": [2]}, [2, 3, 3, 4, 5]),
        ({"act": "lose", "nth": [2]}, [2, 4, 5]),
        ({"act": "reorder", "nth": [2]}, [2, 4, 3, 5]),
        ({"act": "duplicate", "feed": "trade"}, [2, 3, 4, 5]),
        ({"act": "duplicate", "symbol": ETH}, [2, 3, 4, 5]),
        ({"act": "lose", "feed": "bo*", "symbol": XBT, "every": 2}, [2, 4]),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_messages_are_doubled_lost_and_swapped(
    paper: Faulty, fault: dict[str, object], seqs: list[int]
) -> None:
    async def story(ear: Ear) -> list[int]:
        await ear.order(stream=[fault])
        await ear.change(4)
        return await ear.seqs(len(seqs))

    assert heard(paper, story) == seqs


def test_a_message_can_be_no_json(paper: Faulty) -> None:
    async def story(ear: Ear) -> object:
        await ear.order(stream=[{"act": "garbage", "nth": [1]}])
        await ear.change(2)
        broken = await ear.hear()
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(broken.data)
        return await ear.seqs(1)

    assert heard(paper, story) == [3]


@pytest.mark.parametrize("plan", [{"stream": [{"act": "close"}]}, {"maintenance": True}])
def test_listeners_are_hung_up_on_without_a_goodbye(paper: Faulty, plan: dict[str, object]) -> None:
    async def story(ear: Ear) -> object:
        await ear.order(**plan)
        await ear.change(1)
        return (await ear.hear()).type

    assert heard(paper, story) in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE}


@pytest.mark.parametrize(
    ("act", "served"), [("drop", False), ("html", False), ("delay", True), ("patch", True)]
)
def test_a_connection_can_be_refused_but_not_spoiled_like_an_answer(
    paper: Faulty, act: str, *, served: bool
) -> None:
    paper.call_fault(act=act, path="ws/v1")

    async def story(_: Ear) -> object:
        return None

    if served:
        heard(paper, story)
        return
    with pytest.raises(aiohttp.ClientError):
        heard(paper, story)


def test_a_stall_is_silent_to_requests_too_and_ends_after_its_time(paper: Faulty) -> None:
    async def story(ear: Ear) -> object:
        await ear.order(stream=[{"act": "stall", "times": 1, "for_s": 30}])
        await ear.change(2)
        await ear.socket.send_json({"event": "challenge", "api_key": "key"})
        assert await ear.silent()
        ear.paper.clock.advance_by(31)
        await ear.change(1)
        return await ear.seqs(1)

    assert heard(paper, story) == [4]


def test_a_stall_without_a_time_ends_with_its_plan(paper: Faulty) -> None:
    async def story(ear: Ear) -> object:
        await ear.order(stream=[{"act": "stall"}])
        await ear.change(1)
        ear.paper.clock.advance_by(9999)
        await ear.change(1)
        assert await ear.silent()
        await ear.order()
        await ear.change(1)
        return await ear.seqs(1)

    assert heard(paper, story) == [4]
