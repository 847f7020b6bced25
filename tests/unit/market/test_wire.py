import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.market.wire import (
    Decoder,
    WireDelta,
    WireError,
    WireEvent,
    WireHeartbeat,
    WireSnapshot,
    WireTicker,
    WireTrade,
    WireTrades,
    subscription,
)
from tests.market_fakes import delta, snapshot, ticker, trade

SYMBOL = "PF_XBTUSD"
SAMPLES = [
    (snapshot(SYMBOL), WireSnapshot),
    (delta(SYMBOL, "buy", 1.0, 2.0, seq=7), WireDelta),
    (trade(SYMBOL, "sell", 1.0, 2.0, uid="a"), WireTrade),
    (
        {"feed": "trade_snapshot", "product_id": SYMBOL, "trades": [trade(SYMBOL, "buy", 1.0, 2.0)]},
        WireTrades,
    ),
    (ticker(SYMBOL), WireTicker),
    ({"feed": "heartbeat", "time": 1534262350627}, WireHeartbeat),
    ({"event": "subscribed", "feed": "book", "product_ids": [SYMBOL]}, WireEvent),
    ({"event": "info", "version": 1}, WireEvent),
]


@pytest.mark.parametrize(("message", "kind"), SAMPLES)
def test_each_message_has_its_type_from_bytes_and_parsed(message: dict[str, object], kind: type) -> None:
    decoder = Decoder()
    from_bytes = decoder.decode(orjson.dumps(message))
    assert type(from_bytes) is kind
    assert decoder.decode(message) == from_bytes


@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_message_is_read_or_refused_but_never_breaks(
    sample: tuple[dict[str, object], type], data: st.DataObject
) -> None:
    raw = bytearray(orjson.dumps(sample[0]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    try:
        Decoder().decode(bytes(raw))
    except WireError:
        return


def test_subscription_is_the_wires_own() -> None:
    assert orjson.loads(subscription("subscribe", "book", [SYMBOL])) == {
        "event": "subscribe",
        "feed": "book",
        "product_ids": [SYMBOL],
    }
