"""What goes wrong with requests: spent budgets, maintenance, and answers that are late, spoiled or missing."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping

import orjson
from aiohttp import web

from src.exchange.simulator.auth import request_is_signed
from src.exchange.simulator.budgets import Budgets
from src.exchange.simulator.fault_plan import CallFault
from src.exchange.simulator.faults import FaultDesk
from src.exchange.simulator.wire.values import iso
from src.records.operations import ExchangeEndpoint

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PAGE = "<html><head><title>Kraken</title></head><body><h1>We will be back soon</h1></body></html>"
GARBAGE = b'{"result":"success","serverTime":'
USUALLY_WORK = frozenset({"delay", "late", "drop", "reset", "cut", "drip", "patch", "jumble", "huge", "bomb"})
"""Acts before which the exchange does what it was asked, unless the plan says otherwise."""
USUAL_STATUS: Mapping[str, int] = {"html": 503, "text": 429}
STREAM = "/ws/v1"
_SPOIL_A_BODY = frozenset({"delay", "late", "cut", "drip", "patch", "jumble", "huge", "bomb"})
"""Acts that mean nothing to a connection of the websocket; the others refuse it."""
_MIB = 1024 * 1024
_RESET = struct.pack("ii", 1, 0)


class FaultyReplies:
    """Stands around all routes except the administration's."""

    def __init__(self, desk: FaultDesk, endpoint: ExchangeEndpoint, real: Callable[[], float]) -> None:
        """``real`` tells real seconds."""
        self._desk = desk
        self._endpoint = endpoint
        self._real = real
        self._budgets = Budgets()

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, or do with it what the plan says."""
        if request.path.startswith("/admin/"):
            return await handler(request)
        plan = self._desk.plan
        if plan.maintenance:
            return _page(503)
        if plan.rate_limit != "off" and not await self._afforded(request):
            return self._rate_limited()
        fault = self._desk.of_call(request.method, request.path)
        return await handler(request) if fault is None else await self._faulty(fault, request, handler)

    async def _afforded(self, request: web.Request) -> bool:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        key, secret = self._endpoint.api_key, self._endpoint.api_secret
        if "authent" not in headers:
            return True
        if not request_is_signed(request.raw_path, body, headers, key=key, secret=secret):
            return True
        return self._budgets.afford(
            request.method,
            request.path,
            query=request.query_string,
            body=body.decode("utf-8", "replace"),
            real_now=self._real(),
        )

    async def _faulty(self, fault: CallFault, request: web.Request, handler: Handler) -> web.StreamResponse:
        await request.read()
        if fault.act == "late":
            await asyncio.sleep(fault.delay_s)
        if request.path == STREAM and fault.act in _SPOIL_A_BODY:
            return await handler(request)
        works = fault.act in USUALLY_WORK if fault.work is None else fault.work
        works = works and request.path != STREAM
        answer = await handler(request) if works else web.Response()
        made_up = self._made_up(fault)
        return await _spoiled(fault, request, answer) if made_up is None else made_up

    def _made_up(self, fault: CallFault) -> web.Response | None:
        """Return what is answered in the place of the truth; None where the truth itself is spoiled."""
        status = fault.status or USUAL_STATUS.get(fault.act, 200)
        match fault.act:
            case "refuse":
                return self._failed(fault.word, status)
            case "rate_limit":
                return self._rate_limited()
            case "html":
                return _page(status)
            case "text":
                return web.Response(status=status, text="Too Many Requests")
            case "empty" | "garbage":
                body = GARBAGE if fault.act == "garbage" else b""
                return web.Response(status=status, body=body, content_type="application/json")
        return None

    def _rate_limited(self) -> web.Response:
        style = self._desk.plan.rate_limit
        if style == "text_429":
            return web.Response(status=429, text="Too Many Requests")
        return self._failed("apiLimitExceeded", 429 if style == "error_429" else 200)

    def _failed(self, word: str, status: int) -> web.Response:
        return _json({"result": "error", "error": word, "serverTime": iso(self._desk.server_time())}, status)


async def _spoiled(fault: CallFault, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    body = answer.body if isinstance(answer, web.Response) else None
    told = body if isinstance(body, bytes) else b""
    match fault.act:
        case "patch":
            return _json(_merged(orjson.loads(told or b"{}"), fault.patch), answer.status)
        case "jumble":
            return _json(_jumbled(orjson.loads(told or b"{}")), answer.status)
        case "huge" | "bomb":
            return _swollen(
                told, int(fault.size_mib * _MIB), packed=fault.act == "bomb", status=answer.status
            )
        case "delay":
            await asyncio.sleep(fault.delay_s)
        case "drop" | "reset" | "cut" | "drip":
            await _break_off(request, told, fault)
    return answer


async def _break_off(request: web.Request, body: bytes, fault: CallFault) -> None:
    """Send as much of an answer as the act lets through, and close the connection."""
    transport = request.transport
    if transport is None:
        return
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    if fault.act == "cut":
        transport.write(head + body[: len(body) // 2])
    elif fault.act == "drip":
        for number in range(len(head + body)):
            if transport.is_closing():
                return
            transport.write((head + body)[number : number + 1])
            await asyncio.sleep(fault.delay_s)
    elif fault.act == "reset":
        kernel = transport.get_extra_info("socket")
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.close()


def _merged(known: object, patch: Mapping[str, object]) -> object:
    """Return an object, or each row of a list, changed by a merge patch as RFC 7396 describes it."""
    if isinstance(known, list):
        return [_merged(row, patch) for row in known]
    merged: dict[str, object] = dict(known) if isinstance(known, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merged(merged.get(name), value)
        else:
            merged[name] = value
    return merged


def _jumbled(known: object) -> object:
    """Return an object with the rows of its lists told twice, in the opposite order."""
    if not isinstance(known, dict):
        return known
    return {name: [*reversed(rows)] * 2 if isinstance(rows, list) else rows for name, rows in known.items()}


def _swollen(body: bytes, more: int, *, packed: bool, status: int) -> web.Response:
    """Return a body with many blanks behind it, packed into little where that is asked."""
    swollen = body + b" " * more
    headers = {"Content-Encoding": "gzip"} if packed else {}
    content = gzip.compress(swollen, 1) if packed else swollen
    return web.Response(status=status, body=content, headers=headers, content_type="application/json")


def _page(status: int) -> web.Response:
    return web.Response(status=status, text=PAGE, content_type="text/html")


def _json(shape: object, status: int) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(shape), content_type="application/json")
