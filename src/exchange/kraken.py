"""Kraken Futures through ccxt: one attempt a request, a deadline on each, and only complete answers.

ccxt signs and sends; its unified structures are not used, because they lose or change what an order's life
depends on. The same class talks to the paper exchange, to demo and to live: only the URL and the keys differ.
"""

import statistics
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

import ccxt

from src.clock import Clock
from src.exchange import kraken_answers as answers
from src.exchange import kraken_verdicts as verdicts
from src.exchange.base import (
    AccountLogEntry,
    AccountState,
    Answer,
    ExchangePosition,
    Fill,
    Instrument,
    OpenOrder,
    OrderRequest,
    OrderStatus,
    Outcome,
    Quote,
)
from src.exchange.budget import Budget
from src.exchange.errors import BudgetSpent, NoAnswer, WrongHost
from src.net.deadline import DeadlineSession
from src.records.enums import OrderType

T = TypeVar("T")
Call = Callable[[dict[str, str]], Any]

_KEPT_BY_READS = 100
"""Units that only exits, stops and cancels may spend."""
_KEPT_BY_ENTRIES = 200
"""The same, and enough to read fills and orders back after an entry."""
_FILLS_A_PAGE = 100
_LOG_ROWS = 25
_LOG_ROWS_CATCHING_UP = 1000
_BROKEN = (ccxt.BaseError, LookupError, TypeError, ValueError, AttributeError)
"""What ccxt raises on faults of transport and on bodies that are not what it expects."""


