"""The exchange's websocket without a wire: what a subscriber would have decoded, message by message."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from src.exchange.simulator.contract import Contract
from src.exchange.simulator.core import Core
from src.exchange.simulator.feed import BookChange, BookReset, FeedMessage, Print, TickerDue
from src.exchange.simulator.latency import Line, Way
from src.exchange.simulator.wire.public import levels, print_uid
from src.exchange.simulator.wire.stream import PRINTS_IN_SNAPSHOT
from src.market.wire import (
    WireDelta,
    WireLevel,
    WireMessage,
    WireSnapshot,
    WireTicker,
    WireTrade,
    WireTrades,
)
from src.records.enums import Side

TICKER_EVERY_S = 1.0
"""A contract's ticker is told at most this often, as the server does at the market's own speed."""

Hear = Callable[[float, WireMessage], object]


class DirectFeed:
    """One subscriber to book, trades and ticker of some symbols; it hears each message when that arrives."""

    def __init__(self, core: Core, *, symbols: Iterable[str], hear: Hear, way: Way | None = None) -> None:
        """Tell ``hear`` what happens to these symbols from the subscription on.

        At once, unless messages take their ``way``: then :meth:`deliver` tells what has arrived.
        """
        self._core = core
        self._symbols = tuple(symbols)
        self._deliver = hear
        self._waiting: deque[tuple[float, WireMessage]] = deque()
        self._line = None if way is None or way.instant else Line(way)
        self._hear = hear if self._line is None else self._send
        self._heard: frozenset[str] = frozenset()
        self._ticker_told = dict.fromkeys(self._symbols, 0.0)

    def subscribe(self, now: float) -> None:
        """Begin to listen: the books, the newest trades and the tickers come first, then every change."""
        contracts = [self._core.contracts[symbol] for symbol in self._symbols]
        for shape in (_snapshot, _trades, _ticker):
            for contract in contracts:
                self._hear(now, shape(contract))
        self._heard = frozenset(self._symbols)

    def resend(self, symbol: str, now: float) -> None:
        """Tell the whole book of a symbol again."""
        self._hear(now, _snapshot(self._core.contracts[symbol]))

    def deliver(self, now: float) -> None:
        """Tell what has arrived by now, each at its own time."""
        waiting, hear = self._waiting, self._deliver
        while waiting and waiting[0][0] <= now:
            hear(*waiting.popleft())

    def publish(self, messages: Sequence[FeedMessage]) -> None:
        """Tell what the engine said, in its order; news of the account's own orders are for others."""
        heard, hear = self._heard, self._hear
        for message in messages:
            if isinstance(message, BookChange):
                symbol = message.symbol
                if symbol in heard:
                    delta = WireDelta(symbol, message.side, message.price, message.size, message.seq)
                    hear(message.ts, delta)
            elif isinstance(message, Print):
                if message.symbol in heard:
                    hear(message.ts, _trade(message))
            elif isinstance(message, TickerDue):
                if message.symbol in heard:
                    self._tell_ticker(message)
            elif isinstance(message, BookReset) and message.symbol in heard:
                self.resend(message.symbol, message.ts)

    def _send(self, ts: float, wire: WireMessage) -> None:
        if self._line is not None:
            self._waiting.append((self._line.arrives(ts), wire))

    def _tell_ticker(self, due: TickerDue) -> None:
        if due.ts - self._ticker_told[due.symbol] < TICKER_EVERY_S:
            return
        self._ticker_told[due.symbol] = due.ts
        self._hear(due.ts, _ticker(self._core.contracts[due.symbol]))


def _snapshot(contract: Contract) -> WireSnapshot:
    return WireSnapshot(
        contract.spec.symbol,
        [WireLevel(price, size) for price, size in levels(contract, Side.BUY)],
        [WireLevel(price, size) for price, size in levels(contract, Side.SELL)],
        contract.book_seq,
    )


def _trade(printed: Print) -> WireTrade:
    return WireTrade(
        printed.symbol, printed.side, printed.price, printed.size, print_uid(printed), printed.kind
    )


def _trades(contract: Contract) -> WireTrades:
    newest = list(contract.prints)[-PRINTS_IN_SNAPSHOT:]
    return WireTrades(contract.spec.symbol, [_trade(printed) for printed in reversed(newest)])


def _ticker(contract: Contract) -> WireTicker:
    rate, index = contract.funding_rate, contract.index
    relative = rate / index if rate is not None and index else None
    return WireTicker(contract.spec.symbol, contract.mark, index, relative, contract.open_interest)
