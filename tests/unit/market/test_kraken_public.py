from collections.abc import Mapping

import orjson
import pytest

from src.market.kraken_public import KrakenPublic, VenueError
from src.market.quotes import Bar, FundingHour, Instrument, Reference
from src.net.errors import BadBodyError

TICKER = {
    "symbol": "PF_XBTUSD",
    "tag": "perpetual",
    "markPrice": 84004.11362574516,
    "bid": 84001,
    "indexPrice": 83764.3,
    "openInterest": 2189.7813,
    "fundingRate": 0.912482213835,
    "suspended": False,
}


class Answering:
    """Answers every question with the same body, and remembers the question."""

    def __init__(self, body: object) -> None:
        self.body = body if isinstance(body, bytes) else orjson.dumps(body)
        self.asked: list[tuple[str, dict[str, str | int]]] = []

    def __call__(self, url: str, params: Mapping[str, str | int]) -> bytes:
        self.asked.append((url, dict(params)))
        return self.body


def venue(body: object) -> tuple[KrakenPublic, Answering]:
    answering = Answering(body)
    return KrakenPublic("http://host/", answering), answering


def test_tickers_become_references_with_a_relative_rate() -> None:
    public, asked = venue(
        {"result": "success", "tickers": [TICKER, {"symbol": "in_xbtusd"}], "serverTime": "x"}
    )
    first, second = public.references()
    assert first.symbol == "PF_XBTUSD"
    assert (first.mark, first.index, first.open_interest) == (84004.11362574516, 83764.3, 2189.7813)
    assert first.funding_rate == pytest.approx(0.00001089345, rel=1e-6)
    assert second == Reference("in_xbtusd", None, None, None, None)
    assert asked.asked == [("http://host/derivatives/api/v3/tickers", {})]


def test_rate_without_an_index_is_unknown() -> None:
    public, _ = venue({"result": "success", "tickers": [{**TICKER, "indexPrice": 0}]})
    assert public.references()[0].funding_rate is None


def test_candles_are_read_from_texts_and_milliseconds() -> None:
    candle = {
        "time": 1790265600000,
        "open": "84406",
        "high": "84924",
        "low": "84009",
        "close": "84476",
        "volume": "250.9",
    }
    public, asked = venue({"candles": [candle], "more_candles": False})
    found = public.candles("PF_XBTUSD", resolution_s=900, start=10.7, end=20.2)
    assert found == [Bar(1790265600.0, 84406.0, 84924.0, 84009.0, 84476.0, 250.9)]
    assert asked.asked == [("http://host/api/charts/v1/trade/PF_XBTUSD/15m", {"from": 10, "to": 20})]


def test_funding_history_is_relative_and_in_seconds() -> None:
    rate = {
        "timestamp": "2025-09-24T08:00:00Z",
        "fundingRate": 1.3285,
        "relativeFundingRate": 1.1795815277778e-05,
    }
    public, asked = venue({"result": "success", "rates": [rate]})
    assert public.funding_history("PF_XBTUSD") == [FundingHour(1758700800.0, 1.1795815277778e-05)]
    assert asked.asked == [("http://host/derivatives/api/v4/historicalfundingrates", {"symbol": "PF_XBTUSD"})]


def test_instruments_without_steps_are_left_out() -> None:
    perpetual = {"symbol": "PF_XBTUSD", "tradeable": True, "tickSize": 1, "contractValueTradePrecision": 4}
    public, _ = venue(
        {"result": "success", "instruments": [perpetual, {"symbol": "in_xbtusd", "tradeable": False}]}
    )
    assert public.instruments() == [Instrument("PF_XBTUSD", 1.0, 4, tradeable=True)]


def test_refusal_is_named() -> None:
    public, _ = venue({"result": "error", "error": "apiLimitExceeded"})
    with pytest.raises(VenueError, match="apiLimitExceeded"):
        public.references()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"result":"success"',
        {"result": "success"},
        {"result": "success", "tickers": None},
        {"result": "success", "tickers": [{"symbol": "PF_X", "markPrice": "much"}]},
        b"[]",
        b"\xff\xfe",
    ],
)
def test_answer_without_its_list_is_never_empty(body: object) -> None:
    public, _ = venue(body)
    with pytest.raises(BadBodyError):
        public.references()
