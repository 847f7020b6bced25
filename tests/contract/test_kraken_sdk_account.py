"""Every call of python-kraken-sdk's futures User and Funding clients, over real HTTP, after two trades."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

import pytest
from kraken.exceptions import KrakenAuthenticationError, KrakenInvalidAccountError
from kraken.futures import Funding, User

from tests.kraken_sdk_fakes import XBT, Calls, Sdk, Told, calls_of, sdk_of
from tests.paper_exchange_fakes import START
from tests.wire_fakes import wired

CALLS = Calls()
BOUGHT, SOLD = 101.0, 99.0


@pytest.fixture(scope="module")
def sdk() -> Iterator[Sdk]:
    """Yield clients that bought 0.02 at 101, sold 0.01 of it at 99, and have a bid and a stop in the market."""
    with wired() as wire, sdk_of(wire.endpoint) as clients:
        clients.send("mkt", "buy", 0.02, cliOrdId="bought")
        wire.clock.advance_by(1.0)
        clients.send("mkt", "sell", 0.01)
        wire.clock.advance_by(1.0)
        clients.limit(90.0, cliOrdId="resting")
        clients.send("stp", "sell", 0.01, stopPrice=80, triggerSignal="mark", reduceOnly=True)
        yield clients


@pytest.mark.parametrize("call", [*calls_of(User), *calls_of(Funding)])
def test_the_call_is_answered_with_sane_values(sdk: Sdk, call: str) -> None:
    CALLS.of(call)(sdk)


def _events(told: Told) -> list[tuple[str, Told]]:
    assert told["len"] == len(told["elements"])
    assert all(abs(row["timestamp"] / 1000 - START) < 60 for row in told["elements"])
    return [(kind, said) for row in told["elements"] for kind, said in row["event"].items()]


# what is held
@CALLS.made_by("get_wallets")
def _wallets(sdk: Sdk) -> None:
    flex = sdk.wallets()["flex"]
    assert flex["pnl"] == pytest.approx(0.01 * (100 - BOUGHT))
    assert flex["marginEquity"] == pytest.approx(flex["collateralValue"] + flex["totalUnrealizedAsMargin"])
    assert flex["availableMargin"] == pytest.approx(flex["marginEquity"] - flex["initialMarginWithOrders"])
    assert flex["initialMarginWithOrders"] > flex["initialMargin"] > flex["maintenanceMargin"] > 0


@CALLS.made_by("get_open_positions")
def _positions(sdk: Sdk) -> None:
    (position,) = sdk.user.get_open_positions()["openPositions"]
    assert (position["symbol"], position["side"]) == (XBT, "long")
    assert (position["size"], position["price"], position["pnlCurrency"]) == (0.01, BOUGHT, "USD")


@CALLS.made_by("get_open_orders")
def _orders(sdk: Sdk) -> None:
    told = {row["orderType"]: row for row in sdk.user.get_open_orders()["openOrders"]}
    assert (told["lmt"]["cliOrdId"], told["lmt"]["limitPrice"]) == ("resting", 90.0)
    assert (told["stop"]["stopPrice"], told["stop"]["side"]) == (80.0, "sell")


# history
@CALLS.made_by("get_account_log")
def _log(sdk: Sdk) -> None:
    rows = sdk.user.get_account_log(sort="asc", info="futures trade")["logs"]
    assert [row["asset"] for row in rows] == ["usd", XBT.lower()] * 2
    cash, position = rows[2], rows[3]
    assert cash["realized_pnl"] == pytest.approx(0.01 * (SOLD - BOUGHT))
    assert cash["fee"] == pytest.approx(0.01 * SOLD * 0.0005)
    assert cash["new_balance"] == pytest.approx(cash["old_balance"] + cash["realized_pnl"] - cash["fee"])
    assert (position["old_balance"], position["new_balance"], position["trade_price"]) == (0.02, 0.01, SOLD)


def test_the_account_log_is_asked_for_by_id_by_time_and_by_number(sdk: Sdk) -> None:
    everything = sdk.user.get_account_log(sort="asc")["logs"]
    first, second, *_, last = everything
    assert sdk.user.get_account_log(count=1)["logs"] == [last]
    assert sdk.user.get_account_log(from_=2, to="2")["logs"] == [second]
    assert first in sdk.user.get_account_log(before=last["date"])["logs"]
    since = round(datetime.fromisoformat(last["date"]).timestamp() * 1000)
    newest = [row for row in everything if row["date"] >= last["date"]]
    assert sdk.user.get_account_log(since=since, sort="asc")["logs"] == newest


@CALLS.made_by("get_account_log_csv")
def _log_as_file(sdk: Sdk) -> None:
    response = sdk.user.get_account_log_csv()
    text = b"".join(response.iter_content(chunk_size=512)).decode()
    heading, *rows = csv.reader(io.StringIO(text))
    assert len(rows) == len(sdk.user.get_account_log()["logs"])
    told = dict(zip(heading, rows[0], strict=True))
    assert (told["symbol"], told["change"]) == ("usd", "10000.0")


@CALLS.made_by("get_execution_events")
def _executions(sdk: Sdk) -> None:
    sold, bought = (said["execution"] for _, said in _events(sdk.user.get_execution_events(tradeable=XBT)))
    assert (float(bought["price"]), float(bought["quantity"])) == (BOUGHT, 0.02)
    assert (float(sold["price"]), float(sold["quantity"])) == (SOLD, 0.01)
    assert (sold["takerOrder"]["direction"], sold["makerOrder"]["direction"]) == ("Sell", "Buy")
    assert float(sold["takerOrderData"]["fee"]) == pytest.approx(0.01 * SOLD * 0.0005)
    known = {fill["fill_id"] for fill in sdk.trade.get_fills()["fills"]}
    assert {bought["uid"], sold["uid"]} == known


@CALLS.made_by("get_order_events")
def _order_events(sdk: Sdk) -> None:
    told = _events(sdk.user.get_order_events(sort="asc"))
    assert [kind for kind, _ in told] == ["OrderPlaced"] * 3
    orders = [said["order"] for _, said in told]
    assert [order["clientId"] for order in orders] == ["bought", "", "resting"]
    assert [float(order["filled"]) for order in orders] == [0.02, 0.01, 0.0]
    assert [order["orderType"] for order in orders] == ["IoC", "IoC", "Limit"]


def test_a_history_is_turned_page_by_page_with_its_token(sdk: Sdk) -> None:
    whole = sdk.user.get_order_events(sort="asc")["elements"]
    page = sdk.user.request("GET", "/api/history/v2/orders", query_params={"sort": "asc", "count": 2})
    assert isinstance(page, dict)
    assert page["elements"] == whole[:2]
    rest = sdk.user.get_order_events(sort="asc", continuation_token=page["continuationToken"])
    assert rest["elements"] == whole[2:]
    assert "continuationToken" not in rest


def test_a_history_is_cut_by_time(sdk: Sdk) -> None:
    _, second, third = sdk.user.get_order_events(sort="asc")["elements"]
    told = sdk.user.get_order_events(since=second["timestamp"], before=third["timestamp"])
    assert told["elements"] == [second]


@CALLS.made_by("get_trigger_events")
def _trigger_events(sdk: Sdk) -> None:
    ((kind, said),) = _events(sdk.user.get_trigger_events())
    options = said["order"]["triggerOptions"]
    assert (kind, said["order"]["direction"]) == ("OrderTriggerPlaced", "Sell")
    assert (options["triggerPrice"], options["triggerSignal"]) == ("80", "MarkPrice")


# what never changes here
@CALLS.made_by("get_subaccounts")
def _subaccounts(sdk: Sdk) -> None:
    told = sdk.user.get_subaccounts()
    assert (len(told["masterAccountUid"]), told["subaccounts"]) == (36, [])


@CALLS.made_by("get_notifications")
def _notifications(sdk: Sdk) -> None:
    assert sdk.user.get_notifications()["notifications"] == []


@CALLS.made_by("get_unwind_queue")
def _unwind_queue(sdk: Sdk) -> None:
    assert sdk.user.get_unwind_queue()["queue"] == []


@CALLS.made_by("check_trading_enabled_on_subaccount")
@CALLS.made_by("set_trading_on_subaccount")
def _trading_of_subaccounts(sdk: Sdk) -> None:
    uid = "778387bb-f990-4128-96a7-f4ab669a9b00"
    with pytest.raises(KrakenAuthenticationError):
        sdk.user.check_trading_enabled_on_subaccount(uid)
    with pytest.raises(KrakenAuthenticationError):
        sdk.user.set_trading_on_subaccount(uid, trading_enabled=True)


# money
@CALLS.made_by("initiate_wallet_transfer")
@CALLS.made_by("initiate_withdrawal_to_spot_wallet")
def _transfers(sdk: Sdk) -> None:
    before = sdk.wallets()
    assert sdk.funding.initiate_wallet_transfer(5.5, "flex", "cash", "USD")["result"] == "success"
    assert sdk.wallets()["cash"]["balances"]["usd"] == pytest.approx(before["cash"]["balances"]["usd"] + 5.5)
    assert len(sdk.funding.initiate_withdrawal_to_spot_wallet("1.5", "USD", "cash")["uid"]) == 36
    sdk.funding.initiate_wallet_transfer("4", "cash", "flex", "usd")
    after = sdk.wallets()
    assert after["cash"]["balances"]["usd"] == pytest.approx(before["cash"]["balances"]["usd"])
    assert after["flex"]["balanceValue"] == pytest.approx(before["flex"]["balanceValue"] - 1.5)


@CALLS.made_by("initiate_subaccount_transfer")
def _transfer_to_a_subaccount(sdk: Sdk) -> None:
    with pytest.raises(KrakenInvalidAccountError):
        sdk.funding.initiate_subaccount_transfer(2, "cash", "one", "cash", "two", "USD")


@CALLS.made_by("get_historical_funding_rates")
def _funding_rates(sdk: Sdk) -> None:
    assert sdk.funding.get_historical_funding_rates(XBT)["rates"] == []
