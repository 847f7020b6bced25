"""What is asked of Kraken only to learn how it behaves, and what a key may do: never while trading."""

from collections.abc import Callable, Mapping
from typing import Literal

from src.exchange.errors import NoAnswer
from src.exchange.kraken import BROKEN, KrakenWire

Probe = Literal["orderbook", "feeschedules", "candles", "deadman", "older_fills", "permissions"]
"""By what it is about: ``deadman`` is cancelallordersafter, ``older_fills`` the costliest way to read."""


class KrakenProbe(KrakenWire):
    """A wire with a few more questions."""

    def __init__(self, *, url: str, api_key: str, api_secret: str, deadline_s: float = 10.0) -> None:
        """Prepare to ask the venue at ``url``; WrongHost as for any wire."""
        super().__init__(url=url, api_key=api_key, api_secret=api_secret, deadline_s=deadline_s)
        client = self._ccxt
        client.urls["api"]["auth"] = f"{url.rstrip('/')}/api/auth/"
        client.options["versions"]["auth"] = {"GET": {"api-keys/v3/check": "v1"}}
        client.options["access"]["auth"] = {"GET": {"api-keys/v3/check": "private"}}
        self._probes: Mapping[Probe, Callable[[dict[str, str]], object]] = {
            "orderbook": client.publicGetOrderbook,
            "feeschedules": client.publicGetFeeschedules,
            "candles": client.chartsGetPriceTypeSymbolInterval,
            "deadman": client.privatePostCancelallordersafter,
            "older_fills": client.privateGetFills,
            "permissions": lambda params: client.request("api-keys/v3/check", ["auth"], "GET", params),
        }

    def ask(self, probe: Probe, params: Mapping[str, str] | None = None) -> Mapping[str, object]:
        """Return the answer's object.

        Raises:
            NoAnswer: there was none, a refusal, or something else than an object.
        """
        self._ccxt.last_http_response = None
        self._session.newest_status = None
        try:
            answer = self._probes[probe](dict(params or {}))
        except BROKEN as fault:
            raise NoAnswer(type(fault).__name__) from fault
        if not isinstance(answer, Mapping):
            raise NoAnswer("the answer is no object")
        return answer
