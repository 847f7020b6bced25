from collections import Counter

import pytest

from src.market.closed_window import NO_BOOK
from src.market.live_book import BOOK_CROSSED, BOOK_EMPTY, BOOK_GAP, LiveBook
from src.market.tally import WindowTally
from src.market.wire import WireDelta, WireLevel, WireSide, WireSnapshot

SYMBOL = "PF_XBTUSD"


class Bench:
    """A live book with what stands around it."""

    def __init__(self) -> None:
        self.tally = WindowTally()
        self.dropped: Counter[str] = Counter()
        self.book = LiveBook(self.tally, self.dropped)

    def snapshot(self, at: float = 0.0, *, seq: int = 1) -> None:
        bids = [WireLevel(99.0, 5.0), WireLevel(98.0, 5.0)]
        asks = [WireLevel(101.0, 5.0), WireLevel(102.0, 5.0)]
        self.book.on_snapshot(at, WireSnapshot(SYMBOL, bids, asks, seq))

    def delta(self, side: WireSide, price: float, qty: float, *, seq: int, at: float = 1.0) -> bool:
        return self.book.on_delta(at, WireDelta(SYMBOL, side, price, qty, seq))


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.snapshot()
    made.book.begin_window(60.0)
    return made


def test_book_before_its_snapshot_is_none() -> None:
    bench = Bench()
    assert bench.delta("buy", 99.0, 1.0, seq=5)
    assert bench.book.quote is None
    assert bench.book.faults() == {NO_BOOK}


def test_snapshot_is_no_flow_but_the_next_change_is(bench: Bench) -> None:
    assert bench.tally.book_events == 0
    bench.delta("buy", 99.0, 7.0, seq=2)
    assert (bench.tally.book_events, bench.tally.ofi_net, bench.tally.ofi_sum_squares) == (1, 2.0, 4.0)


def test_change_below_the_best_is_no_event(bench: Bench) -> None:
    bench.delta("buy", 98.0, 1.0, seq=2)
    assert bench.tally.book_events == 0
    assert bench.book.faults() == set()


def test_gap_loses_the_book_until_a_snapshot_and_asks_for_it_once(bench: Bench) -> None:
    assert bench.delta("buy", 99.0, 7.0, seq=3, at=1.0)
    assert not bench.delta("buy", 99.0, 8.0, seq=4, at=2.0)
    assert bench.delta("buy", 99.0, 8.0, seq=5, at=12.0)
    assert bench.book.quote is None
    assert bench.tally.book_events == 0
    bench.snapshot(13.0, seq=9)
    assert bench.book.quote is not None
    assert bench.book.faults() == {BOOK_GAP}
    bench.book.begin_window(60.0)
    assert bench.book.faults() == set()
    assert bench.dropped["book_gap"] == 1


def test_repeated_delta_is_dropped_and_counted(bench: Bench) -> None:
    bench.delta("buy", 99.0, 7.0, seq=2)
    bench.delta("buy", 99.0, 1.0, seq=2)
    assert bench.book.quote == (99.0, 7.0, 101.0, 5.0)
    assert bench.dropped["book_duplicate"] == 1


@pytest.mark.parametrize(
    ("price", "qty"),
    [(float("nan"), 1.0), (float("inf"), 1.0), (-1.0, 1.0), (0.0, 1.0), (99.0, -1.0), (99.0, float("nan"))],
)
def test_level_that_is_no_level_is_dropped_and_counted(bench: Bench, price: float, qty: float) -> None:
    bench.delta("buy", price, qty, seq=2)
    assert bench.book.quote == (99.0, 5.0, 101.0, 5.0)
    assert bench.dropped["book_level"] == 1


def test_crossed_book_has_no_quote_and_the_window_says_so(bench: Bench) -> None:
    bench.delta("buy", 101.0, 1.0, seq=2, at=1.0)
    assert bench.book.quote is None
    assert bench.book.faults() == {BOOK_CROSSED}
    bench.delta("buy", 101.0, 0.0, seq=3, at=3.0)
    assert bench.book.quote is not None
    assert bench.book.faults() == {BOOK_CROSSED}
    bench.book.begin_window(60.0)
    assert bench.book.faults() == set()


def test_crossing_within_one_event_only_defers_the_measurement(bench: Bench) -> None:
    bench.delta("buy", 101.0, 3.0, seq=2, at=1.0)
    bench.delta("sell", 101.0, 0.0, seq=3, at=1.001)
    assert bench.book.faults() == set()
    assert bench.tally.book_events == 1
    assert bench.tally.ofi_net == 3.0 + 5.0


def test_empty_side_has_no_quote(bench: Bench) -> None:
    bench.delta("buy", 99.0, 0.0, seq=2)
    bench.delta("buy", 98.0, 0.0, seq=3)
    assert bench.book.quote is None
    assert bench.book.faults() == {BOOK_EMPTY}


def test_fault_at_the_start_of_a_window_stays_with_it(bench: Bench) -> None:
    bench.book.lose()
    bench.book.begin_window(60.0)
    bench.snapshot(5.0)
    assert bench.book.faults() == {BOOK_GAP}


def test_mids_of_the_window_are_kept(bench: Bench) -> None:
    bench.delta("buy", 100.0, 1.0, seq=2)
    bench.delta("buy", 100.0, 0.0, seq=3)
    bench.delta("buy", 99.0, 0.0, seq=4)
    sums = bench.tally.sums(close=99.5, large_trade_usd=None)
    assert (sums.open, sums.high, sums.low, sums.close) == (100.0, 100.5, 99.5, 99.5)
