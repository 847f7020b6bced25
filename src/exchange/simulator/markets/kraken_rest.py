"""What a live market asks the venue by HTTP: its instruments, its candles and its settled funding."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

import msgspec

from src.exchange.simulator.errors import UpstreamUnreachable
from src.exchange.simulator.events import Candle, FundingPoint, InstrumentSpec
from src.exchange.simulator.markets.bars import MINUTE_S
from src.net.errors import NetError
from src.net.rate_limit import TokenBucket

Get = Callable[[str, Mapping[str, str | int]], bytes]
RESOLUTIONS: Mapping[int, str] = {
    60: "1m",
    300: "5m",
    900: "15m",
    1800: "30m",
    3600: "1h",
    14_400: "4h",
    43_200: "12h",
    86_400: "1d",
    604_800: "1w",
}
MOST_BARS = 2001
"""One more than an answer of ours holds, so that it can tell that there are more."""
REQUESTS_PER_S = 5.0
LEAST_WAIT_S = 0.01
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its zone."""
Answer = TypeVar("Answer")


class _Outcome(msgspec.Struct):
    result: str = "success"
    error: str = ""
    server_time: Instant | None = msgspec.field(name="serverTime", default=None)


class _MarginLevel(msgspec.Struct, rename="camel"):
    initial_margin: Decimal
    maintenance_margin: Decimal
    num_non_contract_units: Decimal = Decimal(0)


class _Instrument(msgspec.Struct, rename="camel"):
    symbol: str
    type: str = ""
    base: str = ""
    tradeable: bool = False
    is_expired: bool = False
    tick_size: Decimal | None = None
    contract_value_trade_precision: int | None = None
    max_position_size: Decimal | None = None
    margin_levels: list[_MarginLevel] = []
    funding_rate_coefficient: int = 8
    max_relative_funding_rate: Decimal = Decimal("0.005")


class _Instruments(msgspec.Struct):
    instruments: list[_Instrument]


class _Candle(msgspec.Struct):
    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class _Candles(msgspec.Struct):
    candles: list[_Candle]
    more_candles: bool = False


class _Rate(msgspec.Struct, rename="camel"):
    timestamp: Instant
    funding_rate: float
    relative_funding_rate: float


class _Rates(msgspec.Struct):
    rates: list[_Rate]


@dataclass(frozen=True, slots=True)
class Listing:
    """The venue's list of linear perpetuals."""

    specs: Mapping[str, InstrumentSpec]
    closed: frozenset[str]
    """Those of them that do not trade."""
    ahead_s: float | None
    """How far the venue's clock runs ahead of ours; None where it did not tell its time."""


class KrakenRest:
    """One question at a time, so many a second.

    Every method waits for its answer and raises UpstreamUnreachable where none comes that can be used; threads may
    share it.
    """

    def __init__(
        self,
        url: str,
        get: Get,
        *,
        now: Callable[[], float],
        real: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._url = url.rstrip("/")
        self._get = get
        self._now = now
        self._real = real
        self._sleep = sleep
        self._bucket = TokenBucket(capacity=2 * REQUESTS_PER_S, per_s=REQUESTS_PER_S)
        self._one_at_a_time = threading.Lock()
        self._ahead_s = 0.0

    def listing(self) -> Listing:
        """Return what trades there, and how its clock goes."""
        asked = self._now()
        found, told_at = self._ask("/derivatives/api/v3/instruments", {}, _Instruments)
        middle = (asked + self._now()) / 2
        ahead_s = None if told_at is None else told_at.timestamp() - middle
        self._ahead_s = ahead_s or 0.0
        rows = [row for row in found.instruments if row.type == "flexible_futures"]
        specs = {row.symbol: spec for row in rows if (spec := _spec(row)) is not None}
        closed = frozenset(row.symbol for row in rows if not row.tradeable or row.is_expired)
        return Listing(specs, closed, ahead_s)

    def candles(
        self,
        symbol: str,
        *,
        kind: Literal["trade", "mark", "spot"],
        resolution_s: int,
        start: float,
        end: float,
    ) -> list[Candle]:
        """Return the bars that opened in [start, end], oldest first, at most ``MOST_BARS``.

        An end of about now is now by the venue's clock. Raises ValueError for a resolution that the venue has not.
        """
        if resolution_s not in RESOLUTIONS:
            raise ValueError(f"no bars of {resolution_s} s; there are {', '.join(RESOLUTIONS.values())}")
        if end >= self._now() - MINUTE_S:
            end += max(0.0, self._ahead_s)
        path = f"/api/charts/v1/{kind}/{symbol}/{RESOLUTIONS[resolution_s]}"
        bars: list[Candle] = []
        more = True
        while more and len(bars) < MOST_BARS:
            since = start if not bars else bars[-1].ts + resolution_s
            page, _ = self._ask(path, {"from": int(since), "to": int(end)}, _Candles)
            found = [
                Candle(bar.time / 1000, bar.open, bar.high, bar.low, bar.close, bar.volume)
                for bar in page.candles
                if since <= bar.time / 1000 <= end
            ]
            bars += found
            more = page.more_candles and bool(found)
        return bars[:MOST_BARS]

    def funding_history(self, symbol: str, *, until: float) -> list[FundingPoint]:
        """Return the settled hours up to ``until``, oldest first."""
        path = "/derivatives/api/v4/historicalfundingrates"
        found, _ = self._ask(path, {"symbol": symbol}, _Rates)
        points = (
            FundingPoint(r.timestamp.timestamp(), r.funding_rate, r.relative_funding_rate)
            for r in found.rates
        )
        return sorted((point for point in points if point.ts <= until), key=lambda point: point.ts)

    def _ask(
        self, path: str, params: Mapping[str, str | int], answer: type[Answer]
    ) -> tuple[Answer, datetime | None]:
        url = f"{self._url}{path}"
        with self._one_at_a_time:
            while (wait_s := self._bucket.take(self._real())) > 0:
                self._sleep(max(wait_s, LEAST_WAIT_S))
            try:
                body = self._get(url, params)
            except NetError as error:
                raise UpstreamUnreachable(f"{url}: {error}") from error
        try:
            outcome = msgspec.json.decode(body, type=_Outcome)
            if outcome.result != "success":
                raise UpstreamUnreachable(f"{url} refused: {outcome.error or outcome.result}")
            return msgspec.json.decode(body, type=answer, strict=False), outcome.server_time
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UpstreamUnreachable(f"{url}: {error}") from error


def _spec(row: _Instrument) -> InstrumentSpec | None:
    """Return the facts of a contract; None where the venue does not tell all that trading needs."""
    tick, decimals, largest = row.tick_size, row.contract_value_trade_precision, row.max_position_size
    if tick is None or decimals is None or largest is None or not row.margin_levels or tick <= 0:
        return None
    levels = sorted(
        (level.num_non_contract_units, level.initial_margin, level.maintenance_margin)
        for level in row.margin_levels
    )
    return InstrumentSpec(
        symbol=row.symbol,
        base=row.base,
        tick_size=tick,
        size_decimals=decimals,
        max_position=largest,
        margin_levels=tuple(levels),
        funding_coefficient=row.funding_rate_coefficient,
        max_relative_funding_rate=row.max_relative_funding_rate,
    )
