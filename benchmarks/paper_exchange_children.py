"""Other processes beside the paper exchange: a server that only echoes, and clients that only listen."""

import asyncio
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web

Heard = list[int]


def stay_on(core: int) -> None:
    """Keep this process on one core; where there is only one, it is that."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextmanager
def echo(body: bytes, *, core: int) -> Iterator[str]:
    """Serve the same body to whoever posts anything, from a process of its own, until the block is left."""
    with _child(_echo, body, core) as pipe:
        yield str(pipe.recv())


@contextmanager
def listeners(url: str, symbols: Sequence[str], *, count: int, core: int) -> Iterator[Heard]:
    """Have clients in a process of their own hear everything until the block is left, then tell how much it was."""
    heard: Heard = []
    with _child(_listen, url, tuple(symbols), count, core) as pipe:
        pipe.recv()
        yield heard
        pipe.send("stop")
        heard.append(pipe.recv())


@contextmanager
def _child(body: object, *given: object) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=body, args=(theirs, *given), daemon=True)  # type: ignore[arg-type] # a function of this module
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _echo(pipe: Connection, body: bytes, core: int) -> None:
    stay_on(core)
    asyncio.run(_echoing(pipe, body))


async def _echoing(pipe: Connection, body: bytes) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    pipe.send(f"http://{host}:{port}/")
    await asyncio.Event().wait()


def _listen(pipe: Connection, url: str, symbols: Sequence[str], count: int, core: int) -> None:
    stay_on(core)
    asyncio.run(_listening(pipe, url, symbols, count))


async def _listening(pipe: Connection, url: str, symbols: Sequence[str], count: int) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(url, max_msg_size=0) for _ in range(count)]
        heard = [asyncio.create_task(_hear(socket, symbols)) for socket in sockets]
        pipe.send("listening")
        await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        for socket in sockets:
            await socket.close()
        pipe.send(sum(await asyncio.gather(*heard)))


async def _hear(socket: aiohttp.ClientWebSocketResponse, symbols: Sequence[str]) -> int:
    for feed in ("book", "trade", "ticker"):
        await socket.send_json({"event": "subscribe", "feed": feed, "product_ids": list(symbols)})
    heard = 0
    async for _ in socket:
        heard += 1
    return heard
