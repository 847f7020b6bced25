"""Unmodified clients of python-kraken-sdk on loopback, and which test makes which of their calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kraken.base_api import FuturesClient
from kraken.futures import Funding, Market, Trade, User

from src.records.operations import ExchangeEndpoint

XBT = "PF_XBTUSD"
Told = Any
"""An answer as the client parses it."""


@dataclass(frozen=True)
class Sdk:
    """Its four clients of the futures exchange."""

    market: Market
    user: User
    trade: Trade
    funding: Funding

    def send(self, order_type: str, side: str, size: float, **more: Any) -> Told:  # noqa: ANN401 -- as it takes them
        """Send an order for XBT and return its sendStatus."""
        return self.trade.create_order(order_type, size, XBT, side, **more)["sendStatus"]

    def limit(self, price: float, **more: Any) -> Told:  # noqa: ANN401 -- as it takes them
        """Let a bid of 0.01 rest, and return its sendStatus."""
        status = self.send("lmt", "buy", 0.01, limitPrice=price, **more)
        assert status["status"] == "placed"
        return status

    def open_ids(self) -> list[str]:
        """Return the ids of the open orders."""
        return [order["order_id"] for order in self.user.get_open_orders()["openOrders"]]

    def wallets(self) -> Told:
        """Return the account's wallets."""
        return self.user.get_wallets()["accounts"]


@contextmanager
def sdk_of(endpoint: ExchangeEndpoint, *, key: str = "", secret: str = "") -> Iterator[Sdk]:
    """Yield clients of a served exchange, with its key and secret unless others are given."""
    assert endpoint.url.startswith("http://127.0.0.1:")
    words = (key or endpoint.api_key, secret or endpoint.api_secret, endpoint.url)
    clients = Sdk(Market(*words), User(*words), Trade(*words), Funding(*words))
    try:
        yield clients
    finally:
        for client in (clients.market, clients.user, clients.trade, clients.funding):
            close(client)


def close(client: FuturesClient) -> None:
    """Close a client's connections; it has no way of its own."""
    client._FuturesClient__session.close()  # type: ignore[attr-defined] # private in the client, by its mangled name


def calls_of(client: type[FuturesClient]) -> list[str]:
    """Return the names of the calls that a client has."""
    return [name for name, found in vars(client).items() if callable(found) and not name.startswith("_")]


class Calls:
    """Which function makes and checks which call."""

    def __init__(self) -> None:
        self._known: dict[str, Callable[[Any], None]] = {}

    def of(self, name: str) -> Callable[[Any], None]:
        """Return the function that makes a call; KeyError where nobody does."""
        return self._known[name]

    def made_by(self, name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
        """Return a decorator for the function that makes a call."""

        def register(check: Callable[[Any], None]) -> Callable[[Any], None]:
            self._known[name] = check
            return check

        return register
