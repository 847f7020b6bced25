"""The HTTP face: routes, signatures, envelopes and error shapes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import parse_qs

import msgspec
import orjson
from aiohttp import web

from src.exchange.simulator.auth import request_is_signed
from src.exchange.simulator.batch import batch_form
from src.exchange.simulator.errors import BadCall, UpstreamUnreachable
from src.exchange.simulator.service import Service
from src.exchange.simulator.wire import market_events, public, public_events
from src.exchange.simulator.wire.account_csv import account_csv
from src.exchange.simulator.wire.histories import HISTORIES
from src.exchange.simulator.wire.order_events import ACCOUNT_UID
from src.exchange.simulator.wire.standing import STANDING
from src.exchange.simulator.wire.values import iso
from src.records.operations import ExchangeEndpoint

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
RESOLUTIONS_S: Mapping[str, int] = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "4h": 14_400,
    "12h": 43_200,
    "1d": 86_400,
    "1w": 604_800,
}
CANDLES_A_PAGE = 2000
_TRADING = "/derivatives/api/v3"
_MISSING = "requiredArgumentMissing"
_ENGINE_ROUTES = (
    ("GET", "instruments", "instruments"),
    ("GET", "instruments/status", "instruments/status"),
    ("GET", "instruments/{symbol}/status", "instrument/status"),
    ("GET", "tickers", "tickers"),
    ("GET", "tickers/{symbol}", "ticker"),
    ("GET", "orderbook", "orderbook"),
    ("GET", "history", "history"),
    ("GET", "feeschedules", "feeschedules"),
)
_SIGNED_ROUTES = (
    ("GET", "feeschedules/volumes", "feeschedules/volumes"),
    ("GET", "accounts", "accounts"),
    ("GET", "openpositions", "openpositions"),
    ("GET", "openorders", "openorders"),
    ("GET", "orders/status", "orders/status"),
    ("POST", "orders/status", "orders/status"),
    ("GET", "fills", "fills"),
    ("GET", "leveragepreferences", "leveragepreferences"),
    ("PUT", "leveragepreferences", "setleverage"),
    ("POST", "sendorder", "sendorder"),
    ("POST", "editorder", "editorder"),
    ("POST", "cancelorder", "cancelorder"),
    ("POST", "cancelallorders", "cancelallorders"),
    ("POST", "cancelallordersafter", "cancelallordersafter"),
    ("POST", "batchorder", "batchorder"),
    ("POST", "transfer", "transfer"),
    ("POST", "withdrawal", "withdrawal"),
    *(("GET", name, name) for name in STANDING),
    ("GET", "pnlpreferences", "pnlpreferences"),
    ("PUT", "pnlpreferences", "setpnlpreference"),
    ("POST", "transfer/subaccount", "transfer/subaccount"),
    ("GET", "subaccount/{uid}/trading-enabled", "subaccount/trading-enabled"),
    ("PUT", "subaccount/{uid}/trading-enabled", "subaccount/trading-enabled"),
)
_Logs = list[dict[str, object]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TickType = Literal["trade", "mark", "spot"]
_TICK_TYPES: Mapping[str, TickType] = {"trade": "trade", "mark": "mark", "spot": "spot"}


class HttpFace:
    """Translates between HTTP and the service."""

    def __init__(self, service: Service, endpoint: ExchangeEndpoint, tell_time: Callable[[], float]) -> None:
        """``tell_time`` is the ``serverTime`` of an answer, in seconds since the epoch."""
        self._service = service
        self._endpoint = endpoint
        self._tell_time = tell_time

    def application(self, websocket: Handler) -> web.Application:
        """Return the whole server: trading, history, charts and the websocket."""
        app = web.Application(middlewares=[self._guard], client_max_size=1024 * 1024)
        for method, path, name in _ENGINE_ROUTES:
            app.router.add_route(method, f"{_TRADING}/{path}", self._engine_handler(name, signed=False))
        for method, path, name in _SIGNED_ROUTES:
            app.router.add_route(method, f"{_TRADING}/{path}", self._engine_handler(name, signed=True))
        app.router.add_get("/derivatives/api/v4/historicalfundingrates", self._funding_rates)
        app.router.add_get("/api/charts/v1/{kind}/{symbol}/{resolution}", self._charts)
        for path in ("/api/charts/v1/", "/api/charts/v1/{kind}", "/api/charts/v1/{kind}/{symbol}"):
            app.router.add_get(path, self._chart_lists)
        market = "/api/history/{version:v[23]}/market/{symbol}"
        app.router.add_get(f"{market}/executions", self._executions)
        app.router.add_get(f"{market}/orders", self._public_orders)
        app.router.add_get(f"{market}/price", self._marks)
        for name in HISTORIES:
            app.router.add_get(f"/api/history/{{version:v[23]}}/{name}", self._history(name))
        app.router.add_get("/api/history/{version:v[23]}/account-log", self._account_log)
        app.router.add_get("/api/history/{version:v[23]}/accountlogcsv", self._account_csv)
        app.router.add_get("/ws/v1", websocket)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.lower() not in HOSTS:
            return web.Response(status=403, text="this server answers its own machine only")
        try:
            return await handler(request)
        except BadCall as bad:
            return self._failed(str(bad))
        except UpstreamUnreachable:
            return web.Response(status=503, text="the venue that this market is heard from does not answer")
        except web.HTTPNotFound:
            return self._gateway_error(404, "NOT_FOUND", code=0, message="404 NOT_FOUND")
        except web.HTTPMethodNotAllowed:
            return self._gateway_error(405, "METHOD_NOT_ALLOWED", code=0, message="405 METHOD_NOT_ALLOWED")

    def _engine_handler(self, name: str, *, signed: bool) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            if signed and not self._signed(request, body):
                return self._failed("authenticationError")
            params = _params(request, body)
            if name == "batchorder":
                params = batch_form(params, body)
            return self._succeeded(self._service.request(name, params))

        return handle

    def _history(self, name: str) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not self._signed(request, await request.read()):
                return self._failed("authenticationError")
            shape = self._service.request(f"history/{name}", _params(request, b""))
            return _json(shape | {"serverTime": self._server_time()})

        return handle

    async def _chart_lists(self, request: web.Request) -> web.StreamResponse:
        symbols = tuple(self._service.engine.core.contracts)
        kind, symbol = request.match_info.get("kind"), request.match_info.get("symbol")
        if kind is None:
            return _json(list(_TICK_TYPES))
        if kind not in _TICK_TYPES or symbol not in {None, *symbols}:
            return web.Response(status=400, text="Invalid symbol")
        return _json(list(symbols if symbol is None else RESOLUTIONS_S))

    async def _funding_rates(self, request: web.Request) -> web.StreamResponse:
        symbol = public.find(self._service.engine.core, _params(request, b"")).spec.symbol
        return self._succeeded(public.funding_rates(await self._service.past_funding(symbol)))

    async def _charts(self, request: web.Request) -> web.StreamResponse:
        kind = _TICK_TYPES.get(request.match_info["kind"])
        resolution_s = RESOLUTIONS_S.get(request.match_info["resolution"])
        symbol = request.match_info["symbol"]
        if resolution_s is None:
            return web.Response(status=400, text="Invalid resolution")
        if kind is None or symbol not in self._service.engine.core.contracts:
            return web.Response(status=400, text="Invalid symbol")
        params = _params(request, b"")
        now = self._service.clock.now()
        end = public.whole(params, "to", int(now))
        start = public.whole(params, "from", end - CANDLES_A_PAGE * resolution_s)
        bars = await self._service.past_candles(
            symbol, kind=kind, resolution_s=resolution_s, start=start, end=end
        )
        return _json(public.candles(bars, limit=CANDLES_A_PAGE))

    async def _executions(self, request: web.Request) -> web.StreamResponse:
        self._service.step()
        return _json(market_events.executions(self._service.engine.core, _params(request, b"")))

    async def _public_orders(self, request: web.Request) -> web.StreamResponse:
        self._service.step()
        return _json(public_events.orders(self._service.engine.core, _params(request, b"")))

    async def _marks(self, request: web.Request) -> web.StreamResponse:
        params = _params(request, b"")
        symbol = public.find(self._service.engine.core, params).spec.symbol
        now, minute = self._service.clock.now(), public_events.MINUTE_S
        start = now - public_events.MARKS_KEPT * minute
        bars = await self._service.past_candles(
            symbol, kind="mark", resolution_s=minute, start=start, end=now
        )
        return _json(public_events.marks(symbol, bars, now=now, params=params))

    async def _account_log(self, request: web.Request) -> web.StreamResponse:
        if not self._signed(request, await request.read()):
            return self._failed("authenticationError")
        shape = self._service.request("account-log", _params(request, b""))
        return _json({"accountUid": ACCOUNT_UID} | shape)

    async def _account_csv(self, request: web.Request) -> web.StreamResponse:
        if not self._signed(request, await request.read()):
            return self._failed("authenticationError")
        told = self._service.request("account-log", {"sort": "asc", "count": "100000"})
        return web.Response(text=account_csv(msgspec.convert(told["logs"], _Logs)), content_type="text/csv")

    def _signed(self, request: web.Request, body: bytes) -> bool:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return request_is_signed(
            request.raw_path,
            body,
            headers,
            key=self._endpoint.api_key,
            secret=self._endpoint.api_secret,
        )

    def _succeeded(self, shape: dict[str, object]) -> web.Response:
        return _json({"result": "success", **shape, "serverTime": self._server_time()})

    def _failed(self, word: str) -> web.Response:
        shape: dict[str, object] = {"result": "error", "error": word, "serverTime": self._server_time()}
        if word.startswith(_MISSING):
            # Clients know this word only where it stands alone; which argument it was is said beside it.
            shape |= {"error": _MISSING, "errors": [{"message": word}]}
        return _json(shape)

    def _gateway_error(self, status: int, name: str, *, code: int, message: str) -> web.Response:
        errors = [{"code": code, "message": message}]
        shape = {"status": name, "result": "error", "errors": errors, "serverTime": self._server_time()}
        return _json(shape, status=status)

    def _server_time(self) -> str:
        return iso(self._tell_time())


def _params(request: web.Request, body: bytes) -> dict[str, str]:
    """Return the parameters of query and body; repeated ones are joined by line ends."""
    found: dict[str, list[str]] = {}
    for part in (request.raw_path.partition("?")[2], body.decode("utf-8", "replace")):
        for name, values in parse_qs(part, keep_blank_values=True).items():
            found.setdefault(name, []).extend(values)
    return {name: "\n".join(values) for name, values in found.items()} | dict(request.match_info)


def _json(shape: Mapping[str, object] | list[str], *, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(shape, default=msgspec.to_builtins), status=status, content_type="application/json"
    )
