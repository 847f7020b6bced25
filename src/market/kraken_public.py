"""The venue's public HTTP answers, as typed values."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from src.features.funding import relative_rate
from src.market.quotes import Bar, FundingHour, Instrument, Reference
from src.net.errors import BadBodyError, NetError

Get = Callable[[str, Mapping[str, str | int]], bytes]
RESOLUTIONS = {60: "1m", 300: "5m", 900: "15m", 1800: "30m", 3600: "1h", 14400: "4h", 86400: "1d"}
MAXIMUM_BARS = 2000
"""As many candles as one answer holds."""

Answer = TypeVar("Answer")


class VenueError(NetError):
    """The venue understood the question and refused it."""


class _Outcome(msgspec.Struct):
    result: str = "success"
    error: str = ""


class _Ticker(msgspec.Struct, rename="camel"):
    symbol: str
    mark_price: float | None = None
    index_price: float | None = None
    funding_rate: float | None = None
    open_interest: float | None = None


class _Tickers(msgspec.Struct):
    tickers: list[_Ticker]


class _Instrument(msgspec.Struct, rename="camel"):
    symbol: str
    tradeable: bool
    tick_size: float | None = None
    contract_value_trade_precision: int | None = None


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


class _Rate(msgspec.Struct, rename="camel"):
    timestamp: datetime
    relative_funding_rate: float


class _Rates(msgspec.Struct):
    rates: list[_Rate]


class KrakenPublic:
    """What anybody may ask of Kraken Futures, or of a server that speaks as it does.

    Every method raises a NetError: no answer, an error status, a refusal, or a body that is not what was asked
    for. A list that is missing is never read as empty.
    """

    def __init__(self, base_url: str, get: Get) -> None:
        self._base_url = base_url.rstrip("/")
        self._get = get

    def instruments(self) -> list[Instrument]:
        """Return the contracts that have a tick size and a size step."""
        answer = self._ask("/derivatives/api/v3/instruments", {}, _Instruments)
        return [
            Instrument(
                symbol=found.symbol,
                tick_size=found.tick_size,
                size_decimals=found.contract_value_trade_precision,
                tradeable=found.tradeable,
            )
            for found in answer.instruments
            if found.tick_size is not None and found.contract_value_trade_precision is not None
        ]

    def references(self) -> list[Reference]:
        """Return mark, index, funding and open interest of every contract."""
        answer = self._ask("/derivatives/api/v3/tickers", {}, _Tickers)
        return [_reference(ticker) for ticker in answer.tickers]

    def candles(self, symbol: str, *, resolution_s: int, start: float, end: float) -> list[Bar]:
        """Return the trade candles that opened between two times; the newest may still be forming.

        At most ``MAXIMUM_BARS`` come in one answer. Raises KeyError for a resolution that the venue has not.
        """
        path = f"/api/charts/v1/trade/{symbol}/{RESOLUTIONS[resolution_s]}"
        answer = self._ask(path, {"from": int(start), "to": int(end)}, _Candles)
        return [
            Bar(
                ts=candle.time / 1000,
                open=candle.open,
                high=candle.high,
                low=candle.low,
                close=candle.close,
                volume=candle.volume,
            )
            for candle in answer.candles
        ]

    def funding_history(self, symbol: str) -> list[FundingHour]:
        """Return the settled hours that the venue still tells, in its order."""
        answer = self._ask("/derivatives/api/v4/historicalfundingrates", {"symbol": symbol}, _Rates)
        return [FundingHour(rate.timestamp.timestamp(), rate.relative_funding_rate) for rate in answer.rates]

    def _ask(self, path: str, params: Mapping[str, str | int], answer: type[Answer]) -> Answer:
        url = f"{self._base_url}{path}"
        body = self._get(url, params)
        try:
            outcome = msgspec.json.decode(body, type=_Outcome)
            if outcome.result != "success":
                raise VenueError(f"{url}: {outcome.error or outcome.result}")
            return msgspec.json.decode(body, type=answer, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadBodyError(f"{url}: {error}") from error


def _reference(ticker: _Ticker) -> Reference:
    """The wire's funding rate is absolute; over the index price it is a fraction of notional."""
    rate, index = ticker.funding_rate, ticker.index_price
    known = rate is not None and index is not None and index > 0
    return Reference(
        symbol=ticker.symbol,
        mark=ticker.mark_price,
        index=index,
        funding_rate=relative_rate(rate, index) if known and rate is not None and index is not None else None,
        open_interest=ticker.open_interest,
    )
