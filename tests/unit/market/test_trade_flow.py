from collections import Counter

import pytest

from src.market.tally import WindowTally
from src.market.trade_flow import TradeFlow
from src.market.wire import WireSide, WireTrade

SYMBOL = "PF_XBTUSD"


class Bench:
    def __init__(self) -> None:
        self.tally = WindowTally()
        self.dropped: Counter[str] = Counter()
        self.flow = TradeFlow(self.tally, self.dropped)


def make(side: WireSide = "buy", qty: float = 2.0, price: float = 100.0, **rest: str) -> WireTrade:
    return WireTrade(SYMBOL, side, price, qty, **rest)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_volume_goes_to_the_side_of_the_taker(bench: Bench) -> None:
    bench.flow.on_trade(make("buy", 2.0), reference=None)
    bench.flow.on_trade(make("sell", 3.0), reference=None)
    assert (bench.tally.buy_volume, bench.tally.sell_volume, bench.tally.trades) == (2.0, 3.0, 2)


def test_trade_is_counted_once(bench: Bench) -> None:
    for _ in range(2):
        bench.flow.on_trade(make(uid="a"), reference=None)
    assert bench.tally.trades == 1
    assert bench.dropped["trade_duplicate"] == 1


def test_memory_of_uids_is_bounded(bench: Bench) -> None:
    for number in range(5000):
        bench.flow.on_trade(make(uid=str(number)), reference=None)
    assert len(bench.flow._seen) == len(bench.flow._order) == 4096


def test_forced_sell_is_a_liquidated_long(bench: Bench) -> None:
    bench.flow.on_trade(make("sell", 2.0, type="liquidation"), reference=None)
    bench.flow.on_trade(make("buy", 1.0, type="liquidation"), reference=None)
    assert bench.tally.long_liquidations_usd == 200.0
    assert bench.tally.short_liquidations_usd == 100.0


@pytest.mark.parametrize("kind", ["assignment", "termination", "block"])
def test_what_no_taker_did_is_no_flow(bench: Bench, kind: str) -> None:
    bench.flow.on_trade(make(type=kind), reference=None)
    assert bench.tally.trades == 0


@pytest.mark.parametrize(
    ("price", "qty"), [(0.0, 1.0), (-1.0, 1.0), (float("nan"), 1.0), (1.0, 0.0), (1.0, float("inf"))]
)
def test_trade_without_a_value_is_dropped(bench: Bench, price: float, qty: float) -> None:
    bench.flow.on_trade(make(price=price, qty=qty), reference=None)
    assert bench.tally.trades == 0
    assert bench.dropped["trade_value"] == 1


def test_print_far_from_the_market_is_dropped(bench: Bench) -> None:
    bench.flow.on_trade(make(price=130.0), reference=100.0)
    bench.flow.on_trade(make(price=109.0), reference=100.0)
    assert bench.tally.trades == 1
    assert bench.dropped["trade_outlier"] == 1


def test_large_trades_are_those_beyond_the_threshold_before_them(bench: Bench) -> None:
    bench.flow.on_snapshot([make(qty=1.0) for _ in range(60)], reference=None)
    assert bench.tally.trades == 0
    assert bench.flow.large_trade_usd == pytest.approx(100.0, rel=0.05)
    bench.flow.on_trade(make("buy", 50.0), reference=None)
    bench.flow.on_trade(make("sell", 0.1), reference=None)
    assert bench.tally.large_buy_usd == 5000.0
    assert bench.tally.large_sell_usd == 0.0


def test_snapshot_after_a_reconnection_counts_what_was_missed(bench: Bench) -> None:
    bench.flow.on_snapshot([make(uid="b"), make(uid="a")], reference=None)
    bench.flow.on_trade(make(uid="c"), reference=None)
    bench.flow.on_snapshot([make(uid="e"), make(uid="d"), make(uid="c"), make(uid="b")], reference=None)
    assert bench.tally.trades == 3
