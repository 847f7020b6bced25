"""The HTTP face: routes, signatures, envelopes and error shapes."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import parse_qs

import msgspec
import orjson
from aiohttp import web

from src.exchange.simulator.auth import request_is_signed
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.service import Service
from src.exchange.simulator.wire import public
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
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
TickType = Literal["trade", "mark", "spot"]
_TICK_TYPES: Mapping[str, TickType] = {"trade": "trade", "mark": "mark", "spot": "spot"}


class HttpFace:
    """Translates between HTTP and the service."""

    def __init__(self, service: Service, endpoint: ExchangeEndpoint) -> None:
        self._service = service
        self._endpoint = endpoint

    def application(self, websocket: Handler) -> web.Application:
        """Return the whole server: trading, history, charts, administration and the websocket."""
        app = web.Application(middlewares=[self._guard], client_max_size=1024 * 1024)
        for method, path, name in _ENGINE_ROUTES:
            app.router.add_route(method, f"{_TRADING}/{path}", self._engine_handler(name, signed=False))
        for method, path, name in _SIGNED_ROUTES:
            app.router.add_route(method, f"{_TRADING}/{path}", self._engine_handler(name, signed=True))
        app.router.add_get("/derivatives/api/v4/historicalfundingrates", self._funding_rates)
        app.router.add_get("/api/charts/v1/{kind}/{symbol}/{resolution}", self._charts)
        app.router.add_get("/api/history/v3/market/{symbol}/executions", self._executions)
        app.router.add_get("/api/history/{version:v[23]}/account-log", self._account_log)
        app.router.add_get("/admin/state", self._admin_state)
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
        except web.HTTPNotFound:
            return self._gateway_error(404, "NOT_FOUND", code=0, message="404 NOT_FOUND")
        except web.HTTPMethodNotAllowed:
            return self._gateway_error(405, "METHOD_NOT_ALLOWED", code=0, message="405 METHOD_NOT_ALLOWED")

    def _engine_handler(self, name: str, *, signed: bool) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            if signed and not self._signed(request, body):
                return self._failed("authenticationError")
            return self._succeeded(self._service.request(name, _params(request, body)))

        return handle

    async def _funding_rates(self, request: web.Request) -> web.StreamResponse:
        symbol = public.find(self._service.engine.core, _params(request, b"")).spec.symbol
        return self._succeeded(public.funding_rates(self._service.funding_history(symbol)))

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
        bars = self._service.candles(symbol, kind=kind, resolution_s=resolution_s, start=start, end=end)
        return _json(public.candles(bars, limit=CANDLES_A_PAGE))

    async def _executions(self, request: web.Request) -> web.StreamResponse:
        self._service.step()
        return _json(public.executions(self._service.engine.core, _params(request, b"")))

    async def _account_log(self, request: web.Request) -> web.StreamResponse:
        if not self._signed(request, await request.read()):
            return self._failed("authenticationError")
        shape = self._service.request("account-log", _params(request, b""))
        return _json({"accountUid": self._endpoint.api_key} | shape)

    async def _admin_state(self, request: web.Request) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {self._endpoint.admin_token}".encode()):
            return web.Response(status=401, text="the admin token is missing or wrong")
        self._service.step()
        return _json(admin_state(self._service))

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
        return _json({"result": "error", "error": word, "serverTime": self._server_time()})

    def _gateway_error(self, status: int, name: str, *, code: int, message: str) -> web.Response:
        errors = [{"code": code, "message": message}]
        shape = {"status": name, "result": "error", "errors": errors, "serverTime": self._server_time()}
        return _json(shape, status=status)

    def _server_time(self) -> str:
        return iso(self._service.clock.now())


def admin_state(service: Service) -> dict[str, object]:
    """Return accounts, positions, orders, fills and the journal's last number, exact and whole."""
    core = service.engine.core
    snapshot = core.state.snapshot(core.now)
    margins = core.margins()
    return {
        "now": core.now,
        "journal_number": snapshot.number,
        "balance_usd": snapshot.balance_usd,
        "equity_usd": margins.equity,
        "unrealised_pnl_usd": margins.pnl,
        "unrealised_funding_usd": margins.funding,
        "initial_margin_usd": margins.initial,
        "maintenance_margin_usd": margins.maintenance,
        "positions": snapshot.positions,
        "open_orders": snapshot.open_orders,
        "ended_orders": snapshot.ended_orders,
        "fills": snapshot.fills,
        "account_log": snapshot.rows,
        "preferences": snapshot.preferences,
    }


def _params(request: web.Request, body: bytes) -> dict[str, str]:
    """Return the parameters of query and body; repeated ones are joined by line ends."""
    found: dict[str, list[str]] = {}
    for part in (request.raw_path.partition("?")[2], body.decode("utf-8", "replace")):
        for name, values in parse_qs(part, keep_blank_values=True).items():
            found.setdefault(name, []).extend(values)
    return {name: "\n".join(values) for name, values in found.items()} | dict(request.match_info)


def _json(shape: Mapping[str, object], *, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(shape, default=msgspec.to_builtins), status=status, content_type="application/json"
    )
