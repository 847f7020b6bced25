"""The paper exchange in the same process: the answers of its server, without the server."""

import math
from collections.abc import Mapping

import msgspec
import orjson

from src.exchange.errors import NoAnswer
from src.exchange.session import ExchangeSession
from src.exchange.session_wire import Endpoint
from src.exchange.simulator.errors import BadCall
from src.exchange.simulator.latency import Ways, steady, ways
from src.exchange.simulator.service import Service
from src.exchange.simulator.wire.values import iso, millis
from src.features.funding import relative_rate
from src.market.kraken_public import MAXIMUM_BARS, RESOLUTIONS, VenueError
from src.market.quotes import Bar, FundingHour, Reference
from src.records.settings import BotSettings
from src.simulation.clock import VirtualClock

NO_DISTANCE = ways(steady(0.0), seed="")


class ExchangeBroke(RuntimeError):
    """The engine failed at an earlier request; what it would answer now means nothing."""


class DirectWire:
    """The way to a paper exchange in this process: as long as the one over a network, if told so.

    Answers are the very values that would have gone through JSON: numbers, texts, lists and dicts, which nobody
    changes afterwards.
    """

    def __init__(self, service: Service, clock: VirtualClock, *, away: Ways = NO_DISTANCE) -> None:
        """Take market seconds for each question and its answer: by the moment each sets off, what ``away`` says."""
        self._service = service
        self._clock = clock
        self._away = away
        self._newest: Mapping[str, object] | None = None

    def call(self, endpoint: Endpoint, params: Mapping[str, str]) -> object:
        """Return an answer as of the moment the question arrives; the market lives on meanwhile.

        Raises:
            NoAnswer: the exchange refused to understand it.
            ExchangeBroke: the engine failed before.
        """
        if self._service.failure is not None:
            raise ExchangeBroke from self._service.failure
        self._newest = None
        self._clock.advance_by(self._away.request.takes(self._clock.now()))
        try:
            self._newest = self._answer(endpoint, params)
        except BadCall as bad:
            self._newest = {"result": "error", "error": str(bad), "serverTime": self._server_time()}
            raise NoAnswer(str(bad)) from bad
        finally:
            self._clock.advance_by(self._away.answer.takes(self._clock.now()))
        return self._newest

    def refusal(self) -> str | None:
        """Return the newest answer as the text that it would have been; None where there was none."""
        return None if self._newest is None else orjson.dumps(self._newest).decode()

    def status(self) -> None:
        """Return None: there is no HTTP."""

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _answer(self, endpoint: Endpoint, params: Mapping[str, str]) -> dict[str, object]:
        shape = self._service.request(endpoint, params)
        if endpoint == "account-log" or endpoint.startswith("history/"):
            return shape
        return {"result": "success", **shape, "serverTime": self._server_time()}

    def _server_time(self) -> str:
        return iso(self._clock.now())


def direct_exchange(service: Service, clock: VirtualClock, *, away: Ways = NO_DISTANCE) -> ExchangeSession:
    """Return the session of live trading with a paper exchange in this process."""
    return ExchangeSession(DirectWire(service, clock, away=away), clock=clock)


def stepped_ways(settings: BotSettings, *, seed: int) -> Ways:
    """Return how far away a stepped run's exchange is: as the server, unless requests were given a fixed time."""
    latency, fixed_s = settings.paper.latency, settings.stepped_latency.request_s
    if fixed_s is not None:
        fixed = steady(fixed_s)
        latency = msgspec.structs.replace(latency, request=fixed.request, answer=fixed.answer)
    return ways(latency, seed=str(seed))


class DirectVenue:
    """What anybody may ask of a paper exchange in this process, as the public client would have parsed it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def references(self) -> list[Reference]:
        """Return mark, index, funding and open interest of every contract."""
        self._service.step()
        return [
            Reference(
                symbol=symbol,
                mark=contract.mark,
                index=contract.index,
                funding_rate=_relative(contract.funding_rate, contract.index),
                open_interest=contract.open_interest,
            )
            for symbol, contract in self._service.engine.core.contracts.items()
        ]

    def candles(self, symbol: str, *, resolution_s: int, start: float, end: float) -> list[Bar]:
        """Return the trade candles that opened between two times; the newest may still be forming.

        Raises:
            VenueError: the contract does not trade here.
            KeyError: the venue has no such resolution.
        """
        if resolution_s not in RESOLUTIONS:
            raise KeyError(resolution_s)
        self._require(symbol)
        bars = self._service.candles(
            symbol, kind="trade", resolution_s=resolution_s, start=int(start), end=int(end)
        )
        return [
            Bar(
                ts=millis(bar.ts) / 1000,
                open=bar.open,
                high=bar.high,
                low=bar.low,
                close=bar.close,
                volume=bar.volume,
            )
            for bar in bars[:MAXIMUM_BARS]
        ]

    def funding_history(self, symbol: str) -> list[FundingHour]:
        """Return the settled hours that the venue still tells, oldest first; VenueError as for candles."""
        self._require(symbol)
        points = self._service.funding_history(symbol)
        return [FundingHour(float(math.floor(round(p.ts, 3))), p.relative_rate) for p in points]

    def _require(self, symbol: str) -> None:
        if symbol not in self._service.engine.core.contracts:
            raise VenueError(f"{symbol} does not trade here")


def _relative(rate: float | None, index: float | None) -> float | None:
    """The wire's funding rate is absolute; over the index price it is a fraction of notional."""
    known = rate is not None and index is not None and index > 0
    return relative_rate(rate, index) if known and rate is not None and index is not None else None
