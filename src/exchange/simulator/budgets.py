"""How much a client may ask in a time: the venue's two budgets and what each request costs.

Trading: 500 units in any 10 seconds. History: a pool of 100 tokens, refilled evenly over 10 minutes. Real seconds.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

import orjson

TRADING_UNITS = 500
TRADING_WINDOW_S = 10.0
HISTORY_TOKENS = 100.0
HISTORY_REFILL_S = 600.0
_TRADING = "/derivatives/api/v3/"
_HISTORY = ("/api/history/v2/", "/api/history/v3/")
_COSTS: Mapping[tuple[str, str], int] = {
    ("POST", "sendorder"): 10,
    ("POST", "editorder"): 10,
    ("POST", "cancelorder"): 10,
    ("POST", "cancelallorders"): 25,
    ("POST", "cancelallordersafter"): 25,
    ("GET", "orders/status"): 1,
    ("POST", "orders/status"): 1,
    ("GET", "accounts"): 2,
    ("GET", "openpositions"): 2,
    ("GET", "openorders"): 2,
    ("GET", "leveragepreferences"): 2,
    ("PUT", "leveragepreferences"): 10,
    ("GET", "pnlpreferences"): 2,
    ("PUT", "pnlpreferences"): 10,
    ("POST", "transfer"): 10,
    ("POST", "transfer/subaccount"): 10,
    ("POST", "withdrawal"): 100,
    ("GET", "unwindqueue"): 200,
    ("GET", "self-trade-strategy"): 2,
    ("PUT", "self-trade-strategy"): 2,
}
_FILLS, _OLDER_FILLS = 2, 25
_BATCH = 9
_LOG_ROWS_BY_DEFAULT = 500
_LOG_COSTS = ((25, 1), (50, 2), (1000, 3), (5000, 6))
_LONGEST_LOG_COST = 10
_FILE_OF_LOG = 6
Params = Mapping[str, Sequence[str]]


class Budgets:
    """What the one participant has left."""

    def __init__(self) -> None:
        self._spent: deque[tuple[float, int]] = deque()
        self._total = 0
        self._tokens = HISTORY_TOKENS
        self._refilled_at: float | None = None

    def afford(self, method: str, path: str, *, query: str, body: str, real_now: float) -> bool:
        """Take what a request costs; False, and nothing taken, where too little is left."""
        if path.startswith(_TRADING):
            return self._spend(trading_cost(method, path, query, body), real_now)
        if path.startswith(_HISTORY):
            return self._draw(history_cost(path, query), real_now)
        return True

    def _spend(self, cost: int, real_now: float) -> bool:
        while self._spent and self._spent[0][0] <= real_now - TRADING_WINDOW_S:
            self._total -= self._spent.popleft()[1]
        if cost == 0:
            return True
        if self._total + cost > TRADING_UNITS:
            return False
        self._spent.append((real_now, cost))
        self._total += cost
        return True

    def _draw(self, cost: int, real_now: float) -> bool:
        since = 0.0 if self._refilled_at is None else max(0.0, real_now - self._refilled_at)
        self._refilled_at = real_now
        self._tokens = min(HISTORY_TOKENS, self._tokens + since * HISTORY_TOKENS / HISTORY_REFILL_S)
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True


def trading_cost(method: str, path: str, query: str, body: str) -> int:
    """Return the units of a request below ``/derivatives/api/v3/``; what is public costs nothing."""
    name = path.removeprefix(_TRADING)
    if (method, name) == ("GET", "fills"):
        return _OLDER_FILLS if "lastFillTime" in _params(query) else _FILLS
    if (method, name) == ("POST", "batchorder"):
        return _BATCH + _items(_params(query) | _params(body))
    return _COSTS.get((method, name), 0)


def history_cost(path: str, query: str) -> int:
    """Return the tokens of a request below ``/api/history/``; what is public costs nothing."""
    name = path.split("/", 4)[-1]
    if name.startswith("market/"):
        return 0
    if name == "accountlogcsv":
        return _FILE_OF_LOG
    if name != "account-log":
        return 1
    asked = _params(query).get("count", [""])[0]
    count = int(asked) if asked.isascii() and asked.isdigit() else _LOG_ROWS_BY_DEFAULT
    return next((cost for rows, cost in _LOG_COSTS if count <= rows), _LONGEST_LOG_COST)


def _items(params: Params) -> int:
    try:
        batch = orjson.loads(params["json"][0])["batchOrder"]
    except (LookupError, TypeError, ValueError):
        return 1
    return len(batch) if isinstance(batch, list) else 1


def _params(text: str) -> dict[str, list[str]]:
    return parse_qs(text, keep_blank_values=True)
