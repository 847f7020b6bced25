import asyncio
from collections.abc import Callable, Coroutine

import pytest

from src.exchange.simulator.latency import Line, Way
from src.exchange.simulator.listener import PING_WITHIN_S, REQUESTS_A_SECOND, Listener
from src.records.settings import Delay


class Transport(asyncio.Transport):
    """Remembers what it is given; a deaf one sends nothing of it."""

    def __init__(self, *, deaf: bool = False) -> None:
        super().__init__()
        self.aborted = False
        self.given: list[bytes] = []
        self._deaf = deaf

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.given)) if self._deaf else 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.given.append(bytes(data))


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_listener_that_does_not_keep_up_is_cut_off_and_holds_nothing() -> None:
    async def story() -> None:
        transport = Transport(deaf=True)
        listener = Listener(transport, real=Clock(), longest_backlog=400_000)
        sending = asyncio.create_task(listener.run())
        for _ in range(20):
            listener.send(bytes(100_000))
            await turns()
        assert listener.dropped
        assert transport.aborted
        assert not listener._waiting
        assert sum(map(len, transport.given)) < 500_000
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    run(story)


def test_what_waits_together_is_given_in_one_piece_and_every_length_is_told() -> None:
    async def story() -> None:
        transport = Transport()
        listener = Listener(transport, real=Clock())
        sending = asyncio.create_task(listener.run())
        for size in (0, 125, 126, 65_535, 65_536):
            listener.send(b"x" * size)
        await turns()
        (piece,) = transport.given
        assert lengths(piece) == [0, 125, 126, 65_535, 65_536]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    run(story)


def test_messages_arrive_late_and_in_their_order() -> None:
    async def story() -> None:
        transport, clock = Transport(), Clock()
        listener = Listener(transport, real=clock, line=Line(Way(Delay(median_ms=5, p99_ms=5), seed="1")))
        sending = asyncio.create_task(listener.run())
        listener.send(b"first")
        await turns()
        assert transport.given == []
        clock.now += 0.004
        listener.send(b"second")
        clock.now += 0.002
        await asyncio.sleep(0.01)
        assert transport.given == [b"\x81\x05first"]
        clock.now += 0.1
        await asyncio.sleep(0.01)
        assert transport.given[1:] == [b"\x81\x06second"]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    run(story)


def test_a_connection_may_ask_so_often_in_a_second() -> None:
    clock = Clock()
    listener = Listener(Transport(), real=clock)
    assert all(listener.may_ask() for _ in range(REQUESTS_A_SECOND))
    clock.now += 0.5
    assert not listener.may_ask()
    clock.now += 0.5
    assert listener.may_ask()


@pytest.mark.parametrize(("pings", "silent"), [(True, False), (False, True)])
def test_who_sends_no_ping_for_a_minute_is_silent(pings: bool, silent: bool) -> None:
    clock = Clock()
    listener = Listener(Transport(), real=clock)
    clock.now += PING_WITHIN_S
    assert not listener.is_silent()
    if pings:
        listener.pinged()
    clock.now += 1.0
    assert listener.is_silent() is silent


def lengths(piece: bytes) -> list[int]:
    """Return the lengths of the text messages in a piece of a stream."""
    found = []
    while piece:
        assert piece[0] == 0x81
        length, at = piece[1], 2
        if length >= 126:
            at = 4 if length == 126 else 10
            length = int.from_bytes(piece[2:at], "big")
        assert len(piece) >= at + length
        found.append(length)
        piece = piece[at + length :]
    return found
