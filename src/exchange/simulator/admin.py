"""The administration: the exchange's books, and its faults on demand, for who holds the token."""

import hmac
from collections.abc import Mapping

import msgspec
from aiohttp import web

from src.exchange.simulator.errors import UnknownMarket
from src.exchange.simulator.fault_plan import FaultPlan
from src.exchange.simulator.faults import FaultDesk
from src.exchange.simulator.service import Service


class AdminFace:
    """Answers below ``/admin/``."""

    def __init__(self, service: Service, faults: FaultDesk, *, token: str) -> None:
        self._service = service
        self._faults = faults
        self._token = token

    def add_routes(self, app: web.Application) -> None:
        """Serve the administration beside the exchange."""
        app.router.add_get("/admin/state", self._state)
        app.router.add_get("/admin/faults", self._told)
        app.router.add_post("/admin/faults", self._take)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _refused()
        self._service.step()
        return _json(admin_state(self._service))

    async def _told(self, request: web.Request) -> web.StreamResponse:
        return _json(self._faults.told()) if self._allowed(request) else _refused()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _refused()
        try:
            self._faults.take(msgspec.json.decode(await request.read(), type=FaultPlan))
        except (msgspec.DecodeError, RecursionError, UnknownMarket) as error:
            return _json({"error": str(error)}, status=400)
        return _json(self._faults.told())

    def _allowed(self, request: web.Request) -> bool:
        shown = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(shown, f"Bearer {self._token}".encode())


def admin_state(service: Service) -> dict[str, object]:
    """Return everything that the books hold, exact and whole, and what it is worth by the market of this moment."""
    core = service.engine.core
    books = msgspec.structs.asdict(core.state.snapshot(core.now))
    margins = core.margins()
    return {
        "now": books.pop("ts"),
        "journal_number": books.pop("number"),
        "account_log": books.pop("rows"),
        "equity_usd": margins.equity,
        "unrealised_pnl_usd": margins.pnl,
        "unrealised_funding_usd": margins.funding,
        "initial_margin_usd": margins.initial,
        "maintenance_margin_usd": margins.maintenance,
        **books,
    }


def _refused() -> web.Response:
    return web.Response(status=401, text="the admin token is missing or wrong")


def _json(shape: Mapping[str, object], *, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(shape), status=status, content_type="application/json")
