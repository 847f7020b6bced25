"""The feed without a wire, message by message against the server's websocket hub and the bot's decoder."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from src.exchange.simulator.events import Market
from src.exchange.simulator.feed import FeedMessage
from src.exchange.simulator.latency import Way
from src.exchange.simulator.listener import Listener
from src.exchange.simulator.markets.tape import TapeMarket
from src.exchange.simulator.service import Service
from src.exchange.simulator.websocket import Hub
from src.market.wire import (
    Decoder,
    WireDelta,
    WireEvent,
    WireMessage,
    WireSnapshot,
    WireTicker,
    WireTrade,
    WireTrades,
    subscription,
)
from src.records.settings import Delay
from src.simulation.clock import VirtualClock
from src.simulation.feed import DirectFeed
from tests.direct_fakes import START, SYMBOLS, a_market, a_service
from tests.simulator_market_fakes import book_line, snapshot_line, trade_line, write_tape
from tests.tape_fakes import TAPE_SYMBOLS, cut_tape, needs_tape

Heard = list[tuple[float, WireMessage]]
XBT, ETH = SYMBOLS[:2]


class Ears:
    """A listener on the hub: decodes whatever it is sent as the bot would."""

    def __init__(self) -> None:
        self.heard: list[WireMessage] = []
        self.challenge: str | None = None
        self._decoder = Decoder()

    def may_ask(self) -> bool:
        return True

    def send(self, message: bytes) -> None:
        wire = self._decoder.decode(message)
        if not isinstance(wire, WireEvent):
            self.heard.append(wire)


class Both:
    """Tells the hub and the feed without a wire the same."""

    def __init__(self) -> None:
        self.publishers: list[Hub | DirectFeed] = []

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        for publisher in self.publishers:
            publisher.publish(messages)


class Stretch:
    """An exchange that tells two listeners: one over the hub's JSON, one directly."""

    def __init__(self, market: Market, *, start: float, symbols: tuple[str, ...], footprint: bool) -> None:
        self.clock = VirtualClock(start)
        self.both = both = Both()
        self.service: Service = a_service(market, clock=self.clock, publisher=both, footprint=footprint)
        core = self.service.engine.core
        self.over_json, self.direct = Ears(), Heard()
        self.hub = Hub(core, key="k", secret="s", account="paper", ticker_every_s=1.0, real=self.clock.real)
        self.feed = DirectFeed(core, symbols=symbols, hear=lambda ts, wire: self.direct.append((ts, wire)))
        both.publishers = [self.hub, self.feed]
        self._symbols = symbols

    def subscribe(self) -> None:
        listener = cast("Listener", self.over_json)
        for feed in ("book", "trade", "ticker"):
            self.hub._hear(listener, subscription("subscribe", feed, list(self._symbols)))
        self.feed.subscribe(self.clock.now())

    def live(self, seconds: float, *, every: float) -> None:
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.advance_by(every)
            self.service.step()

    def order(self, symbol: str, side: str) -> None:
        form = {"symbol": symbol, "orderType": "mkt", "side": side, "size": "1"}
        self.service.request("sendorder", form)

    def kinds(self) -> set[type]:
        return {type(wire) for _, wire in self.direct}

    def check(self) -> None:
        assert [wire for _, wire in self.direct] == self.over_json.heard
        times = [ts for ts, _ in self.direct]
        assert times == sorted(times)
        assert times[-1] <= self.clock.now()


@pytest.mark.parametrize("every", [0.01, 60.0])
def test_a_synthetic_market_is_heard_as_over_the_websocket(every: float) -> None:
    stretch = Stretch(a_market(), start=START, symbols=SYMBOLS, footprint=True)
    stretch.live(30, every=1.0)
    assert stretch.direct == []
    stretch.subscribe()
    for side in ("buy", "sell", "buy"):
        stretch.live(60, every=every)
        stretch.order(XBT, side)
    stretch.live(700, every=700)
    stretch.check()
    assert stretch.kinds() == {WireSnapshot, WireDelta, WireTrade, WireTrades, WireTicker}
    assert len(stretch.direct) > 500


def test_what_is_heard_does_not_depend_on_how_far_the_market_is_stepped_at_once() -> None:
    heard = []
    for every in (0.25, 40.0):
        stretch = Stretch(a_market(), start=START, symbols=SYMBOLS, footprint=True)
        stretch.subscribe()
        stretch.live(120, every=every)
        heard.append(stretch.direct)
    assert heard[0] == heard[1]


def test_only_what_was_subscribed_is_heard() -> None:
    stretch = Stretch(a_market(), start=START, symbols=(ETH,), footprint=True)
    stretch.subscribe()
    stretch.live(60, every=1.0)
    stretch.check()
    assert {wire.product_id for _, wire in stretch.direct} == {ETH}


def test_a_tape_is_heard_as_over_the_websocket(tmp_path: Path) -> None:
    lines = [snapshot_line(START + 1, XBT, [(99.0, 1.0), (98.5, 2.0)], [(101.0, 1.0)])]
    lines += [book_line(START + 2 + 0.1 * n, XBT, "buy", 99.5, n % 3) for n in range(40)]
    lines += [trade_line(START + 7, XBT, "sell", 99.0, 0.5, "liquidation")]
    lines += [snapshot_line(START + 8, XBT, [(97.0, 1.0)], [(99.0, 1.0)])]
    lines += [book_line(START + 9, XBT, "sell", 98.0, 1.5)]
    market = TapeMarket(write_tape(tmp_path / "tape.jsonl", lines), (XBT,))
    stretch = Stretch(market, start=START, symbols=(XBT,), footprint=False)
    stretch.subscribe()
    stretch.live(10, every=10)
    stretch.check()
    assert sum(isinstance(wire, WireSnapshot) for _, wire in stretch.direct) == 3


@needs_tape
def test_a_recording_is_heard_as_over_the_websocket(tmp_path: Path) -> None:
    market = TapeMarket(cut_tape(tmp_path / "tape.jsonl", seconds=30), TAPE_SYMBOLS)
    start = 1_723_161_255.0
    stretch = Stretch(market, start=start, symbols=TAPE_SYMBOLS, footprint=False)
    stretch.subscribe()
    stretch.live(31, every=31)
    stretch.check()
    assert len(stretch.direct) > 1000


def test_a_lost_book_is_told_again() -> None:
    stretch = Stretch(a_market(), start=START, symbols=(XBT,), footprint=True)
    stretch.subscribe()
    first = stretch.direct[0]
    stretch.feed.resend(XBT, START)
    assert stretch.direct[-1] == first


def test_at_a_distance_the_same_is_heard_later_and_in_the_same_order() -> None:
    stretch = Stretch(a_market(), start=START, symbols=SYMBOLS, footprint=True)
    way, late = Way(Delay(median_ms=400.0, p99_ms=3000.0), seed="1"), Heard()
    core = stretch.service.engine.core
    far = DirectFeed(core, symbols=SYMBOLS, hear=lambda ts, wire: late.append((ts, wire)), way=way)
    stretch.both.publishers.append(far)
    stretch.subscribe()
    far.subscribe(START)
    for _ in range(90):
        stretch.live(1, every=1)
        far.deliver(stretch.clock.now())
        assert not late or late[-1][0] <= stretch.clock.now()
    assert late == sorted(late, key=lambda heard: heard[0])
    assert [wire for _, wire in late] == [wire for _, wire in stretch.direct][: len(late)]
    waits = [there - here for (here, _), (there, _) in zip(stretch.direct, late, strict=False)]
    assert min(waits) >= 0.2
    assert len(late) > 0.9 * len(stretch.direct)
