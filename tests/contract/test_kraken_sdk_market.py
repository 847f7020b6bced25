"""Every call of python-kraken-sdk's futures Market client, over real HTTP to a synthetic market."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from kraken.futures import Market

from tests.kraken_sdk_fakes import XBT, Calls, Sdk, Told, calls_of, sdk_of
from tests.paper_exchange_server import NOW, served

CALLS = Calls()
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    with served(tmp_path_factory.mktemp("exchange")) as running, sdk_of(running.endpoint) as clients:
        yield clients


@pytest.mark.parametrize("call", calls_of(Market))
def test_the_call_is_answered_with_sane_values(sdk: Sdk, call: str) -> None:
    CALLS.of(call)(sdk)


def _touch(sdk: Sdk) -> tuple[float, float]:
    (ticker,) = (t for t in sdk.market.get_tickers()["tickers"] if t["symbol"] == XBT)
    return ticker["bid"], ticker["ask"]


def _bought(sdk: Sdk) -> Told:
    """Buy at the market; return what was executed first."""
    events = sdk.send("mkt", "buy", 0.01)["orderEvents"]
    assert {event["type"] for event in events} == {"EXECUTION"}
    return events[0]


def _is_of(event: Told, executed: Told) -> bool:
    execution = event["event"]["Execution"]["execution"]
    told = (float(execution["price"]), execution["takerOrder"]["direction"])
    return bool(told == (executed["price"], "Buy"))


# markets
@CALLS.made_by("get_instruments")
def _instruments(sdk: Sdk) -> None:
    told = {row["symbol"]: row for row in sdk.market.get_instruments()["instruments"]}
    assert set(told) == {XBT, "PF_ETHUSD"}
    assert (told[XBT]["type"], told[XBT]["tickSize"]) == ("flexible_futures", 1)
    assert (told[XBT]["contractValueTradePrecision"], told[XBT]["tradeable"]) == (4, True)
    assert all(
        0 < level["maintenanceMargin"] < level["initialMargin"] < 1 for level in told[XBT]["marginLevels"]
    )


@CALLS.made_by("get_instruments_status")
def _statuses(sdk: Sdk) -> None:
    everything = sdk.market.get_instruments_status()["instrumentStatus"]
    assert {row["tradeable"] for row in everything} == {XBT, "PF_ETHUSD"}
    one = sdk.market.get_instruments_status(XBT)
    assert (one["tradeable"], one["experiencingDislocation"]) == (XBT, False)


@CALLS.made_by("get_tickers")
def _tickers(sdk: Sdk) -> None:
    told = {ticker["symbol"]: ticker for ticker in sdk.market.get_tickers()["tickers"]}
    ticker = told[XBT]
    assert 80_000 < ticker["bid"] < ticker["ask"] < 90_000
    assert ticker["markPrice"] == pytest.approx(ticker["indexPrice"], rel=0.01)
    assert ticker["openInterest"] > 0
    assert (ticker["suspended"], ticker["postOnly"]) == (False, False)


@CALLS.made_by("get_orderbook")
def _book(sdk: Sdk) -> None:
    book = sdk.market.get_orderbook(XBT)["orderBook"]
    bids, asks = ([price for price, _ in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert all(size > 0 for side in ("bids", "asks") for _, size in book[side])


@CALLS.made_by("get_trade_history")
def _trades(sdk: Sdk) -> None:
    executed = _bought(sdk)
    told = sdk.market.get_trade_history(XBT)["history"]
    assert any((row["side"], row["price"]) == ("buy", executed["price"]) for row in told)
    assert [row["time"] for row in told] == sorted((row["time"] for row in told), reverse=True)
    first = told[-1]["time"]
    assert sdk.market.get_trade_history(XBT, lastTime=first)["history"] == []


# charts
@CALLS.made_by("get_tick_types")
def _tick_types(sdk: Sdk) -> None:
    assert sdk.market.get_tick_types() == ["trade", "mark", "spot"]


@CALLS.made_by("get_tradeable_products")
def _products(sdk: Sdk) -> None:
    assert sdk.market.get_tradeable_products("mark") == [XBT, "PF_ETHUSD"]


@CALLS.made_by("get_resolutions")
def _resolutions(sdk: Sdk) -> None:
    assert sdk.market.get_resolutions("spot", XBT)[:3] == ["1m", "5m", "15m"]


@CALLS.made_by("get_ohlc")
def _candles(sdk: Sdk) -> None:
    to = int(NOW) // 60 * 60
    for kind in ("trade", "mark", "spot"):
        told = sdk.market.get_ohlc(kind, XBT, "1m", from_=to - 600, to=to - 60)
        candles = told["candles"]
        assert [c["time"] for c in candles] == [(to - 600 + 60 * n) * 1000 for n in range(10)]
        assert told["more_candles"] is False
        for candle in candles:
            low, high = float(candle["low"]), float(candle["high"])
            assert 0 < low <= min(float(candle["open"]), float(candle["close"]))
            assert max(float(candle["open"]), float(candle["close"])) <= high
        assert any(float(c["volume"]) > 0 for c in candles) == (kind == "trade")


# money
@CALLS.made_by("get_historical_funding_rates")
def _funding_rates(sdk: Sdk) -> None:
    rates = sdk.market.get_historical_funding_rates(XBT)["rates"]
    assert len(rates) > 500
    assert [rate["timestamp"] for rate in rates] == sorted(rate["timestamp"] for rate in rates)
    for rate in rates:
        assert rate["fundingRate"] / rate["relativeFundingRate"] == pytest.approx(84_000, rel=0.6)


@CALLS.made_by("get_fee_schedules")
def _fees(sdk: Sdk) -> None:
    with pytest.warns(DeprecationWarning, match="get_fee_schedules"):
        (schedule,) = sdk.market.get_fee_schedules()["feeSchedules"]
    first = schedule["tiers"][0]
    assert (first["makerFee"], first["takerFee"], first["usdVolume"]) == (0.02, 0.05, 0.0)
    for tier, higher in pairwise(schedule["tiers"]):
        assert (higher["takerFee"] <= tier["takerFee"], higher["usdVolume"] > tier["usdVolume"]) == (
            True,
        ) * 2


@CALLS.made_by("get_fee_schedules_vol")
def _volumes(sdk: Sdk) -> None:
    _bought(sdk)
    with pytest.warns(DeprecationWarning, match="get_fee_schedules_vol"):
        (volume,) = sdk.market.get_fee_schedules_vol()["volumesByFeeSchedule"].values()
    assert volume >= 0.01 * 80_000


# preferences
@CALLS.made_by("get_leverage_preference")
@CALLS.made_by("set_leverage_preference")
def _leverage(sdk: Sdk) -> None:
    assert sdk.market.set_leverage_preference(XBT, 5.5)["result"] == "success"
    told = sdk.market.get_leverage_preference()["leveragePreferences"]
    assert told == [{"symbol": XBT, "maxLeverage": 5.5}]
    sdk.market.set_leverage_preference(XBT)
    assert sdk.market.get_leverage_preference()["leveragePreferences"] == []


@CALLS.made_by("get_pnl_preference")
@CALLS.made_by("set_pnl_preference")
def _currency_of_gains(sdk: Sdk) -> None:
    assert sdk.market.set_pnl_preference(XBT, "USD")["result"] == "success"
    told = sdk.market.get_pnl_preference()["preferences"]
    assert {"symbol": XBT, "pnlCurrency": "USD"} in told


# the market's history
@CALLS.made_by("get_public_execution_events")
def _executions(sdk: Sdk) -> None:
    executed = _bought(sdk)
    told = sdk.market.get_public_execution_events(XBT)
    assert told["len"] == len(told["elements"])
    assert any(_is_of(event, executed) for event in told["elements"])


@CALLS.made_by("get_public_order_events")
def _orders(sdk: Sdk) -> None:
    placed = sdk.limit(80_000, cliOrdId="nobody's business")["order_id"]
    sdk.trade.cancel_order(order_id=placed)
    told = sdk.market.get_public_order_events(XBT)["elements"]
    newest = [(kind, said) for row in told for kind, said in row["event"].items()][:2]
    assert [kind for kind, _ in newest] == ["OrderCancelled", "OrderPlaced"]
    for _, said in newest:
        order = said["order"]
        assert (order["uid"], order["limitPrice"], order["orderType"]) == (placed, "80000", "Limit")
        assert not {"clientId", "accountUid"} & set(order)


@CALLS.made_by("get_public_mark_price_events")
def _marks(sdk: Sdk) -> None:
    told = sdk.market.get_public_mark_price_events(XBT)["elements"]
    assert told[0]["timestamp"] > NOW * 1000 - MINUTE_MS
    assert {a["timestamp"] - b["timestamp"] for a, b in pairwise(told)} == {MINUTE_MS}
    bid, ask = _touch(sdk)
    price = float(told[0]["event"]["MarkPriceChanged"]["price"])
    assert price == pytest.approx((bid + ask) / 2, rel=0.01)
