"""The books of a real recording: ours against an independent simple one."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from src.market.feature_builder import FeatureBuilder
from src.records.features import Features
from tests.market_fakes import Collected
from tests.tape_fakes import SimpleBook

SYMBOLS = ("PF_XBTUSD", "PF_ETHUSD")
TAPES = os.environ.get("TRADING_BOT_TAPES")
TAPE = "btc_eth_perp_20240808.jsonl.gz"

pytestmark = pytest.mark.skipif(
    TAPES is None or not (Path(TAPES) / TAPE).exists(),
    reason=f"TRADING_BOT_TAPES names no folder with {TAPE}",
)


def lines() -> Iterator[tuple[float, dict[str, object]]]:
    with gzip.open(Path(str(TAPES)) / TAPE) as tape:
        for line in tape:
            parsed = orjson.loads(line)
            yield parsed["received_at"], parsed["message"]


def replay(window_s: float, *, until: int | None = None) -> tuple[list[Features], FeatureBuilder]:
    collected = Collected()
    builder = FeatureBuilder(
        symbols=SYMBOLS, leader=SYMBOLS[0], window_s=window_s, windows=collected, publish=collected.publish
    )
    at = 0.0
    for number, (at, message) in enumerate(lines()):
        if number == until:
            break
        builder.on_message(at, message)
    builder.step(at)
    return collected.lines, builder


def test_our_books_equal_the_tape_at_every_second() -> None:
    builder = FeatureBuilder(
        symbols=SYMBOLS, leader=SYMBOLS[0], window_s=1.0, windows=Collected(), publish=lambda _features: None
    )
    simple = {symbol: SimpleBook() for symbol in SYMBOLS}
    second, compared = 0, 0
    for at, message in lines():
        if int(at) != second:
            second = int(at)
            for symbol in SYMBOLS:
                assert builder.book(symbol).bids() == simple[symbol].levels("buy")
                assert builder.book(symbol).asks() == simple[symbol].levels("sell")
                compared += 1
        builder.on_message(at, message)
        simple[str(message["product_id"])].take(message)
    assert compared > 600
    assert not builder.dropped


def test_mids_of_one_second_windows_are_the_tapes() -> None:
    features, _ = replay(1.0)
    mids = {(line.symbol, line.ts): line.mid for line in features}
    simple = {symbol: SimpleBook() for symbol in SYMBOLS}
    second, compared = 0.0, 0
    for at, message in lines():
        while second and second + 1 <= at:
            second += 1
            for symbol in SYMBOLS:
                bids, asks = simple[symbol].levels("buy"), simple[symbol].levels("sell")
                assert mids[symbol, second] == (bids[0][0] + asks[0][0]) / 2
                compared += 1
        second = second or float(int(at))
        simple[str(message["product_id"])].take(message)
    assert compared > 600
    assert sum(line.ofi is not None for line in features) > 600


@pytest.mark.parametrize("window_s", [1.0, 60.0])
def test_prefix_of_the_tape_gives_the_same_features(window_s: float) -> None:
    whole, _ = replay(window_s)
    prefix, _ = replay(window_s, until=60_000)
    same = [_unstamped(line) for line in whole[: len(prefix)]]
    assert prefix
    assert same == [_unstamped(line) for line in prefix]


def _unstamped(line: Features) -> tuple[object, ...]:
    return (line.ts, line.symbol, line.sums, line.ofi, line.mid, line.incomplete, line.taker_buy_share)
