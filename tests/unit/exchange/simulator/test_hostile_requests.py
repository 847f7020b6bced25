"""Whatever a client sends, it gets an answer or a named fault; the exchange never breaks over it."""

import string

from hypothesis import given
from hypothesis import strategies as st

from src.exchange.simulator.errors import BadCall
from tests.paper_exchange_fakes import ETH, XBT, trading

METHODS = [
    "sendorder", "editorder", "cancelorder", "cancelallorders", "setleverage", "orders/status", "fills",
    "ticker", "orderbook", "history", "batchorder", "cancelallordersafter", "transfer", "withdrawal",
    "history/orders", "history/triggers", "history/executions", "history/positions", "notifications",
]  # fmt: skip
NAMES = [
    "symbol", "side", "orderType", "size", "limitPrice", "stopPrice", "triggerSignal", "reduceOnly", "cliOrdId",
    "order_id", "orderId", "processBefore", "qtyMode", "maxLeverage", "lastFillTime", "lastTime", "orderIds",
    "json", "timeout", "amount", "unit", "currency", "fromAccount", "toAccount", "since", "before", "count", "sort",
    "continuation_token", "opened", "closed", "tradeable", "trades",
]  # fmt: skip
WORDS = [
    XBT, ETH, "pf_xbtusd", "buy", "sell", "mkt", "lmt", "post", "ioc", "fok", "stp", "take_profit", "last", "mark",
    "index", "spot", "true", "False", "mine", "ABSOLUTE", "1", "0.0001", "100", "1e-05", "-1", "0", "1e400", "NaN",
    "Infinity", "1_0", "99999999999999999999999999", "0.00000000000000000000000000001", "٣",
    "2026-11-22T06:00:05.000Z", "2026-11-22", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "", " ",
    "cash", "flex", "usd", "XBT", "asc", "bm90aGluZw==", '{"batchOrder":[]}', '{"batchOrder":[1,{}]}', "[" * 9999,
    '{"batchOrder":[{"order":"send","symbol":"PF_XBTUSD","side":"buy","orderType":"mkt","size":NaN}]}',
    '{"batchOrder":[{"order":"send","symbol":"PF_XBTUSD","side":"buy","orderType":"mkt","size":0.01}]}',
    '{"batchOrder":[{"order":"edit","order_id":null},{"order":"cancel","cliOrdId":"mine"}]}',
]  # fmt: skip
words = st.one_of(st.sampled_from(WORDS), st.text(string.printable, max_size=12))
requests = st.tuples(st.sampled_from(METHODS), st.dictionaries(st.sampled_from(NAMES), words, max_size=9))
likely = st.tuples(
    st.just("sendorder"),
    st.fixed_dictionaries(
        {
            "symbol": st.just(XBT),
            "side": st.sampled_from(["buy", "sell"]),
            "orderType": st.sampled_from(["lmt", "post", "ioc", "fok", "mkt", "stp"]),
            "size": words,
            "limitPrice": words,
            "stopPrice": words,
        }
    ),
)


@given(st.lists(st.one_of(requests, likely), max_size=15))
def test_no_request_breaks_the_exchange(asked: list[tuple[str, dict[str, str]]]) -> None:
    exchange = trading()
    for method, params in asked:
        try:
            answer = exchange.ask(method, **params)
        except BadCall:
            continue
        assert isinstance(answer, dict)
    assert exchange.send("mkt", "buy", "0.01")["status"] in {
        "placed",
        "selfFill",
        "insufficientAvailableFunds",
    }
