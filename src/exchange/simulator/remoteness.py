"""The distance between clients and the server: requests arrive later than they are sent, answers too."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from src.exchange.simulator.fault_replies import STREAM
from src.exchange.simulator.latency import Ways

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Remoteness:
    """Stands around all routes except the administration's; the market lives on while something travels."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._asked = 0

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Hand on a request once it has arrived, and its answer once that has."""
        if request.path.startswith("/admin/"):
            return await handler(request)
        self._asked += 1
        number = self._asked
        await request.read()
        await asyncio.sleep(self._ways.request.takes(number))
        answer = await handler(request)
        if request.path != STREAM:
            await asyncio.sleep(self._ways.answer.takes(number))
        return answer
