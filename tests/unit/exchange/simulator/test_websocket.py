import asyncio
from typing import cast

from aiohttp import web

from src.exchange.simulator.websocket import Listener


class DeafSocket:
    """Takes the first message and never comes back."""

    async def send_frame(self, _message: bytes, _kind: object) -> None:
        await asyncio.Event().wait()


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_a_listener_that_does_not_keep_up_is_cut_off_and_holds_nothing() -> None:
    async def story() -> None:
        transport = Transport()
        socket = cast("web.WebSocketResponse", DeafSocket())
        listener = Listener(socket, transport, longest_backlog=100)
        sending = asyncio.create_task(listener.run())
        for _ in range(20):
            listener.send(b"0123456789")
            await asyncio.sleep(0)
        assert listener.dropped
        assert transport.aborted
        assert not listener._waiting
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(story())
