"""Unmodified ccxt clients that make the calls of a recorded list, and what each call is made of."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support

from src.records.operations import ExchangeEndpoint
from tests.paper_exchange_server import ccxt_client

S = "BTC/USD:USD"
XBT = "PF_XBTUSD"
SOME_ID = "11111111-2222-4333-8444-555555555555"
"""The order id that the recorded calls name."""
ROWS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "ccxt_requests.json").read_text("utf-8")
)
Client = Any
"""Either of ccxt's clients; it ships no types that mypy reads."""
_CHANGES = ("create_", "edit_", "cancel_", "set_", "transfer", "privatePost", "privatePut")


@dataclass(frozen=True)
class Recorded:
    """One call of the list."""

    call: str
    nth: int
    """How many of the same name stand before it."""
    row: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.call}-{self.nth}"

    @property
    def changes(self) -> bool:
        """Return whether it is meant to change something, rather than to read."""
        return self.call.startswith(_CHANGES)


def recorded_calls() -> Iterator[Recorded]:
    """Yield the recorded calls."""
    seen: dict[str, int] = {}
    for row in ROWS:
        nth = seen.get(row["call"], 0)
        seen[row["call"]] = nth + 1
        yield Recorded(row["call"], nth, row)


def connected(endpoint: ExchangeEndpoint, kind: str) -> Iterator[Client]:
    """Yield a client, ``sync`` or ``async``, that knows the markets."""
    client: Client = ccxt_client(endpoint) if kind == "sync" else async_client(endpoint)
    client.load_markets()
    yield client
    client.close()


class Blocking:
    """An asynchronous client that is used like the synchronous one."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 -- ccxt ships no types that mypy reads
        self._client = client
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the client has
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def run(*args: object) -> object:
            return self._loop.run_until_complete(self._awaited(found, args))

        return run

    def close(self) -> None:
        self._loop.run_until_complete(self._client.close())
        self._loop.close()

    @staticmethod
    async def _awaited(found: Callable[..., Any], args: tuple[object, ...]) -> object:
        told = found(*args)
        return await told if asyncio.iscoroutine(told) else told


def async_client(endpoint: ExchangeEndpoint) -> Blocking:
    """Return ccxt's asynchronous client with the same addresses as the synchronous one."""
    plain = ccxt_client(endpoint)
    addresses = {"api": plain.urls["api"]}
    plain.close()
    keys = {"apiKey": endpoint.api_key, "secret": endpoint.api_secret, "enableRateLimit": False}
    client = ccxt.async_support.krakenfutures({**keys, "timeout": 5000, "urls": addresses})
    assert client.urls["api"] == addresses["api"]
    return Blocking(client)


@dataclass
class Caller:
    """One recorded call, and a client to make it with."""

    client: Client
    row: Mapping[str, Any]

    def call(self, *, instead: Mapping[str, str] | None = None, sent: bool = True) -> Any:  # noqa: ANN401 -- as the client parses it
        """Make the call, with other words ``instead`` of the recorded ones; it sends what was recorded."""
        args = json.loads(self._worded(json.dumps(self.row["args"]), instead))
        try:
            return getattr(self.client, self.row["call"])(*args)
        finally:
            if sent:
                self._sent_as_recorded(instead)

    def _sent_as_recorded(self, instead: Mapping[str, str] | None) -> None:
        path, query = self.row["path"], self._worded(self.row["query"], instead)
        url = self.client.last_request_url
        assert url.partition("/127.0.0.1:")[2].partition("/")[2] == f"{path[1:]}?{query}".removesuffix("?")
        assert (self.client.last_request_body or "") == self._worded(self.row["body"], instead)

    @staticmethod
    def _worded(text: str, instead: Mapping[str, str] | None) -> str:
        for word, other in (instead or {}).items():
            text = text.replace(word, other)
        return text

    # scenes
    def clean(self) -> None:
        """Leave neither orders nor positions nor preferences."""
        self.client.cancel_all_orders()
        for position in self.client.fetch_positions():
            side = "sell" if position["side"] == "long" else "buy"
            self.client.create_order(
                position["symbol"], "market", side, position["contracts"], None, {"reduceOnly": True}
            )
        self.client.privatePutLeveragepreferences({"symbol": XBT})

    def long(self) -> Any:  # noqa: ANN401 -- as the client parses it
        """Buy 0.02 BTC."""
        return self.client.create_order(S, "market", "buy", 0.02)

    def resting(self, price: float = 80_000) -> str:
        """Let an order with the client id ``bot-1`` rest, and return its id."""
        order = self.client.create_order(S, "limit", "buy", 0.01, price, {"clientOrderId": "bot-1"})
        assert order["status"] == "open"
        return str(order["id"])


Check = Callable[[Caller], None]


class Checks:
    """Which function makes and checks which call."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], Check] = {}

    def of_call(self, call: str, nth: int = 0) -> Callable[[Check], Check]:
        """Return a decorator for the function of the ``nth`` recorded call of this name."""

        def register(check: Check) -> Check:
            self._known[call, nth] = check
            return check

        return register

    def of(self, recorded: Recorded) -> Check:
        """Return the function of a recorded call."""
        return self._known[recorded.call, recorded.nth]
