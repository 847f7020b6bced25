"""A session with a venue: whole pages, and only complete answers.

The same class talks to the paper exchange, to demo and to live, over the wire or in one process: only what it
speaks through differs.
"""

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter

from src.clock import Clock
from src.exchange import kraken_answers as answers
from src.exchange import kraken_verdicts as verdicts
from src.exchange import order_trail
from src.exchange.base import (
    AccountLogEntry,
    AccountState,
    Answer,
    ExchangePosition,
    Fill,
    Instrument,
    OpenOrder,
    OrderQuery,
    OrderRequest,
    OrderStatus,
    Quote,
)
from src.exchange.errors import NoAnswer
from src.exchange.session_calls import Calls
from src.exchange.session_rows import KnownRows
from src.exchange.session_wire import HistoryEndpoint, Wire
from src.records.enums import OrderType

_KEPT_FOR_ORDERS = 20
"""History tokens that the account log leaves to the search for orders whose answer was lost."""
_FILLS_A_PAGE = 100
_LOG_ROWS = 25
_LOG_ROWS_CATCHING_UP = 1000
_HISTORY_PAGES = 20


class ExchangeSession:
    """The bot's view of a venue, over some wire."""

    def __init__(self, wire: Wire, *, clock: Clock, seed: str = "") -> None:
        """Speak through a wire; ``seed`` is of the chance that spreads waits, so that no two bots march in step."""
        self._calls = Calls(wire, clock=clock, seed=seed)
        self._instruments = KnownRows("instruments", name="symbol", parse=answers.instrument)
        self._open_orders = KnownRows("openOrders", name="order_id", parse=answers.open_order)
        self._fills = KnownRows("fills", name="fill_id", parse=answers.fill)
        self._log_rows = KnownRows("logs", name="id", parse=answers.log_entry)

    def close(self) -> None:
        """Give back the connections."""
        self._calls.close()

    def server_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``: the median offset of the last five answers."""
        return self._calls.server_time(now)

    def objections(self) -> tuple[str, ...]:
        """Return why the venue turns requests away: ``rate_limited``, ``key_refused``, ``exchange_maintenance``."""
        reason = self._calls.objection
        return () if reason is None else (reason,)

    def must_wait(self) -> bool:
        """Return whether not even an exit would be sent now, because the venue turns requests away."""
        return self._calls.must_wait(urgent=True)

    def instruments(self) -> dict[str, Instrument]:
        """Return the multi-collateral perpetuals by symbol."""
        listed = self._instruments.read(self._calls.ask("instruments", {}, cost=0))
        return {instrument.symbol: instrument for instrument in listed if instrument is not None}

    def quote(self, symbol: str) -> Quote:
        """Return the best prices of a symbol."""
        raw = self._calls.ask("ticker", {"symbol": symbol}, cost=0)
        return answers.one(raw, ("ticker",), answers.quote)

    def account(self) -> AccountState:
        """Return the multi-collateral account."""
        return answers.one(self._calls.ask("accounts", {}, cost=2), ("accounts", "flex"), answers.account)

    def account_uid(self) -> str | None:
        """Return the venue's name for the account, whatever key opens it; None where it does not tell."""
        raw = self._calls.ask_history(
            "account-log", {"count": "1", "sort": "desc"}, tokens=1, keep=_KEPT_FOR_ORDERS
        )
        uid = raw.get("accountUid")
        return uid if isinstance(uid, str) and uid else None

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all resting orders of the account."""
        return self._open_orders.read(self._calls.ask("openorders", {}, cost=2))

    def positions(self) -> tuple[ExchangePosition, ...]:
        """Return the open positions of the account."""
        raw = self._calls.ask("openpositions", {}, cost=2)
        return answers.rows(raw, "openPositions", answers.position)

    def leverage_limits(self) -> dict[str, Decimal]:
        """Return the leverage preferences by symbol; a symbol without one is in cross margin."""
        raw = self._calls.ask("leveragepreferences", {}, cost=2)
        return dict(answers.rows(raw, "leveragePreferences", answers.leverage_limit))

    def limit_leverage(self, symbol: str, leverage: Decimal | None) -> None:
        """Set a symbol's leverage preference, None takes it back; NoAnswer where it may not have been set."""
        limit = {} if leverage is None else {"maxLeverage": _digits(leverage)}
        self._calls.ask("setleverage", {"symbol": symbol, **limit}, cost=10)

    def order_status(self, cli_ord_id: str) -> OrderStatus | None:
        """Return what is remembered of one of our orders, open or ended at most five seconds ago."""
        raw = self._calls.ask("orders/status", {"cliOrdIds": cli_ord_id}, cost=1)
        found = answers.rows(raw, "orders", answers.order_status)
        return next((order for order in found if order.cli_ord_id == cli_ord_id), None)

    def order_history(self, query: OrderQuery) -> OrderStatus | None:
        """Return what the history service tells of an order, however old; it may lag behind by seconds."""
        orders = self._told("history/orders", query)
        if orders is not None or not query.is_stop:
            return orders
        return self._told("history/triggers", query)

    def fills(self, since: float) -> tuple[Fill, ...]:
        """Return every fill from ``since`` on, oldest first, over as many pages as it takes."""
        page = self._fills.read(self._calls.ask("fills", {}, cost=2))
        recent = [fill for fill in page if fill.ts >= since]
        found = {fill.fill_id: fill for fill in recent}
        if len(recent) < _FILLS_A_PAGE:
            return _oldest_first(found)
        while len(page) == _FILLS_A_PAGE and (oldest := min(fill.ts for fill in page)) >= since:
            known = len(found)
            earlier = {"lastFillTime": answers.wire_time(oldest + 0.001)}
            page = answers.rows(self._calls.ask("fills", earlier, cost=25), "fills", answers.fill)
            found.update({fill.fill_id: fill for fill in page})
            if len(found) == known and len(page) == _FILLS_A_PAGE:
                raise NoAnswer("the pages of fills do not go back")
        return _oldest_first({key: fill for key, fill in found.items() if fill.ts >= since})

    def account_log(self, since: float) -> tuple[AccountLogEntry, ...]:
        """Return the rows of the account log that moved cash, from ``since`` on, oldest first."""
        found: dict[str, AccountLogEntry] = {}
        count, start = _LOG_ROWS, since
        while True:
            page, full = self._log_page(start, count)
            known = len(found)
            found.update({row.entry_id: row for row in page})
            if not full:
                return tuple(sorted(found.values(), key=lambda row: (row.ts, int(row.entry_id))))
            if len(found) == known and count == _LOG_ROWS_CATCHING_UP:
                raise NoAnswer("the pages of the account log do not go on")
            count, start = _LOG_ROWS_CATCHING_UP, max((row.ts for row in found.values()), default=start)

    def send(self, request: OrderRequest) -> Answer:
        """Send an order once; an answer that is neither a known yes nor a known no is UNKNOWN."""
        params = order_params(request)
        return self._calls.act("sendorder", params, verdicts.order_answer, urgent=request.reduce_only)

    def cancel(self, order_id: str) -> Answer:
        """Cancel an order; YES means that it rests no longer."""
        return self._calls.act("cancelorder", {"order_id": order_id}, verdicts.cancel_answer, urgent=True)

    def _told(self, endpoint: HistoryEndpoint, query: OrderQuery) -> OrderStatus | None:
        """Return where all the pages of a history leave an order."""
        params = {"since": str(int(query.since * 1000)), "sort": "asc", "tradeable": query.symbol}
        told: list[Mapping[str, object]] = []
        for _ in range(_HISTORY_PAGES):
            raw = self._calls.ask_history(endpoint, {"version": "v3", **params}, tokens=1)
            told += order_trail.events(raw)
            token = raw.get("continuationToken")
            if not token:
                return order_trail.fold(told, query.cli_ord_id)
            params["continuation_token"] = str(token)
        raise NoAnswer("the pages of the history do not end")

    def _log_page(self, since: float, count: int) -> tuple[list[AccountLogEntry], bool]:
        params = {"since": str(int(since * 1000)), "sort": "asc", "count": str(count)}
        tokens = 1 if count == _LOG_ROWS else 3
        page = self._log_rows.read(
            self._calls.ask_history("account-log", params, tokens=tokens, keep=_KEPT_FOR_ORDERS)
        )
        return [row for row in page if row is not None], len(page) >= count


def _oldest_first(found: Mapping[str, Fill]) -> tuple[Fill, ...]:
    """Return fills in order of time; of one instant, the one that was told last comes first."""
    fills = list(found.values())
    fills.reverse()
    fills.sort(key=attrgetter("ts"))
    return tuple(fills)


def order_params(request: OrderRequest) -> dict[str, str]:
    """Return an order in the words and digits of the wire."""
    params = {
        "orderType": request.order_type.value,
        "symbol": request.symbol,
        "side": request.side.value,
        "size": _digits(request.size),
        "cliOrdId": request.cli_ord_id,
        "reduceOnly": "true" if request.reduce_only else "false",
    }
    if request.limit_price is not None:
        params["limitPrice"] = _digits(request.limit_price)
    if request.stop_price is not None:
        params["stopPrice"] = _digits(request.stop_price)
    if request.order_type is OrderType.STOP:
        params["triggerSignal"] = request.trigger.value
    if request.process_before is not None:
        params["processBefore"] = answers.wire_time(request.process_before)
    return params


def _digits(number: Decimal) -> str:
    return format(number.normalize(), "f")
