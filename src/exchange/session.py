"""A session with a venue: budgets, the venue's time, whole pages, and only complete answers.

The same class talks to the paper exchange, to demo and to live, over the wire or in one process: only what it
speaks through differs.
"""

import statistics
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import attrgetter

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
from src.exchange.errors import BudgetSpent, NoAnswer
from src.exchange.session_rows import KnownRows
from src.exchange.session_wire import Endpoint, Wire
from src.records.enums import OrderType

_KEPT_BY_READS = 100
"""Units that only exits, stops and cancels may spend."""
_KEPT_BY_ENTRIES = 200
"""The same, and enough to read fills and orders back after an entry."""
_FILLS_A_PAGE = 100
_LOG_ROWS = 25
_LOG_ROWS_CATCHING_UP = 1000


class ExchangeSession:
    """The bot's view of a venue, over some wire."""

    def __init__(self, wire: Wire, *, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self._trading = Budget(limit=500, window_s=10.0)
        self._history = Budget(limit=100, window_s=600.0)
        self._offsets: deque[float] = deque(maxlen=5)
        self._instruments = KnownRows("instruments", name="symbol", parse=answers.instrument)
        self._open_orders = KnownRows("openOrders", name="order_id", parse=answers.open_order)
        self._fills = KnownRows("fills", name="fill_id", parse=answers.fill)
        self._log_rows = KnownRows("logs", name="id", parse=answers.log_entry)

    def close(self) -> None:
        """Give back the connections."""
        self._wire.close()

    def server_time(self, now: float) -> float:
        """Return the exchange's time at market time ``now``: the median offset of the last five answers."""
        return now + (statistics.median(self._offsets) if self._offsets else 0.0)

    def instruments(self) -> dict[str, Instrument]:
        """Return the multi-collateral perpetuals by symbol."""
        listed = self._instruments.read(self._ask("instruments", {}, cost=0))
        return {instrument.symbol: instrument for instrument in listed if instrument is not None}

    def quote(self, symbol: str) -> Quote:
        """Return the best prices of a symbol."""
        return answers.one(self._ask("ticker", {"symbol": symbol}, cost=0), ("ticker",), answers.quote)

    def account(self) -> AccountState:
        """Return the multi-collateral account."""
        return answers.one(self._ask("accounts", {}, cost=2), ("accounts", "flex"), answers.account)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return all resting orders of the account."""
        return self._open_orders.read(self._ask("openorders", {}, cost=2))

    def positions(self) -> tuple[ExchangePosition, ...]:
        """Return the open positions of the account."""
        return answers.rows(self._ask("openpositions", {}, cost=2), "openPositions", answers.position)

    def order_status(self, cli_ord_id: str) -> OrderStatus | None:
        """Return what is remembered of one of our orders, open or ended at most five seconds ago."""
        raw = self._ask("orders/status", {"cliOrdIds": cli_ord_id}, cost=1)
        found = answers.rows(raw, "orders", answers.order_status)
        return next((order for order in found if order.cli_ord_id == cli_ord_id), None)

    def fills(self, since: float) -> tuple[Fill, ...]:
        """Return every fill from ``since`` on, oldest first, over as many pages as it takes."""
        page = self._fills.read(self._ask("fills", {}, cost=2))
        recent = [fill for fill in page if fill.ts >= since]
        found = {fill.fill_id: fill for fill in recent}
        if len(recent) < _FILLS_A_PAGE:
            return _oldest_first(found)
        while len(page) == _FILLS_A_PAGE and (oldest := min(fill.ts for fill in page)) >= since:
            known = len(found)
            earlier = {"lastFillTime": answers.wire_time(oldest + 0.001)}
            page = answers.rows(self._ask("fills", earlier, cost=25), "fills", answers.fill)
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
        keep = 0 if request.reduce_only else _KEPT_BY_ENTRIES
        if not self._trading.spend(10, real_now=self._clock.real(), keep=keep):
            return Answer(Outcome.NO, None, "own_rate_budget_spent")
        return self._act("sendorder", order_params(request), verdicts.order_answer)

    def cancel(self, order_id: str) -> Answer:
        """Cancel an order; YES means that it rests no longer."""
        if not self._trading.spend(10, real_now=self._clock.real()):
            return Answer(Outcome.NO, None, "own_rate_budget_spent")
        return self._act("cancelorder", {"order_id": order_id}, verdicts.cancel_answer)

    def _act(self, endpoint: Endpoint, params: dict[str, str], read: Callable[[object], Answer]) -> Answer:
        try:
            return read(self._wire.call(endpoint, params))
        except Exception as fault:  # noqa: BLE001 - whatever goes wrong around a sent order, it may be live
            word = verdicts.refusal(self._wire.refusal())
            if word is not None:
                return Answer(Outcome.NO, None, word)
            beneath = fault.__cause__ if isinstance(fault, NoAnswer) else None
            return Answer(Outcome.UNKNOWN, None, type(beneath or fault).__name__)

    def _ask(self, endpoint: Endpoint, params: dict[str, str], *, cost: int) -> Mapping[str, object]:
        if cost and not self._trading.spend(cost, real_now=self._clock.real(), keep=_KEPT_BY_READS):
            raise BudgetSpent(f"{cost} units")
        before = self._clock.now()
        raw = self._raw(endpoint, params)
        if raw.get("result") != "success":
            raise NoAnswer("no success in the answer")
        self._note_time(raw.get("serverTime"), midpoint=(before + self._clock.now()) / 2)
        return raw

    def _raw(self, endpoint: Endpoint, params: dict[str, str]) -> Mapping[str, object]:
        raw = self._wire.call(endpoint, params)
        if not isinstance(raw, Mapping):
            raise NoAnswer("the answer is no object")
        return raw

    def _note_time(self, text: object, *, midpoint: float) -> None:
        try:
            self._offsets.append(answers.seconds(text) - midpoint)
        except (TypeError, ValueError) as fault:
            raise NoAnswer("no serverTime in the answer") from fault

    def _log_page(self, since: float, count: int) -> tuple[list[AccountLogEntry], bool]:
        tokens = 1 if count == _LOG_ROWS else 3
        if not self._history.spend(tokens, real_now=self._clock.real()):
            raise BudgetSpent(f"{tokens} history tokens")
        params = {"since": str(int(since * 1000)), "sort": "asc", "count": str(count)}
        page = self._log_rows.read(self._raw("account-log", params))
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
        params["triggerSignal"] = "mark"
    if request.process_before is not None:
        params["processBefore"] = answers.wire_time(request.process_before)
    return params


def _digits(number: Decimal) -> str:
    return format(number.normalize(), "f")
