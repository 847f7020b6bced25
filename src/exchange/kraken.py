"""Kraken Futures through ccxt: one attempt a request, and a deadline on each.

ccxt signs and sends; its unified structures are not used, because they lose or change what an order's life
depends on. The same class talks to the paper exchange, to demo and to live: only the URL and the keys differ.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import ccxt

from src.clock import Clock
from src.exchange.errors import ExchangeFault, KeyOfAnotherAccount, NoAnswer, WrongHost
from src.exchange.session import ExchangeSession
from src.exchange.session_wire import Endpoint
from src.net.deadline import DeadlineSession

BROKEN = (ccxt.BaseError, LookupError, TypeError, ValueError, AttributeError)
"""What ccxt raises on faults of transport and on bodies that are not what it expects."""


class KrakenExchange(ExchangeSession):
    """A session with Kraken Futures over HTTP."""

    def __init__(
        self, *, url: str, api_key: str, api_secret: str, clock: Clock, deadline_s: float = 10.0
    ) -> None:
        """Open a session with the venue at ``url``, e.g. ``https://futures.kraken.com``.

        Raises:
            WrongHost: a URL that ccxt holds is not on that host.
        """
        wire = KrakenWire(url=url, api_key=api_key, api_secret=api_secret, deadline_s=deadline_s)
        super().__init__(wire, clock=clock, seed=api_key)
        self._url, self._clock, self._deadline_s = url, clock, deadline_s

    def change_keys(self, *, api_key: str, api_secret: str, account_uid: str | None) -> str:
        """Go on with another key to the same account; return the account's name.

        The new key proves itself by a read-only question before the old session is closed. ``account_uid`` is the
        account that it must open; None asks the old key.

        Raises:
            NoAnswer: one of the keys opened nothing; the old session stands.
            KeyOfAnotherAccount: the new key opens another account; the old session stands.
        """
        wanted = account_uid or self.account_uid()
        wire = KrakenWire(url=self._url, api_key=api_key, api_secret=api_secret, deadline_s=self._deadline_s)
        try:
            probe = ExchangeSession(wire, clock=self._clock, seed=api_key)
            probe.account()
            opened = probe.account_uid()
            if opened is None or opened != wanted:
                raise KeyOfAnotherAccount(f"the new key opens account {opened}, not {wanted}")
        except ExchangeFault:
            wire.close()
            raise
        self._calls.speak_through(wire)
        return opened


class KrakenWire:
    """The wire of HTTP: ccxt over a session with a deadline and a size cap."""

    def __init__(self, *, url: str, api_key: str, api_secret: str, deadline_s: float) -> None:
        """Prepare to ask the venue at ``url``.

        Raises:
            WrongHost: a URL that ccxt holds is not on that host.
        """
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
        self._calls: Mapping[Endpoint, Callable[[dict[str, str]], object]] = {
            "instruments": self._ccxt.publicGetInstruments,
            "ticker": self._ccxt.publicGetTickersSymbol,
            "accounts": self._ccxt.privateGetAccounts,
            "openorders": self._ccxt.privateGetOpenorders,
            "openpositions": self._ccxt.privateGetOpenpositions,
            "orders/status": self._ccxt.privateGetOrdersStatus,
            "fills": self._ccxt.privateGetFills,
            "account-log": self._ccxt.historyGetAccountLog,
            "sendorder": self._ccxt.privatePostSendorder,
            "history/orders": self._ccxt.historyGetOrders,
            "history/triggers": self._ccxt.historyGetTriggers,
            "leveragepreferences": self._ccxt.privateGetLeveragepreferences,
            "setleverage": self._ccxt.privatePutLeveragepreferences,
            "cancelorder": self._ccxt.privatePostCancelorder,
        }

    def call(self, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        """Return the parsed body of an answer; NoAnswer from what ccxt raised."""
        self._ccxt.last_http_response = None
        self._session.newest_status = None
        try:
            return self._calls[endpoint](dict(params))
        except BROKEN as fault:
            raise NoAnswer(type(fault).__name__) from fault

    def refusal(self) -> str | None:
        """Return the body of the newest answer as it came; None where none came."""
        body: str | None = self._ccxt.last_http_response
        return body

    def status(self) -> int | None:
        """Return the HTTP status of the newest answer; None where none came."""
        return self._session.newest_status

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()


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