class KrakenExchange:
    """A session with Kraken Futures."""

    def __init__(
        self, *, url: str, api_key: str, api_secret: str, clock: Clock, deadline_s: float = 10.0
    ) -> None:
        """Open a session with the venue at ``url``, e.g. ``https://futures.kraken.com``.

        Raises:
            WrongHost: a URL that ccxt holds is not on that host.
        """
        self._clock = clock
        self._trading = Budget(limit=500, window_s=10.0)
        self._history = Budget(limit=100, window_s=600.0)
        self._offsets: deque[float] = deque(maxlen=5)
        self._session = DeadlineSession(deadline_s=deadline_s)
        self._ccxt: Any = ccxt.krakenfutures(
            {
                "apiKey": api_key,
                "secret": api_secret,
                "timeout": round(deadline_s * 1000),
                "enableRateLimit": False,
                "options": {"maxRetriesOnFailure": 0},
                "session": self._session,
                "urls": {"api": _urls(url)},
            }
        )
        require_host(self._ccxt.urls["api"], url)

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    def server_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``: the median offset of the last five answers."""
        return now + (statistics.median(self._offsets) if self._offsets else 0.0)

    def instruments(self) -> dict[str, Instrument]:
        """Return the multi-collateral perpetuals by symbol."""
        raw = self._ask(self._ccxt.publicGetInstruments, {}, cost=0)
        listed = answers.rows(raw, "instruments", answers.instrument)
        return {instrument.symbol: instrument for instrument in listed if instrument is not None}

    def quote(self, symbol: str) -> Quote:
        """Return the best prices of a symbol."""
        raw = self._ask(self._ccxt.publicGetTickersSymbol, {"symbol": symbol}, cost=0)
        return answers.one(raw, ("ticker",), answers.quote)

    def account(self) -> AccountState:
        """Return the multi-collateral account."""
        raw = self._ask(self._ccxt.privateGetAccounts, {}, cost=2)
        return answers.one(raw, ("accounts", "flex"), answers.account)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all resting orders of the account."""
        return answers.rows(
            self._ask(self._ccxt.privateGetOpenorders, {}, cost=2), "openOrders", answers.open_order
        )

    def positions(self) -> tuple[ExchangePosition, ...]:
        """Return the open positions of the account."""
        return answers.rows(
            self._ask(self._ccxt.privateGetOpenpositions, {}, cost=2), "openPositions", answers.position
        )

    def order_status(self, cli_ord_id: str) -> OrderStatus | None:
        """Return what is remembered of one of our orders, open or ended at most five seconds ago."""
        raw = self._ask(self._ccxt.privateGetOrdersStatus, {"cliOrdIds": cli_ord_id}, cost=1)
        found = answers.rows(raw, "orders", answers.order_status)
        return next((order for order in found if order.cli_ord_id == cli_ord_id), None)

    def fills(self, since: float) -> tuple[Fill, ...]:
        """Return every fill from ``since`` on, oldest first, over as many pages as it takes."""
        found: dict[str, Fill] = {}
        page = self._fills_page({}, cost=2)
        found.update({fill.fill_id: fill for fill in page})
        while len(page) == _FILLS_A_PAGE and (oldest := min(fill.ts for fill in page)) >= since:
            known = len(found)
            page = self._fills_page({"lastFillTime": answers.wire_time(oldest + 0.001)}, cost=25)
            found.update({fill.fill_id: fill for fill in page})
            if len(found) == known and len(page) == _FILLS_A_PAGE:
                raise NoAnswer("the pages of fills do not go back")
        oldest_first = reversed(tuple(found.values()))
        return tuple(sorted((fill for fill in oldest_first if fill.ts >= since), key=lambda fill: fill.ts))

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
        keep = 0 if request.reduce_only else _KEPT_BY_ENTRIES
        if not self._trading.spend(10, real_now=self._clock.real(), keep=keep):
            return Answer(Outcome.NO, None, "own_rate_budget_spent")
        return self._act(self._ccxt.privatePostSendorder, _order_params(request), verdicts.order_answer)

    def cancel(self, order_id: str) -> Answer:
        """Cancel an order; YES means that it rests no longer."""
        if not self._trading.spend(10, real_now=self._clock.real()):
            return Answer(Outcome.NO, None, "own_rate_budget_spent")
        return self._act(self._ccxt.privatePostCancelorder, {"order_id": order_id}, verdicts.cancel_answer)

    def _act(self, call: Call, params: dict[str, str], read: Callable[[object], Answer]) -> Answer:
        self._ccxt.last_http_response = None
        try:
            return read(call(params))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong around a sent order, it may be live
            word = verdicts.refusal(self._ccxt.last_http_response)
            if word is not None:
                return Answer(Outcome.NO, None, word)
            return Answer(Outcome.UNKNOWN, None, type(fault).__name__)

    def _ask(self, call: Call, params: dict[str, str], *, cost: int) -> Mapping[str, object]:
        if cost and not self._trading.spend(cost, real_now=self._clock.real(), keep=_KEPT_BY_READS):
            raise BudgetSpent(f"{cost} units")
        before = self._clock.now()
        raw = self._raw(call, params)
        if raw.get("result") != "success":
            raise NoAnswer("no success in the answer")
        self._note_time(raw.get("serverTime"), midpoint=(before + self._clock.now()) / 2)
        return raw

    def _raw(self, call: Call, params: dict[str, str]) -> Mapping[str, object]:
        try:
            raw = call(params)
        except _BROKEN as fault:
            raise NoAnswer(type(fault).__name__) from fault
        if not isinstance(raw, Mapping):
            raise NoAnswer("the answer is no object")
        return raw

    def _note_time(self, text: object, *, midpoint: float) -> None:
        try:
            self._offsets.append(answers.seconds(text) - midpoint)
        except (TypeError, ValueError) as fault:
            raise NoAnswer("no serverTime in the answer") from fault

    def _fills_page(self, params: dict[str, str], *, cost: int) -> tuple[Fill, ...]:
        return answers.rows(self._ask(self._ccxt.privateGetFills, params, cost=cost), "fills", answers.fill)

    def _log_page(self, since: float, count: int) -> tuple[list[AccountLogEntry], bool]:
        tokens = 1 if count == _LOG_ROWS else 3
        if not self._history.spend(tokens, real_now=self._clock.real()):
            raise BudgetSpent(f"{tokens} history tokens")
        params = {"since": str(int(since * 1000)), "sort": "asc", "count": str(count)}
        raw = self._raw(self._ccxt.historyGetAccountLog, params)
        page = answers.rows(raw, "logs", answers.log_entry)
        return [row for row in page if row is not None], len(page) >= count


def require_host(urls: Mapping[str, str], url: str) -> None:
    """Raise WrongHost unless every URL is on the host of ``url``, plain or as a websocket."""
    wanted = urlsplit(url)
    schemes = {"https": {"https", "wss"}, "http": {"http", "ws"}}.get(wanted.scheme, set())
    for name, held in urls.items():
        found = urlsplit(held)
        if found.netloc != wanted.netloc or found.scheme not in schemes:
            raise WrongHost(f"{name} is {held}, not on {url}")


def _urls(url: str) -> dict[str, str]:
    base = url.rstrip("/")
    return {
        "public": f"{base}/derivatives/api/",
        "private": f"{base}/derivatives/api/",
        "charts": f"{base}/api/charts/",
        "history": f"{base}/api/history/",
        "feeschedules": f"{base}/api/feeschedules/",
    }


def _order_params(request: OrderRequest) -> dict[str, str]:
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
        params["triggerSignal"] = "mark"
    if request.process_before is not None:
        params["processBefore"] = answers.wire_time(request.process_before)
    return params


def _digits(number: Decimal) -> str:
    return format(number.normalize(), "f")
